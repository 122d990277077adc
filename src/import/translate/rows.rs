//! Trials as rows of a log: columns laid out, ids given, parents set, differences computed.

use std::collections::HashMap;

use anyhow::Result;

use super::{
    layout::Layout,
    notes::Observations,
    translation::{RowSink, TranslatedRow, Translation},
};
use crate::{
    append::{LogState, delta, format_time},
    import::{
        ImportOptions,
        interpret::{
            columns::hash_id,
            interpretation::{Interpretation, Reading, RowOutcome},
            score,
        },
        parse::{
            spool::FileRow,
            table::{Table, skipped},
        },
        words::names::standard_name,
    },
    log::{
        Direction, Role, Status, Tie, has_word, normalize_name, parse_seconds, read_time,
        unit_seconds,
    },
};

/// Parents that are none; so is `0` if no trial has this id.
const NO_PARENT: &str = "- — -1 -1.0 root none null n/a na nan start seed";

/// Translates a table into rows in memory. The error names the flag that would settle it.
pub fn translate(table: Table, options: &ImportOptions) -> Result<Translation> {
    let mut rows = Vec::new();
    let mut translation = translate_to(table, options, &mut rows)?;
    translation.rows = rows;
    Ok(translation)
}

/// Translates a table row by row.
pub(in crate::import) fn translate_to(
    table: Table,
    options: &ImportOptions,
    sink: &mut dyn RowSink,
) -> Result<Translation> {
    let mut log = Interpretation::new(table, options)?;
    log.settle(score::choose(&log)?);
    let mut writer = Writer::new(&log)?;
    let (first_row, is_reversed) = (log.table.first_row, log.table.rows.is_reversed);
    sink.begin(&writer.layout.names, first_row, is_reversed)?;
    log.table
        .rows
        .for_each(|row| match writer.translate(&row) {
            Some(row) => sink.add(row),
            None => Ok(()),
        })?;
    Ok(writer.finish())
}

/// Translates the rows in their order: ids, parents, baselines and differences follow from those above.
struct Writer<'l> {
    log: &'l Interpretation,
    layout: Layout,
    /// The columns of `exp_id`, `parent_exp`, `baseline_exp`, `delta_vs_best`, `status`, `hypothesis`.
    places: [usize; 6],
    scores: [Option<usize>; 2],
    /// The ids of the rows above by the cells of the column that names parents, and the first of each in the file.
    ids: HashMap<u64, String>,
    first_ids: HashMap<u64, String>,
    last_keep: String,
    state: LogState,
    index: u64,
    direction: Direction,
    observations: Observations,
    result: Translation,
}

impl<'l> Writer<'l> {
    fn new(log: &'l Interpretation) -> Result<Self> {
        let layout = Layout::new(log);
        let choice = log.choice.as_ref();
        let direction = choice.map_or(Direction::Minimize, |choice| choice.direction);
        let names = [
            "exp_id",
            "parent_exp",
            "baseline_exp",
            "delta_vs_best",
            "status",
            "hypothesis",
        ];
        let core_metric = layout.column("core_metric");
        Ok(Self {
            places: names.map(|name| layout.column(name)),
            scores: [
                log.score_column().map(|column| layout.targets[column]),
                Some(core_metric),
            ],
            layout,
            ids: HashMap::new(),
            first_ids: log.first_ids()?,
            last_keep: String::new(),
            state: LogState::new(direction, Tie::First, [], []),
            index: 0,
            direction,
            observations: Observations::default(),
            result: Translation::default(),
            log,
        })
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
        self.observations
            .observe(self.log, row, read, self.direction, best);
    }

    /// Sets what the row itself says: status, score, time, durations, hypothesis.
    fn fill(&self, row: &FileRow, read: &RowOutcome, cells: &mut [String]) {
        let [.., status, hypothesis] = self.places;
        cells[status].clone_from(&read.outcome.word);
        for column in self.scores.into_iter().flatten() {
            cells[column] = match (&read.score, read.reading) {
                (Some((text, _)), _) => text.clone(),
                (None, Reading::Unparsed) => self.log.score_cell(row).to_owned(),
                (None, _) => String::new(),
            };
        }
        if let Some(column) = self.log.roles.column(Role::Time)
            && let Some(time) = read_time(row.cell(column))
        {
            cells[self.layout.column("timestamp")] = format_time(time);
        }
        self.fill_seconds(row, cells);
        if cells[hypothesis].trim().is_empty() {
            cells[hypothesis] = self.find_hypothesis(row);
        }
    }

    fn fill_seconds(&self, row: &FileRow, cells: &mut [String]) {
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
                cells[self.layout.column(standard_name(role))] = round(seconds * scale);
            }
        }
        if let Some((start, end)) = self.log.span
            && let (Some(start), Some(end)) = (read_time(row.cell(start)), read_time(row.cell(end)))
        {
            cells[self.layout.column("total_s")] = round(end.duration_since(start).as_secs_f64());
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
        let mut settings = Vec::new();
        for (column, name) in &self.log.settings {
            let cell = row.cell(*column);
            if !cell.is_empty() {
                settings.push(format!("{name}={cell}"));
            }
        }
        if settings.is_empty() {
            settings.extend(texts.first().map(|text| (*text).to_owned()));
        }
        settings.join(" ")
    }

    /// Sets ids, parents, baselines and differences, which follow from the rows above.
    fn relate(&mut self, row: &FileRow, read: &RowOutcome, cells: &mut [String]) {
        let [id, parent, baseline, delta, ..] = self.places;
        let roles = &self.log.roles;
        cells[id] = self.log.id_of(row, self.index);
        cells[parent] = match roles.column(Role::Parent) {
            Some(column) => self.find_parent(row.cell(column)),
            None => self.last_keep.clone(),
        };
        let value = read.score.as_ref().map(|(_, value)| *value);
        let status = read.outcome.status;
        if let Some((best, difference)) = compare_to_best(&self.state, status, value) {
            if !roles.has(Role::Baseline) {
                cells[baseline] = best;
            }
            cells[delta] = difference;
        }
        if let Some(column) = self.log.parent_key
            && let Some(key) = hash_id(row.cell(column))
        {
            self.ids.insert(key, cells[id].clone());
        }
        if status.can_be_best() || !self.log.has_verdict() {
            self.last_keep.clone_from(&cells[id]);
        }
        let score = value.filter(|_| status.can_be_best());
        self.state.enter(None, &cells[id], score);
        self.index += 1;
    }

    /// The id of a parent: that of the nearest row above with this id or commit, else of the first below.
    fn find_parent(&self, cell: &str) -> String {
        if cell.is_empty() || has_word(NO_PARENT, &cell.to_lowercase()) {
            return String::new();
        }
        let known = hash_id(cell).and_then(|id| self.ids.get(&id).or(self.first_ids.get(&id)));
        if let Some(id) = known {
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
        let (log, names, mut result) = (self.log, self.layout.names, self.result);
        let table = &log.table;
        let best = self.state.best().map(|(best, _)| best);
        result.notes = self.observations.notes(log, self.direction, best);
        log.metric().clone_into(&mut result.metric);
        result.direction = Some(self.direction);
        for (from, to) in table.names.iter().zip(&self.layout.targets) {
            result.columns.push((from.clone(), names[*to].clone()));
        }
        let verdict = log.verdicts.column();
        result.verdict = verdict.map(|column| table.names[column].clone());
        result.skipped.extend(table.skipped.iter().cloned());
        result.skipped.sort_by_key(|skipped| skipped.line);
        let repeated = log.repeated_ids();
        result.repeated_ids = repeated.map(|column| self.layout.targets[column]);
        result.names = names;
        result.first_row = table.first_row;
        result
    }
}

fn round(seconds: f64) -> String {
    ((seconds * 1000.0).round() / 1000.0).to_string()
}

/// The id of the best so far, and the difference of a completed trial to it; `None` if there is no best.
pub(in crate::import) fn compare_to_best(
    state: &LogState,
    status: Status,
    score: Option<f64>,
) -> Option<(String, String)> {
    let (best, id) = state.best()?;
    Some((id.to_owned(), delta(status, score, Some(best))))
}
