//! What amendments changed, for a person and for scripts.

use serde_json::{Value, json};

use super::columns::Column;
use super::records::{Format, format_records};
use super::{BOLD, Look, visible_or_dash};
use crate::log::Amendment;
use crate::text::visible;

/// The changed cells of one trial: a line each, or records.
pub fn format_changes(
    id: &str,
    changes: impl Iterator<Item = [String; 3]>,
    format: Format,
) -> String {
    if format == Format::Table {
        return changes
            .map(|change| format!("{id}  {}\n", describe(&change)))
            .collect();
    }
    let columns = ["exp_id", "column", "old", "new"].map(Column::text);
    let rows = changes.map(|[name, old, new]| [id.to_owned(), name, old, new]);
    format_records(format, columns, rows)
}

fn describe([name, old, new]: &[String; 3]) -> String {
    format!(
        "{}: {} → {}",
        visible(name),
        visible_or_dash(old),
        visible_or_dash(new)
    )
}

/// The amendments of a trial, below its record.
pub fn format_amendments(amendments: &[Amendment], look: Look) -> String {
    let mut out = String::new();
    for amendment in amendments {
        let time = visible(&amendment.time);
        let head = look.paint(BOLD, &format!("amended {time}"));
        out += &format!("{head}  {}\n", visible(&amendment.why));
        if amendment.changes.is_empty() {
            out += "    not carried out\n";
        }
        for change in &amendment.changes {
            out += &format!("    {}\n", describe(change));
        }
    }
    out
}

/// The amendments of a trial as JSON.
pub fn amendments_value(amendments: &[Amendment]) -> Value {
    let objects = amendments.iter().map(|amendment| {
        let changes = amendment.changes.iter();
        let changes =
            changes.map(|[column, old, new]| json!({ "column": column, "old": old, "new": new }));
        let changes: Vec<Value> = changes.collect();
        json!({ "amended_at": amendment.time, "why": amendment.why, "changes": changes })
    });
    objects.collect()
}
