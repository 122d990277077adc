//! The sections that list trials: the leaderboard, the children of the best, the specialist's own, the last ones.

use super::{
    PromptData, Section,
    sections::{cell, id, outcome, trial_count},
};
use crate::{
    analysis::Calibration,
    log::{Role, Row, Status, Trial, shown_id},
    output::{
        format::short_delta,
        markdown::{self, code, word},
        text::count,
    },
    store::SectionName,
};

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
        rows = trials
            .iter()
            .map(|trial| write(&trial.row(), length))
            .collect();
        if rows.iter().map(String::len).sum::<usize>() <= bytes * trials.len() {
            break;
        }
    }
    rows
}

pub(super) fn leaderboard(data: &PromptData) -> Option<Section> {
    data.newest.as_ref()?;
    if data.leaderboard.is_empty() {
        let has_keeps = data.tally.total.trials(|status| status == Status::Keep) > 0;
        let section = Section::new(SectionName::Leaderboard, "Leaderboard");
        return (!has_keeps).then(|| section.with_text("No keeps yet.\n"));
    }
    let keeps = count(data.leaderboard.len() as u64, "keep");
    let section = Section::new(
        SectionName::Leaderboard,
        &format!("Leaderboard: top {keeps}"),
    );
    let roles = [Role::Score, Role::Delta, Role::Specialist];
    let rows = table_rows(&data.leaderboard, roles, IN_LEADERBOARD);
    Some(section.with_table(table_head(data, roles), rows))
}

pub(super) fn recent(data: &PromptData) -> Option<Section> {
    if data.recent.is_empty() {
        return None;
    }
    let title = format!(
        "Recent: last {}, newest first",
        trial_count(data.recent.len() as u64)
    );
    let roles = [Role::Specialist, Role::Status, Role::Score];
    let rows = table_rows(&data.recent, roles, IN_RECENT);
    let section = Section::new(SectionName::Recent, &title);
    Some(section.with_table(table_head(data, roles), rows))
}

/// The ids of trials, three more cells, and their hypotheses.
fn table_rows(trials: &[Trial], roles: [Role; 3], lengths: Lengths) -> Vec<String> {
    fit_rows(trials, lengths, |row, length| {
        let [a, b, c] = roles.map(|role| cell(row, role));
        markdown::row(&[id(row), a, b, c, code(row.bytes(Role::Hypothesis), length)])
    })
}

fn table_head(data: &PromptData, roles: [Role; 3]) -> String {
    let [a, b, c] = roles.map(|role| match role {
        Role::Score => word(&data.schema.metric),
        Role::Delta => "Δ best".to_owned(),
        Role::Status => "status".to_owned(),
        _ => "specialist".to_owned(),
    });
    markdown::head(&["exp".to_owned(), a, b, c, "hypothesis".to_owned()])
}

pub(super) fn children(data: &PromptData) -> Option<Section> {
    data.best.as_ref()?;
    let (children, older) = (&data.lineage.children, &data.lineage.older_children);
    let all = children.len() as u64 + older.values().sum::<u64>();
    if all == 0 {
        let section = Section::new(SectionName::Children, "Tried from the best");
        return Some(section.with_text("Nothing yet.\n"));
    }
    let title = format!("Tried from the best: {}, newest first", trial_count(all));
    let rows = fit_rows(children, IN_LIST, list_item);
    let mut section = Section::new(SectionName::Children, &title).with_rows(rows);
    if !older.is_empty() {
        let older = older
            .iter()
            .map(|(status, trials)| (status.name(), *trials));
        section.foot = format!("\nEarlier: {}.\n", tally_text(older));
    }
    Some(section)
}

fn list_item(row: &Row, length: usize) -> String {
    format!(
        "- {} {}\n",
        outcome(row),
        code(row.bytes(Role::Hypothesis), length)
    )
}

/// A tally as `3 keep, 1 crash`.
fn tally_text<'a>(tally: impl Iterator<Item = (&'a str, u64)>) -> String {
    let counts: Vec<_> = tally
        .map(|(name, trials)| format!("{trials} {}", word(name)))
        .collect();
    counts.join(", ")
}

pub(super) fn own(data: &PromptData) -> Option<Section> {
    data.newest.as_ref()?;
    let group = &data.own.group;
    let title = format!("Your trials: {}", word(&data.specialist));
    let section = Section::new(SectionName::Specialist, &title);
    if group.all() == 0 {
        return Some(section.with_text("None yet.\n"));
    }
    let entries: Vec<_> = group.entries().collect();
    let entries = entries
        .iter()
        .map(|entry| (entry.word.as_str(), entry.trials));
    let mut text = format!("{}: {}", trial_count(group.all()), tally_text(entries));
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
    Some(section.with_text(&text).with_rows(rows))
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
    if data.full.is_empty() {
        return None;
    }
    let rows = fit_rows(&data.full, IN_FULL, |row, length| {
        let parent = word(&shown_id(&row.text(Role::Parent)));
        let hypothesis = item_text("hypothesis", row, Role::Hypothesis, length);
        let notes = item_text("notes", row, Role::Notes, length);
        format!("- {} from {parent}\n{hypothesis}{notes}", outcome(row))
    });
    // In the title, so that a long text does not change the structure of the prompt.
    let cut = if rows.iter().any(|row| row.contains('…')) {
        "; for texts that end in …, see `lineage show`"
    } else {
        ""
    };
    let title = format!("The last {} in full, newest first{cut}", data.full.len());
    Some(Section::new(SectionName::Full, &title).with_rows(rows))
}

/// A text of a trial as an item of an inner list, or nothing.
fn item_text(name: &str, row: &Row, role: Role, length: usize) -> String {
    let text = row.bytes(role);
    if text.is_empty() {
        return String::new();
    }
    format!("  - {name}: {}\n", code(&text, length))
}
