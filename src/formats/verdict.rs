//! Which column says what became of a trial.

use super::{
    Map, Table,
    numbers::number,
    plan::{Named, Plan, cells, columns, named},
    roles::{self, Means, Part, Speech, VERDICTS},
    words::{self, normal_name},
};
use crate::trial::{Number, Status};

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
        let by_name = VERDICTS.iter().flat_map(|(name, speech)| columns(table, name).map(move |at| (at, *speech)));
        let mut found: Vec<_> =
            by_name.filter(|&(at, speech)| table.rows.is_empty() || speaks(table, at, speech)).collect();
        if found.is_empty() {
            let by_content = (0..table.names.len()).filter(|&at| mostly_verdicts(table, at));
            found = by_content.map(|at| (at, Speech::Words)).collect();
        }
        // A column that only says whether a trial ran is no verdict beside one that says what was decided.
        found.sort_by_key(|&(at, speech)| says_least(table, at, speech));
        self.verdict = found.first().copied();
        self.ran = found.iter().skip(1).find(|(_, speech)| *speech == Speech::Words).map(|(column, _)| *column);
        Ok(())
    }
}

fn speech(table: &Table, column: usize) -> Speech {
    let name = normal_name(&table.names[column]);
    let known = VERDICTS.iter().find(|(known, _)| *known == name).map(|(_, speech)| *speech);
    let is_yes_or_no = |cell: &str| [roles::YES, roles::NO].iter().any(|words| words::has(words, &cell.to_lowercase()));
    let default = if cells(table, column).all(is_yes_or_no) { Speech::Kept } else { Speech::Words };
    known.unwrap_or(default)
}

/// Whether a column says something that the tables know; `status` and `verdict` count for what they are called.
fn speaks(table: &Table, column: usize, speech: Speech) -> bool {
    let by_name = ["status", "verdict"].contains(&&*normal_name(&table.names[column]));
    let is_text = |cell: &str| by_name && Number::value_of(cell).is_none();
    let numbers_are_scores = speech == Speech::Words && !by_name;
    let scored = |cell: &str| numbers_are_scores && number(cell).is_some();
    cells(table, column).any(|cell| is_text(cell) || !scored(cell) && words::verdict(cell, speech).is_some())
}

/// How little a column says of what was decided: 0 where trials are kept or not, 1 where some miss a gate, 2 where they ran.
fn says_least(table: &Table, column: usize, speech: Speech) -> u8 {
    let any = |wanted: &[Status]| {
        cells(table, column)
            .any(|cell| matches!(words::verdict(cell, speech), Some(Means::Is(status)) if wanted.contains(&status)))
    };
    match () {
        () if speech == Speech::Kept || any(&[Status::Keep, Status::Discard, Status::Baseline]) => 0,
        () if speech == Speech::Gate && any(&[Status::Disqualified]) => 1,
        () => 2,
    }
}

fn mostly_verdicts(table: &Table, column: usize) -> bool {
    let (mut all, mut known) = (0, 0);
    for cell in cells(table, column) {
        all += 1;
        known += usize::from(number(cell).is_none() && words::verdict(cell, Speech::Words).is_some());
    }
    known * 10 > all * 6
}
