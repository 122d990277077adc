//! The parts of the page that list trials: the leaderboard, the newest, the newest in full.

use super::{Section, id, numbers, word_of};
use crate::{
    digest::Digest,
    schema::Role,
    store::SectionName,
    trial::{Row, Trial, shown_id},
    view::{
        markdown::{code, head, row as table_row, word},
        text::count,
    },
};

/// Characters of a hypothesis in the leaderboard, and in the table of recent trials.
const IN_BOARD: usize = 80;
const IN_RECENT: usize = 56;

/// Characters of a text that is given in full: the most that keeps the section within its bytes.
const FULL_TEXTS: [usize; 8] = [4000, 2000, 1200, 800, 600, 400, 200, 100];
const FULL_BYTES: usize = 10_500;

pub(super) fn board(digest: &Digest) -> Option<Section> {
    digest.newest.as_ref()?;
    if digest.board.is_empty() {
        return Some(Section::new(SectionName::Board, "## Leaderboard\n\nNo trial was kept yet.\n".to_owned()));
    }
    let names = [
        "exp".to_owned(),
        word(&digest.schema.metric),
        "Δ".to_owned(),
        "specialist".to_owned(),
        "hypothesis".to_owned(),
    ];
    let title = format!("## Leaderboard: the top {}\n\n", count(digest.board.len() as u64, "keep"));
    let row = |trial: &Trial| {
        let row = trial.row();
        let [score, delta, specialist] = [Role::Score, Role::Delta, Role::Specialist].map(|role| word_of(&row, role));
        table_row(&[id(&row), score, delta, specialist, code(&row.text(Role::Hypothesis), IN_BOARD)])
    };
    let command = format!("lineage best --top {}", digest.board.len());
    let mut section = Section::new(SectionName::Board, title).rows(digest.board.iter().map(row), command);
    section.table = head(&names);
    Some(section)
}

pub(super) fn recent(digest: &Digest) -> Option<Section> {
    if digest.recent.is_empty() {
        return None;
    }
    let title = format!("## Recent: the last {}, newest first\n\n", count(digest.recent.len() as u64, "trial"));
    let names = [
        "exp".to_owned(),
        "specialist".to_owned(),
        "status".to_owned(),
        word(&digest.schema.metric),
        "hypothesis".to_owned(),
    ];
    let row = |trial: &Trial| {
        let row = trial.row();
        let [specialist, status, score] = [Role::Specialist, Role::Status, Role::Score].map(|role| word_of(&row, role));
        table_row(&[id(&row), specialist, status, score, code(&row.text(Role::Hypothesis), IN_RECENT)])
    };
    let command = format!("lineage tail -n {}", digest.recent.len());
    let mut section = Section::new(SectionName::Recent, title).rows(digest.recent.iter().map(row), command);
    section.table = head(&names);
    Some(section)
}

pub(super) fn full(digest: &Digest) -> Option<Section> {
    if digest.full.is_empty() {
        return None;
    }
    let rows = |max| digest.full.iter().map(|trial| in_full(&trial.row(), max)).collect::<Vec<_>>();
    let fits = |rows: &Vec<String>| rows.iter().map(String::len).sum::<usize>() <= FULL_BYTES;
    let least = FULL_TEXTS[FULL_TEXTS.len() - 1];
    let rows = FULL_TEXTS.into_iter().map(rows).find(fits).unwrap_or_else(|| rows(least));
    let title = format!("## The last {} in full, newest first\n\n", digest.full.len());
    let command = format!("lineage tail -n {} --full", digest.full.len());
    Some(Section::new(SectionName::Full, title).rows(rows, command))
}

fn in_full(row: &Row, max: usize) -> String {
    let text = |name: &str, role| match row.text(role) {
        text if text.is_empty() => String::new(),
        text => format!("  - {name}: {}\n", code(&text, max)),
    };
    let parent = word(&shown_id(&row.text(Role::Parent)));
    let texts = text("hypothesis", Role::Hypothesis) + &text("notes", Role::Notes);
    format!("- {} from {parent}\n{texts}", numbers(row))
}
