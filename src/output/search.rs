//! The trials that a search found, for a person: their outcome, and their texts with the matched words marked.

use std::ops::Range;

use anstyle::Style;

use super::table::Cell;
use super::{Look, visible_or_dash};
use crate::analysis::similar::{Scorer, for_each_token};
use crate::log::{Role, Trial};
use crate::text::{NOTHING, visible};

const MARK: Style = Style::new().bold().underline();

/// How many characters are shown before and after the first match, on a terminal.
const AROUND: usize = 150;

/// Formats trials, best first: one line of numbers, then the hypothesis, then the notes if they match.
pub fn format_found(trials: &[Trial], words: &Scorer, look: Look) -> String {
    let mut out = String::new();
    for trial in trials {
        let row = trial.row();
        let paint = |role| Cell::paint(&row, role, look);
        let [id, status, score] = [Role::Id, Role::Status, Role::Score].map(paint);
        out += &format!("{id}  {status}  {score}  {}", paint(Role::Specialist));
        let delta = paint(Role::Delta);
        if delta != NOTHING {
            out += &format!("  Δ best {delta}");
        }
        let hypothesis = visible_or_dash(&row.text(Role::Hypothesis));
        out += &format!("\n    {}\n", mark(&hypothesis, words, look));
        let notes = visible(&row.text(Role::Notes)).into_owned();
        if !find_matches(&notes, words).is_empty() {
            out += &format!("    notes: {}\n", mark(&notes, words, look));
        }
    }
    out
}

/// A text with the matched words marked; on a terminal only the part around the first one.
fn mark(text: &str, words: &Scorer, look: Look) -> String {
    let matches = find_matches(text, words);
    let shown = if look.is_terminal() {
        around(text, matches.first().map_or(0, |&(start, _)| start))
    } else {
        0..text.len()
    };
    let mut out = if shown.start > 0 { "…" } else { "" }.to_owned();
    let mut end = shown.start;
    for (start, stop) in matches.into_iter().filter(|&(_, stop)| stop <= shown.end) {
        out += &text[end..start];
        look.push(MARK, &text[start..stop], &mut out);
        end = stop;
    }
    out += &text[end..shown.end];
    out + if shown.end < text.len() { "…" } else { "" }
}

/// Where a text has the words, without overlaps.
fn find_matches(text: &str, words: &Scorer) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for_each_token(text, |token| {
        if words.has_term(token.text) {
            found.push((token.range.start, token.range.end));
        }
    });
    found.sort_unstable();
    let mut matches: Vec<(usize, usize)> = Vec::new();
    for (start, stop) in found {
        match matches.last_mut() {
            Some((_, end)) if start < *end => *end = stop.max(*end),
            _ => matches.push((start, stop)),
        }
    }
    matches
}

/// The part of a text around a place in it, as far as a terminal shows it.
fn around(text: &str, at: usize) -> Range<usize> {
    let before = text[..at].char_indices().rev().nth(AROUND - 1);
    let after = text[at..].char_indices().nth(AROUND);
    before.map_or(0, |(start, _)| start)..after.map_or(text.len(), |(end, _)| at + end)
}
