//! Trials as rows of a log: columns laid out, ids given, parents set, differences computed.

use std::collections::HashMap;

use anyhow::Result;

use super::{
    layout::Layout,
    notes::Observations,
    translation::{TranslatedRow, Translation},
};
use crate::{
    append::{LogState, delta, format_time},
    import::{
        ImportOptions,
        interpret::{
            columns::hash_id,
            interpret,
            interpretation::{Interpretation, Reading, RowOutcome},
        },
        parse::{
            spool::FileRow,
            table::{Table, skipped},
        },
        words::names::standard_name,
    },
    log::{Role, Status, Tie, has_word, normalize_name, parse_seconds, read_time, unit_seconds},
};

/// Parents that are none; so is `0` if no trial has this id.
const NO_PARENT: &str = "- — -1 -1.0 root none null n/a na nan start seed";

/// Translates a table into rows in memory. The error names the flag that would settle it.
pub fn translate(table: Table, options: &ImportOptions) -> Result<Translation> {
    let mut rows = Vec::new();
    let log = interpret(table, options)?;
    let mut translation = Translator::new(&log)?.translate_rows(|row| {
        rows.push(row);
        Ok(())
    })?;
    translation.rows = rows;
    Ok(translation)
}

/// Translates the rows in their order: ids, parents, baselines and differences follow from those above.
pub(crate) struct Translator<'l> {
    log: &'l Interpretation,
    layout: Layout,
    /// Ids by the cells of the column that names parents: of the last row above, else of the first in the file.
    ids: HashMap<u64, String>,
    last_keep: String,
    state: LogState,
    index: u64,
    observations: Observations,
    result: Translation,
}

impl<'l> Translator<'l> {
    pub(crate) fn new(log: &'l Interpretation) -> Result<Self> {
        Ok(Self {
            layout: Layout::new(log),
            ids: log.first_ids()?,
            last_keep: String::new(),
            state: LogState::new(log.direction(), Tie::First, [], []),
            index: 0,
            observations: Observations::default(),
            result: Translation::default(),
            log,
        })
    }

    /// The columns of the log.
    pub(crate) fn names(&self) -> Vec<String> {
        self.layout.names.iter().cloned().collect()
    }

    pub(crate) fn translate_rows(
        mut self,
        mut add: impl FnMut(TranslatedRow) -> Result<()>,
    ) -> Result<Translation> {
        let rows = &self.log.table.rows;
        rows.for_each(|row| self.translate(&row).map_or(Ok(()), &mut add))?;
        Ok(self.finish())
    }

    fn translate(&mut self, row: &FileRow) -> Option<TranslatedRow> {
        let read = self.log.read(row);
        if self.log.is_event(row, &read) {
            let line = skipped(row.line, "neither a score nor a verdict", false);
            self.result.skipped.push(line);
            return None;
        }
        self.count(row, &read);
        let mut cells = vec![String::new(); self.layout.names.len()];
        for (cell, &target) in row.cells.iter().zip(&self.layout.targets) {
            cells[target].clone_from(cell);
        }
        self.fill(row, &read, &mut cells);
        self.relate(row, &read, &mut cells);
        Some(TranslatedRow {
            line: row.line,
            cells,
            fingerprint: row.fingerprint,
            former: Vec::new(),
        })
    }

    fn count(&mut self, row: &FileRow, read: &RowOutcome) {
        match read.reading {
            Reading::Emptied => self.result.emptied.push(row.line),
            Reading::Unparsed => {
                let cell = self.log.score_cell(row).to_owned();
                self.result.unparsed.push((row.line, cell));
            }
            Reading::Read | Reading::Blank => {}
        }
        if self.log.has_verdict() {
            let word = self.log.verdict_cell(row).to_owned();
            let key = (word, read.outcome.word.clone());
            *self.result.words.entry(key).or_default() += 1;
        }
        let best = self.state.best().map(|(best, _)| best);
        self.observations.observe(self.log, row, read, best);
    }

    /// Sets what the row itself says: status, score, time, durations, hypothesis.
    fn fill(&self, row: &FileRow, read: &RowOutcome, cells: &mut [String]) {
        let (log, layout) = (self.log, &self.layout);
        layout.set(cells, "status", &read.outcome.word);
        let score = match (&read.score, read.reading) {
            (Some((text, _)), _) => text,
            (None, Reading::Unparsed) => log.score_cell(row),
            (None, _) => "",
        };
        if let Some(column) = log.score_column() {
            score.clone_into(&mut cells[layout.targets[column]]);
        }
        layout.set(cells, "core_metric", score);
        let time = log.roles.column(Role::Time).map(|column| row.cell(column));
        if let Some(time) = time.and_then(read_time) {
            layout.set(cells, "timestamp", format_time(time));
        }
        self.fill_seconds(row, cells);
        if layout.cell(cells, "hypothesis").trim().is_empty() {
            layout.set(cells, "hypothesis", self.find_hypothesis(row));
        }
    }

    fn fill_seconds(&self, row: &FileRow, cells: &mut [String]) {
        let mut set = |name, seconds: f64| {
            let rounded = (seconds * 1000.0).round() / 1000.0;
            self.layout.set(cells, name, rounded.to_string());
        };
        for role in [Role::TrainSeconds, Role::TotalSeconds] {
            let column = self.log.roles.column(role);
            let Some(column) = column.filter(|_| column != self.log.score_column()) else {
                continue;
            };
            let name = normalize_name(&self.log.table.names[column]);
            let unit = name.rsplit('_').next().unwrap_or_default();
            let scale = unit_seconds(unit).unwrap_or(1.0);
            let is_plain =
                (scale - 1.0).abs() < f64::EPSILON && row.cell(column).parse::<f64>().is_ok();
            if let Some(seconds) = parse_seconds(row.cell(column)).filter(|_| !is_plain) {
                set(standard_name(role), seconds * scale);
            }
        }
        if let Some((start, end)) = self.log.span
            && let (Some(start), Some(end)) = (read_time(row.cell(start)), read_time(row.cell(end)))
        {
            set("total_s", end.duration_since(start).as_secs_f64());
        }
    }

    /// A text of the row, else what was varied (`lr=0.05 wd=0`), else its name.
    fn find_hypothesis(&self, row: &FileRow) -> String {
        let texts = self.log.texts.iter().map(|&column| row.cell(column));
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        let id = self.log.roles.column(Role::Id);
        let id = id.map_or("", |column| row.cell(column));
        if let Some(text) = texts.iter().find(|text| **text != id) {
            return (*text).to_owned();
        }
        let settings = self.log.settings.iter();
        let settings = settings.map(|(column, name)| (name, row.cell(*column)));
        let settings = settings.filter(|(_, cell)| !cell.is_empty());
        let settings: Vec<String> = settings
            .map(|(name, cell)| format!("{name}={cell}"))
            .collect();
        match texts.first() {
            Some(text) if settings.is_empty() => (*text).to_owned(),
            _ => settings.join(" "),
        }
    }

    /// Sets ids, parents, baselines and differences, which follow from the rows above.
    fn relate(&mut self, row: &FileRow, read: &RowOutcome, cells: &mut [String]) {
        let (log, layout) = (self.log, &self.layout);
        let id = log.id_of(row, self.index);
        layout.set(cells, "exp_id", &id);
        let parent = match log.roles.column(Role::Parent) {
            Some(column) => self.find_parent(row.cell(column)),
            None => self.last_keep.clone(),
        };
        layout.set(cells, "parent_exp", parent);
        let value = read.score.as_ref().map(|(_, value)| *value);
        let status = read.outcome.status;
        if let Some((best, difference)) = compare_to_best(&self.state, status, value) {
            if !log.roles.has(Role::Baseline) {
                layout.set(cells, "baseline_exp", best);
            }
            layout.set(cells, "delta_vs_best", difference);
        }
        let key = log.parent_key.and_then(|column| hash_id(row.cell(column)));
        self.ids.extend(key.map(|key| (key, id.clone())));
        let score = value.filter(|_| status.can_be_best());
        self.state.enter(None, &id, score);
        if status.can_be_best() || !log.has_verdict() {
            self.last_keep = id;
        }
        self.index += 1;
    }

    /// The id of a parent: that of the nearest row above with this id or commit, else of the first below.
    fn find_parent(&self, cell: &str) -> String {
        if cell.is_empty() || has_word(NO_PARENT, &cell.to_lowercase()) {
            return String::new();
        }
        if let Some(id) = hash_id(cell).and_then(|id| self.ids.get(&id)) {
            return id.clone();
        }
        let whole = cell.strip_suffix(".0").unwrap_or(cell);
        let id = self.log.roles.column(Role::Id);
        let ids = id.and_then(|column| self.log.columns.all[column].ids.as_ref());
        if whole == "0" && ids.is_some_and(|ids| !ids.contains(&0)) {
            return String::new();
        }
        whole.to_owned()
    }

    fn finish(self) -> Translation {
        let (log, names, mut result) = (self.log, self.names(), self.result);
        let table = &log.table;
        let best = self.state.best().map(|(best, _)| best);
        result.notes = self.observations.notes(log, best);
        log.metric().clone_into(&mut result.metric);
        result.direction = Some(log.direction());
        for (from, to) in table.names.iter().zip(&self.layout.targets) {
            result.columns.push((from.clone(), names[*to].clone()));
        }
        let verdict = log.verdicts.column();
        result.verdict = verdict.map(|column| table.names[column].clone());
        result.skipped.extend(table.skipped.iter().cloned());
        result.skipped.sort_by_key(|skipped| skipped.line);
        let repeated = log.repeated_ids();
        result.repeated_ids = repeated.map(|column| self.layout.targets[column]);
        result.is_segment = !table.segments.is_empty();
        result.names = names;
        result.first_row = table.first_row;
        result
    }
}

/// The id of the best so far, and the difference of a completed trial to it; `None` if there is no best.
pub(crate) fn compare_to_best(
    state: &LogState,
    status: Status,
    score: Option<f64>,
) -> Option<(String, String)> {
    let (best, id) = state.best()?;
    Some((id.to_owned(), delta(status, score, Some(best))))
}
