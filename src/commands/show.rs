use anyhow::Result;
use clap::Args;

use super::{Context, Reading, cell, field, id};
use crate::view::{self, sheet::Format};

/// Show one trial, every column, nothing cut
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage show 176
  lineage show exp_042 --field notes
  lineage show 176 --format json")]
pub struct Show {
    /// The trial; 7, 007 and exp_007 are the same
    exp: String,
    /// Print this column alone; `metric` stands for the score
    #[arg(long, value_name = "COLUMN", conflicts_with = "format")]
    field: Option<String>,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    reading: Reading,
}

pub fn run(args: Show, context: &Context) -> Result<()> {
    let Show { exp, field: name, format, reading } = args;
    let log = context.open(&reading)?;
    let column = name.map(|name| field(&name, &log.schema)).transpose()?;
    let trial = log.trial(&id(&exp)?)?;
    context.ui.print(&match format {
        _ if column.is_some() => column.map(|column| cell(&trial.row(), column)).unwrap_or_default(),
        Format::Table => view::card::card(&trial.row(), context.ui.look),
        Format::Json => view::object_or_null(Some(&trial)),
        format => view::list(&log.schema, std::slice::from_ref(&trial), format, context.ui.look),
    })?;
    if let Some(damage) = trial.row().damage {
        context.ui.warn(&format!("{}:{}: {damage}", log.path().display(), trial.row().number));
    }
    Ok(()) // the other rows were not asked for, and most of them not read
}
