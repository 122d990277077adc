//! `lineage check`: problems in a log and its snapshots.

use std::fs::{self, DirEntry, Metadata, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::{Context, ExitStatus, ReadArgs};
use crate::analysis::{Audit, Finding};
use crate::files::{NEW_FILE, NEW_INDEX, copy_prefix, directory_of, open_input};
use crate::index::IndexedLog;
use crate::log::{Amendments, Extent, Log};
use crate::open::{ReadOptions, open_log_to_end};
use crate::output::columns::Column;
use crate::output::records::{Format, format_records};
use crate::snapshot::{list_snapshots, verify_snapshots};
use crate::store::Store;
use crate::text::{count, printable, shell_word};
use crate::ui::Closed;

/// The kind of a problem of `amended.tsv`.
const AMENDED: &str = "amended";

/// The kind of a problem that is not in the log.
const STALE_FILE: &str = "stale_file";

/// How often a log is opened again whose end is being written.
const MAX_ATTEMPTS: usize = 20;

/// A row is written in less.
const PAUSE: Duration = Duration::from_millis(50);

/// No writer needs longer for a file.
const MAX_WRITE: Duration = Duration::from_hours(1);

/// Find problems in a log
///
/// Prints each problem of the log as `path:line: problem`, and each problem of a snapshot or of another file of the store
/// as `path: problem`. The exit status is 1 if there are problems. The log is never changed: `--repair` writes a repaired
/// copy, in which rows that cannot be understood stay as they are.
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
    let (log, findings, audit) = check_until_still(&store, &(&args.read).into())?;
    context.ui.note_all(&log.notes);
    if let Some(out) = args.repair {
        store.check_output(&out)?;
        let has_findings = findings.iter().any(|finding| finding.kind != STALE_FILE);
        write_repaired(&log, &out, has_findings, context)?;
    }
    context.warn_direction(&log, &audit.keep_signs)?;
    let printed = ui.print(&format_findings(&findings, log.path(), args.format));
    let (path, rows) = (log.path().display(), count(audit.rows, "row"));
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
        _ => Err(ExitStatus(1).into()),
    }
}

/// Checks the log, again if its end was being written meanwhile.
fn check_until_still(
    store: &Store,
    options: &ReadOptions,
) -> Result<(IndexedLog, Vec<Finding>, Audit)> {
    let mut attempt = 0;
    let mut has_waited = false;
    loop {
        let snapshots = list_snapshots(store); // before the log: each of them has its row there
        let (log, extent) = open_log_to_end(store, options)?;
        let is_whole = extent.unfinished == 0 && extent.complete == Some(extent.len);
        attempt += 1;
        if !is_whole && attempt < MAX_ATTEMPTS && will_change(&log, extent)? {
            continue;
        }
        let (mut findings, audit) = find_problems(store, &log, &snapshots)?;
        if !has_waited && findings.iter().any(|finding| finding.kind == AMENDED) {
            has_waited = true;
            thread::sleep(PAUSE); // the log may be replaced just now
            continue;
        }
        if extent.unfinished > 0 && !has_writer(log.path()) {
            findings.push(describe_unfinished(extent.unfinished));
        }
        return Ok((log, findings, audit));
    }
}

/// Whether the log is not what it was when it was opened, after a moment.
fn will_change(log: &IndexedLog, extent: Extent) -> Result<bool> {
    thread::sleep(PAUSE);
    // The writer first: one that has finished since has changed the length.
    Ok(has_writer(log.path()) || fs::metadata(log.path())?.len() != extent.len + extent.unfinished)
}

/// Whether a writer holds the lock on the log.
fn has_writer(log: &Path) -> bool {
    let locked = open_input(log).map(|file| file.try_lock_shared());
    matches!(locked, Ok(Err(TryLockError::WouldBlock)))
}

fn describe_unfinished(bytes: u64) -> Finding {
    Finding {
        path: None,
        line: 0,
        id: None,
        kind: "batch",
        text: format!(
            "the last {bytes} bytes are a batch whose writer was killed; they do not count, and the next append removes \
             them"
        ),
    }
}

/// All problems in the order of the log, those of snapshots last; and the audit, which has counted rows and signs.
fn find_problems(store: &Store, log: &Log, snapshots: &[String]) -> Result<(Vec<Finding>, Audit)> {
    let amendments = Amendments::read(log)?;
    let mut audit = Audit::new(log.has_carriage_returns, amendments.former_scores());
    audit.check_header(&log.schema, log.has_byte_order_mark);
    for line in log.skipped.iter().filter(|line| !line.is_expected) {
        audit.add_skipped(line.line, &line.reason);
    }
    log.for_each_line(|row| {
        audit.check_line(&row);
        Ok(())
    })?;
    let of_amendments = amendments.verify(log)?;
    let of_snapshots = verify_snapshots(store, &audit.snapshots, snapshots);
    let mut findings = audit.finish();
    for problem in of_amendments {
        findings.push(Finding {
            path: Some(amendments.path.clone()),
            line: problem.line,
            id: problem.id,
            kind: AMENDED,
            text: problem.text,
        });
    }
    findings.extend(of_snapshots);
    findings.extend(find_stale_files(log.path()));
    findings.sort_by_key(|finding| match (&finding.path, finding.line) {
        (None, 0) | (Some(_), _) => u64::MAX,
        (None, line) => line,
    });
    Ok((findings, audit))
}

/// The files beside the log that a writer would have renamed or removed, had it not been killed.
fn find_stale_files(log: &Path) -> Vec<Finding> {
    let copy = copy_prefix(log);
    let prefixes = [NEW_FILE, NEW_INDEX, &copy];
    let entries = fs::read_dir(directory_of(log)).into_iter().flatten();
    let stale = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        prefixes.iter().any(|prefix| name.starts_with(prefix)) && is_stale(entry)
    });
    let mut findings: Vec<_> = stale
        .map(|entry| Finding {
            path: Some(entry.path()),
            line: 0,
            id: None,
            kind: STALE_FILE,
            text: "left by a writer that was killed; delete it".to_owned(),
        })
        .collect();
    findings.sort_by(|a, b| a.path.cmp(&b.path));
    findings
}

/// Whether this is a file that no writer still writes.
fn is_stale(entry: &DirEntry) -> bool {
    let metadata = entry.metadata().ok().filter(Metadata::is_file);
    let modified = metadata.and_then(|metadata| metadata.modified().ok());
    let age = modified.and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > MAX_WRITE)
}

fn shell_path(path: &Path) -> String {
    shell_word(&path.to_string_lossy())
}

fn write_repaired(log: &Log, out: &Path, has_findings: bool, context: &Context) -> Result<()> {
    let changes = log.repair(out)?;
    let replace = format!("mv {} {}", shell_path(out), shell_path(log.path()));
    let (path, out) = (log.path().display(), out.display());
    for change in &changes {
        let note = format!("{path}:{}: {}", change.line, change.what);
        context.ui.note(&note);
    }
    let note = match (changes.len(), has_findings) {
        (0, false) => format!("wrote {out}, an identical copy: there is nothing to repair"),
        (0, true) => format!(
            "wrote {out}, an identical copy: edit it by hand, then replace {path} while no writer runs: `{replace}`"
        ),
        (n, _) => {
            let changes = count(n as u64, "changed line");
            format!(
                "wrote {out}, a copy with {changes}; {path} is unchanged: replace it while no writer runs: `{replace}`"
            )
        }
    };
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
        return format_records(format, columns, rows);
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
