//! The rows of an external log as trials: status and score.

use anyhow::Result;

use super::{
    ImportOptions,
    numbers::{NumberFormat, Percentages, is_empty_word, is_sentinel},
    ragged,
    roles::ColumnRoles,
    score,
    table::ExternalLog,
};
use crate::log::{Role, Status};

/// A row whose outcome is known.
pub(super) struct ExternalTrial {
    /// Its index in the rows of the log.
    pub(super) row: usize,
    pub(super) status: Status,
    /// The name of the status, or the word that is not one.
    pub(super) word: String,
    /// Text and value.
    pub(super) score: Option<(String, f64)>,
}

impl ExternalTrial {
    pub(super) fn value(&self) -> Option<f64> {
        self.score.as_ref().map(|(_, value)| *value)
    }
}

/// An external log of which the columns and the outcomes are known.
pub(super) struct ExternalTrials {
    pub(super) log: ExternalLog,
    pub(super) roles: ColumnRoles,
    pub(super) trials: Vec<ExternalTrial>,
    pub(super) scores: ScoreReader,
}

impl ExternalTrials {
    pub(super) fn interpret(mut log: ExternalLog, options: &ImportOptions) -> Result<Self> {
        let mut roles = ColumnRoles::find(&log, &options.map)?;
        let mapped = options.map.find(&log, Role::Score)?;
        let metric = options.metric.as_deref();
        let (score, guess) = score::find(&log, &roles, mapped, metric)?;
        roles.set_score(&log, &options.map, score, guess);
        ragged::join_texts(&mut log, &roles);
        let width = log.names.len();
        if !ragged::is_last_column_text(&roles, width) {
            log.widen();
        }
        let mut scores = ScoreReader::new(&log, &roles);
        let mut trials = Vec::with_capacity(log.rows.len());
        let mut empty_rows = Vec::new();
        for row in 0..log.rows.len() {
            let (mut status, mut word) = roles.verdict.status(&log, row);
            let line = log.rows[row].line;
            let score = scores.read(line, log.cell(row, roles.score), status);
            if roles.verdict.verdict.is_none() && word.is_empty() && score.is_some() {
                (status, word) = (Status::Keep, "keep".to_owned());
            }
            let is_short = log.rows[row].cells.len() < width;
            if score.is_none() && word.is_empty() && (is_short || is_event(&log, &roles, row)) {
                empty_rows.push(line);
                continue;
            }
            trials.push(ExternalTrial {
                row,
                status,
                word,
                score,
            });
        }
        for line in empty_rows {
            log.skip(line, "neither a score nor a verdict", false);
        }
        log.skipped.sort_by_key(|skipped| skipped.line);
        Ok(Self {
            log,
            roles,
            trials,
            scores,
        })
    }

    pub(super) fn metric(&self) -> &str {
        &self.log.names[self.roles.score]
    }

    pub(super) fn score_cell(&self, trial: &ExternalTrial) -> &str {
        self.log.cell(trial.row, self.roles.score)
    }

    pub(super) fn verdict_cell(&self, trial: &ExternalTrial) -> &str {
        let column = self.roles.verdict.column();
        column.map_or("", |column| self.log.cell(trial.row, column))
    }

    pub(super) fn line(&self, trial: &ExternalTrial) -> u64 {
        self.log.rows[trial.row].line
    }
}

/// Whether a row has no id and no hypothesis and is mostly blank: an event between the runs.
fn is_event(log: &ExternalLog, roles: &ColumnRoles, row: usize) -> bool {
    let width = log.rows[row].cells.len();
    let is_blank = |column: usize| log.cell(row, column).is_empty();
    let is_unnamed = [Role::Id, Role::Hypothesis]
        .into_iter()
        .all(|role| roles.column(role).is_none_or(is_blank));
    let filled = (0..width).filter(|&column| !is_blank(column)).count();
    is_unnamed && filled * 2 < width
}

/// Reads the cells of the score.
pub(super) struct ScoreReader {
    format: NumberFormat,
    /// Whether -1 means "no score" although no verdict says that a trial failed: no other score is negative.
    skips_minus_one: bool,
    /// Lines whose score means "none".
    pub(super) emptied: Vec<u64>,
    /// Those of them that have a -1.
    pub(super) minus_ones: Vec<u64>,
    /// Lines whose score is not a number.
    pub(super) unparsed: Vec<(u64, String)>,
}

impl ScoreReader {
    fn new(log: &ExternalLog, roles: &ColumnRoles) -> Self {
        let format = NumberFormat::of(log, roles.score);
        let cells = log.cells(roles.score);
        let scores: Vec<f64> = cells
            .filter_map(|cell| Some(format.parse(cell)?.1))
            .collect();
        let is_positive = |score: &f64| *score >= 0.0;
        Self {
            skips_minus_one: roles.verdict.verdict.is_none()
                && scores.iter().any(is_positive)
                && scores
                    .iter()
                    .all(|score| is_positive(score) || is_minus_one(*score)),
            format,
            emptied: Vec::new(),
            minus_ones: Vec::new(),
            unparsed: Vec::new(),
        }
    }

    pub(super) fn percentages(&self) -> Percentages {
        self.format.percentages
    }

    fn read(&mut self, line: u64, cell: &str, status: Status) -> Option<(String, f64)> {
        let has_failed = status.is_failure() || status.is_ignored();
        match self.format.parse(cell) {
            Some((_, value)) if has_failed && is_sentinel(value) => self.emptied.push(line),
            Some((_, value)) if self.skips_minus_one && is_minus_one(value) => {
                self.emptied.push(line);
                self.minus_ones.push(line);
            }
            Some(score) => return Some(score),
            None if cell.is_empty() => {}
            None if is_empty_word(cell) => self.emptied.push(line),
            None => self.unparsed.push((line, cell.to_owned())),
        }
        None
    }
}

fn is_minus_one(score: f64) -> bool {
    (score + 1.0).abs() < f64::EPSILON
}
