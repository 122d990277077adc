//! The parts of the page that list trials: the leaderboard, the newest, the newest in full.

use super::{Section, id, numbers, within, word_of};
use crate::{
    log::Role,
    log::{Row, Status, Trial, shown_id},
    output::{
        markdown::{code, head, row as table_row, word},
        text::count,
    },
    prompt::PromptData,
    store::SectionName,
};

/// Characters of a hypothesis in the leaderboard, and in the table of recent trials: the most that keep the rows within their
/// bytes, which are those of usual rows.
const IN_BOARD: [usize; 5] = [100, 80, 60, 40, 20];
const BOARD_BYTES: usize = 3_400;
const IN_RECENT: [usize; 5] = [72, 56, 40, 28, 14];
const RECENT_BYTES: usize = 4_200;

/// The same for texts that are given in full.
const IN_FULL: [usize; 8] = [4000, 2000, 1200, 800, 600, 400, 200, 100];
const FULL_BYTES: usize = 10_500;

pub(super) fn board(digest: &PromptData) -> Option<Section> {
    digest.newest.as_ref()?;
    if digest.board.is_empty() && digest.tally.total.trials(|status| status == Status::Keep) > 0 {
        return None; // not asked for, or no keep has a score
    }
    if digest.board.is_empty() {
        return Some(Section::new(
            SectionName::Leaderboard,
            "## Leaderboard\n\nNo trial was kept yet.\n".to_owned(),
        ));
    }
    let names = [
        "exp".to_owned(),
        word(&digest.schema.metric),
        "Δ".to_owned(),
        "specialist".to_owned(),
        "hypothesis".to_owned(),
    ];
    let title = format!(
        "## Leaderboard: the top {}\n\n",
        count(digest.board.len() as u64, "keep")
    );
    let row = |trial: &Trial, length: usize| {
        let row = trial.row();
        let [score, delta, specialist] =
            [Role::Score, Role::Delta, Role::Specialist].map(|role| word_of(&row, role));
        table_row(&[
            id(&row),
            score,
            delta,
            specialist,
            code(row.bytes(Role::Hypothesis), length),
        ])
    };
    let rows = within(
        BOARD_BYTES * digest.board.len() / 20,
        &IN_BOARD,
        &digest.board,
        row,
    );
    let mut section = Section::new(SectionName::Leaderboard, title).rows(rows);
    section.table = head(&names);
    Some(section)
}

pub(super) fn recent(digest: &PromptData) -> Option<Section> {
    if digest.recent.is_empty() {
        return None;
    }
    let title = format!(
        "## Recent: the last {}, newest first\n\n",
        count(digest.recent.len() as u64, "trial")
    );
    let names = [
        "exp".to_owned(),
        "specialist".to_owned(),
        "status".to_owned(),
        word(&digest.schema.metric),
        "hypothesis".to_owned(),
    ];
    let row = |trial: &Trial, length: usize| {
        let row = trial.row();
        let [specialist, status, score] =
            [Role::Specialist, Role::Status, Role::Score].map(|role| word_of(&row, role));
        table_row(&[
            id(&row),
            specialist,
            status,
            score,
            code(row.bytes(Role::Hypothesis), length),
        ])
    };
    let rows = within(
        RECENT_BYTES * digest.recent.len() / 30,
        &IN_RECENT,
        &digest.recent,
        row,
    );
    let mut section = Section::new(SectionName::Recent, title).rows(rows);
    section.table = head(&names);
    Some(section)
}

pub(super) fn full(digest: &PromptData) -> Option<Section> {
    if digest.full.is_empty() {
        return None;
    }
    let rows = within(
        FULL_BYTES * digest.full.len() / 10,
        &IN_FULL,
        &digest.full,
        |trial, length| in_full(&trial.row(), length),
    );
    let cut = if rows.iter().any(|row| row.contains('…')) {
        "; where a text ends in …, `lineage show` has the rest"
    } else {
        ""
    };
    let title = format!(
        "## The last {} in full, newest first{cut}\n\n",
        digest.full.len()
    );
    Some(Section::new(SectionName::Full, title).rows(rows))
}

fn in_full(row: &Row, max: usize) -> String {
    let text = |name: &str, role| match row.bytes(role) {
        text if text.is_empty() => String::new(),
        text => format!("  - {name}: {}\n", code(&text, max)),
    };
    let parent = word(&shown_id(&row.text(Role::Parent)));
    let texts = text("hypothesis", Role::Hypothesis) + &text("notes", Role::Notes);
    format!("- {} from {parent}\n{texts}", numbers(row))
}
