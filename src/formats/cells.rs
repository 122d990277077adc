//! Cells read: verdicts, scores, numbers and times as people write them.

use jiff::{Timestamp, civil};

use super::{
    Table,
    numbers::Form,
    plan::{self, Plan},
    roles::{Means, SENTINELS, Speech},
    words,
};
use crate::{
    append::format_time,
    log::{Number, Status},
};

/// What the verdicts of a log say, once all of them were seen.
pub(super) struct Statuses {
    /// Whether a word that says "it ran" is a keep: only where no row is called one.
    ran_is_keep: bool,
    /// Whether the keeps are no more than trials that ran: nobody decided for them.
    pub(super) mere_completion: bool,
}

impl Statuses {
    pub(super) fn new(table: &Table, plan: &Plan) -> Self {
        let mut seen = [false; 4]; // keep, baseline, discard, ran
        if let Some((column, speech)) = plan.verdict {
            for cell in plan::cells(table, column) {
                match words::verdict(cell, speech) {
                    Some(Means::Is(Status::Keep)) => seen[0] = true,
                    Some(Means::Is(Status::Baseline)) => seen[1] = true,
                    Some(Means::Is(Status::Discard)) => seen[2] = true,
                    Some(Means::Ran) => seen[3] = true,
                    _ => {}
                }
            }
        }
        let [keep, baseline, discard, ran] = seen;
        // A baseline decides nothing about the trials after it.
        let ran_is_keep = !(keep || baseline && discard);
        let by_words = plan
            .verdict
            .is_some_and(|(_, speech)| matches!(speech, Speech::Words | Speech::Gate));
        Self {
            ran_is_keep,
            mere_completion: ran_is_keep && ran && by_words && plan.vetoes.is_empty(),
        }
    }

    /// What a column says that may take a trial back.
    fn veto(at: usize, table: &Table, plan: &Plan) -> Option<Status> {
        let said = plan.vetoes.iter().filter_map(|&(column, speech)| {
            words::verdict(
                table.rows[at]
                    .cells
                    .get(column)
                    .map_or("", |cell| cell.trim()),
                speech,
            )
        });
        said.into_iter().find_map(|means| match means {
            Means::Is(status) if !matches!(status, Status::Keep | Status::Baseline) => Some(status),
            _ => None,
        })
    }

    /// The status of a row, and its word: that of the status, else what is written.
    pub(super) fn of(&self, at: usize, table: &Table, plan: &Plan) -> (Status, String) {
        let cells = &table.rows[at].cells;
        let cell = |column: usize| cells.get(column).map_or("", |cell| cell.trim());
        let Some((column, speech)) = plan.verdict else {
            let veto = Self::veto(at, table, plan);
            return veto.map_or((Status::Other, String::new()), |status| {
                (status, status.name().to_owned())
            });
        };
        let mut word = cell(column);
        let mut means = words::verdict(word, speech);
        if let Some(ran) = plan
            .ran
            .filter(|_| means.is_none() && words::is_nothing(word))
        {
            word = cell(ran);
            means = words::verdict(word, Speech::Words).filter(|means| *means != Means::Ran);
        }
        let is_good = match means {
            Some(means) => matches!(
                means,
                Means::Ran | Means::Is(Status::Keep | Status::Baseline)
            ),
            None => words::is_nothing(word),
        };
        match means {
            _ if let Some(status) = Self::veto(at, table, plan).filter(|_| is_good) => {
                (status, status.name().to_owned())
            }
            Some(Means::Is(status)) => (status, status.name().to_owned()),
            Some(Means::Ran) if self.ran_is_keep => (Status::Keep, Status::Keep.name().to_owned()),
            _ => (Status::Other, word.to_owned()),
        }
    }
}

/// The cells of the score column, read.
pub(super) struct Scores {
    pub(super) form: Form,
    /// Whether -1 stands for no score where no verdict says that a trial failed: no other score is negative.
    minus_one_is_none: bool,
    pub(super) found: usize,
    pub(super) emptied: Vec<u64>,
    /// Lines of these that have a number, which nothing but the other numbers tells from a score.
    pub(super) assumed: Vec<u64>,
    pub(super) odd: Vec<(u64, String)>,
}

impl Scores {
    pub(super) fn new(table: &Table, plan: &Plan) -> Self {
        let form = Form::of(table, plan.score);
        let scores =
            || plan::cells(table, plan.score).filter_map(|cell| Some(form.number(cell)?.1));
        let minus_one_is_none = plan.verdict.is_none()
            && scores().any(|score| score >= 0.0)
            && scores().all(|score| is_minus_one(score) || score >= 0.0);
        Self {
            form,
            minus_one_is_none,
            found: 0,
            emptied: Vec::new(),
            assumed: Vec::new(),
            odd: Vec::new(),
        }
    }

    pub(super) fn read(
        &mut self,
        line: u64,
        cell: &str,
        status: Status,
        silent: bool,
    ) -> Option<(String, f64)> {
        let failed = status.is_failure() || status.is_ignored();
        match self.form.number(cell) {
            Some((_, value)) if failed && SENTINELS.contains(&value) => {
                self.emptied.push(line);
                None
            }
            Some((_, value)) if self.minus_one_is_none && is_minus_one(value) => {
                self.emptied.push(line);
                self.assumed.push(line);
                None
            }
            Some(score) => {
                self.found += 1;
                Some(score)
            }
            None => {
                if words::is_nothing(cell) {
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

fn is_minus_one(score: f64) -> bool {
    (score + 1.0).abs() < f64::EPSILON
}

/// A time as the log has it: from ISO with or without a zone (UTC then), or seconds or milliseconds since 1970.
pub(super) fn time(cell: &str) -> Option<String> {
    let cell = cell.trim();
    let since_1970 = |number: f64| {
        #[allow(clippy::cast_possible_truncation)] // a time of this century has 13 digits
        let milliseconds = if number > 1e11 {
            number as i64
        } else {
            (number * 1000.0) as i64
        };
        Timestamp::from_millisecond(milliseconds)
            .ok()
            .filter(|_| number > 1e8)
    };
    let local = || {
        cell.replacen(' ', "T", 1)
            .parse::<civil::DateTime>()
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
    };
    let number = Number::value_of(cell);
    let time = match number {
        Some(number) => since_1970(number),
        None => cell
            .parse::<Timestamp>()
            .ok()
            .or_else(|| Some(local()?.timestamp())),
    };
    time.map(format_time)
}
