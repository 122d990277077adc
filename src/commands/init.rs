//! `lineage init`: make a store.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::Context;
use crate::log::Direction;
use crate::store::{self, New};

/// Make a store
///
/// Makes `.lineage/` (or DIR) with its settings, a log that has its header, and an empty insights.md. An existing store is
/// not touched; one that an interrupted `init` left incomplete is completed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage init --metric val_loss --direction minimize
  lineage init --metric accuracy --direction maximize --label acc --columns artifact_bytes,eval_s")]
pub struct Init {
    /// Directory to make [default: .lineage]
    dir: Option<PathBuf>,
    /// The number that the search optimises; the score is in the column of this name, else in core_metric
    #[arg(long, value_name = "NAME", default_value = "core_metric")]
    metric: String,
    /// Which scores are better
    #[arg(long, default_value = "minimize")]
    direction: Direction,
    /// A short name for the metric
    #[arg(long, value_name = "SHORT")]
    label: Option<String>,
    /// Columns of the log besides the 17
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Vec<String>,
}

pub fn run(args: Init, context: &Context) -> Result<()> {
    let (metric, direction) = (&args.metric, args.direction);
    let names = args.columns.iter().map(|name| name.trim().to_owned());
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    let new = New {
        metric,
        direction,
        label: args.label.as_deref(),
        columns: &names,
        import: None,
    };
    let dir = args.dir.as_deref().or(context.store.as_deref());
    let dir = store::init(dir, &new)?;
    let better = direction.better_word();
    context.ui.note(&format!(
        "{metric}: {better} is better ({direction}); change it in lineage.toml before the first trial"
    ));
    context.ui.print(&format!("{}\n", dir.display()))
}
