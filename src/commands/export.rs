//! `lineage export`: the whole log for another tool.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::{Context, ReadArgs, tree};
use crate::index::IndexedLog;
use crate::log::{Damage, Row, Status};
use crate::output::karpathy;
use crate::output::records::{self, Format, RecordWriter};
use crate::text::count;

/// Export the whole log for another tool
///
/// `tsv`, `csv` and `jsonl` have every column. `karpathy` has the five columns of karpathy/autoresearch, as its
/// analysis.ipynb reads them. `tree` adds depth and path.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage export --format csv > trials.csv
  lineage export --format karpathy > results.tsv
  lineage --store results.tsv export --format jsonl | jq .status")]
pub struct Export {
    /// Output format
    #[arg(long, value_enum, default_value = "tsv")]
    format: ExportFormat,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// Tab-separated, every column
    Tsv,
    /// Comma-separated, every column
    Csv,
    /// One JSON object per line, every column
    Jsonl,
    /// commit, val_bpb, memory_gb, status, description
    Karpathy,
    /// Tab-separated, with depth and path
    Tree,
}

pub fn run(args: Export, context: &Context) -> Result<()> {
    let Export { format, read } = args;
    let log = context.open(&read)?;
    match format {
        ExportFormat::Tree => tree::export(&log, context),
        ExportFormat::Karpathy => export_karpathy(&log, context),
        ExportFormat::Tsv => export_records(&log, Format::Tsv, context),
        ExportFormat::Csv => export_records(&log, Format::Csv, context),
        ExportFormat::Jsonl => export_records(&log, Format::Jsonl, context),
    }
}

fn export_records(log: &IndexedLog, format: Format, context: &Context) -> Result<()> {
    let mut out = context.ui.printer();
    let mut writer = RecordWriter::new(format, records::columns(&log.schema)).keeping_plus();
    out.add(&writer.header())?;
    let damaged = for_each_trial(log, |row| out.add(&writer.record(&records::cells(row))))?;
    out.finish()?;
    warn_damaged(damaged, log, context);
    Ok(())
}

fn export_karpathy(log: &IndexedLog, context: &Context) -> Result<()> {
    let mut out = context.ui.printer();
    let mut ignored = 0;
    out.add(&karpathy::header())?;
    let damaged = for_each_trial(log, |row| {
        if row.status() == Status::HarnessAbort {
            ignored += 1;
            return Ok(());
        }
        out.add(&karpathy::format_row(row))
    })?;
    out.finish()?;
    if ignored > 0 {
        let trials = count(ignored, "harness_abort trial");
        context.ui.note(&format!("left out {trials}"));
    }
    warn_damaged(damaged, log, context);
    Ok(())
}

/// Passes every readable row to `export`. Returns the number of damaged rows.
fn for_each_trial(log: &IndexedLog, mut export: impl FnMut(&Row) -> Result<()>) -> Result<u64> {
    let mut damaged = 0;
    log.for_each_line(|row| {
        match row.damage {
            None => export(&row)?,
            Some(Damage::Blank) => {}
            Some(_) => damaged += 1,
        }
        Ok(())
    })?;
    Ok(damaged)
}

fn warn_damaged(damaged: u64, log: &IndexedLog, context: &Context) {
    if damaged > 0 {
        let (path, rows) = (log.path().display(), count(damaged, "damaged row"));
        context.ui.warn(&format!(
            "{path}: left out {rows}; `lineage check` lists them"
        ));
    }
}
