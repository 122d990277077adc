//! What an amendment changes in a row: given values are checked as `append` checks them, and the row's own delta follows.

use anyhow::{Result, bail, ensure};

use super::{
    complete::{delta, describe_missing_score, score_names},
    draft::{NONE, QUOTED_ORIGIN, normalize, quote_origin},
    warnings::describe_odd_number,
};
use crate::{
    analysis::{Best, Query},
    index::IndexedLog,
    log::{ExpId, Number, Role, Row, SOURCE_NOTE, Schema, Status, Trial, encode, is_amendable},
    text::{Usage, nearest},
};

/// A change of one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellChange {
    pub column: usize,
    pub old: String,
    pub new: String,
}

/// What an amendment does to a row.
pub struct AmendmentPlan {
    /// In the order of the columns; empty if every value is there already.
    pub changes: Vec<CellChange>,
    /// What is written as given, but looks like a mistake.
    pub warnings: Vec<String>,
}

/// Checks the values that are given for a row, and finds what they change.
pub fn plan_amendment(
    log: &IndexedLog,
    trial: &Trial,
    given: &[(String, String)],
) -> Result<AmendmentPlan> {
    let row = trial.row();
    let id = row.name();
    if let Some(damage) = row.damage {
        let path = log.path().display();
        bail!("the row of trial {id} in {path} is damaged ({damage}); `lineage check` shows how");
    }
    let mut cells = row.texts();
    let mut warnings = Vec::new();
    check_scores(given, &log.schema)?;
    // The score first: `core_metric` follows it, unless it is given, too.
    let (scores, others): (Vec<_>, Vec<_>) = given
        .iter()
        .partition(|(name, _)| is_score(name, &log.schema));
    for (name, value) in scores.into_iter().chain(others) {
        let (_, mut value) = normalize((name.clone(), value.clone()));
        if name == "notes" {
            warnings.extend(quote_other_origin(&mut value, &row.text(Role::Notes)));
        }
        for column in columns_of(name, &log.schema)? {
            cells[column] = check_value(log, column, &value)?;
        }
        if !value.is_empty()
            && let Some(warning) = describe_odd_number(name, &value, &id)
        {
            warnings.push(format!("{warning}; written as given"));
        }
    }
    warnings.extend(update_delta(log, &row, given, &mut cells)?);
    let changes = find_changes(&row, cells);
    Ok(AmendmentPlan { changes, warnings })
}

fn find_changes(row: &Row, cells: Vec<String>) -> Vec<CellChange> {
    let mut changes = Vec::new();
    for (column, new) in cells.into_iter().enumerate() {
        let old = row.text_at(column).into_owned();
        if old != new {
            changes.push(CellChange { column, old, new });
        }
    }
    changes
}

/// Keeps new notes from naming an origin, unless it is the trial's own, which stays at their end. Returns what was changed.
fn quote_other_origin(notes: &mut String, old: &str) -> Option<String> {
    let own = old.rfind(SOURCE_NOTE).map_or("", |at| &old[at..]);
    let own = &own[..own.rfind(']').map_or(0, |end| end + 1)];
    let (text, own) = match notes.rsplit_once(own) {
        Some((before, "")) => (before.to_owned(), own),
        Some((before, after)) => (format!("{}{after} ", before.trim_end()), own),
        None => (notes.clone(), ""),
    };
    let quoted = quote_origin(&text);
    let is_quoted = quoted.is_some();
    *notes = quoted.unwrap_or(text) + own;
    is_quoted.then(|| QUOTED_ORIGIN.to_owned())
}

/// Whether a name stands for the score: `metric`, unless the log has another column of that name, and the names of the score.
fn is_score(name: &str, schema: &Schema) -> bool {
    let column = schema.find(name);
    score_names(schema).contains(&name)
        && (column.is_none() || column == schema.column(Role::Score))
}

fn check_scores(given: &[(String, String)], schema: &Schema) -> Result<()> {
    let mut scores = given.iter().filter(|(name, _)| is_score(name, schema));
    let Some((first, one)) = scores.next() else {
        return Ok(());
    };
    for (name, two) in scores {
        ensure!(
            Number::value_of(one) == Number::value_of(two),
            "two different scores: {first} {one} and {name} {two}; give one"
        );
    }
    Ok(())
}

/// The columns that a name stands for. The score may also be in `core_metric`.
fn columns_of(name: &str, schema: &Schema) -> Result<Vec<usize>> {
    if is_score(name, schema) {
        let columns = [schema.column(Role::Score), schema.find("core_metric")];
        let mut columns: Vec<usize> = columns.into_iter().flatten().collect();
        columns.dedup();
        ensure!(!columns.is_empty(), describe_missing_score(schema));
        return Ok(columns);
    }
    let Some(column) = schema.find(name) else {
        let help = nearest(name, schema.names().iter().map(String::as_str));
        let name = name.escape_debug();
        bail!(Usage(format!("the log has no column '{name}'; {help}")));
    };
    ensure!(
        is_amendable(schema, column),
        "{name} cannot be amended; log another trial instead"
    );
    Ok(vec![column])
}

/// A normalized value as the log has it. An empty one clears the cell.
fn check_value(log: &IndexedLog, column: usize, text: &str) -> Result<String> {
    let schema = &log.schema;
    let name = &schema.names()[column];
    let has_role = |role| schema.column(role) == Some(column);
    if has_role(Role::Status) {
        let status = Status::require(text).map_err(|error| Usage(error.to_string()))?;
        return Ok(status.name().to_owned());
    }
    if text.is_empty() {
        return Ok(String::new());
    }
    if has_role(Role::Baseline) {
        return find_baseline(log, text);
    }
    let is_number = has_role(Role::Score) || has_role(Role::Delta);
    if is_number || ["core_metric", "val_bpb"].contains(&name.as_str()) {
        let number: Result<Number, String> = text.parse();
        return match number {
            Ok(number) => Ok(number.text().to_owned()),
            Err(error) => bail!(Usage(format!("{name}: {error}"))),
        };
    }
    Ok(text.to_owned())
}

fn find_baseline(log: &IndexedLog, text: &str) -> Result<String> {
    let id = ExpId::parse(text).filter(|_| text != NONE);
    let Some(id) = id else {
        return Ok(String::new());
    };
    match log.find(&id)? {
        Some(trial) => Ok(trial.row().name()),
        None => bail!(log.no_such_trial(&id)),
    }
}

/// If the status or the score changes, the row's own difference to the best follows, unless it is given. Later rows keep
/// theirs as it was logged. Returns what looks like a mistake.
fn update_delta(
    log: &IndexedLog,
    row: &Row,
    given: &[(String, String)],
    cells: &mut [String],
) -> Result<Option<String>> {
    let schema = &log.schema;
    let cell_at = |role| schema.column(role).map_or("", |column| &*cells[column]);
    let status = Status::parse(cell_at(Role::Status).as_bytes());
    let score = cell_at(Role::Score).to_owned();
    if status == row.status() && score == row.text(Role::Score) {
        return Ok(None);
    }
    ensure!(
        !status.needs_score() || !score.is_empty(),
        "status {} needs a score: add --set {}=SCORE",
        status.name(),
        schema.score_name()
    );
    let best = find_best_before(log, row)?;
    let is_given = given.iter().any(|(name, _)| name == "delta_vs_best");
    if let Some(column) = schema.column(Role::Delta)
        && !is_given
    {
        cells[column] = delta(status, Number::value_of(&score), best);
    }
    Ok(warn_worse_keep(row, status, &score, best))
}

/// The best score of the trials before a row.
fn find_best_before(log: &IndexedLog, row: &Row) -> Result<Option<f64>> {
    let mut best = Best::default();
    let mut rows = log.rows();
    while let Some(earlier) = rows.next()?.filter(|other| other.offset < row.offset) {
        best.observe(&earlier);
    }
    Ok(best.score())
}

fn warn_worse_keep(row: &Row, status: Status, score: &str, best: Option<f64>) -> Option<String> {
    let (value, best) = (Number::value_of(score)?, best?);
    let is_worse = status == Status::Keep && !row.schema.replaces_best(value, best);
    is_worse.then(|| {
        let id = row.name();
        format!(
            "trial {id} becomes a keep, but {score} is not better than the best before it, {best}"
        )
    })
}

/// A row as its line, with these changes; every other cell stays as it is, byte for byte.
pub(super) fn encode_changed(row: &Row, changes: &[CellChange]) -> Vec<u8> {
    let mut line = Vec::new();
    for (column, cell) in row.cells.iter().enumerate() {
        if column > 0 {
            line.push(b'\t');
        }
        match changes.iter().find(|change| change.column == column) {
            Some(change) => line.extend_from_slice(encode(&change.new).as_bytes()),
            None => line.extend_from_slice(cell),
        }
    }
    line
}
