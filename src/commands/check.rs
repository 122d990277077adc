//! `lineage check`: problems in a log and its snapshots.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::{Context, Findings, ReadArgs};
use crate::analysis::{Audit, Finding};
use crate::log::Log;
use crate::open::open_log_to_end;
use crate::output::records::{Column, Format, format_records};
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
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(args: Check, context: &Context) -> Result<()> {
    let Check {
        repair,
        format,
        read,
    } = args;
    let store = context.store()?;
    let log = open_log_to_end(&store, &(&read).into())?;
    context.say_notes(&log);
    let (findings, rows) = find_problems(&store, &log)?;
    if let Some(out) = repair {
        write_repaired(&log, &out, context)?;
    }
    let printed = context
        .ui
        .print(&format_findings(&findings, log.path(), format));
    let (path, rows) = (log.path().display(), count(rows, "row"));
    if findings.is_empty() {
        printed?;
        context
            .ui
            .note(&format!("{path}: {rows}, no problems found"));
        return Ok(());
    }
    let problems = count(findings.len() as u64, "problem");
    context.ui.note(&format!("{path}: {problems} in {rows}"));
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
        let message = format!("{path}:{}: {}", change.line, change.what);
        context.ui.note(&message);
    }
    let changes = count(changes.len() as u64, "changed line");
    let message = format!("wrote {out}, a copy with {changes}; {path} is unchanged");
    context.ui.note(&message);
    Ok(())
}

fn format_findings(findings: &[Finding], log: &Path, format: Format) -> String {
    if format == Format::Table {
        return findings
            .iter()
            .map(|finding| format_finding(finding, log))
            .collect();
    }
    let columns = vec![
        Column::text("path"),
        Column::number("line"),
        Column::text("exp_id"),
        Column::text("kind"),
        Column::text("what"),
    ];
    let rows = findings.iter().map(|finding| {
        vec![
            finding_path(finding, log),
            line_number(finding).unwrap_or_default(),
            finding.id.clone().unwrap_or_default(),
            finding.kind.to_owned(),
            finding.text.clone(),
        ]
    });
    format_records(format, columns, rows)
}

/// `path:line: trial 007: problem`, with what is known of it.
fn format_finding(finding: &Finding, log: &Path) -> String {
    let mut out = finding_path(finding, log);
    if let Some(line) = line_number(finding) {
        out += &format!(":{line}");
    }
    out += ": ";
    if let Some(id) = &finding.id {
        out += &format!("trial {id}: ");
    }
    out += &finding.text;
    printable(&out).into_owned() + "\n"
}

fn finding_path(finding: &Finding, log: &Path) -> String {
    let path = finding.path.as_deref().unwrap_or(log);
    path.display().to_string()
}

fn line_number(finding: &Finding) -> Option<String> {
    (finding.line > 0).then(|| finding.line.to_string())
}
