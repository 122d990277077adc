//! The rows of a table as trials: ids given, parents set, verdicts as statuses, sentinels emptied, differences computed.

use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, civil};

use super::{
    Said, Table, Unread, Wanted,
    plan::{Plan, number},
    roles::{self, Means, NAMES, NO_PARENT, NOTHING, Part, SENTINELS, Speech},
};
use crate::{
    draft::format_time,
    schema::{STANDARD, Schema},
    store::encode_row,
    trial::{Direction, ExpId, Status, signed_delta},
};

/// A log in lineage's own shape, with what was done to make it.
pub struct Translation {
    pub names: Vec<String>,
    /// Line of the file, and the cells of the trial.
    pub rows: Vec<(u64, Vec<String>)>,
    pub metric: String,
    pub direction: Direction,
    /// What was guessed, and how to say otherwise.
    pub notes: Vec<String>,
    pub unread: Vec<Unread>,
    pub first_row: u64,
    /// Column of the file, and what it became.
    pub columns: Vec<(String, String)>,
    /// Word of the file, and the status that it became; how often.
    pub words: BTreeMap<(String, String), u64>,
    /// Lines whose score stood for none.
    pub emptied: Vec<u64>,
    /// Lines whose score is no number.
    pub odd: Vec<(u64, String)>,
}

impl Translation {
    /// As the bytes of a log in which every row stands in the line that it has in the file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = encode_row(&self.names);
        let mut line = self.first_row;
        for (number, cells) in &self.rows {
            out.extend((line..*number).map(|_| '\n'));
            out += &encode_row(cells);
            line = number + 1;
        }
        out.into_bytes()
    }

    pub fn extra(&self) -> &[String] {
        &self.names[STANDARD.len() - 3..self.names.len() - 3]
    }
}

/// Translates a table; the error says what flag would settle it.
pub fn translate(mut table: Table, wanted: &Wanted) -> Result<Translation, String> {
    let plan = Plan::new(&table, wanted)?;
    let width = table.names.len();
    if !plan.joins_surplus(width) {
        table.widen();
    }
    let statuses = Statuses::new(&table, &plan);
    let mut scores = Scores::default();
    let mut trials = Vec::with_capacity(table.rows.len());
    let mut unread = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        let cell = |column: usize| row.cells.get(column).map_or("", |cell| cell.trim());
        let (status, word) = statuses.of(at, &table, &plan);
        let score = scores.read(row.line, cell(plan.score), status, word.is_empty());
        let (status, word) = match (&plan.verdict, &score) {
            (None, Some(_)) => (Status::Keep, "keep".to_owned()),
            _ => (status, word),
        };
        if score.is_none() && word.is_empty() && row.cells.len() < width {
            unread.push(Unread { line: row.line, why: "neither a score nor a verdict".to_owned() });
            continue;
        }
        trials.push(Trial { at, status, word, score });
    }
    if scores.found == 0 && wanted.metric.is_none() && wanted.map.get(Part::Score).is_none() {
        return Err("no row has a score; --map score=COLUMN names its column".to_owned());
    }
    Ok(Writer { table, plan, trials }.write(wanted, scores, unread))
}

struct Trial {
    /// Its row in the table.
    at: usize,
    status: Status,
    word: String,
    score: Option<(String, f64)>,
}

/// What the verdicts of a log say, once all of them were seen.
struct Statuses {
    /// Whether a word that says "it ran" is a keep: only where no row says more.
    ran_is_keep: bool,
}

impl Statuses {
    fn new(table: &Table, plan: &Plan) -> Self {
        let decides = |means| matches!(means, Means::Is(Status::Keep | Status::Discard | Status::Baseline));
        let decided = plan.verdict.is_some_and(|(column, speech)| {
            super::plan::cells(table, column).filter_map(|cell| roles::verdict(cell, speech)).any(decides)
        });
        Self { ran_is_keep: !decided }
    }

    /// The status of a row, and its word: that of the status, else what is written.
    fn of(&self, at: usize, table: &Table, plan: &Plan) -> (Status, String) {
        let cells = &table.rows[at].cells;
        let cell = |column: usize| cells.get(column).map_or("", |cell| cell.trim());
        let Some((column, speech)) = plan.verdict else { return (Status::Other, String::new()) };
        let mut word = cell(column);
        let mut means = roles::verdict(word, speech);
        if let Some(ran) = plan.ran.filter(|_| means.is_none() && NOTHING.contains(&&*word.to_lowercase())) {
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
struct Scores {
    found: usize,
    emptied: Vec<u64>,
    odd: Vec<(u64, String)>,
}

impl Scores {
    fn read(&mut self, line: u64, cell: &str, status: Status, silent: bool) -> Option<(String, f64)> {
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
                if NOTHING.contains(&&*cell.to_lowercase()) {
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

struct Writer {
    table: Table,
    plan: Plan,
    trials: Vec<Trial>,
}

/// Where a cell of the file goes.
struct Layout {
    names: Vec<String>,
    /// Column of the file, column of the log.
    places: Vec<(usize, usize)>,
}

impl Writer {
    fn write(self, wanted: &Wanted, scores: Scores, unread: Vec<Unread>) -> Translation {
        let metric = self.metric();
        let (direction, notes) = self.direction(&metric, wanted);
        let layout = self.layout(&metric);
        let mut rows: Vec<_> = self.trials.iter().map(|trial| self.row(trial, &layout, &metric)).collect();
        self.relate(&mut rows, &layout, direction);
        let mut words = BTreeMap::new();
        for trial in &self.trials {
            if let Some((column, _)) = self.plan.verdict {
                let said = self.cell(trial.at, column).to_owned();
                *words.entry((said, trial.word.clone())).or_default() += 1;
            }
        }
        let columns =
            layout.places.iter().map(|&(from, to)| (self.table.names[from].clone(), layout.names[to].clone()));
        let mut unread: Vec<_> = self.table.unread.into_iter().chain(unread).collect();
        unread.sort_by_key(|unread| unread.line);
        Translation {
            columns: columns.collect(),
            names: layout.names,
            rows,
            metric,
            direction,
            notes: self.table.notes.into_iter().chain(notes).collect(),
            unread,
            first_row: self.table.first_row,
            words,
            emptied: scores.emptied,
            odd: scores.odd,
        }
    }

    fn cell(&self, at: usize, column: usize) -> &str {
        self.table.rows[at].cells.get(column).map_or("", |cell| cell.trim())
    }

    fn metric(&self) -> String {
        self.table.names[self.plan.score].clone()
    }

    /// Which way is better: flags, what the file says, the name, the trend of the keeps.
    fn direction(&self, metric: &str, wanted: &Wanted) -> (Direction, Vec<String>) {
        let mut notes = Vec::new();
        if self.plan.verdict.is_none() {
            let none = "no column holds a verdict: every row with a score can be best; --map verdict=COLUMN names one";
            notes.push(none.to_owned());
        }
        let Said { direction: said, .. } = self.table.said;
        let trend = || self.trend();
        let (direction, why) = match (wanted.direction.or(said), roles::better(metric)) {
            (Some(direction), _) => (direction, None),
            (None, Some(direction)) => (direction, Some("by its name".to_owned())),
            (None, None) => trend(),
        };
        let note = match (self.plan.guess, why) {
            (None, None) => return (direction, notes),
            (Some(guess), None) => format!("{metric}: taken for the score {guess}; --metric names another"),
            (None, Some(why)) => format!("{metric}: read as {direction} {why}; --direction says otherwise"),
            (Some(guess), Some(why)) => format!(
                "{metric}: taken for the score {guess}, read as {direction} {why}; --metric and --direction say otherwise"
            ),
        };
        notes.push(note);
        (direction, notes)
    }

    /// The way that most steps from one keep to the next have taken.
    fn trend(&self) -> (Direction, Option<String>) {
        let kept = self.trials.iter().filter(|trial| trial.status.can_be_best());
        let kept: Vec<f64> = kept.filter_map(|trial| Some(trial.score.as_ref()?.1)).collect();
        let up = kept.windows(2).filter(|pair| pair[1] > pair[0]).count();
        let down = kept.windows(2).filter(|pair| pair[1] < pair[0]).count();
        let direction = if up > down { Direction::Maximize } else { Direction::Minimize };
        let why = match up + down {
            0 => "by default".to_owned(),
            steps => format!("by the trend of the keeps ({} of {steps} steps)", up.max(down)),
        };
        (direction, Some(why))
    }

    /// lineage's own columns, and those of the file that have no part under their own names.
    fn layout(&self, metric: &str) -> Layout {
        let mut extra: Vec<String> = Vec::new();
        let mut moves: Vec<(usize, String)> = Vec::new();
        for (column, own) in self.table.names.iter().cloned().enumerate() {
            let part = self.plan.parts.iter().find(|(_, taken)| *taken == column).map(|(part, _)| *part);
            let is_score = column == self.plan.score;
            let name = match part {
                Some(part) if !is_score => standard_name(part).to_owned(),
                _ if is_score && own == metric && own != "status" => own,
                _ if self.is_verdict(column) && !self.loses_words(column) => "status".to_owned(),
                _ if own != "val_bpb" && STANDARD.contains(&&*own) || extra.contains(&own) => format!("source_{own}"),
                _ => own,
            };
            if !STANDARD.contains(&&*name) {
                extra.push(name.clone());
            }
            moves.push((column, name));
        }
        let names = Schema::standard_names(&extra);
        let place = |name: &str| names.iter().position(|own| own == name).unwrap_or_default();
        let places = moves.into_iter().map(|(column, name)| (column, place(&name))).collect();
        Layout { names, places }
    }

    fn is_verdict(&self, column: usize) -> bool {
        self.plan.verdict.is_some_and(|(verdict, _)| verdict == column)
    }

    /// Whether the words of the verdict say more than the statuses that they become.
    fn loses_words(&self, column: usize) -> bool {
        self.trials.iter().any(|trial| roles::normal(self.cell(trial.at, column)) != roles::normal(&trial.word))
    }

    fn row(&self, trial: &Trial, layout: &Layout, metric: &str) -> (u64, Vec<String>) {
        let raw = &self.table.rows[trial.at];
        let mut cells = vec![String::new(); layout.names.len()];
        for &(from, to) in &layout.places {
            raw.cells.get(from).map_or("", String::as_str).clone_into(&mut cells[to]);
        }
        let names = self.table.names.len();
        if raw.cells.len() > names {
            let place = layout.places.iter().find(|(from, _)| *from == names - 1).map(|(_, to)| *to);
            cells[place.unwrap_or_default()] = raw.cells[names - 1..].join(&self.table.separator.to_string());
        }
        let mut set = |name: &str, text: &str| {
            if let Some(at) = layout.names.iter().position(|own| own == name) {
                text.clone_into(&mut cells[at]);
            }
        };
        set("status", &trial.word);
        let shown = match &trial.score {
            Some((text, _)) => text.as_str(),
            None if self.is_odd(trial) => self.cell(trial.at, self.plan.score),
            None => "",
        };
        set(metric, shown);
        set("core_metric", shown);
        if let Some(time) = self.plan.column(Part::Time).and_then(|column| time(self.cell(trial.at, column))) {
            set("timestamp", &time);
        }
        let hypothesis = self.plan.column(Part::Hypothesis).map_or("", |column| self.cell(trial.at, column));
        if hypothesis.is_empty() {
            set("hypothesis", self.other_text(trial));
        }
        (raw.line, cells)
    }

    /// Whether the score is a text that says something, such as `27/50`.
    fn is_odd(&self, trial: &Trial) -> bool {
        let cell = self.cell(trial.at, self.plan.score);
        number(cell).is_none() && !NOTHING.contains(&&*cell.to_lowercase())
    }

    /// What stands for a hypothesis where its own column is empty: the next column that could be one.
    fn other_text(&self, trial: &Trial) -> &str {
        let Some((.., names)) = NAMES.iter().find(|(part, ..)| *part == Part::Hypothesis) else { return "" };
        let column = |name: &&str| self.table.names.iter().position(|own| roles::normal(own) == **name);
        names.iter().filter_map(column).map(|at| self.cell(trial.at, at)).find(|cell| !cell.is_empty()).unwrap_or("")
    }

    /// Ids, parents, baselines and differences, which follow from the rows above.
    fn relate(&self, rows: &mut [(u64, Vec<String>)], layout: &Layout, direction: Direction) {
        let at = |name: &str| layout.names.iter().position(|own| own == name).unwrap_or_default();
        let (id_at, parent_at, baseline_at, delta_at) =
            (at("exp_id"), at("parent_exp"), at("baseline_exp"), at("delta_vs_best"));
        let has_baselines = self.plan.column(Part::Other("baseline_exp")).is_some();
        let mut known: HashMap<ExpId, String> = HashMap::new();
        let (mut kept, mut best): (String, Option<(f64, String)>) = (String::new(), None);
        for (number, (trial, (_, cells))) in self.trials.iter().zip(rows).enumerate() {
            let id = match self.plan.column(Part::Id) {
                Some(column) => self.cell(trial.at, column).to_owned(),
                None => ExpId::Number(number as u64).to_string(),
            };
            cells[parent_at] = match self.plan.column(Part::Parent) {
                Some(column) => parent(self.cell(trial.at, column), &known),
                None => kept.clone(),
            };
            let score = trial.score.as_ref().map(|(_, score)| *score);
            if let Some((best, baseline)) = &best {
                if !has_baselines {
                    cells[baseline_at].clone_from(baseline);
                }
                let delta = score.filter(|_| trial.status.is_signal()).map(|score| signed_delta(score - best));
                cells[delta_at] = delta.unwrap_or_default();
            }
            for name in ["commit", "hash", "short_hash", "candidate", "name", "experiment"] {
                let column = self.table.names.iter().position(|own| roles::normal(own) == name);
                known.extend(column.and_then(|at| Some((ExpId::read(self.cell(trial.at, at))?, id.clone()))));
            }
            known.extend(self.own_key(trial).map(|key| (key, id.clone())));
            let can_be_best = trial.status.can_be_best();
            if can_be_best || self.plan.verdict.is_none() {
                kept.clone_from(&id);
            }
            if let Some(score) = score.filter(|_| can_be_best)
                && best.as_ref().is_none_or(|(best, _)| direction.better(score, *best))
            {
                best = Some((score, id.clone()));
            }
            cells[id_at] = id;
        }
    }

    /// The id that the file gives a row, even where it is none because it comes twice.
    fn own_key(&self, trial: &Trial) -> Option<ExpId> {
        let (.., names) = NAMES.iter().find(|(part, ..)| *part == Part::Id)?;
        let column = |name: &&str| self.table.names.iter().position(|own| roles::normal(own) == **name);
        let first = self.plan.column(Part::Id).or_else(|| names.iter().find_map(column))?;
        ExpId::read(self.cell(trial.at, first))
    }
}

/// The column of lineage that a part fills.
fn standard_name(part: Part) -> &'static str {
    NAMES.iter().find(|(own, ..)| *own == part).map_or("status", |(_, name, _)| name)
}

/// A parent as the translation calls it: the nearest row above that has this id or this commit.
fn parent(cell: &str, known: &HashMap<ExpId, String>) -> String {
    if NO_PARENT.contains(&&*cell.to_lowercase()) {
        return String::new();
    }
    let id = ExpId::read(cell).and_then(|id| known.get(&id).cloned());
    id.unwrap_or_else(|| cell.to_owned())
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
    let number = crate::trial::Number::value_of(cell);
    let time = match number {
        Some(number) => since_1970(number),
        None => cell.parse::<Timestamp>().ok().or_else(|| Some(local()?.timestamp())),
    };
    time.map(format_time)
}
