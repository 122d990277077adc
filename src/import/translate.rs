//! Trials as rows of a log: columns laid out, ids given, parents set, differences computed.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;

use super::{
    ImportOptions,
    interpret::{Interpretation, Reading, Trial},
    notes::Observations,
    profile::hash_id,
    roles::standard_name,
    table::{FileRow, Table, TakenNames, claim_name, skipped},
};
use crate::{
    append::{LogState, format_time},
    log::{
        Direction, Role, STANDARD, Schema, SkippedLine, Status, Tie, has_word, normalize_name,
        parse_seconds, read_time, signed_delta,
    },
};

/// Parents that are none; so is `0` if no trial has this id.
const NO_PARENT: &str = "- — -1 -1.0 root none null n/a na nan start seed";

/// An external log in lineage's own shape, with what was done to make it.
#[derive(Default)]
pub struct Translation {
    pub names: Vec<String>,
    /// Empty if the rows were written elsewhere.
    pub rows: Vec<TranslatedRow>,
    pub metric: String,
    pub direction: Option<Direction>,
    /// What was assumed, and how to override it.
    pub notes: Vec<String>,
    pub skipped: Vec<SkippedLine>,
    pub first_row: u64,
    /// Columns of the file, and what they became.
    pub columns: Vec<(String, String)>,
    /// The column of the file that is the verdict.
    pub verdict: Option<String>,
    /// Words of the file with the statuses that they became, and how often.
    pub words: BTreeMap<(String, String), u64>,
    /// Lines whose score means "none".
    pub emptied: Vec<u64>,
    /// Lines whose score is not a number.
    pub unparsed: Vec<(u64, String)>,
    /// The column of the numbers of runs, if they are repeated and so cannot be the ids.
    pub repeated_ids: Option<usize>,
    /// Whether it is a log of lineage, whose differences and baselines are preserved.
    pub is_own: bool,
}

/// A row of the file as a trial.
pub struct TranslatedRow {
    pub line: u64,
    pub cells: Vec<String>,
    /// Identifies the row however the file is interpreted.
    pub fingerprint: u64,
}

impl Translation {
    /// The columns besides the 17.
    pub fn extra_columns(&self) -> &[String] {
        &self.names[STANDARD.len() - 3..self.names.len() - 3]
    }

    pub fn direction(&self) -> Direction {
        self.direction.unwrap_or(Direction::Minimize)
    }
}

/// Takes the rows of a translation.
pub(super) trait RowSink {
    fn begin(&mut self, names: &[String], first_row: u64) -> Result<()>;
    fn add(&mut self, row: TranslatedRow) -> Result<()>;
}

impl RowSink for Vec<TranslatedRow> {
    fn begin(&mut self, _: &[String], _: u64) -> Result<()> {
        Ok(())
    }

    fn add(&mut self, row: TranslatedRow) -> Result<()> {
        self.push(row);
        Ok(())
    }
}

/// Translates a table into rows in memory. The error names the flag that would settle it.
pub fn translate(table: Table, options: &ImportOptions) -> Result<Translation> {
    let mut rows = Vec::new();
    let mut translation = translate_to(table, options, &mut rows)?;
    translation.rows = rows;
    Ok(translation)
}

/// Translates a table row by row.
pub(super) fn translate_to(
    table: Table,
    options: &ImportOptions,
    sink: &mut dyn RowSink,
) -> Result<Translation> {
    let log = Interpretation::new(table, options)?;
    let mut writer = Writer::new(&log, Layout::new(&log));
    sink.begin(&writer.layout.names, log.table.first_row)?;
    let mut failure = None;
    log.table.for_each_row(|row| {
        if failure.is_none()
            && let Some(row) = writer.translate(row)
        {
            failure = sink.add(row).err();
        }
    })?;
    match failure {
        Some(error) => Err(error),
        None => Ok(writer.finish()),
    }
}

/// Where the columns of the file go.
struct Layout {
    names: Vec<String>,
    /// The column of the log for each column of the file.
    targets: Vec<usize>,
}

impl Layout {
    /// The 17 columns, and between them those of the file that have no role, under their own names.
    fn new(log: &Interpretation) -> Self {
        let mut extra = Vec::new();
        let mut taken = TakenNames::new();
        let mut new_names = Vec::with_capacity(log.table.names.len());
        for column in 0..log.table.names.len() {
            let mut name = choose_name(log, column, &taken);
            if !STANDARD.contains(&&*name) {
                name = claim_name(&mut taken, name);
                extra.push(name.clone());
            }
            new_names.push(name);
        }
        let names = Schema::standard_names(&extra);
        let places: HashMap<&str, usize> = names
            .iter()
            .enumerate()
            .map(|(place, name)| (name.as_str(), place))
            .collect();
        let targets = new_names.iter().map(|name| places[name.as_str()]).collect();
        Self { names, targets }
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own == name)
    }

    /// The column of a standard name.
    fn standard(&self, name: &str) -> usize {
        self.column(name).unwrap_or_default()
    }
}

/// What a column of the file is called in the log.
fn choose_name(log: &Interpretation, column: usize, taken: &TakenNames) -> String {
    let own = log.table.names[column].clone();
    let is_score = Some(column) == log.score_column();
    let is_verdict = log.verdicts.column() == Some(column);
    match log.roles.role_of(column) {
        Some(role) if !is_score => standard_name(role).to_owned(),
        _ if is_score && own != "status" => own,
        _ if own == "core_metric" && log.repeats_score => own,
        _ if is_verdict && !log.loses_words => "status".to_owned(),
        // `--field metric` is the score.
        _ if own == "metric" && log.profiles.columns[column].numbers == 0 => {
            "metric_name".to_owned()
        }
        _ if is_filled(log, &own) || taken.contains_key(&own) => format!("source_{own}"),
        _ => own,
    }
}

/// Whether lineage's column of this name is filled from something else than the file's column of this name.
fn is_filled(log: &Interpretation, name: &str) -> bool {
    let mut roles = log.roles.columns.iter();
    ["exp_id", "status", "core_metric"].contains(&name)
        || roles.any(|(role, _)| standard_name(*role) == name)
        || name == "total_s" && log.span.is_some()
}

/// Translates the rows in their order: ids, parents, baselines and differences follow from those above.
struct Writer<'l> {
    log: &'l Interpretation,
    layout: Layout,
    /// The columns of `exp_id`, `parent_exp`, `baseline_exp`, `delta_vs_best`, `status`, `hypothesis`.
    places: [usize; 6],
    scores: Vec<usize>,
    /// The ids of the rows above by the cells of the column that names parents.
    ids: HashMap<u64, String>,
    last_keep: String,
    state: LogState,
    index: u64,
    direction: Direction,
    observations: Observations,
    result: Translation,
}

impl<'l> Writer<'l> {
    fn new(log: &'l Interpretation, layout: Layout) -> Self {
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
        let scores = [log.metric(), "core_metric"]
            .into_iter()
            .filter_map(|name| layout.column(name));
        Self {
            places: names.map(|name| layout.standard(name)),
            scores: scores.collect(),
            layout,
            ids: HashMap::new(),
            last_keep: String::new(),
            state: LogState::new(direction, Tie::First, [], []),
            index: 0,
            direction,
            observations: Observations::default(),
            result: Translation::default(),
            log,
        }
    }

    fn translate(&mut self, row: &FileRow) -> Option<TranslatedRow> {
        let trial = self.log.read_trial(row);
        if self.log.is_event(row, &trial) {
            let line = skipped(row.line, "neither a score nor a verdict", false);
            self.result.skipped.push(line);
            return None;
        }
        self.count(row, &trial);
        let mut cells = vec![String::new(); self.layout.names.len()];
        for (cell, &target) in row.cells.iter().zip(&self.layout.targets) {
            cells[target].clone_from(cell);
        }
        self.fill(row, &trial, &mut cells);
        let line = if self.log.table.is_reversed() {
            self.index + 1
        } else {
            row.line
        };
        self.relate(row, &trial, &mut cells);
        Some(TranslatedRow {
            line,
            cells,
            fingerprint: row.fingerprint,
        })
    }

    fn count(&mut self, row: &FileRow, trial: &Trial) {
        match trial.reading {
            Reading::Emptied => self.result.emptied.push(row.line),
            Reading::Unparsed => {
                let cell = self.log.score_cell(row).to_owned();
                self.result.unparsed.push((row.line, cell));
            }
            Reading::Read | Reading::Blank => {}
        }
        if self.log.has_verdict() {
            let word = self.log.verdict_cell(row).to_owned();
            let key = (word, trial.outcome.word.clone());
            *self.result.words.entry(key).or_default() += 1;
        }
        self.observations
            .observe(self.log, row, trial, self.direction, &self.state);
    }

    /// Sets what the row itself says: status, score, time, durations, hypothesis.
    fn fill(&self, row: &FileRow, trial: &Trial, cells: &mut [String]) {
        let [.., status, hypothesis] = self.places;
        cells[status].clone_from(&trial.outcome.word);
        for &column in &self.scores {
            cells[column] = match (&trial.score, trial.reading) {
                (Some((text, _)), _) => text.clone(),
                (None, Reading::Unparsed) => self.log.score_cell(row).to_owned(),
                (None, _) => String::new(),
            };
        }
        let roles = &self.log.roles;
        if let Some(column) = roles.column(Role::Time)
            && let Some(time) = read_time(row.cell(column))
        {
            cells[self.layout.standard("timestamp")] = format_time(time);
        }
        self.fill_seconds(row, cells);
        if cells[hypothesis].trim().is_empty() {
            cells[hypothesis] = self.find_hypothesis(row);
        }
    }

    fn fill_seconds(&self, row: &FileRow, cells: &mut [String]) {
        for role in [Role::TrainSeconds, Role::TotalSeconds] {
            let column = self
                .log
                .roles
                .column(role)
                .filter(|&column| Some(column) != self.log.score_column());
            if let Some(column) = column
                && let Some(seconds) = parse_seconds(row.cell(column))
            {
                let scale = seconds_of_unit(&self.log.table.names[column]);
                let is_plain =
                    (scale - 1.0).abs() < f64::EPSILON && row.cell(column).parse::<f64>().is_ok();
                if !is_plain {
                    cells[self.layout.standard(standard_name(role))] = round(seconds * scale);
                }
            }
        }
        if let Some((start, end)) = self.log.span
            && let (Some(start), Some(end)) = (read_time(row.cell(start)), read_time(row.cell(end)))
        {
            cells[self.layout.standard("total_s")] = round(end.duration_since(start).as_secs_f64());
        }
    }

    /// A text of the row, else what was varied (`lr=0.05 wd=0`), else its name.
    fn find_hypothesis(&self, row: &FileRow) -> String {
        let texts = self.log.texts.iter().map(|&column| row.cell(column));
        let mut texts = texts.filter(|text| !text.is_empty());
        let id = self.log.roles.column(Role::Id);
        let id = id.map_or("", |column| row.cell(column));
        let text = texts.clone().find(|text| *text != id);
        if let Some(text) = text {
            return text.to_owned();
        }
        let mut settings = Vec::new();
        for (column, name) in &self.log.settings {
            let cell = row.cell(*column);
            if !cell.is_empty() {
                settings.push(format!("{name}={cell}"));
            }
        }
        if settings.is_empty() {
            return texts.next().unwrap_or_default().to_owned();
        }
        settings.join(" ")
    }

    /// Sets ids, parents, baselines and differences, which follow from the rows above.
    fn relate(&mut self, row: &FileRow, trial: &Trial, cells: &mut [String]) {
        let [id, parent, baseline, delta, ..] = self.places;
        let roles = &self.log.roles;
        cells[id] = self.log.id_of(row, self.index);
        cells[parent] = match roles.column(Role::Parent) {
            Some(column) => self.find_parent(row.cell(column)),
            None => self.last_keep.clone(),
        };
        let value = trial.score.as_ref().map(|(_, value)| *value);
        let status = trial.outcome.status;
        if let Some((best, difference)) = compare_to_best(&self.state, status, value) {
            if roles.column(Role::Baseline).is_none() {
                cells[baseline] = best;
            }
            cells[delta] = difference;
        }
        if let Some(key) = self
            .log
            .parent_key
            .and_then(|column| hash_id(row.cell(column)))
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

    /// The id of a parent: that of the nearest row above with this id or commit. Data frames write the id 1 as `1.0`.
    fn find_parent(&self, cell: &str) -> String {
        if cell.is_empty() || has_word(NO_PARENT, &cell.to_lowercase()) {
            return String::new();
        }
        let known = hash_id(cell).and_then(|id| self.ids.get(&id).or(self.log.first_ids.get(&id)));
        if let Some(id) = known {
            return id.clone();
        }
        let whole = cell.strip_suffix(".0").unwrap_or(cell);
        let id = self.log.roles.column(Role::Id);
        let first = id.map(|column| hash_id(&self.log.profiles.columns[column].first));
        if whole == "0" && first != Some(Some(0)) {
            return String::new();
        }
        whole.to_owned()
    }

    fn finish(self) -> Translation {
        let Self {
            log,
            layout,
            mut result,
            observations,
            ..
        } = self;
        let table = &log.table;
        result.notes = observations.notes(log, self.direction, &self.state);
        log.metric().clone_into(&mut result.metric);
        result.direction = Some(self.direction);
        let pairs = table.names.iter().zip(&layout.targets);
        result.columns = pairs
            .map(|(from, to)| (from.clone(), layout.names[*to].clone()))
            .collect();
        result.verdict = log
            .verdicts
            .column()
            .map(|column| table.names[column].clone());
        result.skipped.extend(table.skipped.iter().cloned());
        result.skipped.sort_by_key(|skipped| skipped.line);
        result.repeated_ids = log.repeated_ids().map(|column| layout.targets[column]);
        result.names = layout.names;
        result.first_row = table.first_row;
        result
    }
}

/// The seconds of the unit in which a column counts.
fn seconds_of_unit(name: &str) -> f64 {
    let name = normalize_name(name);
    match name.rsplit('_').next() {
        Some("ms" | "milliseconds") => 0.001,
        Some("min" | "mins" | "minutes") => 60.0,
        Some("h" | "hours") => 3600.0,
        _ => 1.0,
    }
}

fn round(seconds: f64) -> String {
    ((seconds * 1000.0).round() / 1000.0).to_string()
}

/// The id of the best so far, and the difference of a completed trial to it; `None` if there is no best.
pub(super) fn compare_to_best(
    state: &LogState,
    status: Status,
    score: Option<f64>,
) -> Option<(String, String)> {
    let (best, id) = state.best()?;
    let score = score.filter(|_| status.is_completed());
    let delta = score.map(|score| signed_delta(score - best));
    Some((id.to_owned(), delta.unwrap_or_default()))
}
