//! What differs, without the lines themselves.

use anstyle::{AnsiColor, Style};

use super::{Stat, quote};
use crate::{
    log::{Row, shown_id},
    output::{
        Look,
        text::{count, visible},
    },
};

/// The widest bar of `--stat`.
const BAR: usize = 40;

/// A line a file, with a bar for its size, and the sums.
pub fn stats(stats: &[Stat], look: Look) -> String {
    use unicode_width::UnicodeWidthStr;
    if stats.is_empty() {
        return String::new();
    }
    let names: Vec<String> = stats
        .iter()
        .map(|stat| quote(stat.path.as_os_str().as_encoded_bytes()))
        .collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let total = |stat: &Stat| {
        stat.lines
            .map_or(0, |(added, removed)| added.saturating_add(removed) as usize)
    };
    let most = stats.iter().map(total).max().unwrap_or(0).max(BAR);
    let bar = |lines: u32, sign: &str| sign.repeat((lines as usize * BAR).div_ceil(most));
    let mut out = String::new();
    let (mut added, mut removed) = (0_u64, 0_u64);
    for (stat, name) in stats.iter().zip(&names) {
        let gap = " ".repeat(width - name.width());
        let what = match stat.lines {
            None => "not compared by line".to_owned(),
            Some((0, 0)) => String::new(),
            Some((plus, minus)) => {
                added += u64::from(plus);
                removed += u64::from(minus);
                let (plus_bar, minus_bar) = (bar(plus, "+"), bar(minus, "-"));
                let plus_bar = look.paint(AnsiColor::Green.on_default(), &plus_bar);
                format!(
                    "{} {plus_bar}{}",
                    total(stat),
                    look.paint(AnsiColor::Red.on_default(), &minus_bar)
                )
            }
        };
        let change = if stat.change == "changed" {
            String::new()
        } else {
            format!("({})", stat.change)
        };
        out += &format!(" {name}{gap} | {}", format!("{what} {change}").trim());
        out.push('\n');
    }
    let (files, added, removed) = (
        count(stats.len() as u64, "file"),
        count(added, "line"),
        count(removed, "line"),
    );
    out + &format!(" {files}, {added} added, {removed} removed\n")
}

/// Name and both texts of every column in which two trials differ, but for their ids.
pub fn columns(before: &Row, after: &Row) -> Vec<[String; 3]> {
    let text = |row: &Row, column: usize| {
        let text = row.text_at(column);
        if row.schema.is_id(column) {
            shown_id(&text)
        } else {
            text.into_owned()
        }
    };
    let names = after.schema.names().iter().enumerate();
    names
        .filter(|(column, _)| after.schema.column(crate::log::Role::Id) != Some(*column))
        .map(|(column, name)| [name.clone(), text(before, column), text(after, column)])
        .filter(|[_, before, after]| before != after)
        .collect()
}

/// The columns for a person: nothing is cut.
pub fn fields(columns: &[[String; 3]], look: Look) -> String {
    let side = |style: AnsiColor, sign: &str, text: &str| {
        if text.is_empty() {
            return String::new();
        }
        look.paint(style.on_default(), &format!("{sign} {}", visible(text))) + "\n"
    };
    let field = |[name, before, after]: &[String; 3]| {
        let name = look.paint(Style::new().bold(), &visible(name));
        format!(
            "{name}\n{}{}",
            side(AnsiColor::Red, "-", before),
            side(AnsiColor::Green, "+", after)
        )
    };
    columns.iter().map(field).collect()
}
