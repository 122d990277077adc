//! `lineage similar`: earlier trials that are like a hypothesis.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
};

use anyhow::{Result, ensure};
use clap::Args;
use jiff::Timestamp;

use super::args::{parse_id, parse_positive};
use super::candidates;
use super::filter::FilterArgs;
use super::{Context, ExitStatus, Usage};
use crate::analysis::Best;
use crate::analysis::similar::{Label, Match, Outcomes, Place, Similar as Query, find_changes};
use crate::append::{format_time, read_text};
use crate::index::IndexedLog;
use crate::log::{Role, Row, Trial};
use crate::open::{ReadOptions, open_log};
use crate::output::Look;
use crate::output::records::Format;
use crate::output::similar::{Found, SimilarTrial, format_similar, format_similar_records};
use crate::store::Store;
use crate::text::escape_controls;

/// Of a longer text, the middle is left out.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// Find earlier trials that are like a hypothesis
///
/// Prints the closest trials, best first, with a similarity from 0 to 1 and a label: `identical` (the same words in the same order,
/// apart from case, punctuation, the spelling of numbers and words such as `the`), `other value` (similar texts that name
/// different changes `a→b`, usually other values of the same setting), `close` (0.42 or more) or `far`. A close trial may be the
/// same edit in other words: read it before you decide. Trials in progress count, ignored trials do not.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage similar 'raise muon_wd 0.095→0.115'
  lineage similar @hypothesis.txt --parent 156 --top 5
  echo 'flat lr in TTT' | lineage similar - --format json | jq '.[0].score'
  lineage similar \"$hypothesis\" --fail-above 0.8 > similar.txt || echo 'read similar.txt first'")]
pub struct Similar {
    /// The hypothesis; `-` reads stdin, @FILE a file, @@ starts a text with @
    #[arg(value_name = "TEXT", allow_hyphen_values = true, add = candidates::text_file())]
    text: OsString,
    /// Number of trials
    #[arg(long, default_value = "3", value_name = "K", value_parser = parse_positive)]
    top: usize,
    /// Only trials that started from this one
    #[arg(long, value_name = "EXP", add = candidates::trial())]
    parent: Option<String>,
    /// Only trials up to this one
    #[arg(long, value_name = "EXP", add = candidates::trial())]
    as_of: Option<String>,
    /// Exit with status 1 if the similarity of the closest trial is above this
    #[arg(long, value_name = "SCORE", value_parser = parse_score)]
    fail_above: Option<f64>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
    #[command(flatten)]
    filter: FilterArgs,
}

pub fn run(args: Similar, context: &Context) -> Result<()> {
    let text = read_text(&args.text, MAX_TEXT_BYTES)?;
    let text = escape_controls(&text); // as the log has it
    let empty = "TEXT is empty; give the hypothesis of the next trial".to_owned();
    ensure!(!text.trim().is_empty(), Usage(empty));
    let options = ReadOptions {
        as_of: args.as_of.as_deref().map(parse_id).transpose()?,
        ..args.filter.read_options()
    };
    let store = context.store()?;
    let log = open_log(&store, &options)?;
    context.ui.note_all(&log.notes);
    let filter = args.filter.filter(&log)?;
    let parent = args.parent.as_deref().map(parse_id).transpose()?;
    if let Some(parent) = &parent {
        log.trial(parent)?;
    }
    let is_wanted = |row: &Row| filter.accepts(row) && (parent.is_none() || row.parent() == parent);
    let running = match args.as_of {
        Some(_) => Vec::new(),
        None => list_running(&store, &log),
    };
    let found = find_similar(&log, &running, &text, args.top, is_wanted)?;
    let answer = match args.format {
        Format::Table => format_similar(&found, &text, context.ui.look),
        format => format_similar_records(&found.trials, &log.schema, format),
    };
    context.answer(&answer, &log)?;
    match (args.fail_above, found.trials.first()) {
        (Some(limit), Some(closest)) if closest.score > limit => fail(closest, limit, context),
        _ => Ok(()),
    }
}

/// Fails because the closest trial is too close.
fn fail(closest: &SimilarTrial, limit: f64, context: &Context) -> Result<()> {
    let name = if closest.is_running {
        "a trial in progress".to_owned()
    } else {
        format!("trial {}", closest.trial.row().name())
    };
    let note = format!("the score of {name} is above {limit}");
    context.ui.note(&note);
    Err(ExitStatus(1).into())
}

/// What is said before a trial with this hypothesis starts: the three closest trials, if one is identical or close.
pub fn describe_close(
    store: &Store,
    log: &IndexedLog,
    text: &str,
    look: Look,
) -> Result<Option<String>> {
    let found = find_similar(log, &list_running(store, log), text, 3, |_| true)?;
    let has_close = found.close.total() > 0;
    Ok(has_close.then(|| format_similar(&found, text, look)))
}

/// The trials in progress as rows of the log, oldest first.
fn list_running(store: &Store, log: &IndexedLog) -> Vec<Trial> {
    let mut rows = Vec::new();
    for trial in store.running_trials(Timestamp::now()) {
        let cells = log.schema.names().iter().map(|name| match &**name {
            "specialist" => trial.specialist.clone(),
            "parent_exp" => trial.parent_exp.clone(),
            "domain" => trial.domain.clone(),
            "hypothesis" => trial.hypothesis.clone(),
            "status" => "in_progress".to_owned(),
            "job_name" => trial.job_name.clone(),
            "timestamp" => format_time(trial.started),
            _ => String::new(),
        });
        rows.push(Trial::from_cells(&cells.collect::<Vec<_>>(), &log.schema));
    }
    rows
}

/// Finds the `top` closest of the trials that are wanted, in the log and in progress.
fn find_similar(
    log: &IndexedLog,
    running: &[Trial],
    text: &str,
    top: usize,
    is_wanted: impl Fn(&Row) -> bool,
) -> Result<Found> {
    let (best, mut query) = log.ask((Best::default(), Query::new(text, is_wanted)))?;
    for (number, trial) in running.iter().enumerate() {
        query.add_running(number, &trial.row());
    }
    let (matches, changes) = (query.rank(), find_changes(text));
    let best = log.all_at(best.offset())?;
    let mut found = Found {
        trials: Vec::new(),
        close: count_outcomes(log, running, &matches, &changes)?,
        best: best.first().map(|trial| trial.row().name()),
    };
    let mut read = log.reader();
    for similar in matches.iter().take(top) {
        let (trial, is_running) = match similar.place {
            Place::Row(offset) => (read(offset)?, false),
            Place::Running(number) => (running[number].clone(), true),
        };
        found.trials.push(SimilarTrial {
            score: similar.score,
            label: similar.label(&changes, &trial.row().text(Role::Hypothesis)),
            trial,
            is_running,
        });
    }
    Ok(found)
}

/// How the identical and the close trials ended. One with another value is another edit.
fn count_outcomes(
    log: &IndexedLog,
    running: &[Trial],
    matches: &[Match],
    changes: &BTreeSet<String>,
) -> Result<Outcomes> {
    let mut outcomes = Outcomes::default();
    let mut rows = BTreeMap::new(); // read from front to back
    for similar in matches.iter().filter(|similar| similar.may_be_close()) {
        match similar.place {
            Place::Row(offset) => {
                rows.insert(offset, similar);
            }
            Place::Running(number) if is_close(similar, changes, &running[number].row()) => {
                outcomes.add_running();
            }
            Place::Running(_) => {}
        }
    }
    log.each_at(rows.keys().copied(), |row| {
        if is_close(rows[&row.offset], changes, &row) {
            outcomes.add(&row);
        }
    })?;
    Ok(outcomes)
}

fn is_close(similar: &Match, changes: &BTreeSet<String>, row: &Row) -> bool {
    let label = similar.label(changes, &row.text(Role::Hypothesis));
    matches!(label, Label::Identical | Label::Close)
}

fn parse_score(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        _ => Err("not a number from 0 to 1".to_owned()),
    }
}
