//! What an import did, for a person.

use std::{collections::BTreeMap, path::Path};

use super::text::{printable, visible};
use crate::{formats::Translation, trial::Status};

/// Rows in and out, what became of columns and words, and every line that could not be read.
pub fn summary(translation: &Translation, added: usize, known: usize, file: &Path, store: &Path) -> String {
    let line = |name: &str, text: &str| format!("{name:<10} {}\n", printable(text));
    let rows = translation.rows.len();
    let mut out = line("rows in", &format!("{} of {}", rows + translation.unread.len(), file.display()));
    out += &line("rows out", &format!("{added} to {}", store.display()));
    if known > 0 {
        out += &line("known", &format!("{known} are there already"));
    }
    let direction = translation.direction;
    out += &line("score", &format!("{}, {} is better", translation.metric, direction.better_word()));
    for (from, to) in translation.columns.iter().filter(|(from, to)| from != to) {
        out += &line("column", &format!("{from} → {to}"));
    }
    let kept: Vec<_> =
        translation.columns.iter().filter(|(from, to)| from == to).map(|(from, _)| from.as_str()).collect();
    out += &line("as it is", &kept.join(" "));
    for ((from, to), times) in &translation.words {
        let becomes = if Status::read(to.as_bytes()) == Status::Other {
            "stays as it is, and is never best".to_owned()
        } else {
            format!("→ {to}")
        };
        out +=
            &line("verdict", &format!("{} {becomes}: {times}", visible(if from.is_empty() { "(none)" } else { from })));
    }
    if !translation.emptied.is_empty() {
        let numbers: Vec<_> = translation.emptied.iter().map(u64::to_string).collect();
        out += &line("no score", &format!("a sentinel was emptied in line {}", numbers.join(" ")));
    }
    let mut odd: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (number, cell) in &translation.odd {
        odd.entry(cell).or_default().push(number.to_string());
    }
    for (cell, lines) in odd {
        out += &line("no number", &format!("`{cell}` stays as it is, and is no score, in line {}", lines.join(" ")));
    }
    let place = |number: u64, why: &str| format!("{}:{number}: {why}", file.display());
    for unread in &translation.unread {
        out += &line("not read", &place(unread.line, &unread.why));
    }
    out
}
