//! Trials of a shared store that wait for its database: `outbox.jsonl` beside the mirror. The next command that reaches the
//! database sends them. Their UUIDs are fixed, so that a trial is logged once even if the sender is killed.

use std::io::Write;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Context;
use super::append::{
    complete::Batch,
    freeze::Staged,
    given::as_json,
    logging::{Format, Unsent},
};
use crate::append::{Draft, LockedLog, open_locked, parse_trials};
use crate::files::{MAX_OUTBOX_BYTES, create_file, persist, read_input, temporary_file_beside};
use crate::log::{Direction, ExpId};
use crate::store::{Store, Unreachable};
use crate::text::count;

/// How long a command that writes tries to send.
const LIMIT: Duration = Duration::from_secs(5);

/// Trials that are logged together or not at all.
#[derive(Deserialize, Serialize)]
struct Entry {
    /// The UUID of the first trial; the others have the following ones.
    first: Uuid,
    once: bool,
    min_delta: f64,
    direction: Option<Direction>,
    trials: Vec<Box<RawValue>>,
}

/// Keeps trials for later if the database is unreachable. Any other error stays one.
pub(super) fn keep(
    error: anyhow::Error,
    unsent: Unsent,
    store: &Store,
    context: &Context,
) -> Result<()> {
    let Some(Unreachable { reason, sent }) = error.downcast_ref() else {
        return Err(error);
    };
    if unsent.logging.require_id {
        let hint = match sent {
            Some(_) => "; it may have the trial: look before you append it again",
            None => "",
        };
        return Err(anyhow!("the database is unreachable: {reason}{hint}"));
    }
    let first = sent.as_deref().and_then(|sent| sent.parse().ok());
    let first = first.unwrap_or_else(Uuid::new_v4);
    let path = store.outbox_path();
    let added = add(&path, first, unsent, store);
    added.with_context(|| {
        format!(
            "the database is unreachable ({reason}), and {} cannot be written",
            path.display()
        )
    })?;
    context.ui.warn(&format!(
        "no id yet: the database is unreachable ({reason}); the trial waits in {}, and the next command sends it",
        path.display()
    ));
    Ok(())
}

fn add(path: &Path, first: Uuid, unsent: Unsent, store: &Store) -> Result<()> {
    let mut trials = Vec::new();
    let mut staged = unsent.staged.into_iter();
    for draft in unsent.drafts {
        let mut draft = draft.clone();
        draft.set("snapshot", ""); // its files may change before it is sent
        if let Some(Some(Ok(snapshot))) = staged.next() {
            let name = format!("waiting-{}", &first.to_string()[..8]);
            let placed = snapshot.place(&ExpId::parse(&name).context("a name")?, "")?;
            draft.set(
                "snapshot_path",
                &store.snapshot_cell(placed.snapshot_path()),
            );
            placed.keep();
        }
        trials.push(RawValue::from_string(as_json(&draft, None))?);
    }
    let entry = Entry {
        first,
        once: unsent.once,
        min_delta: unsent.logging.min_delta(store),
        direction: unsent.logging.direction,
        trials,
    };
    let line = serde_json::to_string(&entry)?;
    add_line(path, &line, store)
}

/// Adds a line to a file that only those who may read the log may read.
fn add_line(path: &Path, line: &str, store: &Store) -> Result<()> {
    if !path.exists() {
        let _ = create_file(path, "", store.derived_mode()); // another command may have created it
    }
    let mut file = open_locked(path, true, Duration::from_secs(30))?;
    let len = file.metadata()?.len();
    let mut last = *b"\n";
    if len > 0 {
        file.read_exact_at(&mut last, len - 1)?;
    }
    // A line without its newline was cut short: it must not take this one with it.
    let start = if last == *b"\n" { "" } else { "\n" };
    let line = format!("{start}{line}\n");
    if let Err(error) = file
        .write_all(line.as_bytes())
        .and_then(|()| file.sync_data())
    {
        let _ = file.set_len(len);
        return Err(error.into());
    }
    Ok(())
}

/// Sends what waits. If that is impossible, a reading command does not ask the database again.
pub(crate) fn send(context: &Context, is_writer: bool) {
    let Ok(store) = context.find(context.store.as_deref()) else {
        return; // the command reports it
    };
    let path = store.outbox_path();
    let is_empty = path.metadata().map_or(true, |metadata| metadata.len() == 0);
    let Some(shared) = store.settings.shared.as_ref().filter(|_| !is_empty) else {
        return;
    };
    let wait = if is_writer {
        LIMIT
    } else {
        Duration::from_millis(shared.fetch_ms)
    };
    let Ok(_lock) = open_locked(&path, true, Duration::ZERO) else {
        return; // another command is sending
    };
    match send_all(&store, &path, Instant::now() + wait, context) {
        Ok(()) => {}
        Err(error) if error.is::<Unreachable>() && !is_writer => {
            context.go_offline(&format!("{error:#}"));
        }
        Err(error) if error.is::<Unreachable>() => {}
        Err(error) => context.ui.warn(&format!("{}: {error:#}", path.display())),
    }
}

/// Sends one entry after the other until the deadline, and removes what was sent from the file.
fn send_all(store: &Store, path: &Path, deadline: Instant, context: &Context) -> Result<()> {
    let bytes = read_input(path, MAX_OUTBOX_BYTES)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut rest = &*text;
    let mut sent = 0;
    let mut result = Ok(());
    while let Some((line, after)) = rest.split_once('\n') {
        match send_line(store, line, deadline, context) {
            Ok(Ok(trials)) => sent += trials,
            Ok(Err(refusal)) => set_aside(store, line, &refusal, context)?,
            Err(error) => {
                result = Err(error);
                break;
            }
        }
        rest = after;
    }
    if rest.len() < text.len() {
        let mut file = temporary_file_beside(path, store.derived_mode())?;
        file.write_all(rest.as_bytes())?;
        file.as_file().sync_all()?;
        persist(file, |file| file.persist(path))?;
    }
    if sent > 0 {
        context.ui.note(&format!(
            "sent {} that waited for the database",
            count(sent, "trial")
        ));
    }
    result
}

/// Returns how many trials the line had, or why it is refused. Fails if it cannot be sent now.
fn send_line(
    store: &Store,
    line: &str,
    deadline: Instant,
    context: &Context,
) -> Result<Result<u64>> {
    let (entry, drafts) = match parse_entry(line) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Err(error)),
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let locked = store.lock(entry.direction, left)?;
    match write_entry(&entry, &drafts, store, locked, context) {
        Err(error) if error.is::<Unreachable>() => Err(error),
        written => Ok(written),
    }
}

fn parse_entry(line: &str) -> Result<(Entry, Vec<Draft>)> {
    let entry: Entry = serde_json::from_str(line)?;
    let mut drafts = Vec::new();
    for trial in &entry.trials {
        drafts.extend(parse_trials(trial.get(), None)?);
    }
    Ok((entry, drafts))
}

fn write_entry(
    entry: &Entry,
    drafts: &[Draft],
    store: &Store,
    mut locked: LockedLog,
    context: &Context,
) -> Result<u64> {
    let trials = drafts.len() as u64;
    if locked.resume(entry.first)? {
        return Ok(trials); // its sender was killed before it could remove it here
    }
    let mut batch = Batch::new(Format::Id, entry.once, entry.min_delta);
    let mut staged: Vec<Staged> = drafts.iter().map(|_| None).collect();
    batch.complete(drafts, &mut staged, store, &locked)?;
    batch.write(locked)?;
    context.ui.warn_all(&batch.warnings);
    Ok(trials)
}

/// Keeps a refused entry in another file: it must neither be lost nor block the others.
fn set_aside(store: &Store, line: &str, error: &anyhow::Error, context: &Context) -> Result<()> {
    let path = store.outbox_path().with_extension("refused.jsonl");
    add_line(&path, line, store)?;
    let path = path.display();
    context.ui.warn(&format!(
        "a trial that waited for the database is refused ({error:#}); it is in {path}"
    ));
    Ok(())
}
