//! `lineage check`: problems in a log and its snapshots.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::{Context, Findings, ReadArgs};
use crate::analysis::{Audit, Finding};
use crate::log::Log;
use crate::open::open_log_to_end;
use crate::output::columns::Column;
use crate::output::records::{Format, format_records};
use crate::snapshot::{list_snapshots, verify_snapshots};
use crate::store::Store;
use crate::text::{count, printable};
use crate::ui::Closed;

/// Find problems in a log
///
/// Prints each problem of the log as `path:line: problem`, and each problem of a snapshot as `path: problem`. The exit
/// status is 1 if there are problems. The log is never changed: `--repair` writes a repaired copy, in which rows that
/// cannot be understood stay as they are.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage check
  lineage check --format json | jq -r .[].kind | sort | uniq -c
  lineage check --repair repaired.tsv")]
pub struct Check {
    /// Write a repaired copy of the log to this new file, and list the changes
    #[arg(long, value_name = "OUT")]
    repair: Option<PathBuf>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(args: Check, context: &Context) -> Result<()> {
    let ui = &context.ui;
    let store = context.store()?;
    let log = open_log_to_end(&store, &(&args.read).into())?;
    context.print_notes(&log);
    let (findings, rows) = find_problems(&store, &log)?;
    if let Some(out) = args.repair {
        write_repaired(&log, &out, context)?;
    }
    let printed = ui.print(&format_findings(&findings, log.path(), args.format));
    let (path, rows) = (log.path().display(), count(rows, "row"));
    if findings.is_empty() {
        printed?;
        ui.note(&format!("{path}: {rows}, no problems found"));
        return Ok(());
    }
    let problems = count(findings.len() as u64, "problem");
    ui.note(&format!("{path}: {problems} in {rows}"));
    match printed {
        // A closed pipe does not make the log any better.
        Err(error) if !error.is::<Closed>() => Err(error),
        _ => Err(Findings.into()),
    }
}

/// All problems in the order of the log, those of snapshots last, and the number of rows.
fn find_problems(store: &Store, log: &Log) -> Result<(Vec<Finding>, u64)> {
    let snapshots = list_snapshots(store);
    let mut audit = Audit::new(log.has_carriage_returns());
    audit.check_header(&log.schema, log.has_byte_order_mark());
    for line in log.skipped.iter().filter(|line| !line.is_expected) {
        audit.add_skipped(line.line, &line.reason);
    }
    log.for_each_line(|row| {
        audit.check_line(&row);
        Ok(())
    })?;
    let rows = audit.rows;
    let of_snapshots = verify_snapshots(store, &audit.snapshots, &snapshots);
    let mut findings = audit.finish();
    findings.extend(of_snapshots);
    findings.sort_by_key(|finding| match finding.line {
        0 => u64::MAX,
        line => line,
    });
    Ok((findings, rows))
}

fn write_repaired(log: &Log, out: &Path, context: &Context) -> Result<()> {
    let changes = log.repair(out)?;
    let (path, out) = (log.path().display(), out.display());
    for change in &changes {
        let note = format!("{path}:{}: {}", change.line, change.what);
        context.ui.note(&note);
    }
    let changes = count(changes.len() as u64, "changed line");
    let note = format!("wrote {out}, a copy with {changes}; {path} is unchanged");
    context.ui.note(&note);
    Ok(())
}

/// As `path:line: trial 007: problem` with what is known of it, or as records.
fn format_findings(findings: &[Finding], log: &Path, format: Format) -> String {
    let mut columns = ["path", "line", "exp_id", "kind", "what"].map(Column::text);
    columns[1].is_text = false;
    let rows = findings.iter().map(|finding| {
        let path = finding.path.as_deref().unwrap_or(log).display().to_string();
        let line = match finding.line {
            0 => String::new(),
            line => line.to_string(),
        };
        let id = finding.id.clone().unwrap_or_default();
        let (kind, text) = (finding.kind.to_owned(), finding.text.clone());
        [path, line, id, kind, text]
    });
    if format != Format::Table {
        return format_records(format, columns.to_vec(), rows.map(Vec::from));
    }
    let lines = rows.map(|[mut path, line, id, _, text]| {
        for (before, part) in [(":", line), (": trial ", id), (": ", text)] {
            if !part.is_empty() {
                path += &format!("{before}{part}");
            }
        }
        printable(&path).into_owned() + "\n"
    });
    lines.collect()
}
