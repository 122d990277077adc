//! A difference in short: lines per file, and the columns in which two trials differ.

use anstyle::AnsiColor;
use unicode_width::UnicodeWidthStr;

use super::{DiffStat, quote_path};
use crate::log::{Role, Row};
use crate::output::{BOLD, Look, column_text};
use crate::text::{count, visible};

/// The widest bar of `--stat`.
const MAX_BAR: u64 = 40;

/// Formats a line per file, with a bar for its size, and the totals.
pub fn format_stats(stats: &[DiffStat], look: Look) -> String {
    if stats.is_empty() {
        return String::new();
    }
    let quote = |stat: &DiffStat| quote_path(stat.path.as_os_str().as_encoded_bytes());
    let names: Vec<String> = stats.iter().map(quote).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let counts: Vec<(u32, u32)> = stats
        .iter()
        .map(|stat| stat.lines.unwrap_or_default())
        .collect();
    let sizes = counts
        .iter()
        .map(|(added, removed)| u64::from(*added) + u64::from(*removed));
    let longest = sizes.max().unwrap_or(0).max(MAX_BAR);
    let mut out = String::new();
    for (stat, name) in stats.iter().zip(&names) {
        let gap = " ".repeat(width - name.width());
        out += &format!(" {name}{gap} | {}\n", format_stat(stat, longest, look));
    }
    let added = counts.iter().map(|(added, _)| u64::from(*added)).sum();
    let removed = counts.iter().map(|(_, removed)| u64::from(*removed)).sum();
    let (added, removed) = (count(added, "line"), count(removed, "line"));
    out + &format!(
        " {}, {added} added, {removed} removed\n",
        count(stats.len() as u64, "file")
    )
}

fn format_stat(stat: &DiffStat, longest: u64, look: Look) -> String {
    let change = match stat.change {
        "changed" => String::new(),
        change => format!("({change})"),
    };
    let text = match stat.lines {
        None => format!("not compared by line {change}"),
        Some((0, 0)) => change,
        Some((added, removed)) => {
            let total = u64::from(added) + u64::from(removed);
            let plus = format_bar(added, longest, "+", AnsiColor::Green, look);
            let minus = format_bar(removed, longest, "-", AnsiColor::Red, look);
            format!("{total} {plus}{minus} {change}")
        }
    };
    text.trim().to_owned()
}

fn format_bar(lines: u32, longest: u64, sign: &str, color: AnsiColor, look: Look) -> String {
    let len = (u64::from(lines) * MAX_BAR).div_ceil(longest);
    look.paint(
        color.on_default(),
        &sign.repeat(usize::try_from(len).unwrap_or(0)),
    )
}

/// A column in which two trials differ, with both texts.
pub struct ColumnChange {
    pub column: String,
    pub before: String,
    pub after: String,
}

/// Lists the columns in which two trials differ, except their ids.
pub fn list_column_changes(before: &Row, after: &Row) -> Vec<ColumnChange> {
    let mut changes = Vec::new();
    let id_column = after.schema.column(Role::Id);
    for (at, column) in after.schema.names().iter().enumerate() {
        let (before, after) = (column_text(before, at), column_text(after, at));
        if before != after && id_column != Some(at) {
            changes.push(ColumnChange {
                column: column.clone(),
                before,
                after,
            });
        }
    }
    changes
}

/// Formats the columns for a person; nothing is cut.
pub fn format_columns(changes: &[ColumnChange], look: Look) -> String {
    let mut out = String::new();
    for change in changes {
        let before = ("-", AnsiColor::Red, &change.before);
        let after = ("+", AnsiColor::Green, &change.after);
        out += &(look.paint(BOLD, &visible(&change.column)) + "\n");
        for (sign, color, text) in [before, after] {
            if !text.is_empty() {
                let line = format!("{sign} {}", visible(text));
                out += &(look.paint(color.on_default(), &line) + "\n");
            }
        }
    }
    out
}
