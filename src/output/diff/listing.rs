//! A difference in short: lines per file, and the columns in which two trials differ.

use anstyle::AnsiColor;
use unicode_width::UnicodeWidthStr;

use super::{DiffStat, quote_path};
use crate::log::{Role, Row};
use crate::output::{BOLD, Look, column_text};
use crate::text::{count, visible};

/// The widest bar of `--stat`.
const MAX_BAR: usize = 40;

/// Formats a line per file, with a bar for its size, and the totals.
pub fn format_stats(stats: &[DiffStat], look: Look) -> String {
    if stats.is_empty() {
        return String::new();
    }
    let quote = |stat: &DiffStat| quote_path(stat.path.as_os_str().as_encoded_bytes());
    let names: Vec<String> = stats.iter().map(quote).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let (mut added, mut removed, mut longest) = (0, 0, MAX_BAR);
    for lines in stats.iter().filter_map(|stat| stat.lines) {
        added += lines.0;
        removed += lines.1;
        longest = longest.max(lines.0 + lines.1);
    }
    let mut out = String::new();
    for (stat, name) in stats.iter().zip(&names) {
        let gap = " ".repeat(width - name.width());
        out += &format!(" {name}{gap} | {}\n", format_stat(stat, longest, look));
    }
    let files = count(stats.len() as u64, "file");
    let (added, removed) = (count(added as u64, "line"), count(removed as u64, "line"));
    out + &format!(" {files}, {added} added, {removed} removed\n")
}

fn format_stat(stat: &DiffStat, longest: usize, look: Look) -> String {
    let change = match stat.change {
        "changed" => String::new(),
        change => format!("({change})"),
    };
    let text = match stat.lines {
        None => format!("not compared by line {change}"),
        Some((0, 0)) => change,
        Some((added, removed)) => {
            let bar = |lines: usize, sign: &str, color: AnsiColor| {
                let len = (lines * MAX_BAR).div_ceil(longest);
                look.paint(color.on_default(), &sign.repeat(len))
            };
            let plus = bar(added, "+", AnsiColor::Green);
            let minus = bar(removed, "-", AnsiColor::Red);
            format!("{} {plus}{minus} {change}", added + removed)
        }
    };
    text.trim().to_owned()
}

/// Lists the columns in which two trials differ, except their ids: each with the text before and the text after.
pub fn list_column_changes(before: &Row, after: &Row) -> Vec<[String; 3]> {
    let mut changes = Vec::new();
    let id_column = after.schema.column(Role::Id);
    for (at, column) in after.schema.names().iter().enumerate() {
        let (before, after) = (column_text(before, at), column_text(after, at));
        if before != after && id_column != Some(at) {
            changes.push([column.clone(), before, after]);
        }
    }
    changes
}

/// Formats the columns for a person; nothing is cut.
pub fn format_columns(changes: &[[String; 3]], look: Look) -> String {
    let mut out = String::new();
    for [column, before, after] in changes {
        out += &(look.paint(BOLD, &visible(column)) + "\n");
        let before = ("-", AnsiColor::Red, before);
        let after = ("+", AnsiColor::Green, after);
        for (sign, color, text) in [before, after] {
            if !text.is_empty() {
                let line = format!("{sign} {}", visible(text));
                out += &(look.paint(color.on_default(), &line) + "\n");
            }
        }
    }
    out
}
