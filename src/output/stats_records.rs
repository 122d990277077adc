//! The search in numbers for scripts: one JSON object, or the rows of the histogram or the groups.

use serde_json::{Map, Value, json};

use super::json;
use super::records::{Column, Format, format_records};
use super::stats::{has_no_score, is_counted, is_keep};
use crate::analysis::{Group, Tally};
use crate::log::{Schema, Status, signed_delta};

/// `json` has everything, the other formats have the rows of the histogram or of the groups of `by`.
pub fn format_stats_records(
    tally: &Tally,
    by: Option<&str>,
    schema: &Schema,
    format: Format,
) -> String {
    match (format, by) {
        (Format::Json, _) => json::json(&stats_object(tally, by, schema)) + "\n",
        (_, Some(by)) => format_group_records(tally, by, format),
        (_, None) => format_status_records(&tally.total, format),
    }
}

fn format_group_records(tally: &Tally, by: &str, format: Format) -> String {
    let mut columns = vec![Column::text(by)];
    for (name, _) in group_values(&Group::default()) {
        columns.push(match name {
            "best_exp" => Column::text(name),
            _ => Column::number(name),
        });
    }
    let rows = tally.groups.iter().map(|(name, group)| {
        let mut cells = vec![name.clone()];
        cells.extend(group_values(group).iter().map(|(_, value)| cell(value)));
        cells
    });
    format_records(format, columns, rows)
}

fn format_status_records(total: &Group, format: Format) -> String {
    let columns = vec![
        Column::text("status"),
        Column::number("trials"),
        Column::number("share"),
        Column::number("hours"),
    ];
    let rows = total.entries().map(|entry| {
        let share = if is_counted(entry.status) {
            ratio(entry.trials, total.rated())
        } else {
            Value::Null
        };
        vec![
            entry.word,
            entry.trials.to_string(),
            cell(&share),
            cell(&decimal(entry.hours)),
        ]
    });
    format_records(format, columns, rows)
}

/// A JSON value as the cell of a record.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn stats_object(tally: &Tally, by: Option<&str>, schema: &Schema) -> Value {
    let total = &tally.total;
    let improvement = match (&total.best, &tally.baseline) {
        (Some((best, ..)), Some((baseline, _))) => score(&signed_delta(best - baseline)),
        _ => Value::Null,
    };
    let mut out = json!({
        "metric": schema.metric,
        "direction": schema.direction,
        "trials": total.all(),
        "best": best_score(total),
        "best_exp": best_id(total),
        "baseline": tally.baseline.as_ref().map(|(_, text)| score(text)),
        "improvement": improvement,
        "keep": total.trials(is_keep),
        "keep_rate": ratio(total.trials(is_keep), total.rated()),
        "completion_rate": ratio(total.trials(Status::is_completed), total.rated()),
        "ignored": total.trials(Status::is_ignored),
        "trials_since_keep": tally.since_keep,
        "last_keep_exp": tally.last_keep,
        "hours": decimal(total.hours(is_counted)),
        "hours_without_score": decimal(total.hours(has_no_score)),
        "status": status_object(total),
    });
    if let Some(by) = by {
        out["by"] = json!({ by: groups_object(tally) });
    }
    out
}

fn status_object(total: &Group) -> Value {
    let mut out = Map::new();
    for entry in total.entries() {
        let value = json!({"trials": entry.trials, "hours": decimal(entry.hours)});
        out.insert(entry.word, value);
    }
    Value::Object(out)
}

fn groups_object(tally: &Tally) -> Value {
    let mut out = Map::new();
    for (name, group) in &tally.groups {
        let values = group_values(group).map(|(name, value)| (name.to_owned(), value));
        out.insert(name.clone(), Value::Object(Map::from_iter(values)));
    }
    Value::Object(out)
}

fn group_values(group: &Group) -> [(&'static str, Value); 8] {
    let (keeps, counted) = (group.trials(is_keep), group.rated());
    let completed = group.trials(Status::is_completed);
    [
        ("trials", group.all().into()),
        ("keep", keeps.into()),
        ("keep_rate", ratio(keeps, counted)),
        ("completion_rate", ratio(completed, counted)),
        ("hours", decimal(group.hours(is_counted))),
        ("hours_without_score", decimal(group.hours(has_no_score))),
        ("best", best_score(group)),
        ("best_exp", best_id(group)),
    ]
}

fn best_score(group: &Group) -> Value {
    match &group.best {
        Some((_, text, _)) => score(text),
        None => Value::Null,
    }
}

fn best_id(group: &Group) -> Value {
    match &group.best {
        Some((_, _, id)) => id.as_str().into(),
        None => Value::Null,
    }
}

fn score(text: &str) -> Value {
    json::value(text, false)
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: u64, whole: u64) -> Value {
    if whole == 0 {
        Value::Null
    } else {
        decimal(part as f64 / whole as f64)
    }
}

/// A number with at most four decimals: counts of trials mean no more.
fn decimal(value: f64) -> Value {
    let text = format!("{:.4}", value + 0.0); // an empty sum is -0
    json::value(text.trim_end_matches('0').trim_end_matches('.'), false)
}
