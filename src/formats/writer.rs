//! Trials as rows of a log: columns laid out, ids given, parents set, differences computed.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    Table, Translation, Unread, Wanted,
    cells::{Scores, time},
    numbers::number,
    plan::Plan,
    roles::{NAMES, NO_PARENT, Part},
    table::free_name,
    translate::{Translated, Trial},
    words,
};
use crate::{
    log::{Direction, ExpId, signed_delta},
    log::{STANDARD, Schema},
};

pub(super) struct Writer {
    pub(super) table: Table,
    pub(super) plan: Plan,
    pub(super) trials: Vec<Trial>,
    /// Whether the keeps are no more than trials that ran.
    pub(super) mere_completion: bool,
}

/// Where a cell of the file goes.
struct Layout {
    names: Vec<String>,
    /// Column of the file, column of the log.
    places: Vec<(usize, usize)>,
}

impl Writer {
    pub(super) fn write(self, wanted: &Wanted, scores: Scores, unread: Vec<Unread>) -> Translation {
        let metric = self.metric();
        let direction = self.direction(&metric, wanted);
        let notes = if self.table.rows.is_empty() {
            Vec::new()
        } else {
            self.notes(&metric, &direction, &scores)
        };
        let direction = direction.is;
        let layout = self.layout(&metric);
        let mut rows: Vec<_> = self
            .trials
            .iter()
            .map(|trial| self.row(trial, &layout, &metric))
            .collect();
        self.relate(&mut rows, &layout, direction);
        let mut words = BTreeMap::new();
        for trial in &self.trials {
            if let Some((column, _)) = self.plan.verdict {
                let said = self.cell(trial.at, column).to_owned();
                *words.entry((said, trial.word.clone())).or_default() += 1;
            }
        }
        let columns = layout
            .places
            .iter()
            .map(|&(from, to)| (self.table.names[from].clone(), layout.names[to].clone()));
        let mut unread: Vec<_> = self.table.unread.into_iter().chain(unread).collect();
        unread.sort_by_key(|unread| unread.line);
        Translation {
            columns: columns.collect(),
            names: layout.names,
            rows,
            metric,
            direction,
            verdict: self
                .plan
                .verdict
                .map(|(column, _)| self.table.names[column].clone()),
            notes: self.table.notes.into_iter().chain(notes).collect(),
            unread,
            first_row: self.table.first_row,
            words,
            emptied: scores.emptied,
            odd: scores.odd,
        }
    }

    pub(super) fn cell(&self, at: usize, column: usize) -> &str {
        self.table.rows[at]
            .cells
            .get(column)
            .map_or("", |cell| cell.trim())
    }

    fn metric(&self) -> String {
        self.table.names[self.plan.score].clone()
    }

    /// lineage's own columns, and those of the file that have no part under their own names.
    fn layout(&self, metric: &str) -> Layout {
        let mut extra: Vec<String> = Vec::new();
        let (mut taken, mut next) = (HashSet::new(), HashMap::new());
        let mut moves: Vec<(usize, String)> = Vec::new();
        for (column, own) in self.table.names.iter().cloned().enumerate() {
            let part = self
                .plan
                .parts
                .iter()
                .find(|(_, taken)| *taken == column)
                .map(|(part, _)| *part);
            let is_score = column == self.plan.score;
            let name = match part {
                Some(part) if !is_score => standard_name(part).to_owned(),
                _ if is_score && own == metric && own != "status" => own,
                _ if own == "core_metric" && self.repeats_score(column) => own,
                _ if self.is_verdict(column) && !self.loses_words(column) => "status".to_owned(),
                _ if self.is_filled(&own) || taken.contains(&own) => format!("source_{own}"),
                _ => own,
            };
            let name = if STANDARD.contains(&&*name) {
                name
            } else {
                free_name(name, &mut taken, &mut next)
            };
            if !STANDARD.contains(&&*name) {
                extra.push(name.clone());
            }
            moves.push((column, name));
        }
        let names = Schema::standard_names(&extra);
        let place: HashMap<&str, usize> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.as_str(), at))
            .collect();
        let places = moves
            .into_iter()
            .map(|(column, name)| (column, place[name.as_str()]))
            .collect();
        Layout { names, places }
    }

    /// Whether a column of lineage has another source than the column of that name.
    fn is_filled(&self, name: &str) -> bool {
        let always = ["exp_id", "status", "core_metric"].contains(&name);
        always
            || self
                .plan
                .parts
                .iter()
                .any(|(part, _)| standard_name(*part) == name)
    }

    /// Whether a column says nothing but the score, as that of lineage's own logs does.
    fn repeats_score(&self, column: usize) -> bool {
        let mut cells = self.trials.iter().map(|trial| self.cell(trial.at, column));
        let mut scores = self
            .trials
            .iter()
            .map(|trial| self.cell(trial.at, self.plan.score));
        cells.all(|cell| {
            scores
                .next()
                .is_some_and(|score| cell.is_empty() || cell == score)
        })
    }

    fn is_verdict(&self, column: usize) -> bool {
        self.plan
            .verdict
            .is_some_and(|(verdict, _)| verdict == column)
    }

    /// Whether the words of the verdict say more than the statuses that they become.
    fn loses_words(&self, column: usize) -> bool {
        self.trials
            .iter()
            .any(|trial| words::normal(self.cell(trial.at, column)) != words::normal(&trial.word))
    }

    fn row(&self, trial: &Trial, layout: &Layout, metric: &str) -> Translated {
        let raw = &self.table.rows[trial.at];
        let mut cells = vec![String::new(); layout.names.len()];
        for &(from, to) in &layout.places {
            raw.cells
                .get(from)
                .map_or("", String::as_str)
                .clone_into(&mut cells[to]);
        }
        let names = self.table.names.len();
        if raw.cells.len() > names {
            let place = layout
                .places
                .iter()
                .find(|(from, _)| *from == names - 1)
                .map(|(_, to)| *to);
            cells[place.unwrap_or_default()] =
                raw.cells[names - 1..].join(&self.table.separator.to_string());
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
        if let Some(time) = self
            .plan
            .column(Part::Time)
            .and_then(|column| time(self.cell(trial.at, column)))
        {
            set("timestamp", &time);
        }
        let hypothesis = self
            .plan
            .column(Part::Hypothesis)
            .map_or("", |column| self.cell(trial.at, column));
        if hypothesis.is_empty() {
            set("hypothesis", self.other_text(trial));
        }
        Translated {
            line: raw.line,
            cells,
            fingerprint: raw.fingerprint(),
        }
    }

    /// Whether the score is a text that says something, such as `27/50`.
    pub(super) fn is_odd(&self, trial: &Trial) -> bool {
        let cell = self.cell(trial.at, self.plan.score);
        number(cell).is_none() && !words::is_nothing(cell)
    }

    /// What stands for a hypothesis where its own column is empty: the next column that could be one.
    fn other_text(&self, trial: &Trial) -> &str {
        let texts = self.plan.texts.iter().map(|&at| self.cell(trial.at, at));
        texts
            .into_iter()
            .find(|cell| !cell.is_empty())
            .unwrap_or("")
    }

    /// Ids, parents, baselines and differences, which follow from the rows above.
    fn relate(&self, rows: &mut [Translated], layout: &Layout, direction: Direction) {
        let at = |name: &str| {
            layout
                .names
                .iter()
                .position(|own| own == name)
                .unwrap_or_default()
        };
        let (id_at, parent_at, baseline_at, delta_at) = (
            at("exp_id"),
            at("parent_exp"),
            at("baseline_exp"),
            at("delta_vs_best"),
        );
        let has_baselines = self.plan.column(Part::Other("baseline_exp")).is_some();
        let mut known: HashMap<ExpId, String> = HashMap::new();
        let (mut kept, mut best): (String, Option<(f64, String)>) = (String::new(), None);
        for (number, (trial, row)) in self.trials.iter().zip(rows).enumerate() {
            let cells = &mut row.cells;
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
                let delta = score
                    .filter(|_| trial.status.is_completed())
                    .map(|score| signed_delta(score - best));
                cells[delta_at] = delta.unwrap_or_default();
            }
            let keys = self
                .plan
                .keys
                .iter()
                .filter_map(|&at| ExpId::parse(self.cell(trial.at, at)));
            known.extend(keys.map(|key| (key, id.clone())));
            let can_be_best = trial.status.can_be_best();
            if can_be_best || self.plan.verdict.is_none() {
                kept.clone_from(&id);
            }
            if let Some(score) = score.filter(|_| can_be_best)
                && best
                    .as_ref()
                    .is_none_or(|(best, _)| direction.better(score, *best))
            {
                best = Some((score, id.clone()));
            }
            cells[id_at] = id;
        }
    }
}

/// The column of lineage that a part fills.
fn standard_name(part: Part) -> &'static str {
    NAMES
        .iter()
        .find(|(own, ..)| *own == part)
        .map_or("status", |(_, name, _)| name)
}

/// A parent as the translation calls it: the nearest row above that has this id or this commit. Spreadsheets and data frames
/// write an id of a column with gaps as `1.0`.
fn parent(cell: &str, known: &HashMap<ExpId, String>) -> String {
    if cell.is_empty() || words::has(NO_PARENT, &cell.to_lowercase()) {
        return String::new();
    }
    let whole = cell.strip_suffix(".0").unwrap_or(cell);
    let id = [cell, whole]
        .into_iter()
        .find_map(|text| known.get(&ExpId::parse(text)?).cloned());
    id.unwrap_or_else(|| {
        if whole == "0" {
            String::new()
        } else {
            whole.to_owned()
        }
    })
}
