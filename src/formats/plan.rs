//! Which column is what: by `--map`, else by name, where the cells fit.

use std::collections::HashSet;

use super::{
    Map, Table, Wanted,
    cells::{number, time},
    roles::{self, NAMES, Part, Speech, VERDICTS, normal},
};
use crate::trial::{ExpId, Number};

/// The roles of a table's columns.
pub(super) struct Plan {
    pub(super) parts: Vec<(Part, usize)>,
    pub(super) verdict: Option<(usize, Speech)>,
    /// Where a decision is the verdict: the column that says whether it ran at all.
    pub(super) ran: Option<usize>,
    pub(super) score: usize,
    /// Columns by which a row may name its parent: ids, even those that come twice, and commits.
    pub(super) keys: Vec<usize>,
    /// Columns that can stand in for an empty hypothesis.
    pub(super) texts: Vec<usize>,
    /// Why this is the score, where that was a guess.
    pub(super) guess: Option<&'static str>,
}

impl Plan {
    pub(super) fn new(table: &Table, wanted: &Wanted) -> Result<Self, String> {
        let names_of =
            |part| NAMES.iter().filter(move |(own, ..)| *own == part).flat_map(|(.., names)| names.split_whitespace());
        let keys = roles::COMMITS.split_whitespace().chain(names_of(Part::Id));
        let mut plan = Self {
            parts: Vec::new(),
            verdict: None,
            ran: None,
            score: usize::MAX,
            keys: keys.flat_map(|name| columns(table, name)).collect(),
            texts: names_of(Part::Hypothesis).flat_map(|name| columns(table, name)).collect(),
            guess: None,
        };
        for (part, ..) in NAMES {
            if let Named::Column(column) = named(table, &wanted.map, *part)? {
                plan.parts.push((*part, column));
            }
        }
        plan.find_verdict(table, &wanted.map)?;
        for (part, _, names) in NAMES {
            if wanted.map.get(*part).is_none() {
                let mut columns = names.split_whitespace().flat_map(|name| columns(table, name));
                let found = columns.find(|&column| !plan.is_taken(column) && fits(table, *part, column));
                plan.parts.extend(found.map(|column| (*part, column)));
            }
        }
        plan.find_score(table, wanted)?;
        // A column cannot be the score and a name for the trial at once.
        plan.parts
            .retain(|(part, column)| *column != plan.score || matches!(part, Part::TrainSeconds | Part::TotalSeconds));
        Ok(plan)
    }

    pub(super) fn column(&self, part: Part) -> Option<usize> {
        self.parts.iter().find(|(taken, _)| *taken == part).map(|(_, column)| *column)
    }

    /// Whether cells beyond the header are a part of the last one: its text held the separator.
    pub(super) fn joins_surplus(&self, width: usize) -> bool {
        [Part::Hypothesis, Part::Notes].into_iter().any(|part| self.column(part) == Some(width - 1))
    }

    fn is_taken(&self, column: usize) -> bool {
        let verdict = self.verdict.map(|(column, _)| column);
        self.parts.iter().any(|(_, taken)| *taken == column) || verdict == Some(column) || self.ran == Some(column)
    }

    fn find_verdict(&mut self, table: &Table, map: &Map) -> Result<(), String> {
        match named(table, map, Part::Verdict)? {
            Named::Column(column) => {
                self.verdict = Some((column, speech(table, column)));
                return Ok(());
            }
            Named::Nothing => return Ok(()),
            Named::Unsaid => {}
        }
        let by_name = VERDICTS.iter().flat_map(|(name, speech)| columns(table, name).map(move |at| (at, *speech)));
        let mut found: Vec<_> = by_name.filter(|&(at, speech)| speaks(table, at, speech)).collect();
        if found.is_empty() {
            let by_content = (0..table.names.len()).filter(|&at| mostly_verdicts(table, at));
            found = by_content.map(|at| (at, Speech::Words)).collect();
        }
        self.verdict = found.first().copied();
        self.ran = found.iter().skip(1).find(|(_, speech)| *speech == Speech::Words).map(|(column, _)| *column);
        Ok(())
    }

    fn find_score(&mut self, table: &Table, wanted: &Wanted) -> Result<(), String> {
        if let Named::Column(column) = named(table, &wanted.map, Part::Score)? {
            self.score = column;
            return Ok(());
        }
        if let Some(name) = &wanted.metric {
            self.score =
                columns(table, name).next().ok_or_else(|| no_column(table, name, "--metric or lineage.toml"))?;
            return Ok(());
        }
        let said = table.said.metric.as_ref().and_then(|name| columns(table, name).next());
        if let Some(column) = said.filter(|&column| count_numbers(table, column) > 0) {
            self.score = column;
            return Ok(());
        }
        let free = (0..table.names.len()).filter(|&at| !self.is_taken(at) || self.is_seconds(at));
        let ranked = free.filter(|&at| count_numbers(table, at) > 0).map(|at| (roles::candidate(&table.names[at]), at));
        let mut ranked: Vec<_> = ranked.filter(|(rank, _)| *rank < roles::NEVER).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        let Some(&(best, column)) = ranked.first() else {
            let names = table.names.join(" ");
            return Err(format!("no column holds a score; --map score=COLUMN names one of: {names}"));
        };
        let equal: Vec<_> = ranked.iter().filter(|(rank, _)| *rank == best).map(|(_, at)| &*table.names[*at]).collect();
        if equal.len() > 1 {
            return Err(format!("equally good candidates for the score: {}; --metric names the one", equal.join(" ")));
        }
        self.score = column;
        self.guess = Some(match best {
            ..roles::BY_NAME => return Ok(()), // it is called a metric: no guess
            roles::BY_NAME..roles::UNKNOWN => "by its name",
            _ => "as the likeliest column of numbers",
        });
        Ok(())
    }

    fn is_seconds(&self, column: usize) -> bool {
        let seconds = [Part::TrainSeconds, Part::TotalSeconds];
        self.parts.iter().any(|(part, taken)| *taken == column && seconds.contains(part))
    }
}

/// What `--map` says of a part.
enum Named {
    Unsaid,
    /// That no column has it.
    Nothing,
    Column(usize),
}

fn named(table: &Table, map: &Map, part: Part) -> Result<Named, String> {
    match map.get(part) {
        None => Ok(Named::Unsaid),
        Some("") => Ok(Named::Nothing),
        Some(name) => columns(table, name).next().map(Named::Column).ok_or_else(|| no_column(table, name, "--map")),
    }
}

fn no_column(table: &Table, name: &str, flag: &str) -> String {
    format!("no column `{name}`, which {flag} names; there are: {}", table.names.join(" "))
}

/// The columns of a name: the one that is written so, else those that are as names are compared.
fn columns<'t>(table: &'t Table, name: &str) -> impl Iterator<Item = usize> + use<'t> {
    let exact = table.names.iter().position(|own| own == name);
    let normal_name = normal(name);
    let alike = table.names.iter().enumerate().filter(move |(_, own)| normal(own) == normal_name).map(|(at, _)| at);
    exact.into_iter().chain(alike.filter(move |at| Some(*at) != exact))
}

/// The cells of a column that are not blank.
pub(super) fn cells(table: &Table, column: usize) -> impl Iterator<Item = &str> {
    let cells = table.rows.iter().filter_map(move |row| row.cells.get(column));
    cells.map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
}

fn count_numbers(table: &Table, column: usize) -> usize {
    cells(table, column).filter(|cell| number(cell).is_some()).count()
}

/// Whether the cells of a column can be what its name says.
fn fits(table: &Table, part: Part, column: usize) -> bool {
    let mut cells = cells(table, column).peekable();
    match part {
        Part::Id => is_key(table, column),
        Part::Time => cells.peek().is_some_and(|cell| time(cell).is_some()),
        Part::TrainSeconds | Part::TotalSeconds => cells.any(|cell| Number::value_of(cell).is_some()),
        // A proposal is text, not a number.
        Part::Hypothesis => cells.any(|cell| Number::value_of(cell).is_none()),
        _ => cells.peek().is_some(),
    }
}

/// Whether every row has an id of its own here.
fn is_key(table: &Table, column: usize) -> bool {
    let mut seen = HashSet::new();
    let mut rows = table.rows.iter().filter(|row| row.cells.len() > 1);
    let usable = |cell: &String| ExpId::read(cell).filter(ExpId::may_be_new);
    !table.rows.is_empty() && rows.all(|row| row.cells.get(column).and_then(usable).is_some_and(|id| seen.insert(id)))
}

fn speech(table: &Table, column: usize) -> Speech {
    let name = normal(&table.names[column]);
    let known = VERDICTS.iter().find(|(known, _)| *known == name).map(|(_, speech)| *speech);
    let is_yes_or_no = |cell: &str| [roles::YES, roles::NO].iter().any(|words| roles::has(words, &cell.to_lowercase()));
    let default = if cells(table, column).all(is_yes_or_no) { Speech::Kept } else { Speech::Words };
    known.unwrap_or(default)
}

/// Whether a column says something that the tables know; `status` and `verdict` count for what they are called.
fn speaks(table: &Table, column: usize, speech: Speech) -> bool {
    let by_name = ["status", "verdict"].contains(&&*normal(&table.names[column]));
    let is_text = |cell: &str| by_name && Number::value_of(cell).is_none();
    let numbers_are_scores = speech == Speech::Words && !by_name;
    let scored = |cell: &str| numbers_are_scores && number(cell).is_some();
    cells(table, column).any(|cell| is_text(cell) || !scored(cell) && roles::verdict(cell, speech).is_some())
}

fn mostly_verdicts(table: &Table, column: usize) -> bool {
    let (mut all, mut known) = (0, 0);
    for cell in cells(table, column) {
        all += 1;
        known += usize::from(number(cell).is_none() && roles::verdict(cell, Speech::Words).is_some());
    }
    known * 10 > all * 6
}
