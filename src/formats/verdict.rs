//! Which column says what became of a trial.

use super::{
    Map, Table,
    numbers::number,
    plan::{Named, Plan, cells, columns, named},
    roles::{Means, Part, Speech, VERDICTS, VETOES},
    words::{self, normal_name},
};
use crate::log::{Number, Status};

impl Plan {
    pub(super) fn find_verdict(&mut self, table: &Table, map: &Map) -> Result<(), String> {
        match named(table, map, Part::Verdict)? {
            Named::Column(column) => {
                self.verdict = Some((column, speech(table, column)));
                return Ok(());
            }
            Named::Nothing => return Ok(()),
            Named::Unsaid => {}
        }
        let by_name = VERDICTS
            .iter()
            .flat_map(|(name, speech)| columns(table, name).map(move |at| (at, *speech)));
        let mut found: Vec<_> = by_name
            .filter(|&(at, speech)| table.rows.is_empty() || speaks(table, at, speech))
            .collect();
        self.vetoes = vetoes(table);
        let answers = self
            .vetoes
            .iter()
            .position(|(_, speech)| *speech != Speech::Words);
        if let Some(first) = answers.filter(|_| found.is_empty()) {
            found.push(self.vetoes.remove(first));
        }
        if found.is_empty() {
            let by_content = (0..table.names.len()).filter(|&at| mostly_verdicts(table, at));
            found = by_content.map(|at| (at, Speech::Words)).collect();
            self.verdict_is_guess = !found.is_empty();
        }
        // A column that only says whether a trial ran is no verdict beside one that says what was decided.
        found.sort_by_key(|&(at, speech)| says_least(table, at, speech));
        self.verdict = found.first().copied();
        self.ran = found
            .iter()
            .skip(1)
            .find(|(_, speech)| *speech == Speech::Words)
            .map(|(column, _)| *column);
        Ok(())
    }
}

/// The columns that may take a trial back: of yes and no, or of errors.
fn vetoes(table: &Table) -> Vec<(usize, Speech)> {
    let named = VETOES
        .iter()
        .flat_map(|(name, speech)| columns(table, name).map(move |at| (at, *speech)));
    let is_failure = |cell: &str| {
        matches!(words::verdict(cell, Speech::Words), Some(Means::Is(status)) if status.is_failure())
            && number(cell).is_none()
    };
    let is_told = |&(at, speech): &(usize, Speech)| match speech {
        Speech::Words => {
            cells(table, at).any(is_failure) && !cells(table, at).any(|cell| number(cell).is_some())
        }
        _ => cells(table, at).next().is_some() && cells(table, at).all(words::is_yes_or_no),
    };
    named.filter(is_told).collect()
}

fn speech(table: &Table, column: usize) -> Speech {
    let name = normal_name(&table.names[column]);
    let known = VERDICTS
        .iter()
        .chain(VETOES)
        .find(|(known, _)| *known == name)
        .map(|(_, speech)| *speech);
    let default = if cells(table, column).all(words::is_yes_or_no) {
        Speech::Kept
    } else {
        Speech::Words
    };
    known.unwrap_or(default)
}

/// Whether a column says something that the tables know; `status` and `verdict` count for what they are called.
fn speaks(table: &Table, column: usize, speech: Speech) -> bool {
    let by_name = ["status", "verdict"].contains(&&*normal_name(&table.names[column]));
    let is_text = |cell: &str| by_name && Number::value_of(cell).is_none();
    let is_count = |cell: &str| number(cell).is_some() && !words::is_yes_or_no(cell);
    if speech != Speech::Words && cells(table, column).any(is_count) {
        return false; // how many were correct, not whether it was
    }
    let numbers_are_scores = speech == Speech::Words && !by_name;
    let scored = |cell: &str| numbers_are_scores && number(cell).is_some();
    cells(table, column)
        .any(|cell| is_text(cell) || !scored(cell) && words::verdict(cell, speech).is_some())
}

/// How little a column says of what was decided: 0 where trials are kept or not, 1 where some miss a gate, 2 where they ran.
fn says_least(table: &Table, column: usize, speech: Speech) -> u8 {
    let any = |wanted: &[Status]| {
        cells(table, column)
            .any(|cell| matches!(words::verdict(cell, speech), Some(Means::Is(status)) if wanted.contains(&status)))
    };
    match () {
        () if speech == Speech::Kept || any(&[Status::Keep, Status::Discard, Status::Baseline]) => {
            0
        }
        () if speech == Speech::Gate && any(&[Status::Disqualified]) => 1,
        () => 2,
    }
}

/// Whether most cells are words of verdicts, good ones and bad ones. `draft`, `improve` and `debug` tell stages of a search.
fn mostly_verdicts(table: &Table, column: usize) -> bool {
    let (mut all, mut good, mut bad) = (0, 0, 0);
    for cell in cells(table, column) {
        all += 1;
        match words::verdict(cell, Speech::Words).filter(|_| number(cell).is_none()) {
            Some(Means::Is(Status::Keep | Status::Baseline) | Means::Ran) => good += 1,
            Some(_) => bad += 1,
            None => {}
        }
    }
    good > 0 && bad > 0 && (good + bad) * 10 > all * 6
}
