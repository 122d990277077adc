//! `lineage show`: one trial, or one file of its snapshot.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use super::args::{OutputArgs, find_columns, format_cell, parse_id};
use super::candidates;
use super::{Context, ReadArgs};
use crate::index::IndexedLog;
use crate::log::{Amendment, Amendments, ExpId, Role, Row, Trial};
use crate::output::amendments::{amendments_value, format_amendments};
use crate::output::columns::{self, pick};
use crate::output::json::{chosen_value, json};
use crate::output::records::{Format, format_records};
use crate::output::trials::format_record;
use crate::snapshot::{has_pruned_snapshot, open_snapshot};
use crate::text::printable_line;

/// Show one trial with every column, and its amendments
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage show 176
  lineage show exp_042 --field notes
  lineage show 176 --file train.py
  lineage show 176 --format json")]
pub struct Show {
    /// The trial; 7, 007 and exp_007 are the same
    #[arg(add = candidates::trial())]
    exp: String,
    /// Print this file of the trial's snapshot instead; control characters are escaped on a terminal
    #[arg(long, value_name = "PATH", conflicts_with_all = ["format", "field", "columns"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(args: Show, context: &Context) -> Result<()> {
    let log = context.open(&args.read)?;
    let field = args.output.field(&log.schema, false)?;
    let columns = find_columns(&args.output.columns, &log.schema, false)?;
    let id = parse_id(&args.exp)?;
    note_repeated_id(&log, &id, context)?;
    let trial = log.trial(&id)?;
    if let Some(path) = args.file {
        return print_file(&log, &trial, &path, context);
    }
    let (row, look) = (trial.row(), context.ui.look);
    let amendments = read_amendments(&log, &row, context);
    let text = match (field, args.output.format) {
        (Some(column), _) => format_cell(&row, column),
        (None, Format::Table) => {
            format_record(&row, &columns, look) + &format_amendments(&amendments, look)
        }
        (None, Format::Json | Format::Jsonl) => {
            let mut object = chosen_value(&row, &columns);
            if !amendments.is_empty() {
                object["amendments"] = amendments_value(&amendments);
            }
            json(&object) + "\n"
        }
        (None, format) => {
            let names = pick(&columns, &columns::columns(&log.schema));
            format_records(format, names, [pick(&columns, &columns::cells(&row))])
        }
    };
    context.ui.print(&text)?;
    print_problems(&log, &row, context)
}

/// The amendments of a trial. A file that cannot be read does not hide the trial.
fn read_amendments(log: &IndexedLog, row: &Row, context: &Context) -> Vec<Amendment> {
    match Amendments::read(log) {
        Ok(amendments) => amendments.of(row),
        Err(error) => {
            context.ui.warn(&format!("{error:#}"));
            Vec::new()
        }
    }
}

/// Warns if the row is damaged, or its snapshot was pruned. Damage elsewhere in the log does not matter here.
fn print_problems(log: &IndexedLog, row: &Row, context: &Context) -> Result<()> {
    if let Some(damage) = row.damage {
        let (path, line) = (log.path().display(), row.number);
        context.ui.warn(&format!("{path}:{line}: {damage}"));
    }
    if has_pruned_snapshot(&context.store()?, row) {
        let note = format!("the snapshot of trial {} was pruned", row.name());
        context.ui.note(&note);
    }
    Ok(())
}

/// Says which rows of an external log have the same number. In other logs, `lineage check` finds them.
fn note_repeated_id(log: &IndexedLog, id: &ExpId, context: &Context) -> Result<()> {
    let column = log.repeated_ids.or(log.schema.column(Role::Id));
    let Some(column) = column.filter(|_| log.is_external()) else {
        return Ok(());
    };
    let (mut trials, mut lines) = (Vec::new(), Vec::new());
    log.for_each_row(|row| {
        if ExpId::parse(&row.text_at(column)).as_ref() == Some(id) {
            trials.push(row.name());
            lines.push(row.number.to_string());
        }
    })?;
    let (name, count) = (&log.schema.names()[column], trials.len());
    if count > 1 {
        let which = match log.repeated_ids {
            Some(_) => format!(
                "trials {}, as trials are numbered by row",
                trials.join(", ")
            ),
            None => format!("lines {}; this is the first", lines.join(", ")),
        };
        let note = format!("{count} rows have {name} {id}: {which}");
        context.ui.note(&note);
    }
    Ok(())
}

fn print_file(log: &IndexedLog, trial: &Trial, path: &Path, context: &Context) -> Result<()> {
    let snapshot = open_snapshot(&context.store()?, log, &trial.row())?;
    let mut file = snapshot.open_verified(path)?;
    if !context.ui.look.is_terminal() {
        return context.ui.stream(|out| io::copy(&mut file, out).map(drop));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut text = String::new();
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        text += &printable_line(line.strip_suffix(b"\n").unwrap_or(line));
        text.push('\n');
    }
    context.ui.print(&text)
}
