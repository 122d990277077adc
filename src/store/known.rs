//! Which trials of a file are in the store already. A trial that was imported is known by its row of the file, whatever the
//! columns of that file were taken for then, and whatever was mended in the log since.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
};

use crate::text::escape_controls;
use crate::{
    formats::{Translated, Translation},
    log::{ExpId, Row},
    log::{Role, Schema},
};

/// The column that says where an imported trial came from.
pub(super) const SOURCE: &str = "source_row";

/// What follows from the place of a trial in its log, and says nothing about whether it is the same.
const RELATED: [&str; 4] = ["exp_id", "parent_exp", "baseline_exp", "delta_vs_best"];

/// Where a trial came from: the number of the file among those that the store has taken in, and the fingerprint of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) file: u64,
    pub(super) fingerprint: u64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:016x}", self.file, self.fingerprint)
    }
}

impl Origin {
    pub(super) fn read(cell: &str) -> Option<Self> {
        let (file, fingerprint) = cell.trim().split_once(':')?;
        let fingerprint = u64::from_str_radix(fingerprint, 16)
            .ok()
            .filter(|_| fingerprint.len() == 16)?;
        Some(Self {
            file: file.parse().ok()?,
            fingerprint,
        })
    }

    /// In a store without the column it is in the notes.
    fn in_notes(notes: &str) -> Option<Self> {
        let (_, behind) = notes.rsplit_once(&format!("[{SOURCE}: "))?;
        Self::read(behind.split_once(']')?.0)
    }

    /// The origin that a row of a file has already: the file is an export of a store that has imported it.
    fn of(translation: &Translation, row: &Translated) -> Option<Self> {
        let at = translation.names.iter().position(|name| name == SOURCE)?;
        Self::read(&row.cells[at])
    }
}

/// A trial of the store.
struct There {
    name: String,
    cells: Vec<String>,
    origin: Option<Origin>,
}

/// The trials of the store.
#[derive(Default)]
pub(super) struct Known {
    pub(super) ids: HashSet<ExpId>,
    there: Vec<There>,
}

/// What a row of the file is to the store.
pub(super) enum Is {
    New(Origin),
    /// A trial of the store, by its name; whether the file gives it another status by now.
    There {
        name: String,
        status_differs: bool,
    },
    /// A trial of the store whose row was changed since it was imported.
    Changed {
        name: String,
    },
}

impl Known {
    pub(super) fn see(&mut self, row: &Row) {
        let Some(id) = row.id() else { return };
        self.ids.insert(id);
        if row.damage.is_none() {
            let cells: Vec<_> = (0..row.schema.names().len())
                .map(|at| row.text_at(at).into_owned())
                .collect();
            let own = row
                .schema
                .find(SOURCE)
                .and_then(|at| Origin::read(&cells[at]));
            let origin = own.or_else(|| Origin::in_notes(&row.text(Role::Notes)));
            self.there.push(There {
                name: row.name(),
                cells,
                origin,
            });
        }
    }

    pub(super) fn has_imports(&self) -> bool {
        self.there.iter().any(|there| there.origin.is_some())
    }

    /// Where most rows of a file look like imported trials, one by one: the line of the first, and the trial.
    pub(super) fn double_of(
        &self,
        translation: &Translation,
        fitted: &[Vec<String>],
        schema: &Schema,
    ) -> Option<(u64, String)> {
        let (id, score) = (schema.column(Role::Id)?, schema.column(Role::Score)?);
        let has_ids = translation.columns.iter().any(|(_, to)| to == "exp_id");
        let mut by_score: HashMap<&str, VecDeque<&There>> = HashMap::new();
        for there in self.there.iter().filter(|there| there.origin.is_some()) {
            by_score
                .entry(&there.cells[score])
                .or_default()
                .push_back(there);
        }
        let mut found = Vec::new();
        for (row, cells) in translation
            .rows
            .iter()
            .zip(fitted)
            .filter(|(_, cells)| !cells[score].is_empty())
        {
            let Some(waiting) = by_score.get_mut(cells[score].as_str()) else {
                continue;
            };
            let is_same = |there: &&There| {
                has_ids && ExpId::parse(&there.name) == ExpId::parse(&cells[id])
                    || alike(schema, &there.cells, cells)
            };
            // Many trials may have one score: in their order the first is mostly the one.
            if let Some(place) = waiting.iter().take(100).position(is_same) {
                found.extend(
                    waiting
                        .remove(place)
                        .map(|there| (row.line, there.name.clone())),
                );
            }
        }
        let scored = fitted
            .iter()
            .filter(|cells| !cells[score].is_empty())
            .count();
        let is_most = found.len() * 2 > scored.min(self.there.len());
        found.into_iter().next().filter(|_| is_most)
    }

    /// What every row of a file is; `fitted` has its cells in the columns of the log.
    pub(super) fn recognise(
        &self,
        translation: &Translation,
        fitted: &[Vec<String>],
        schema: &Schema,
    ) -> Vec<Is> {
        let origins: Vec<_> = translation
            .rows
            .iter()
            .map(|row| Origin::of(translation, row))
            .collect();
        let fingerprint =
            |at: usize| origins[at].map_or(translation.rows[at].fingerprint, |own| own.fingerprint);
        let matched = self.matched(fitted, fingerprint, schema);
        let has_ids = translation.columns.iter().any(|(_, to)| to == "exp_id");
        let id = schema.column(Role::Id).unwrap_or_default();
        let file = self.file(&matched);
        let is_same = |there: &There, at: usize| {
            has_ids && ExpId::parse(&there.name) == ExpId::parse(&fitted[at][id])
                || alike(schema, &there.cells, &fitted[at])
        };
        let changed = file
            .map(|file| self.changed(file, &matched, is_same))
            .unwrap_or_default();
        let told = self
            .there
            .iter()
            .map(|there| there.origin)
            .chain(origins.iter().copied());
        let file =
            file.unwrap_or_else(|| told.flatten().map(|origin| origin.file).max().unwrap_or(0) + 1);
        let status = schema.column(Role::Status).unwrap_or_default();
        let what = |at: usize| match (matched[at], changed.get(&at)) {
            (Some(there), _) => {
                let there = &self.there[there];
                Is::There {
                    name: there.name.clone(),
                    status_differs: there.cells[status] != fitted[at][status],
                }
            }
            (None, Some(there)) => Is::Changed {
                name: self.there[*there].name.clone(),
            },
            (None, None) => {
                let own = origins[at].filter(|_| self.there.is_empty());
                Is::New(own.unwrap_or_else(|| Origin {
                    file,
                    fingerprint: fingerprint(at),
                }))
            }
        };
        (0..fitted.len()).map(what).collect()
    }

    /// For every row of the file the trial that came from it: the same row as often as it is there, else one that has the same
    /// cells without having been imported from another row.
    fn matched(
        &self,
        fitted: &[Vec<String>],
        fingerprint: impl Fn(usize) -> u64,
        schema: &Schema,
    ) -> Vec<Option<usize>> {
        let mut by_row: HashMap<u64, VecDeque<usize>> = HashMap::new();
        for (at, there) in self.there.iter().enumerate() {
            if let Some(origin) = there.origin {
                by_row.entry(origin.fingerprint).or_default().push_back(at);
            }
        }
        let rows = 0..fitted.len();
        let mut matched: Vec<_> = rows
            .map(|at| {
                by_row
                    .get_mut(&fingerprint(at))
                    .and_then(VecDeque::pop_front)
            })
            .collect();
        let taken: HashSet<usize> = matched.iter().flatten().copied().collect();
        let mut by_cells: HashMap<Vec<String>, VecDeque<usize>> = HashMap::new();
        for (at, there) in self
            .there
            .iter()
            .enumerate()
            .filter(|(at, _)| !taken.contains(at))
        {
            by_cells
                .entry(key(schema, &there.cells))
                .or_default()
                .push_back(at);
        }
        for (at, slot) in matched
            .iter_mut()
            .enumerate()
            .filter(|(_, slot)| slot.is_none())
        {
            *slot = by_cells
                .get_mut(&key(schema, &fitted[at]))
                .and_then(VecDeque::pop_front);
        }
        matched
    }

    /// The number of the file that most of the known rows came from.
    fn file(&self, matched: &[Option<usize>]) -> Option<u64> {
        let mut times: HashMap<u64, usize> = HashMap::new();
        for origin in matched
            .iter()
            .flatten()
            .filter_map(|&there| self.there[there].origin)
        {
            *times.entry(origin.file).or_default() += 1;
        }
        times
            .into_iter()
            .max_by_key(|&(file, times)| (times, std::cmp::Reverse(file)))
            .map(|(file, _)| file)
    }

    /// Rows that are the same trial as one whose own row is gone from its file: they were changed since. Where more rows are gone
    /// than are known, it is another log, some rows of which are the same.
    fn changed(
        &self,
        file: u64,
        matched: &[Option<usize>],
        is_same: impl Fn(&There, usize) -> bool,
    ) -> HashMap<usize, usize> {
        let taken: HashSet<usize> = matched.iter().flatten().copied().collect();
        let is_gone = |at: &usize| {
            !taken.contains(at)
                && self.there[*at]
                    .origin
                    .is_some_and(|origin| origin.file == file)
        };
        let mut gone: Vec<usize> = (0..self.there.len()).filter(is_gone).collect();
        let mut changed = HashMap::new();
        if gone.len() > taken.len() {
            return changed;
        }
        let new = matched
            .iter()
            .enumerate()
            .filter(|(_, known)| known.is_none());
        for (at, _) in new {
            if let Some(place) = gone
                .iter()
                .position(|&there| is_same(&self.there[there], at))
            {
                changed.insert(at, gone.remove(place));
            }
        }
        changed
    }
}

/// The cells by which a trial is known again, as the log writes them.
fn key(schema: &Schema, cells: &[String]) -> Vec<String> {
    let own = cells
        .iter()
        .enumerate()
        .filter(|(at, _)| is_own(schema, *at));
    own.map(|(_, cell)| escape_controls(cell).into_owned())
        .collect()
}

/// Whether most of the cells that both have are the same. The score counts once, though it may stand twice.
fn alike(schema: &Schema, one: &[String], other: &[String]) -> bool {
    let is_score =
        |at: usize| schema.names()[at] == "core_metric" && schema.column(Role::Score) != Some(at);
    let told = |at: usize| {
        is_own(schema, at) && !is_score(at) && !one[at].is_empty() && !other[at].is_empty()
    };
    let both: Vec<usize> = (0..one.len()).filter(|&at| told(at)).collect();
    let same = both
        .iter()
        .filter(|&&at| one[at] == escape_controls(&other[at]))
        .count();
    same * 2 > both.len()
}

/// Whether a column says something of a trial wherever it stands.
fn is_own(schema: &Schema, column: usize) -> bool {
    let name = schema.names()[column].as_str();
    name != SOURCE && !RELATED.contains(&name)
}
