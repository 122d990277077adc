//! Cells read: verdicts, scores, numbers and times as people write them.

use jiff::{Timestamp, civil};

use super::{
    Table,
    plan::{self, Plan},
    roles::{self, Means, SENTINELS, Speech},
};
use crate::{
    draft::format_time,
    trial::{Number, Status},
};

/// What the verdicts of a log say, once all of them were seen.
pub(super) struct Statuses {
    /// Whether a word that says "it ran" is a keep: only where no row says more.
    ran_is_keep: bool,
}

impl Statuses {
    pub(super) fn new(table: &Table, plan: &Plan) -> Self {
        let decides = |means| matches!(means, Means::Is(Status::Keep | Status::Discard | Status::Baseline));
        let has_decisions = plan.verdict.is_some_and(|(column, speech)| {
            plan::cells(table, column).filter_map(|cell| roles::verdict(cell, speech)).any(decides)
        });
        Self { ran_is_keep: !has_decisions }
    }

    /// The status of a row, and its word: that of the status, else what is written.
    pub(super) fn of(&self, at: usize, table: &Table, plan: &Plan) -> (Status, String) {
        let cells = &table.rows[at].cells;
        let cell = |column: usize| cells.get(column).map_or("", |cell| cell.trim());
        let Some((column, speech)) = plan.verdict else { return (Status::Other, String::new()) };
        let mut word = cell(column);
        let mut means = roles::verdict(word, speech);
        if let Some(ran) = plan.ran.filter(|_| means.is_none() && roles::is_nothing(word)) {
            word = cell(ran);
            means = roles::verdict(word, Speech::Words).filter(|means| *means != Means::Ran);
        }
        match means {
            Some(Means::Is(status)) => (status, status.name().to_owned()),
            Some(Means::Ran) if self.ran_is_keep => (Status::Keep, Status::Keep.name().to_owned()),
            _ => (Status::Other, word.to_owned()),
        }
    }
}

/// The cells of the score column, read.
#[derive(Default)]
pub(super) struct Scores {
    pub(super) found: usize,
    pub(super) emptied: Vec<u64>,
    pub(super) odd: Vec<(u64, String)>,
}

impl Scores {
    pub(super) fn read(&mut self, line: u64, cell: &str, status: Status, silent: bool) -> Option<(String, f64)> {
        let failed = status.is_failure() || status.is_quarantined();
        match number(cell) {
            Some((_, value)) if failed && SENTINELS.contains(&value) => {
                self.emptied.push(line);
                None
            }
            Some(score) => {
                self.found += 1;
                Some(score)
            }
            None => {
                if roles::is_nothing(cell) {
                    if !cell.is_empty() {
                        self.emptied.push(line);
                    }
                } else if !silent || !cell.is_empty() {
                    self.odd.push((line, cell.to_owned()));
                }
                None
            }
        }
    }
}

/// A number as people write it: `1,234.5` and `85.3%` are numbers, too.
pub(super) fn number(cell: &str) -> Option<(String, f64)> {
    let cell = cell.trim();
    let bare = cell.strip_suffix('%').unwrap_or(cell).trim_end();
    let grouped =
        || bare.split(',').skip(1).all(|group| group.split('.').next().is_some_and(|digits| digits.len() == 3));
    let text = if bare.contains(',') && grouped() { bare.replace(',', "") } else { bare.to_owned() };
    Number::value_of(&text).map(|value| (text, value))
}

/// A time as the log has it: from ISO with or without a zone (UTC then), or seconds or milliseconds since 1970.
pub(super) fn time(cell: &str) -> Option<String> {
    let cell = cell.trim();
    let since_1970 = |number: f64| {
        #[allow(clippy::cast_possible_truncation)] // a time of this century has 13 digits
        let milliseconds = if number > 1e11 { number as i64 } else { (number * 1000.0) as i64 };
        Timestamp::from_millisecond(milliseconds).ok().filter(|_| number > 1e8)
    };
    let local = || cell.replacen(' ', "T", 1).parse::<civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let number = Number::value_of(cell);
    let time = match number {
        Some(number) => since_1970(number),
        None => cell.parse::<Timestamp>().ok().or_else(|| Some(local()?.timestamp())),
    };
    time.map(format_time)
}
