//! `lineage chain`: the ancestors of a trial.

use anyhow::Result;
use clap::Args;

use super::Context;
use super::args::{OutputArgs, parse_id};
use super::candidates;
use super::filter::{Filter, FilterArgs};
use super::trial_writer::TrialWriter;
use crate::analysis::{self, ChainEnd};
use crate::index::IndexedLog;
use crate::output::trials::{Steps, TrialColumns};

/// So many rows of a table are in memory.
const MAX_ROWS: usize = 1000;

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
}

pub fn run(args: Chain, context: &Context) -> Result<()> {
    let (ui, output) = (&context.ui, &args.output);
    let log = context.open_with(&args.filter.read_options())?;
    output.field(&log.schema, true)?; // an unknown column fails before anything is read
    let filter = args.filter.filter(&log)?;
    let exp = args.exp.as_deref().map(parse_id).transpose()?;
    if exp.is_none() {
        log.require_score()?;
    }
    let chain = log.chain(exp.as_ref())?;
    if chain.is_none() {
        ui.note(&format!(
            "no best trial{}; `lineage chain EXP` shows the ancestors of any trial",
            log.scope_or_yet()
        ));
    }
    let chain = chain.unwrap_or_default();
    let printed = print_chain(&log, &chain, exp.is_none(), output, &filter, context)?;
    if printed == 0 && !chain.offsets.is_empty() {
        ui.note(&filter.explain_nothing());
    }
    match chain.end {
        ChainEnd::Root => {}
        ChainEnd::MissingParent if !log.scope.is_empty() => ui.warn(&format!(
            "the parent of the oldest trial of this chain is not in the log with{}",
            log.scope
        )),
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
    let (schema, mut out) = (&log.schema, context.ui.printer());
    let columns = TrialColumns::of_chain(schema);
    let mut writer = TrialWriter::new(output, columns, schema, context.ui.look)?;
    out.add(&writer.header())?;
    let best = chain.offsets.last().filter(|_| ends_with_best);
    for offset in &chain.offsets {
        let trial = read(*offset)?;
        let step = steps.next(&trial.row());
        if filter.accepts(&trial.row()) {
            out.add(&writer.add(&trial.row(), step, best == Some(offset)))?;
            printed += 1;
            if printed % MAX_ROWS == 0 {
                out.add(&writer.flush())?;
            }
        }
    }
    out.add(&writer.finish())?;
    out.finish()?;
    Ok(printed)
}
