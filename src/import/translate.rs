//! Trials as rows of a log: columns laid out, ids given, parents set, differences computed.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;

use super::{
    ImportOptions,
    numbers::{is_empty_word, parse_number},
    roles::{key_columns, standard_name, text_columns},
    table::{ExternalLog, TakenNames, claim_name, encode_lines},
    times::normalize_time,
    trials::{ExternalTrial, ExternalTrials},
};
use crate::{
    append::LogState,
    log::{
        Direction, ExpId, Role, STANDARD, Schema, SkippedLine, Status, Tie, has_word, normalize,
        signed_delta,
    },
};

/// Parents that are none; so is `0` if no trial has this id.
const NO_PARENT: &str = "- — -1 -1.0 root none null n/a na nan start seed";

/// An external log in lineage's own shape, with what was done to make it.
pub struct Translation {
    pub names: Vec<String>,
    pub rows: Vec<TranslatedRow>,
    pub metric: String,
    pub direction: Direction,
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
    /// The bytes of a log in which each row is in the line that it has in the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let rows = self.rows.iter().map(|row| (row.line, &row.cells[..]));
        encode_lines(&self.names, self.first_row, rows)
    }

    /// The columns besides the 17.
    pub fn extra_columns(&self) -> &[String] {
        &self.names[STANDARD.len() - 3..self.names.len() - 3]
    }
}

/// Translates a table. The error names the flag that would settle it.
pub fn translate(log: ExternalLog, options: &ImportOptions) -> Result<Translation> {
    let trials = ExternalTrials::interpret(log, options)?;
    let guess = trials.find_direction(options.direction);
    let notes = trials.notes(&guess);
    let (direction, _) = guess;
    let layout = Layout::new(&trials);
    let texts = text_columns(&trials.log);
    let mut rows: Vec<TranslatedRow> = Vec::with_capacity(trials.trials.len());
    for trial in &trials.trials {
        rows.push(translate_row(&trials, trial, &layout, &texts));
    }
    relate_rows(&trials, &mut rows, &layout, direction);
    let mut words = BTreeMap::new();
    if trials.roles.verdict.verdict.is_some() {
        for trial in &trials.trials {
            let word = trials.verdict_cell(trial).to_owned();
            *words.entry((word, trial.word.clone())).or_default() += 1;
        }
    }
    let verdict = trials.roles.verdict.column();
    Ok(Translation {
        rows,
        metric: trials.metric().to_owned(),
        direction,
        notes,
        columns: layout.moves(&trials.log),
        verdict: verdict.map(|column| trials.log.names[column].clone()),
        words,
        names: layout.names,
        skipped: trials.log.skipped,
        first_row: trials.log.first_row,
        emptied: trials.scores.emptied,
        unparsed: trials.scores.unparsed,
        is_own: false,
    })
}

/// Where the columns of the file go.
struct Layout {
    names: Vec<String>,
    /// The column of the log for each column of the file.
    targets: Vec<usize>,
}

impl Layout {
    /// The 17 columns, and between them those of the file that have no role, under their own names.
    fn new(trials: &ExternalTrials) -> Self {
        let mut extra = Vec::new();
        let mut taken = TakenNames::new();
        let mut new_names = Vec::with_capacity(trials.log.names.len());
        for column in 0..trials.log.names.len() {
            let mut name = choose_name(trials, column, &taken);
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

    fn moves(&self, log: &ExternalLog) -> Vec<(String, String)> {
        let pairs = log.names.iter().zip(&self.targets);
        pairs
            .map(|(from, to)| (from.clone(), self.names[*to].clone()))
            .collect()
    }
}

/// What a column of the file is called in the log.
fn choose_name(trials: &ExternalTrials, column: usize, taken: &TakenNames) -> String {
    let own = trials.log.names[column].clone();
    let is_score = column == trials.roles.score;
    let is_verdict = trials.roles.verdict.column() == Some(column);
    match trials.roles.role_of(column) {
        Some(role) if !is_score => standard_name(role).to_owned(),
        _ if is_score && own != "status" => own,
        _ if own == "core_metric" && repeats_score(trials, column) => own,
        _ if is_verdict && !loses_words(trials) => "status".to_owned(),
        _ if is_filled(trials, &own) || taken.contains_key(&own) => format!("source_{own}"),
        _ => own,
    }
}

/// Whether lineage's column of this name is filled from something else than the file's column of this name.
fn is_filled(trials: &ExternalTrials, name: &str) -> bool {
    let mut roles = trials.roles.roles.iter();
    ["exp_id", "status", "core_metric"].contains(&name)
        || roles.any(|(role, _)| standard_name(*role) == name)
}

/// Whether a column holds nothing but the score, as in lineage's own logs.
fn repeats_score(trials: &ExternalTrials, column: usize) -> bool {
    trials.trials.iter().all(|trial| {
        let cell = trials.log.cell(trial.row, column);
        cell.is_empty() || cell == trials.score_cell(trial)
    })
}

/// Whether the words of the verdict say more than the statuses that they become.
fn loses_words(trials: &ExternalTrials) -> bool {
    let mut all = trials.trials.iter();
    all.any(|trial| normalize(trials.verdict_cell(trial)) != normalize(&trial.word))
}

fn translate_row(
    trials: &ExternalTrials,
    trial: &ExternalTrial,
    layout: &Layout,
    texts: &[usize],
) -> TranslatedRow {
    let log = &trials.log;
    let row = &log.rows[trial.row];
    let mut cells = vec![String::new(); layout.names.len()];
    for (cell, &target) in row.cells.iter().zip(&layout.targets) {
        cells[target].clone_from(cell);
    }
    let width = log.names.len();
    if row.cells.len() > width {
        // Its last text contains the separator.
        cells[layout.targets[width - 1]] = row.cells[width - 1..].join(&log.separator.to_string());
    }
    cells[layout.standard("status")].clone_from(&trial.word);
    for name in [trials.metric(), "core_metric"] {
        if let Some(column) = layout.column(name) {
            trials.score_text(trial).clone_into(&mut cells[column]);
        }
    }
    if let Some(column) = trials.roles.column(Role::Time)
        && let Some(time) = normalize_time(log.cell(trial.row, column))
    {
        cells[layout.standard("timestamp")] = time;
    }
    let hypothesis = &mut cells[layout.standard("hypothesis")];
    if hypothesis.trim().is_empty() {
        let mut texts = texts.iter().map(|&column| log.cell(trial.row, column));
        let text = texts.find(|text| !text.is_empty());
        text.unwrap_or("").clone_into(hypothesis);
    }
    TranslatedRow {
        line: row.line,
        cells,
        fingerprint: row.fingerprint,
    }
}

impl ExternalTrials {
    fn score_text<'t>(&'t self, trial: &'t ExternalTrial) -> &'t str {
        match &trial.score {
            Some((text, _)) => text,
            None if self.is_unparsed(trial) => self.score_cell(trial),
            None => "",
        }
    }

    /// Whether the score is a text that is not a number and not empty, such as `27/50`.
    pub(super) fn is_unparsed(&self, trial: &ExternalTrial) -> bool {
        let cell = self.score_cell(trial);
        parse_number(cell).is_none() && !is_empty_word(cell)
    }
}

/// Sets ids, parents, baselines and differences, which follow from the rows above.
fn relate_rows(
    trials: &ExternalTrials,
    rows: &mut [TranslatedRow],
    layout: &Layout,
    direction: Direction,
) {
    let [id_at, parent_at, baseline_at, delta_at] =
        ["exp_id", "parent_exp", "baseline_exp", "delta_vs_best"].map(|name| layout.standard(name));
    let (roles, log) = (&trials.roles, &trials.log);
    let keys = key_columns(log);
    let below = unique_keys(trials, &keys);
    let mut ids_of_keys: HashMap<ExpId, String> = HashMap::new();
    let mut last_keep = String::new();
    let mut state = LogState::new(direction, Tie::First, [], []);
    for (index, (trial, row)) in trials.trials.iter().zip(rows).enumerate() {
        let cells = &mut row.cells;
        cells[id_at] = match roles.column(Role::Id) {
            Some(column) => log.cell(trial.row, column).to_owned(),
            None => ExpId::Number(index as u64).to_string(),
        };
        cells[parent_at] = match roles.column(Role::Parent) {
            Some(column) => find_parent(log.cell(trial.row, column), &ids_of_keys, &below),
            None => last_keep.clone(),
        };
        if let Some((baseline, delta)) = compare_to_best(&state, trial.status, trial.value()) {
            if roles.column(Role::Baseline).is_none() {
                cells[baseline_at] = baseline;
            }
            cells[delta_at] = delta;
        }
        let keys = keys
            .iter()
            .filter_map(|&key| ExpId::parse(log.cell(trial.row, key)));
        ids_of_keys.extend(keys.map(|key| (key, cells[id_at].clone())));
        if trial.status.can_be_best() || roles.verdict.verdict.is_none() {
            last_keep.clone_from(&cells[id_at]);
        }
        let score = trial.value().filter(|_| trial.status.can_be_best());
        state.enter(None, &cells[id_at], score);
    }
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

/// The ids and commits that name one row only, with the id of the row: a log may have its newest row first.
fn unique_keys(trials: &ExternalTrials, keys: &[usize]) -> HashMap<ExpId, Option<String>> {
    let mut unique: HashMap<ExpId, Option<String>> = HashMap::new();
    for (index, trial) in trials.trials.iter().enumerate() {
        let id = match trials.roles.column(Role::Id) {
            Some(column) => trials.log.cell(trial.row, column).to_owned(),
            None => ExpId::Number(index as u64).to_string(),
        };
        for &key in keys {
            let Some(key) = ExpId::parse(trials.log.cell(trial.row, key)) else {
                continue;
            };
            let known = unique.entry(key).or_insert_with(|| Some(id.clone()));
            if known.as_ref() != Some(&id) {
                *known = None;
            }
        }
    }
    unique
}

/// The id of a parent: that of the nearest row above with this id or commit, else of the only row below with it. Data frames
/// write the id 1 as `1.0`.
fn find_parent(
    cell: &str,
    above: &HashMap<ExpId, String>,
    below: &HashMap<ExpId, Option<String>>,
) -> String {
    if cell.is_empty() || has_word(NO_PARENT, &cell.to_lowercase()) {
        return String::new();
    }
    let whole = cell.strip_suffix(".0").unwrap_or(cell);
    for text in [cell, whole] {
        let Some(id) = ExpId::parse(text) else {
            continue;
        };
        if let Some(id) = above.get(&id).or(below.get(&id).and_then(Option::as_ref)) {
            return id.clone();
        }
    }
    if whole == "0" {
        return String::new();
    }
    whole.to_owned()
}
