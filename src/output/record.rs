//! One trial with all its text.

use super::table::Cell;
use super::{BOLD, Look, column_text, delta_style, status_style, visible_or_dash};
use crate::log::{Role, Row, shown_id};
use crate::text::{NOTHING, visible};

/// Every column, one per line, nothing cut or wrapped.
pub fn format_record(row: &Row, look: Look) -> String {
    let names = row.schema.names();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut out = String::new();
    for (column, name) in names.iter().enumerate() {
        let name = look.paint(BOLD, &format!("{:width$}", visible(name)));
        let text = column_text(row, column);
        out += format!("{name}  {}", visible(&text)).trim_end();
        out.push('\n');
    }
    out
}

/// The numbers in one line, then the hypothesis and the notes in full.
pub fn format_details(row: &Row, look: Look) -> String {
    let parent = visible_or_dash(&shown_id(&row.text(Role::Parent)));
    let head = [
        Cell::id(row, Role::Id).text,
        look.paint(
            status_style(row.status()),
            &visible_or_dash(&row.text(Role::Status)),
        ),
        visible_or_dash(&row.text(Role::Score)),
        labelled_delta(row, look).unwrap_or_else(|| NOTHING.to_owned()),
        visible_or_dash(&row.text(Role::Specialist)),
        format!("from {parent}"),
        visible_or_dash(&row.text(Role::Time)),
    ];
    let mut out = head.join("  ") + "\n";
    for role in [Role::Hypothesis, Role::Notes] {
        let text = row.text(role);
        if !text.is_empty() {
            out += &format!("    {}\n", visible(&text));
        }
    }
    out
}

/// `Δ best -0.0011`, if the row has a difference from the best at the time.
fn labelled_delta(row: &Row, look: Look) -> Option<String> {
    let text = row.text(Role::Delta);
    let delta = visible(&text);
    if delta.is_empty() || delta == NOTHING {
        return None;
    }
    let style = delta_style(&delta, row.schema.direction);
    Some(format!("Δ best {}", look.paint(style, &delta)))
}
