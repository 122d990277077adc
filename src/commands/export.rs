//! `lineage export`: the whole log for another tool.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::{Context, ReadArgs, Usage, tree};
use crate::index::IndexedLog;
use crate::log::{Damage, Row};
use crate::output::columns;
use crate::output::karpathy;
use crate::output::records::{Format, RecordWriter};
use crate::text::count;

/// Export the whole log for another tool
///
/// `tsv`, `csv` and `jsonl` have every column. `karpathy` has the five columns of karpathy/autoresearch, as its
/// analysis.ipynb reads them. `tree` adds depth and path. A cell that starts with `=`, `+`, `-` or `@` is exported as it is:
/// a spreadsheet may take it for a formula, unless --safe is given.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage export --format csv > trials.csv
  lineage export --format csv --safe > for-a-spreadsheet.csv
  lineage export --format karpathy > results.tsv
  lineage --store results.tsv export --format jsonl | jq .status")]
pub struct Export {
    /// Output format
    #[arg(long, default_value = "tsv")]
    format: ExportFormat,
    /// In CSV or TSV, put an apostrophe before cells that a spreadsheet takes for formulas
    #[arg(long)]
    safe: bool,
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
    if args.safe && !matches!(args.format, ExportFormat::Csv | ExportFormat::Tsv) {
        let message = "--safe applies to --format csv and tsv only";
        return Err(Usage(message.to_owned()).into());
    }
    if args.format == ExportFormat::Tree {
        return tree::run(tree::Tree::export(args.read), context);
    }
    let log = context.open(&args.read)?;
    match args.format {
        ExportFormat::Csv => export_records(&log, Format::Csv, args.safe, context),
        ExportFormat::Jsonl => export_records(&log, Format::Jsonl, false, context),
        ExportFormat::Karpathy => export_karpathy(&log, context),
        ExportFormat::Tsv | ExportFormat::Tree => {
            export_records(&log, Format::Tsv, args.safe, context)
        }
    }
}

fn export_records(
    log: &IndexedLog,
    format: Format,
    is_safe: bool,
    context: &Context,
) -> Result<()> {
    let mut writer = RecordWriter::new(format, columns::columns(&log.schema));
    writer.keeps_plus = true;
    writer.is_safe = is_safe;
    let header = writer.header();
    let format = |row: &Row| writer.record(&columns::cells(row));
    export_rows(log, &header, context, format)
}

fn export_karpathy(log: &IndexedLog, context: &Context) -> Result<()> {
    let mut ignored = 0;
    export_rows(log, &karpathy::header(), context, |row| {
        if row.status().is_ignored() {
            ignored += 1;
            return String::new();
        }
        karpathy::format_row(row)
    })?;
    if ignored > 0 {
        let trials = count(ignored, "harness_abort trial");
        context.ui.note(&format!("left out {trials}"));
    }
    Ok(())
}

/// Prints the header and every readable row; warns of the others.
fn export_rows(
    log: &IndexedLog,
    header: &str,
    context: &Context,
    mut format: impl FnMut(&Row) -> String,
) -> Result<()> {
    let mut out = context.ui.printer();
    let mut damaged = 0;
    out.add(header)?;
    log.for_each_line(|row| {
        match row.damage {
            None => out.add(&format(&row))?,
            Some(Damage::Blank) => {}
            Some(_) => damaged += 1,
        }
        Ok(())
    })?;
    out.finish()?;
    if damaged > 0 {
        let (path, rows) = (log.path().display(), count(damaged, "damaged row"));
        let warning = format!("{path}: left out {rows}; `lineage check` lists them");
        context.ui.warn(&warning);
    }
    Ok(())
}
