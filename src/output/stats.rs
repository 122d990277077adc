//! The search in numbers: on one screen for a person, as records for a script.

use std::cmp::Reverse;

use serde_json::{Map, Value, json};

use super::columns::Column;
use super::course::Course;
use super::format::{change_percent, hours, number, percent, share};
use super::json::{self, value};
use super::records::{Format, format_records};
use super::table::{Cell, format_table};
use super::{Look, status_style, visible_or_dash};
use crate::analysis::{Entry, Group, Rate, Tally};
use crate::log::{Schema, Status, signed_delta};
use crate::text::{NOTHING, count, visible};

/// The longest bar of the histogram, in characters.
const MAX_BAR: u64 = 30;

/// One figure, which a person and a script see in different forms.
enum Figure<'a> {
    Count(u64),
    Share(u64, u64),
    Hours(f64),
    Score(&'a str),
    Id(&'a str),
}

impl Figure<'_> {
    /// Hours of compute; nothing if no trial of the group has a time.
    fn of_hours(hours: f64, group: &Group) -> Self {
        if group.hours(|_| true) == 0.0 {
            return Self::Score("");
        }
        Self::Hours(hours)
    }

    fn text(&self) -> String {
        match self {
            Self::Count(n) => n.to_string(),
            Self::Share(part, whole) => share(*part, *whole),
            Self::Hours(n) => hours(*n),
            Self::Score(text) | Self::Id(text) => visible_or_dash(text),
        }
    }

    fn value(&self) -> Value {
        match *self {
            Self::Count(n) => n.into(),
            Self::Share(part, whole) => Rate { part, whole }.value().map_or(Value::Null, decimal),
            Self::Hours(hours) => decimal(hours),
            Self::Score(text) => value(text, false),
            Self::Id(text) => value(text, true),
        }
    }

    fn cell(&self) -> String {
        match self.value() {
            Value::Null => String::new(),
            Value::String(text) => text,
            value => value.to_string(),
        }
    }
}

/// A number with at most four decimals: counts of trials mean no more.
fn decimal(number: f64) -> Value {
    let text = format!("{:.4}", number + 0.0); // an empty sum is -0
    value(text.trim_end_matches('0').trim_end_matches('.'), false)
}

/// The key, the title and the figure of each column.
type Figures<'a> = Vec<(&'static str, &'static str, Figure<'a>)>;

fn group_figures(group: &Group) -> Figures<'_> {
    let (keeps, rated) = (group.keeps(), group.rated());
    let completed = Figure::Share(group.completed, rated);
    let no_score = Figure::of_hours(group.hours_without_score(), group);
    let (score, id) = match &group.best {
        Some((_, score, id)) => (Figure::Score(score), Figure::Id(id)),
        None => (Figure::Score(""), Figure::Id("")),
    };
    vec![
        ("trials", "trials", Figure::Count(group.all())),
        ("keep", "keeps", Figure::Count(keeps)),
        ("keep_rate", "keep rate", Figure::Share(keeps, rated)),
        ("completion_rate", "completion rate", completed),
        (
            "hours",
            "compute",
            Figure::of_hours(group.rated_hours(), group),
        ),
        ("hours_without_score", "no score", no_score),
        ("best", "best", score),
        ("best_exp", "exp", id),
    ]
}

fn entry_figures(entry: &Entry, total: &Group) -> Figures<'static> {
    let whole = if entry.status.is_ignored() {
        0
    } else {
        total.rated()
    };
    vec![
        ("trials", "trials", Figure::Count(entry.trials)),
        ("share", "share", Figure::Share(entry.trials, whole)),
        ("hours", "compute", Figure::of_hours(entry.hours, total)),
    ]
}

/// The summary, then a histogram of the statuses, or the groups of the column `by`.
pub fn format_stats(
    tally: &Tally,
    course: &Course,
    by: Option<&str>,
    schema: &Schema,
    look: Look,
) -> String {
    let mut summary = format_summary(tally, schema) + &course.format(schema, look);
    if course.running > 0 {
        let command = visible(&course.running_command);
        summary += &format!("running    {}: {command}\n", course.running);
    }
    if tally.total.all() == 0 {
        return summary;
    }
    let table = match by {
        Some(by) => format_groups(tally, by, schema, look),
        None => format_histogram(&tally.total, look),
    };
    format!("{summary}\n{table}")
}

fn format_summary(tally: &Tally, schema: &Schema) -> String {
    let total = &tally.total;
    let (all, rated) = (total.all(), total.rated());
    let mut trials = all.to_string();
    if rated != all {
        trials += &format!(", {} of them ignored", all - rated);
    }
    let metric = visible(&schema.metric);
    let better = schema.direction.better_word();
    let part = |trials| format!("{trials} of {rated} ({})", share(trials, rated));
    let keeps = part(total.keeps()) + &since_keep(tally);
    [
        ("trials", trials),
        ("metric", format!("{metric}, {better} is better")),
        ("best", best_text(tally)),
        ("keeps", keeps),
        ("completed", part(total.completed)),
        ("compute", compute_text(total)),
    ]
    .map(|(name, text)| format!("{name:<10} {text}\n"))
    .concat()
}

fn compute_text(total: &Group) -> String {
    let (all, lost) = (total.rated_hours(), total.hours_without_score());
    if all <= 0.0 {
        return NOTHING.to_owned();
    }
    let part = percent(lost / all);
    let [all, lost] = [all, lost].map(hours);
    format!("{all}; {lost} ({part}) produced no usable score")
}

fn best_text(tally: &Tally) -> String {
    let Some((score, text, id)) = &tally.total.best else {
        return NOTHING.to_owned();
    };
    let best = format!("{} in trial {}", visible(text), visible(id));
    let Some((baseline, text)) = &tally.baseline else {
        return best;
    };
    let change = score - baseline;
    let sign = if change > 0.0 { "+" } else { "" };
    let (change_text, text) = (number(change), visible(text));
    let out = format!("{best}, {sign}{change_text} from the baseline's {text}");
    out + &change_percent(change, *baseline)
}

fn since_keep(tally: &Tally) -> String {
    let Some(id) = &tally.last_keep else {
        return String::new();
    };
    let place = match tally.since_keep {
        0 => "the last trial".to_owned(),
        trials => format!("{} ago", count(trials, "trial")),
    };
    format!("; the last keep, {}, is {place}", visible(id))
}

fn format_histogram(total: &Group, look: Look) -> String {
    let mut entries: Vec<Entry> = total.entries().collect();
    entries.sort_by_key(|entry| Reverse(entry.trials));
    let most = entries.first().map_or(1, |entry| entry.trials);
    let rows = entries.iter().map(|entry| {
        let style = status_style(entry.status);
        // A share below 1 % needs no bar.
        let is_small = entry.trials * 100 < total.all();
        let bar = if is_small {
            0
        } else {
            (entry.trials * MAX_BAR).div_ceil(most)
        };
        let bar = (0..bar).map(|_| '█').collect::<String>();
        let mut row = vec![Cell::new(visible_or_dash(&entry.word), style)];
        row.extend(texts(&entry_figures(entry, total)));
        row.push(Cell::new(bar, style));
        row
    });
    let names = ["status", "trials", "share", "compute", ""];
    format_table(&names, &[1, 2, 3], rows.collect(), look)
}

fn format_groups(tally: &Tally, by: &str, schema: &Schema, look: Look) -> String {
    let mut groups: Vec<_> = tally.groups.iter().collect();
    groups.sort_by_key(|(_, group)| Reverse(group.keeps()));
    let rows = groups.iter().map(|(name, group)| {
        let mut row: Vec<Cell> = vec![visible_or_dash(name).into()];
        row.extend(texts(&group_figures(group)));
        row
    });
    let best = format!("best {}", visible(&schema.label));
    let titles = group_figures(&tally.total);
    let titles = titles.iter().map(|(_, title, _)| *title);
    let mut names: Vec<_> = [by].into_iter().chain(titles).collect();
    names[7] = &best;
    format_table(&names, &[1, 2, 3, 4, 5, 6, 7], rows.collect(), look)
}

fn texts(figures: &Figures) -> Vec<Cell> {
    let texts = figures.iter().map(|(_, _, figure)| figure.text().into());
    texts.collect()
}

/// `json` has everything, the other formats have the rows of the histogram or of the groups of `by`.
pub fn format_stats_records(
    tally: &Tally,
    course: &Course,
    by: Option<&str>,
    schema: &Schema,
    format: Format,
) -> String {
    if format == Format::Json {
        return json::json(&stats_object(tally, course, by, schema)) + "\n";
    }
    let cells = |figures: Figures| figures.iter().map(|(_, _, figure)| figure.cell()).collect();
    let Some(by) = by else {
        let mut columns = ["status", "trials", "share", "hours"].map(Column::number);
        columns[0].is_text = true;
        let rows = tally.total.entries().map(|entry| {
            let cells: Vec<_> = cells(entry_figures(&entry, &tally.total));
            [vec![entry.word], cells].concat()
        });
        return format_records(format, columns, rows);
    };
    let mut columns = vec![Column::text(by)];
    for (key, ..) in group_figures(&tally.total) {
        columns.push(Column::new(key, key == "best_exp"));
    }
    let groups = tally.groups.iter();
    let rows =
        groups.map(|(name, group)| [vec![name.clone()], cells(group_figures(group))].concat());
    format_records(format, columns, rows)
}

fn group_object(group: &Group) -> Map<String, Value> {
    let mut object = Map::new();
    for (key, _, figure) in group_figures(group) {
        object.insert(key.to_owned(), figure.value());
    }
    object
}

fn status_object(total: &Group) -> Map<String, Value> {
    let mut object = Map::new();
    for entry in total.entries() {
        let figures = json!({"trials": entry.trials, "hours": decimal(entry.hours)});
        object.insert(entry.word, figures);
    }
    object
}

fn stats_object(tally: &Tally, course: &Course, by: Option<&str>, schema: &Schema) -> Value {
    let total = &tally.total;
    let figures = group_object(total);
    let baseline = tally.baseline.as_ref();
    let improvement = match (&total.best, baseline) {
        (Some((best, ..)), Some((baseline, _))) => value(&signed_delta(best - baseline), false),
        _ => Value::Null,
    };
    let mut out = json!({
        "metric": schema.metric,
        "direction": schema.direction,
        "trials": figures["trials"],
        "best": figures["best"],
        "best_exp": figures["best_exp"],
        "baseline": baseline.map(|(_, text)| value(text, false)),
        "improvement": improvement,
        "keep": figures["keep"],
        "keep_rate": figures["keep_rate"],
        "completed": total.completed,
        "completion_rate": figures["completion_rate"],
        "ignored": total.trials(Status::is_ignored),
        "trials_since_keep": tally.since_keep,
        "last_keep_exp": tally.last_keep,
        "hours": figures["hours"],
        "hours_without_score": figures["hours_without_score"],
        "status": status_object(total),
    });
    if let Value::Object(course) = course.object() {
        for (key, value) in course {
            out[&key] = value;
        }
    }
    if let Some(by) = by {
        out["by"] = json!({ by: {} });
        for (name, group) in &tally.groups {
            out["by"][by][name] = group_object(group).into();
        }
    }
    out
}
