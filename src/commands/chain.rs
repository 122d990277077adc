use anyhow::Result;
use clap::Args;

use super::{Context, ReadArgs, cell, field, id};
use crate::{
    analysis::{self, ChainEnd},
    output::{
        chain::{Steps, columns, links},
        records::{Format, Sheet},
    },
};

/// Show how a trial came to be, root first
///
/// Each link has its score and its step: the difference to the score of the link before it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage chain
  lineage chain 130 --format jsonl
  lineage chain --field hypothesis")]
pub struct Chain {
    /// The trial [default: the best]
    exp: Option<String>,
    /// Print this column alone, one line a link; `metric` stands for the score
    #[arg(long, value_name = "COLUMN", conflicts_with = "format")]
    field: Option<String>,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    reading: ReadArgs,
}

pub fn run(args: Chain, context: &Context) -> Result<()> {
    let Chain {
        exp,
        field: name,
        format,
        reading,
    } = args;
    let log = context.open(&reading)?;
    let column = name.map(|name| field(&name, &log.schema)).transpose()?;
    if exp.is_none() {
        log.require_score()?;
    }
    let exp = exp.as_deref().map(id).transpose()?;
    let chain = log.chain(exp.as_ref())?.unwrap_or_else(|| {
        context
            .ui
            .note("no trial can be best yet; `lineage chain EXP` shows the way to any trial");
        analysis::Chain::default()
    });
    let mut read = log.reader();
    let mut steps = Steps::default();
    let mut out = context.ui.pages();
    match (column, format) {
        (Some(column), _) => {
            for &offset in &chain.offsets {
                out.add(&cell(&read(offset)?.row(), column))?;
            }
        }
        // A table needs its rows at once for their widths; a long chain comes as several.
        (None, Format::Table) => {
            for offsets in chain.offsets.chunks(1000) {
                let line = |&offset| Ok(steps.line(&read(offset)?.row(), context.ui.look));
                let lines = offsets.iter().map(line).collect::<Result<Vec<_>>>()?;
                out.add(&links(lines, &log.schema, context.ui.look))?;
            }
        }
        (None, format) => {
            let mut sheet = Sheet::new(format, columns(&log.schema));
            out.add(&sheet.head())?;
            for &offset in &chain.offsets {
                out.add(&sheet.row(&steps.cells(&read(offset)?.row())))?;
            }
            out.add(sheet.foot())?;
        }
    }
    out.end()?;
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
