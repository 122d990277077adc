//! The sections that list trials: the leaderboard, the children of the best, the specialist's own, the last ones.

use super::{PromptData, Section, cell, id, outcome, quote, trial_count};
use crate::analysis::Calibration;
use crate::log::{Role, Row, Status, Trial, shown_id};
use crate::output::format::short_delta;
use crate::output::markdown::{self, word};
use crate::output::trials::column_title;
use crate::text::count;

/// How long the texts of a list may be, and how many bytes a trial may have in the mean: the first length that fits is used.
type Lengths = (&'static [usize], usize);

const IN_LEADERBOARD: Lengths = (&[100, 80, 60, 40, 20], 170);
const IN_RECENT: Lengths = (&[72, 56, 40, 28, 14], 140);
const IN_LIST: Lengths = (&[60, 40, 20], 180);
const IN_OWN: Lengths = (&[60, 40, 20], 360);
const IN_FULL: Lengths = (&[4000, 2000, 1200, 800, 600, 400, 200, 100], 1050);

/// One row for each trial; `write` gets the trial and the length of its texts.
fn fit_rows(
    trials: &[Trial],
    (lengths, bytes): Lengths,
    write: impl Fn(&Row, usize) -> String,
) -> Vec<String> {
    let mut rows = Vec::new();
    for &length in lengths {
        let texts = trials.iter().map(|trial| write(&trial.row(), length));
        rows = texts.collect();
        if rows.iter().map(String::len).sum::<usize>() <= bytes * trials.len() {
            break;
        }
    }
    rows
}

pub(super) fn leaderboard(data: &PromptData) -> Option<Section> {
    data.newest.as_ref()?;
    let trials = &data.leaderboard;
    if trials.is_empty() {
        let has_keeps = data.tally.total.trials(|status| status == Status::Keep) > 0;
        let section = Section::new("## Leaderboard", "No keeps yet.\n", Vec::new());
        return (!has_keeps).then_some(section);
    }
    let title = format!("## Leaderboard: top {}", count(trials.len() as u64, "keep"));
    let roles = [Role::Score, Role::Delta, Role::Specialist];
    Some(table(&title, trials, roles, IN_LEADERBOARD, data))
}

pub(super) fn recent(data: &PromptData) -> Option<Section> {
    let trials = &data.recent;
    let count = trial_count(trials.len() as u64);
    let title = format!("## Recent: last {count}, newest first");
    let roles = [Role::Specialist, Role::Status, Role::Score];
    (!trials.is_empty()).then(|| table(&title, trials, roles, IN_RECENT, data))
}

fn table(
    title: &str,
    trials: &[Trial],
    roles: [Role; 3],
    lengths: Lengths,
    data: &PromptData,
) -> Section {
    let rows = fit_rows(trials, lengths, |row, length| {
        let [a, b, c] = roles.map(|role| cell(row, role));
        markdown::row(&[id(row), a, b, c, quote(row, Role::Hypothesis, length)])
    });
    let metric = word(&data.schema.metric);
    let [a, b, c] = roles.map(|role| column_title(role, &metric).to_owned());
    let mut section = Section::new(title, "", rows);
    section.table_head = markdown::head(&["exp".to_owned(), a, b, c, "hypothesis".to_owned()]);
    section
}

pub(super) fn children(data: &PromptData) -> Option<Section> {
    data.best.as_ref()?;
    let (children, older) = (&data.children, &data.older_children);
    let all = children.len() as u64 + older.values().sum::<u64>();
    if all == 0 {
        let section = Section::new("## Tried from the best", "Nothing yet.\n", Vec::new());
        return Some(section);
    }
    let title = format!("## Tried from the best: {}, newest first", trial_count(all));
    let mut section = Section::new(&title, "", fit_rows(children, IN_LIST, list_item));
    if !older.is_empty() {
        let older = older.iter().map(|(status, n)| (status.name(), *n));
        section.foot = format!("\nEarlier: {}.\n", tally_text(older));
    }
    Some(section)
}

fn list_item(row: &Row, length: usize) -> String {
    let hypothesis = quote(row, Role::Hypothesis, length);
    format!("- {} {hypothesis}\n", outcome(row))
}

/// A tally as `3 keep, 1 crash`.
fn tally_text<S: AsRef<str>>(tally: impl Iterator<Item = (S, u64)>) -> String {
    let counts = tally.map(|(name, trials)| format!("{trials} {}", word(name.as_ref())));
    counts.collect::<Vec<_>>().join(", ")
}

pub(super) fn own(data: &PromptData) -> Option<Section> {
    data.newest.as_ref()?;
    let group = &data.own.group;
    let title = format!("## Your trials: {}", word(&data.specialist));
    if group.all() == 0 {
        return Some(Section::new(&title, "None yet.\n", Vec::new()));
    }
    let tally = tally_text(group.entries().map(|entry| (entry.word, entry.trials)));
    let mut text = format!("{}: {tally}", trial_count(group.all()));
    if let Some((_, score, id)) = &group.best {
        text += &format!("; your best is {} ({})", word(id), word(score));
    }
    text += ".\n\n";
    if let Some(calibration) = data.own.calibration() {
        text += &calibration_text(&calibration);
    }
    let is_own = |keep: &Trial| keep.row().text(Role::Specialist) == data.specialist;
    if !data.leaderboard.is_empty() && !data.leaderboard.iter().any(is_own) {
        text += "No keep on the leaderboard is yours.\n\n";
    }
    let rows = fit_rows(&data.own_last, IN_OWN, |row, length| {
        list_item(row, length) + &item_text("notes", row, Role::Notes, 2 * length)
    });
    Some(Section::new(&title, &text, rows))
}

fn calibration_text(calibration: &Calibration) -> String {
    let trials = calibration.trials;
    format!(
        "Calibration, last {}: median predicted Δ {}, measured {}; sign right {} of {trials}.\n\n",
        trial_count(trials as u64),
        short_delta(calibration.predicted),
        short_delta(calibration.measured),
        calibration.right_sign
    )
}

pub(super) fn full(data: &PromptData) -> Option<Section> {
    let rows = fit_rows(&data.full, IN_FULL, |row, length| {
        let parent = word(&shown_id(&row.text(Role::Parent)));
        let hypothesis = item_text("hypothesis", row, Role::Hypothesis, length);
        let notes = item_text("notes", row, Role::Notes, length);
        format!("- {} from {parent}\n{hypothesis}{notes}", outcome(row))
    });
    let mut title = format!("## The last {} in full, newest first", rows.len());
    // In the title, so that a long text does not change the structure of the prompt.
    if rows.iter().any(|row| row.contains('…')) {
        title += "; for texts that end in …, see `lineage show`";
    }
    (!rows.is_empty()).then(|| Section::new(&title, "", rows))
}

fn item_text(name: &str, row: &Row, role: Role, length: usize) -> String {
    if row.bytes(role).is_empty() {
        return String::new();
    }
    format!("  - {name}: {}\n", quote(row, role, length))
}
