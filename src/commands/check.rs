use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::{Context, Findings, ReadArgs};
use crate::{
    analysis::{Audit, Finding},
    output::{
        records::{Column, Format, sheet},
        text::{count, printable},
    },
    snapshot::{list_snapshots, verify_snapshots},
    ui::Closed,
};

/// Find what is wrong with a log
///
/// Prints every finding as `path:line: what`, and what is wrong with a snapshot as `path: what`. Exit status 0 where there is
/// none, 1 where there is one. The log is never touched; `--repair` writes a mended copy, in which a row that cannot be understood stands as it is.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage check
  lineage check --format json | jq -r .[].kind | sort | uniq -c
  lineage check --repair mended.tsv")]
pub struct Check {
    /// Write a mended copy of the log to this new file, and say what was changed
    #[arg(long, value_name = "OUT")]
    repair: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    reading: ReadArgs,
}

pub fn run(args: Check, context: &Context) -> Result<()> {
    let Check {
        repair,
        format,
        reading,
    } = args;
    let store = context.store()?;
    let snapshots = list_snapshots(&store);
    let log = store.read_to_the_end(&(&reading).into())?;
    context.say_notes(&log);
    let mut audit = Audit::new(log.has_carriage_returns());
    audit.check_header(&log.schema, log.has_byte_order_mark());
    for unread in log.skipped.iter().filter(|line| !line.is_expected) {
        audit.add_skipped(unread.line, &unread.reason);
    }
    log.for_each_line(|row| {
        audit.check_line(&row);
        Ok(())
    })?;
    let rows = count(audit.rows, "row");
    let of_snapshots = verify_snapshots(&store, &audit.snapshots, &snapshots);
    let mut findings = audit.finish();
    findings.extend(of_snapshots);
    findings.sort_by_key(|finding| {
        if finding.line > 0 {
            finding.line
        } else {
            u64::MAX
        }
    });
    if let Some(out) = repair {
        let changes = log.repair(&out)?;
        for change in &changes {
            context.ui.note(&format!(
                "{}:{}: {}",
                log.path().display(),
                change.line,
                change.what
            ));
        }
        let changes = count(changes.len() as u64, "line");
        context.ui.note(&format!(
            "{} is a copy with {changes} changed; the log is as it was",
            out.display()
        ));
    }
    let printed = context.ui.print(&show(&findings, log.path(), format));
    if findings.is_empty() {
        printed?;
        context.ui.note(&format!(
            "{}: {rows}, nothing is wrong",
            log.path().display()
        ));
        return Ok(());
    }
    context.ui.note(&format!(
        "{}: {} in {rows}",
        log.path().display(),
        count(findings.len() as u64, "finding")
    ));
    // A reader that has had enough of the list has not made the log any better.
    printed.or_else(|error| {
        if error.is::<Closed>() {
            Ok(())
        } else {
            Err(error)
        }
    })?;
    Err(Findings.into())
}

fn show(findings: &[Finding], path: &Path, format: Format) -> String {
    let place = |finding: &Finding| {
        finding
            .path
            .as_deref()
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let number = |finding: &Finding| {
        if finding.line > 0 {
            finding.line.to_string()
        } else {
            String::new()
        }
    };
    if format == Format::Table {
        let colon = |text: String| {
            if text.is_empty() {
                text
            } else {
                format!(":{text}")
            }
        };
        let trial = |finding: &Finding| {
            finding
                .id
                .as_ref()
                .map(|id| format!("trial {id}: "))
                .unwrap_or_default()
        };
        let line = |finding: &Finding| {
            let text = format!(
                "{}{}: {}{}",
                place(finding),
                colon(number(finding)),
                trial(finding),
                finding.text
            );
            printable(&text).into_owned() + "\n"
        };
        return findings.iter().map(line).collect();
    }
    let columns = [
        Column::text("path"),
        Column::number("line"),
        Column::text("exp_id"),
        Column::text("kind"),
        Column::text("what"),
    ];
    let row = |finding: &Finding| {
        let id = finding.id.clone().unwrap_or_default();
        vec![
            place(finding),
            number(finding),
            id,
            finding.kind.to_owned(),
            finding.text.clone(),
        ]
    };
    sheet(format, columns.to_vec(), findings.iter().map(row))
}
