//! Which column is what: by `--map`, else by name, where the cells fit.

use std::collections::HashSet;

use super::{
    Map, Table, Wanted,
    cells::time,
    numbers::Form,
    roles::{self, NAMES, Part, Speech},
    words::{self, normal_name},
};
use crate::log::{ExpId, Number};

/// The roles of a table's columns.
pub(super) struct Plan {
    pub(super) parts: Vec<(Part, usize)>,
    pub(super) verdict: Option<(usize, Speech)>,
    /// Whether that column was found by its words alone.
    pub(super) verdict_is_guess: bool,
    /// Columns that take back what the verdict says.
    pub(super) vetoes: Vec<(usize, Speech)>,
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
        let names_of = |part| {
            NAMES
                .iter()
                .filter(move |(own, ..)| *own == part)
                .flat_map(|(.., names)| names.split_whitespace())
        };
        let keys = roles::COMMITS.split_whitespace().chain(names_of(Part::Id));
        let mut plan = Self {
            parts: Vec::new(),
            verdict: None,
            verdict_is_guess: false,
            vetoes: Vec::new(),
            ran: None,
            score: usize::MAX,
            keys: keys.flat_map(|name| columns(table, name)).collect(),
            texts: names_of(Part::Hypothesis)
                .flat_map(|name| columns(table, name))
                .collect(),
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
                let mut columns = names
                    .split_whitespace()
                    .flat_map(|name| columns(table, name));
                let found =
                    columns.find(|&column| !plan.is_taken(column) && fits(table, *part, column));
                plan.parts.extend(found.map(|column| (*part, column)));
            }
        }
        plan.find_score(table, wanted)?;
        if wanted.map.get(Part::Hypothesis).is_none() && plan.column(Part::Hypothesis).is_none() {
            plan.parts.extend(
                plan.wordiest(table)
                    .map(|column| (Part::Hypothesis, column)),
            );
        }
        // A column cannot be the score and a name for the trial at once.
        plan.parts.retain(|(part, column)| {
            *column != plan.score || matches!(part, Part::TrainSeconds | Part::TotalSeconds)
        });
        Ok(plan)
    }

    pub(super) fn column(&self, part: Part) -> Option<usize> {
        self.parts
            .iter()
            .find(|(taken, _)| *taken == part)
            .map(|(_, column)| *column)
    }

    /// Whether cells beyond the header are a part of the last one: its text held the separator.
    pub(super) fn joins_surplus(&self, width: usize) -> bool {
        [Part::Hypothesis, Part::Notes]
            .into_iter()
            .any(|part| self.column(part) == Some(width - 1))
    }

    fn is_taken(&self, column: usize) -> bool {
        let verdict = self.verdict.map(|(column, _)| column);
        self.parts.iter().any(|(_, taken)| *taken == column)
            || verdict == Some(column)
            || self.ran == Some(column)
    }

    fn find_score(&mut self, table: &Table, wanted: &Wanted) -> Result<(), String> {
        if let Named::Column(column) = named(table, &wanted.map, Part::Score)? {
            self.score = column;
            return Ok(());
        }
        if let Some(name) = &wanted.metric {
            self.score = columns(table, name).next().ok_or_else(|| {
                no_column(table, name, "--metric or lineage.toml")
                    + "; --map score=COLUMN reads another as the score"
            })?;
            return Ok(());
        }
        let said = table
            .said
            .metric
            .as_ref()
            .and_then(|name| columns(table, name).next());
        if let Some(column) = said.filter(|&column| may_score(table, column)) {
            self.score = column;
            return stands_once(table, column);
        }
        let mut ranked = self.candidates(table, |at| may_score(table, at));
        if ranked.is_empty() {
            // Where every trial has crashed, a name that is known is enough.
            let is_blank = |at| cells(table, at).all(words::is_nothing);
            ranked = self
                .candidates(table, is_blank)
                .into_iter()
                .filter(|(rank, _)| *rank < roles::UNKNOWN)
                .collect();
        }
        if table.rows.is_empty() {
            return self.guess_score(table, &ranked);
        }
        let Some(&(best, column)) = ranked.first() else {
            return Err(no_score(table));
        };
        let equal: Vec<_> = ranked
            .iter()
            .filter(|(rank, _)| *rank == best)
            .map(|(_, at)| &*table.names[*at])
            .collect();
        if equal.len() > 1 {
            return Err(format!(
                "equally good candidates for the score: {}; --metric names the one",
                equal.join(" ")
            ));
        }
        self.score = column;
        stands_once(table, column)?;
        self.guess = Some(match best {
            ..roles::BY_NAME => return Ok(()), // it is called a metric: no guess
            roles::BY_NAME..roles::UNKNOWN => "by its name",
            _ => "as the likeliest column of numbers",
        });
        Ok(())
    }

    /// The column with the most to say of those that have no part, where most of its cells are several words of their own.
    fn wordiest(&self, table: &Table) -> Option<usize> {
        let letters = |cell: &str| cell.chars().filter(|c| c.is_alphabetic()).count();
        let is_text = |cell: &&str| {
            cell.contains(char::is_whitespace) && letters(cell) * 2 > cell.chars().count()
        };
        let length = |at: usize| cells(table, at).map(str::len).sum::<usize>();
        let free = (0..table.names.len()).filter(|&at| at != self.score && !self.is_taken(at));
        let differ = |at: usize| {
            cells(table, at)
                .filter(is_text)
                .collect::<HashSet<_>>()
                .len()
        };
        let wordy = free.filter(|&at| differ(at) * 2 > cells(table, at).count());
        wordy.max_by_key(|&at| (length(at), std::cmp::Reverse(at)))
    }

    /// The columns that may be the score, the best first. One of ids is none, even where an id stands twice.
    fn candidates(&self, table: &Table, may_score: impl Fn(usize) -> bool) -> Vec<(u8, usize)> {
        let is_free =
            |at: usize| !self.is_taken(at) && !self.keys.contains(&at) || self.is_seconds(at);
        let free = (0..table.names.len()).filter(|&at| is_free(at) && may_score(at));
        let rank = |at: usize| match words::candidate(&table.names[at]) {
            roles::UNKNOWN if Form::of(table, at).has_unit() => roles::SETTING, // such as `7B`
            rank => rank,
        };
        let ranked = free.map(|at| (rank(at), at));
        let mut ranked: Vec<_> = ranked.filter(|(rank, _)| *rank < roles::NEVER).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked
    }

    /// A score for a log that has no rows yet: which column it is will be seen when it has.
    fn guess_score(&mut self, table: &Table, ranked: &[(u8, usize)]) -> Result<(), String> {
        let known = ranked
            .first()
            .filter(|(rank, _)| *rank < roles::UNKNOWN || self.verdict.is_some());
        let names = table.names.join(" ");
        let nothing = || {
            format!("it has no rows, and its first line is no header that is known here: {names}")
        };
        self.score = known.map(|(_, column)| *column).ok_or_else(nothing)?;
        Ok(())
    }

    fn is_seconds(&self, column: usize) -> bool {
        let seconds = [Part::TrainSeconds, Part::TotalSeconds];
        self.parts
            .iter()
            .any(|(part, taken)| *taken == column && seconds.contains(part))
    }
}

/// Refuses a score whose name two columns have that say different things.
fn stands_once(table: &Table, column: usize) -> Result<(), String> {
    let differs = |again: usize| {
        table
            .rows
            .iter()
            .any(|row| row.cells.get(again) != row.cells.get(column))
    };
    let again = table
        .doubles
        .iter()
        .find(|(first, again)| *first == column && differs(*again));
    again.map_or(Ok(()), |&(_, again)| {
        let (name, again) = (&table.names[column], &table.names[again]);
        Err(format!("equally good candidates for the score: {name} {again}, which the header both calls {name}; --metric names the one"))
    })
}

/// No column holds a score; what the one holds that is called like one.
fn no_score(table: &Table) -> String {
    let called =
        (0..table.names.len()).filter(|&at| words::candidate(&table.names[at]) < roles::UNKNOWN);
    let holds = called.into_iter().find_map(|at| {
        let cell = cells(table, at).find(|cell| !words::is_nothing(cell))?;
        Some(format!(
            " ({} holds `{}`)",
            table.names[at],
            cell.chars().take(40).collect::<String>()
        ))
    });
    let names = table.names.join(" ");
    format!(
        "no column holds a score{}; --map score=COLUMN names one of: {names}",
        holds.unwrap_or_default()
    )
}

/// What `--map` says of a part.
pub(super) enum Named {
    Unsaid,
    /// That no column has it.
    Nothing,
    Column(usize),
}

pub(super) fn named(table: &Table, map: &Map, part: Part) -> Result<Named, String> {
    match map.get(part) {
        None => Ok(Named::Unsaid),
        Some("") => Ok(Named::Nothing),
        Some(name) => columns(table, name)
            .next()
            .map(Named::Column)
            .ok_or_else(|| no_column(table, name, "--map or lineage.toml")),
    }
}

fn no_column(table: &Table, name: &str, flag: &str) -> String {
    let segment = match &*table.segments {
        "" => String::new(),
        segment => {
            format!(
                "; this is {segment}: --segment reads another, and a store of its own (--into) takes this one"
            )
        }
    };
    format!(
        "no column `{name}`, which {flag} names; there are: {}{segment}",
        table.names.join(" ")
    )
}

/// The columns of a name: the one that is written so, else those that are as names are compared. A field of an inner object
/// may be called by its path, too.
pub(super) fn columns<'t>(table: &'t Table, name: &str) -> impl Iterator<Item = usize> + use<'t> {
    let exact = |name: &str| table.names.iter().position(|own| own == name);
    let exact = exact(name).or_else(|| exact(name.rsplit_once('.')?.1));
    let wanted = normal_name(name);
    let names = table
        .normal
        .get_or_init(|| table.names.iter().map(|name| normal_name(name)).collect());
    let alike = names
        .iter()
        .enumerate()
        .filter(move |(_, own)| **own == wanted)
        .map(|(at, _)| at);
    exact
        .into_iter()
        .chain(alike.filter(move |at| Some(*at) != exact))
}

/// The cells of a column that are not blank.
pub(super) fn cells(table: &Table, column: usize) -> impl Iterator<Item = &str> {
    let cells = table
        .rows
        .iter()
        .filter_map(move |row| row.cells.get(column));
    cells
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty())
}

/// Whether a column has numbers, or no rows yet.
fn may_score(table: &Table, column: usize) -> bool {
    let form = Form::of(table, column);
    table.rows.is_empty() || cells(table, column).any(|cell| form.number(cell).is_some())
}

/// Whether the cells of a column can be what its name says.
fn fits(table: &Table, part: Part, column: usize) -> bool {
    let mut cells = cells(table, column).peekable();
    match part {
        Part::Id => is_key(table, column),
        Part::Time => cells.peek().is_some_and(|cell| time(cell).is_some()),
        Part::TrainSeconds | Part::TotalSeconds => {
            cells.any(|cell| Number::value_of(cell).is_some())
        }
        // A proposal is text, not a number.
        Part::Hypothesis => cells.any(|cell| Number::value_of(cell).is_none()),
        _ => cells.peek().is_some(),
    }
}

/// Whether every row has an id of its own here.
fn is_key(table: &Table, column: usize) -> bool {
    let mut seen = HashSet::new();
    let mut rows = table.rows.iter().filter(|row| row.cells.len() > 1);
    let usable = |cell: &String| ExpId::parse(cell).filter(ExpId::may_be_new);
    !table.rows.is_empty()
        && rows.all(|row| {
            row.cells
                .get(column)
                .and_then(usable)
                .is_some_and(|id| seen.insert(id))
        })
}
