//! `lineage export`: the log for another tool.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use super::args::find_columns;
use super::candidates;
use super::filter::{Filter, FilterArgs};
use super::{Context, Usage, tree};
use crate::import::STATED_COLUMN;
use crate::index::IndexedLog;
use crate::log::{Damage, Log, LogOptions, Role, Row, Schema};
use crate::output::columns::{self, Column, pick};
use crate::output::karpathy;
use crate::output::records::{Format, RecordWriter};
use crate::text::count;

/// Export the log for another tool
///
/// `tsv`, `csv` and `jsonl` have every column. `karpathy` has the five columns of karpathy/autoresearch, as its
/// analysis.ipynb reads them. `tree` adds depth and path. The first line of `jsonl` states the metric and the direction; `tsv`
/// and `csv` have a last column `metric_direction` if the metric or the direction could not be inferred correctly from the rows.
/// An export of some trials or columns has neither that line nor that column. A cell that starts with `=`, `+`, `-` or `@` is
/// exported as it is: a spreadsheet may take it for a formula, unless --safe is given.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage export --format csv > trials.csv
  lineage export --format csv --safe > for-a-spreadsheet.csv
  lineage export --format karpathy > results.tsv
  lineage export --status keep --columns exp_id,core_metric,hypothesis
  lineage --store results.tsv export --format jsonl | jq 'select(.exp_id).status'")]
pub struct Export {
    /// Output format
    #[arg(long, default_value = "tsv")]
    format: ExportFormat,
    /// In CSV or TSV, put an apostrophe before cells that a spreadsheet takes for formulas
    #[arg(long)]
    safe: bool,
    /// Columns to export, in this order [default: all]
    #[arg(long, value_name = "A,B", value_delimiter = ',', add = candidates::column())]
    columns: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
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
        bail!(Usage(message.to_owned()));
    }
    let has_fixed_columns = matches!(args.format, ExportFormat::Karpathy | ExportFormat::Tree);
    if has_fixed_columns && !args.columns.is_empty() {
        let message =
            "--columns is for the formats tsv, csv and jsonl; the others have fixed columns";
        bail!(Usage(message.to_owned()));
    }
    let (log, filter) = args.filter.open(context)?;
    let format = match args.format {
        ExportFormat::Tsv => Format::Tsv,
        ExportFormat::Csv => Format::Csv,
        ExportFormat::Jsonl => Format::Jsonl,
        ExportFormat::Karpathy => return export_karpathy(&log, &filter, context),
        ExportFormat::Tree => return tree::export(&log, &filter, context),
    };
    let columns = find_columns(&args.columns, &log.schema, false)?;
    export_records(&log, &filter, format, &columns, args.safe, context)
}

fn export_records(
    log: &IndexedLog,
    filter: &Filter,
    format: Format,
    chosen: &[usize],
    is_safe: bool,
    context: &Context,
) -> Result<()> {
    let mut columns = pick(chosen, &columns::columns(&log.schema));
    let has_every_column = (0..log.schema.names().len()).all(|column| chosen.contains(&column));
    let is_whole = has_every_column && filter.is_empty() && log.scope.is_empty();
    let statement = match format {
        Format::Tsv | Format::Csv if is_whole => find_statement(log)?,
        _ => None,
    };
    if statement.is_some() {
        columns.push(Column::text(STATED_COLUMN));
    }
    let mut writer = RecordWriter::new(format, columns);
    writer.keeps_plus = true;
    writer.is_safe = is_safe;
    let mut header = writer.header();
    if format == Format::Jsonl && is_whole {
        header = config_line(&log.schema);
    }
    let format = |row: &Row| {
        let mut cells = pick(chosen, &columns::cells(row));
        cells.extend(statement.clone());
        writer.record(&cells)
    };
    export_rows(log, filter, &header, context, format)
}

/// Metric and direction as the first line of JSON lines.
fn config_line(schema: &Schema) -> String {
    let config = serde_json::json!({
        "type": "config",
        "metricName": schema.metric,
        "bestDirection": schema.direction.to_string(),
    });
    format!("{config}\n")
}

/// Metric and direction as a cell of each row, if the rows alone would be read differently.
fn find_statement(log: &IndexedLog) -> Result<Option<String>> {
    let schema = &log.schema;
    if schema.names().iter().any(|name| name == STATED_COLUMN) {
        return Ok(None);
    }
    let unstated = Log::open(
        log.path(),
        log.source.try_clone()?,
        log.end(),
        &LogOptions::default(),
    )?;
    let is_same = unstated.schema.metric == schema.metric
        && unstated.schema.direction == schema.direction
        && unstated.schema.column(Role::Delta) == schema.column(Role::Delta);
    Ok((!is_same).then(|| format!("{} {}", schema.metric, schema.direction)))
}

fn export_karpathy(log: &IndexedLog, filter: &Filter, context: &Context) -> Result<()> {
    let mut ignored = 0;
    export_rows(log, filter, &karpathy::header(), context, |row| {
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

/// Prints the header and every readable row that the filter accepts; warns of damaged rows.
fn export_rows(
    log: &IndexedLog,
    filter: &Filter,
    header: &str,
    context: &Context,
    mut format: impl FnMut(&Row) -> String,
) -> Result<()> {
    let mut out = context.ui.printer();
    let mut damaged = 0;
    out.add(header)?;
    log.for_each_line(|row| {
        match row.damage {
            None if filter.accepts(&row) => out.add(&format(&row))?,
            None | Some(Damage::Blank) => {}
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
