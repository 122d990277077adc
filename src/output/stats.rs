//! What happened, in one screen.

use std::fmt::Write;

use anstyle::Style;
use serde_json::{Value, json};

use super::{
    Look,
    records::{self, Column, Format},
    status_style,
    table::table,
    text::{NOTHING, count, hours, number, share, visible},
};
use crate::{
    analysis::{Group, Tally},
    log::Schema,
    log::{Number, Status, signed_delta},
};

/// The longest bar, in characters.
const BAR: u64 = 30;

/// Hours that taught nothing comparable. The baseline did, and the quarantined are in no rate.
const NO_SIGNAL: fn(Status) -> bool =
    |status| !status.is_completed() && status != Status::Baseline && RATED(status);
const RATED: fn(Status) -> bool = |status| !status.is_ignored();

/// Everything for a person: the summary, then a histogram, by status or by what the tally was grouped by.
pub fn screen(tally: &Tally, by: Option<&str>, schema: &Schema, look: Look) -> String {
    let mut out = summary(tally, schema);
    if tally.total.all() > 0 {
        out.push('\n');
        out += &match by {
            Some(by) => groups(tally, by, schema, look),
            None => histogram(&tally.total, look),
        };
    }
    out
}

fn summary(tally: &Tally, schema: &Schema) -> String {
    let (total, rated) = (&tally.total, tally.total.rated());
    let line = |name: &str, text: String| format!("{name:<10} {text}\n");
    let metric = visible(&schema.metric).into_owned();
    let mut out = line(
        "trials",
        match total.all() - rated {
            0 => total.all().to_string(),
            quarantined => format!("{} ({quarantined} quarantined)", total.all()),
        },
    );
    out += &line(
        "metric",
        format!("{metric}, {} is better", schema.direction.better_word()),
    );
    out += &line("best", best_line(tally));
    let (keeps, signal) = (
        total.trials(|s| s == Status::Keep),
        total.trials(Status::is_completed),
    );
    out += &line(
        "keeps",
        format!(
            "{keeps} of {rated}, {}{}",
            share(keeps, rated),
            since(tally)
        ),
    );
    out += &line(
        "signal",
        format!(
            "{signal} of {rated}, {} ran to completion with a score",
            share(signal, rated)
        ),
    );
    let (all, lost) = (total.hours(RATED), total.hours(NO_SIGNAL));
    let part = if all > 0.0 {
        format!(" ({:.1}%)", 100.0 * lost / all)
    } else {
        String::new()
    };
    out += &line(
        "hours",
        format!(
            "{}, {}{part} of them ended without signal",
            hours(all),
            hours(lost)
        ),
    );
    out
}

fn best_line(tally: &Tally) -> String {
    let Some((score, text, id)) = &tally.total.best else {
        return NOTHING.to_owned();
    };
    let mut out = format!("{} in {}", visible(text), visible(id));
    if let Some((first, first_text)) = &tally.baseline {
        let change = score - first;
        let sign = if change > 0.0 { "+" } else { "" };
        write!(
            out,
            ", {sign}{} from the baseline's {}",
            number(change),
            visible(first_text)
        )
        .expect("a string");
        if *first != 0.0 {
            write!(out, " ({:+.2}%)", 100.0 * change / first.abs()).expect("a string");
        }
    }
    out
}

fn since(tally: &Tally) -> String {
    match &tally.last_keep {
        None => String::new(),
        Some(id) if tally.since_keep == 0 => {
            format!("; the last, {}, is the newest trial", visible(id))
        }
        Some(id) => format!(
            "; the last, {}, is {} ago",
            visible(id),
            count(tally.since_keep, "trial")
        ),
    }
}

fn histogram(total: &Group, look: Look) -> String {
    let (rated, mut entries) = (total.rated(), total.entries().collect::<Vec<_>>());
    let most = entries
        .iter()
        .map(|entry| entry.trials)
        .max()
        .unwrap_or(0)
        .max(1);
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.trials));
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            let bar = usize::try_from((entry.trials * BAR).div_ceil(most)).unwrap_or(0);
            let cells = vec![
                visible(&entry.word).into_owned(),
                entry.trials.to_string(),
                if RATED(entry.status) {
                    share(entry.trials, rated)
                } else {
                    NOTHING.to_owned()
                },
                hours(entry.hours),
                "█".repeat(bar),
            ];
            (cells, status_style(entry.status))
        })
        .collect();
    table(
        &["status", "trials", "share", "hours", ""],
        &[1, 2, 3],
        rows,
        look,
    )
}

fn groups(tally: &Tally, by: &str, schema: &Schema, look: Look) -> String {
    let mut groups: Vec<_> = tally.groups.iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.trials(|s| s == Status::Keep)));
    let rows: Vec<_> = groups
        .iter()
        .map(|(name, group)| {
            let name = if name.is_empty() {
                NOTHING.into()
            } else {
                visible(name)
            };
            let (rated, keeps) = (group.rated(), group.trials(|s| s == Status::Keep));
            let best = group.best.as_ref();
            let cells = vec![
                name.into_owned(),
                group.all().to_string(),
                keeps.to_string(),
                share(keeps, rated),
                share(group.trials(Status::is_completed), rated),
                hours(group.hours(RATED)),
                hours(group.hours(NO_SIGNAL)),
                best.map_or(NOTHING.to_owned(), |(_, text, _)| {
                    visible(text).into_owned()
                }),
                best.map_or(NOTHING.to_owned(), |(.., id)| visible(id).into_owned()),
            ];
            (cells, Style::new())
        })
        .collect();
    let label = visible(&schema.label);
    let best = format!("best {label}");
    let head = [
        by,
        "trials",
        "keeps",
        "keep rate",
        "signal rate",
        "hours",
        "no signal",
        &best,
        "exp",
    ];
    table(&head, &[1, 2, 3, 4, 5, 6, 7], rows, look)
}

/// The same for a script: `json` has everything, the other formats the rows of the histogram or the groups.
pub fn sheets(tally: &Tally, by: Option<&str>, schema: &Schema, format: Format) -> String {
    if format == Format::Json {
        return records::json(&everything(tally, by, schema)) + "\n";
    }
    match by {
        Some(by) => {
            let names = [
                "trials",
                "keep",
                "keep_rate",
                "signal_rate",
                "hours",
                "hours_without_signal",
                "best",
            ];
            let numbers = names.into_iter().map(Column::number);
            let columns = [Column::text(by)]
                .into_iter()
                .chain(numbers)
                .chain([Column::text("best_exp")])
                .collect();
            let rows = tally.groups.iter().map(|(name, group)| {
                let values = group_values(group);
                let cell = |value: &Value| {
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned)
                };
                let cells = values.iter().map(|(_, value)| {
                    if value.is_null() {
                        String::new()
                    } else {
                        cell(value)
                    }
                });
                [name.clone()].into_iter().chain(cells).collect()
            });
            records::sheet(format, columns, rows)
        }
        None => {
            let columns = ["trials", "share", "hours"].into_iter().map(Column::number);
            let columns = [Column::text("status")]
                .into_iter()
                .chain(columns)
                .collect();
            let rated = tally.total.rated();
            let rows = tally.total.entries().map(|entry| {
                vec![
                    entry.word,
                    entry.trials.to_string(),
                    if RATED(entry.status) {
                        ratio(entry.trials, rated)
                    } else {
                        Value::Null
                    }
                    .to_string(),
                    round(entry.hours).to_string(),
                ]
            });
            records::sheet(format, columns, rows)
        }
    }
}

fn everything(tally: &Tally, by: Option<&str>, schema: &Schema) -> Value {
    let total = &tally.total;
    let score = |text: &str| records::value(text, false);
    let statuses: serde_json::Map<_, _> = total
        .entries()
        .map(|entry| {
            (
                entry.word,
                json!({"trials": entry.trials, "hours": round(entry.hours)}),
            )
        })
        .collect();
    let mut out = json!({
        "metric": schema.metric,
        "direction": schema.direction,
        "trials": total.all(),
        "best": total.best.as_ref().map(|(_, text, _)| score(text)),
        "best_exp": total.best.as_ref().map(|(.., id)| id),
        "baseline": tally.baseline.as_ref().map(|(_, text)| score(text)),
        "improvement": total.best.as_ref().zip(tally.baseline.as_ref()).map(|((best, ..), (first, _))| score(&signed_delta(best - first))),
        "keep": total.trials(|s| s == Status::Keep),
        "keep_rate": ratio(total.trials(|s| s == Status::Keep), total.rated()),
        "signal_rate": ratio(total.trials(Status::is_completed), total.rated()),
        "quarantined": total.trials(Status::is_ignored),
        "trials_since_keep": tally.since_keep,
        "last_keep_exp": tally.last_keep,
        "hours": round(total.hours(RATED)),
        "hours_without_signal": round(total.hours(NO_SIGNAL)),
        "status": statuses,
    });
    if let Some(by) = by {
        let groups: serde_json::Map<_, _> = tally
            .groups
            .iter()
            .map(|(name, group)| {
                (
                    name.clone(),
                    Value::Object(
                        group_values(group)
                            .into_iter()
                            .map(|(n, v)| (n.to_owned(), v))
                            .collect(),
                    ),
                )
            })
            .collect();
        out["by"] = json!({ by: groups });
    }
    out
}

fn group_values(group: &Group) -> Vec<(&'static str, Value)> {
    let keeps = group.trials(|s| s == Status::Keep);
    vec![
        ("trials", group.all().into()),
        ("keep", keeps.into()),
        ("keep_rate", ratio(keeps, group.rated())),
        (
            "signal_rate",
            ratio(group.trials(Status::is_completed), group.rated()),
        ),
        ("hours", round(group.hours(RATED))),
        ("hours_without_signal", round(group.hours(NO_SIGNAL))),
        (
            "best",
            group
                .best
                .as_ref()
                .map_or(Value::Null, |(_, text, _)| records::value(text, false)),
        ),
        (
            "best_exp",
            group
                .best
                .as_ref()
                .map_or(Value::Null, |(.., id)| id.as_str().into()),
        ),
    ]
}

/// Four decimals are more than a count of trials can mean.
#[allow(clippy::cast_precision_loss)] // counts of trials are far below 2^53
fn ratio(part: u64, whole: u64) -> Value {
    if whole == 0 {
        Value::Null
    } else {
        decimals(part as f64 / whole as f64)
    }
}

fn round(hours: f64) -> Value {
    decimals(hours)
}

fn decimals(value: f64) -> Value {
    let text = format!("{:.4}", value + 0.0); // a sum of nothing is -0
    let short = text.trim_end_matches('0').trim_end_matches('.');
    debug_assert!(Number::value_of(short).is_some());
    records::value(short, false)
}
