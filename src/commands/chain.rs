//! `lineage chain`: the ancestors of a trial.

use anyhow::Result;
use clap::Args;

use super::args::{OutputArgs, format_cell, parse_id};
use super::{Context, ReadArgs};
use crate::analysis::{self, ChainEnd};
use crate::index::IndexedLog;
use crate::output::columns::{self, Column};
use crate::output::records::{Format, RecordWriter};
use crate::output::trials::{Steps, format_chain};

/// A table needs all of its rows for the widths of its columns; a longer chain becomes several tables.
const MAX_TABLE: usize = 1000;

/// Show a trial's ancestors, oldest first
///
/// The column `step` is the score minus the parent's score.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage chain
  lineage chain 130 --format jsonl
  lineage chain --field hypothesis")]
pub struct Chain {
    /// The trial [default: the best]
    exp: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(args: Chain, context: &Context) -> Result<()> {
    let (ui, output) = (&context.ui, &args.output);
    let log = context.open(&args.read)?;
    output.column(&log.schema)?;
    let exp = args.exp.as_deref().map(parse_id).transpose()?;
    if exp.is_none() {
        log.require_score()?;
    }
    let chain = log.chain(exp.as_ref())?;
    if chain.is_none() {
        ui.note("no best trial yet; `lineage chain EXP` shows the ancestors of any trial");
    }
    let chain = chain.unwrap_or_default();
    print_chain(&log, &chain, exp.is_none(), output, context)?;
    match chain.end {
        ChainEnd::Root => {}
        ChainEnd::MissingParent => ui.warn("the parent of the first trial is not in the log"),
        ChainEnd::Cycle => ui.warn("the parents form a cycle; it is cut at the first trial"),
    }
    context.warn_damage(&log);
    Ok(())
}

fn print_chain(
    log: &IndexedLog,
    chain: &analysis::Chain,
    ends_with_best: bool,
    output: &OutputArgs,
    context: &Context,
) -> Result<()> {
    let (mut out, mut read, mut steps) = (context.ui.printer(), log.reader(), Steps::default());
    if let Some(column) = output.column(&log.schema)? {
        for &offset in &chain.offsets {
            out.add(&format_cell(&read(offset)?.row(), column))?;
        }
    } else if output.format == Format::Table {
        let best = chain.offsets.last().filter(|_| ends_with_best);
        for offsets in chain.offsets.chunks(MAX_TABLE) {
            let mut rows = Vec::new();
            for offset in offsets {
                let is_best = best == Some(offset);
                rows.push(steps.cells(&read(*offset)?.row(), is_best));
            }
            out.add(&format_chain(rows, &log.schema, context.ui.look))?;
        }
    } else {
        let mut columns = columns::columns(&log.schema);
        columns.push(Column::number("step"));
        let mut writer = RecordWriter::new(output.format, columns);
        out.add(&writer.header())?;
        for &offset in &chain.offsets {
            let trial = read(offset)?;
            let mut cells = columns::cells(&trial.row());
            cells.push(steps.next(&trial.row()));
            out.add(&writer.record(&cells))?;
        }
        out.add(writer.footer())?;
    }
    out.finish()
}
