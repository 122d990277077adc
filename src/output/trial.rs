//! One trial with all its text.

use anstyle::Style;

use super::{
    Look, status_style,
    table::cell,
    text::{NOTHING, visible},
};
use crate::{
    log::Role,
    log::{Row, shown_id},
};

/// Every column, one a line, nothing cut or wrapped.
pub fn card(row: &Row, look: Look) -> String {
    let names = row.schema.names();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let line = |(column, name): (usize, &String)| {
        let text = row.text_at(column);
        let text = if row.schema.is_id(column) {
            shown_id(&text)
        } else {
            text.into_owned()
        };
        let name = look.paint(Style::new().bold(), &format!("{:width$}", visible(name)));
        format!("{name}  {}", visible(&text)).trim_end().to_owned() + "\n"
    };
    names.iter().enumerate().map(line).collect()
}

/// The numbers in one line, then the hypothesis and the notes in full.
pub fn full(row: &Row, look: Look) -> String {
    let parent = visible(&shown_id(&row.text(Role::Parent))).into_owned();
    let head = [
        visible(&row.name()).into_owned(),
        cell(row, Role::Status),
        cell(row, Role::Score),
        cell(row, Role::Delta),
        cell(row, Role::Specialist),
        format!("from {}", if parent.is_empty() { NOTHING } else { &parent }),
        cell(row, Role::Time),
    ];
    let mut out = look.paint(status_style(row.status()), &head.join("  ")) + "\n";
    for role in [Role::Hypothesis, Role::Notes] {
        let text = row.text(role);
        if !text.is_empty() {
            out += &format!("    {}\n", visible(&text));
        }
    }
    out
}
