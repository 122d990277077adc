use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Args;

use super::{Context, ReadArgs, cell, field, id};
use crate::{
    log::Trial,
    output::{self, records::Format, text::printable_line},
    snapshot::open_snapshot,
};

/// Show one trial, every column, nothing cut
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage show 176
  lineage show exp_042 --field notes
  lineage show 176 --file train.py
  lineage show 176 --format json")]
pub struct Show {
    /// The trial; 7, 007 and exp_007 are the same
    exp: String,
    /// Print this column alone; `metric` stands for the score
    #[arg(long, value_name = "COLUMN", conflicts_with = "format")]
    field: Option<String>,
    /// Print this one of its frozen files instead, to the byte; a terminal is shown it harmless
    #[arg(long, value_name = "PATH", conflicts_with_all = ["format", "field"])]
    file: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    reading: ReadArgs,
}

pub fn run(args: Show, context: &Context) -> Result<()> {
    let Show {
        exp,
        field: name,
        file,
        format,
        reading,
    } = args;
    let log = context.open(&reading)?;
    let column = name.map(|name| field(&name, &log.schema)).transpose()?;
    let trial = log.trial(&id(&exp)?)?;
    if let Some(path) = file {
        return frozen_file(&trial, &path, context);
    }
    context.ui.print(&match format {
        _ if column.is_some() => column
            .map(|column| cell(&trial.row(), column))
            .unwrap_or_default(),
        Format::Table => output::trial::card(&trial.row(), context.ui.look),
        Format::Json => output::object_or_null(Some(&trial)),
        format => output::list(
            &log.schema,
            std::slice::from_ref(&trial),
            format,
            context.ui.look,
        ),
    })?;
    if let Some(damage) = trial.row().damage {
        context.ui.warn(&format!(
            "{}:{}: {damage}",
            log.path().display(),
            trial.row().number
        ));
    }
    Ok(()) // the other rows were not asked for, and most of them not read
}

fn frozen_file(trial: &Trial, path: &Path, context: &Context) -> Result<()> {
    let mut file = open_snapshot(&context.store()?, &trial.row())?.open_verified(path)?;
    if !context.ui.look.is_terminal() {
        return context.ui.stream(|out| io::copy(&mut file, out).map(drop));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let line = |line: &[u8]| printable_line(line.strip_suffix(b"\n").unwrap_or(line)) + "\n";
    context.ui.print(
        &bytes
            .split_inclusive(|&b| b == b'\n')
            .map(line)
            .collect::<String>(),
    )
}
