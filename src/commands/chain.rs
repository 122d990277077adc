//! `lineage chain`: the ancestors of a trial.

use anyhow::Result;
use clap::Args;

use super::args::{OutputArgs, format_cell, parse_id};
use super::{Context, ReadArgs};
use crate::analysis::{self, ChainEnd};
use crate::index::IndexedLog;
use crate::output::chain::{Steps, columns, format_chain};
use crate::output::records::{Format, RecordWriter};
use crate::ui::Printer;

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
    let Chain { exp, output, read } = args;
    let log = context.open(&read)?;
    output.column(&log.schema)?;
    let exp = exp.as_deref().map(parse_id).transpose()?;
    if exp.is_none() {
        log.require_score()?;
    }
    let chain = log.chain(exp.as_ref())?;
    if chain.is_none() {
        context
            .ui
            .note("no best trial yet; `lineage chain EXP` shows the ancestors of any trial");
    }
    let chain = chain.unwrap_or_default();
    let ends_with_best = exp.is_none();
    print_chain(&log, &chain, ends_with_best, &output, context)?;
    match chain.end {
        ChainEnd::Root => {}
        ChainEnd::MissingParent => context
            .ui
            .warn("the parent of the first trial is not in the log"),
        ChainEnd::Cycle => context
            .ui
            .warn("the parents form a cycle; it is cut at the first trial"),
    }
    context.close(&log);
    Ok(())
}

fn print_chain(
    log: &IndexedLog,
    chain: &analysis::Chain,
    ends_with_best: bool,
    output: &OutputArgs,
    context: &Context,
) -> Result<()> {
    let mut out = context.ui.printer();
    if let Some(column) = output.column(&log.schema)? {
        let mut read = log.reader();
        for &offset in &chain.offsets {
            out.add(&format_cell(&read(offset)?.row(), column))?;
        }
    } else if output.format == Format::Table {
        let best = chain.offsets.last().filter(|_| ends_with_best);
        add_tables(log, chain, best.copied(), context, &mut out)?;
    } else {
        let mut read = log.reader();
        let mut steps = Steps::default();
        let mut writer = RecordWriter::new(output.format, columns(&log.schema));
        out.add(&writer.header())?;
        for &offset in &chain.offsets {
            out.add(&writer.record(&steps.record(&read(offset)?.row())))?;
        }
        out.add(writer.footer())?;
    }
    out.finish()
}

fn add_tables(
    log: &IndexedLog,
    chain: &analysis::Chain,
    best: Option<u64>,
    context: &Context,
    out: &mut Printer,
) -> Result<()> {
    let mut read = log.reader();
    let mut steps = Steps::default();
    for offsets in chain.offsets.chunks(MAX_TABLE) {
        let mut rows = Vec::new();
        for &offset in offsets {
            let is_best = best == Some(offset);
            rows.push(steps.cells(&read(offset)?.row(), is_best));
        }
        out.add(&format_chain(rows, &log.schema, context.ui.look))?;
    }
    Ok(())
}
