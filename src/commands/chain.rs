//! `lineage chain`: the ancestors of a trial.

use anyhow::Result;
use clap::Args;

use super::args::{OutputArgs, format_cell, parse_id};
use super::candidates;
use super::filter::{Filter, FilterArgs};
use super::{Context, ReadArgs};
use crate::analysis::{self, ChainEnd};
use crate::index::IndexedLog;
use crate::log::Row;
use crate::output::Look;
use crate::output::columns::{self, Column, pick};
use crate::output::records::{Format, RecordWriter};
use crate::output::table::Cell;
use crate::output::trials::{Steps, TrialColumns};
use crate::ui::Printer;

/// A table needs all of its rows for the widths of its columns; a longer chain becomes several tables, so that its rows need
/// not be in memory.
const MAX_TABLE: usize = 1000;

/// Show a trial's ancestors, oldest first
///
/// The column `step` is the score minus the parent's score.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage chain
  lineage chain 130 --format jsonl
  lineage chain --field hypothesis
  lineage chain --columns exp,score,hypothesis,notes")]
pub struct Chain {
    /// The trial [default: the best]
    #[arg(add = candidates::trial())]
    exp: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(mut args: Chain, context: &Context) -> Result<()> {
    let (ui, output) = (&context.ui, &args.output);
    let since = args.read.take_time();
    let log = context.open(&args.read)?;
    output.field(&log.schema)?; // an unknown column fails before anything is read
    let filter = args.filter.filter(since, &log)?;
    let exp = args.exp.as_deref().map(parse_id).transpose()?;
    if exp.is_none() {
        log.require_score()?;
    }
    let chain = log.chain(exp.as_ref())?;
    if chain.is_none() {
        ui.note("no best trial yet; `lineage chain EXP` shows the ancestors of any trial");
    }
    let chain = chain.unwrap_or_default();
    let printed = print_chain(&log, &chain, exp.is_none(), output, &filter, context)?;
    if printed == 0 && !chain.offsets.is_empty() {
        ui.note(&filter.explain_nothing());
    }
    match chain.end {
        ChainEnd::Root => {}
        ChainEnd::MissingParent => ui.warn(
            "the parent of the oldest trial of this chain is not in the log; `lineage check` lists all such trials",
        ),
        ChainEnd::Cycle => ui.warn(
            "the parents of this chain form a cycle, which is cut at the oldest trial shown; `lineage check` lists all cycles",
        ),
    }
    context.warn_damage(&log);
    Ok(())
}

/// Prints the trials of a chain that the filter accepts. Returns how many they are.
fn print_chain(
    log: &IndexedLog,
    chain: &analysis::Chain,
    ends_with_best: bool,
    output: &OutputArgs,
    filter: &Filter,
    context: &Context,
) -> Result<usize> {
    let (mut read, mut steps, mut printed) = (log.reader(), Steps::default(), 0);
    let mut sink = ChainPrinter::new(log, output, context)?;
    let best = chain.offsets.last().filter(|_| ends_with_best);
    for offset in &chain.offsets {
        let trial = read(*offset)?;
        let step = steps.next(&trial.row());
        if filter.accepts(&trial.row()) {
            sink.add(&trial.row(), step, best == Some(offset))?;
            printed += 1;
        }
    }
    sink.finish()?;
    Ok(printed)
}

/// Prints one trial after another in the format that is asked for.
struct ChainPrinter<'a> {
    form: Form,
    look: Look,
    out: Printer<'a>,
}

enum Form {
    Field(usize),
    /// With the rows that are not printed yet.
    Table(TrialColumns, Vec<Vec<Cell>>),
    Records(RecordWriter, Vec<usize>),
}

impl<'a> ChainPrinter<'a> {
    fn new(log: &IndexedLog, output: &OutputArgs, context: &'a Context) -> Result<Self> {
        let (schema, mut out) = (&log.schema, context.ui.printer());
        let form = if let Some(column) = output.field(schema)? {
            Form::Field(column)
        } else if output.format == Format::Table {
            let columns = output.table_columns(TrialColumns::of_chain(schema), schema)?;
            Form::Table(columns, Vec::new())
        } else {
            let chosen = output.record_columns(schema, true)?;
            let mut columns = columns::columns(schema);
            columns.push(Column::number("step"));
            let writer = RecordWriter::new(output.format, pick(&chosen, &columns));
            out.add(&writer.header())?;
            Form::Records(writer, chosen)
        };
        Ok(Self {
            form,
            look: context.ui.look,
            out,
        })
    }

    fn add(&mut self, row: &Row, step: String, is_best: bool) -> Result<()> {
        match &mut self.form {
            Form::Field(column) => self.out.add(&format_cell(row, *column)),
            Form::Table(columns, rows) => {
                rows.push(columns.cells(row, &step, is_best));
                if rows.len() == MAX_TABLE {
                    let rows = std::mem::take(rows);
                    return self.out.add(&columns.format_rows(&rows, self.look));
                }
                Ok(())
            }
            Form::Records(writer, chosen) => {
                let mut cells = columns::cells(row);
                cells.push(step);
                self.out.add(&writer.record(&pick(chosen, &cells)))
            }
        }
    }

    fn finish(mut self) -> Result<()> {
        match &self.form {
            Form::Field(_) => {}
            Form::Table(_, rows) if rows.is_empty() => {}
            Form::Table(columns, rows) => self.out.add(&columns.format_rows(rows, self.look))?,
            Form::Records(writer, _) => self.out.add(writer.footer())?,
        }
        self.out.finish()
    }
}
