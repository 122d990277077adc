use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{Context, ReadArgs};
use crate::{
    formats::Translation,
    store::{self, Merged, Settings, Store},
    text::count,
    view::import::summary,
};

/// Make a store of another tool's log, or add what is new in it
///
/// Reads TSV, CSV and JSON by what their columns are called, gives ids, sets parents, maps verdicts to statuses, and says
/// what it did. The file is not touched. The same file again adds only the trials that are new; a row that was changed since
/// is said, and not added again.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage import results.tsv --dry-run
  lineage import results.tsv
  lineage import autoresearch.jsonl --into .lineage --segment 0
  lineage import sweep.csv --map score=val_acc,hypothesis=config")]
pub struct Import {
    /// The log to import
    file: PathBuf,
    /// The store, which is made where there is none [default: --store, else .lineage]
    #[arg(long, value_name = "STORE")]
    into: Option<PathBuf>,
    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Add the rows even where they look like trials of the store
    #[arg(long)]
    as_new: bool,
    #[command(flatten)]
    reading: ReadArgs,
}

pub fn run(args: Import, context: &Context) -> Result<()> {
    let Import {
        file,
        into,
        dry_run,
        as_new,
        reading,
    } = args;
    let dir = into
        .or_else(|| context.store.clone())
        .unwrap_or_else(|| PathBuf::from(".lineage"));
    let there = existing(&dir)?;
    let reading: store::ReadOptions = (&reading).into();
    let defaults = Settings::default();
    let settings = there.as_ref().map_or(&defaults, |store| &store.settings);
    agree(settings, &reading, &dir)?;
    let translation = store::translate(&file, settings, &reading)?;
    for note in &translation.notes {
        context.ui.note(note);
    }
    let forgets = there.is_some() && differs(settings, &reading);
    let said = || format!("cannot import {}", file.display());
    let merged = match (there, dry_run) {
        (Some(store), true) => store
            .would_import(&translation, as_new)
            .with_context(said)?,
        (Some(store), false) => store.import(&translation, as_new).with_context(said)?,
        (None, _) if translation.rows.is_empty() => {
            bail!(
                "{}: no rows yet; import it when it has some (`lineage init` makes an empty store)",
                file.display()
            )
        }
        (None, true) => all(&translation),
        (None, false) => {
            store::new_store(&dir, &translation, &reading.map, reading.segment)?;
            Store::find(Some(&dir))?.import(&translation, true)?
        }
    };
    context
        .ui
        .print(&summary(&translation, &merged, &file, &dir))?;
    if forgets {
        context.ui.note(&format!(
            "this --map or --segment is not remembered; write it under `[import]` in {} for the next import",
            dir.join("lineage.toml").display()
        ));
    }
    say_doubts(&merged, &file, context);
    if dry_run {
        context.ui.note("nothing was written");
    }
    Ok(())
}

/// Refuses to mix two scores, or two directions, in one log.
fn agree(settings: &Settings, reading: &store::ReadOptions, dir: &Path) -> Result<()> {
    let dir = dir.display();
    match (&reading.metric, &settings.metric) {
        (Some(asked), Some(own)) if asked != own => bail!(
            "{dir} has the metric {own}, not {asked}; --into takes this log into a store of its own, --map score={asked} reads \
             that column as {own}"
        ),
        _ => {}
    }
    match (reading.direction, settings.direction) {
        (Some(asked), Some(own)) if asked != own => {
            bail!(
                "{dir} is to {own} {}, not to {asked} it; --into takes this log into a store of its own",
                settings.metric.as_deref().unwrap_or("its metric")
            )
        }
        _ => Ok(()),
    }
}

/// Whether the file is read in another way than the store remembers.
fn differs(settings: &Settings, reading: &store::ReadOptions) -> bool {
    let import = &settings.import;
    !reading.map.is_empty() && reading.map != import.map
        || reading.segment.is_some() && reading.segment != import.segment
}

/// What looks as if the file had been changed, and not only grown.
fn say_doubts(merged: &Merged, file: &Path, context: &Context) {
    let first = |rows: &[(u64, String)]| {
        rows.first()
            .map(|(line, id)| format!("{}:{line}: trial {id}", file.display()))
    };
    if let Some(place) = first(&merged.changed) {
        let rows = count(merged.changed.len() as u64, "row");
        context.ui.warn(&format!(
            "{rows} changed since imported, and not added again (first {place}); the log keeps what it has"
        ));
    }
    if let Some(place) = first(&merged.differing) {
        let trials = count(merged.differing.len() as u64, "trial");
        context.ui.warn(&format!(
            "{trials} of the store with another status than the file gives by now (first {place})"
        ));
    }
    if merged.is_another_log {
        let rows = "none of its rows was imported before, so it is taken for another log";
        context.ui.note(&format!(
            "{}: {rows}; if it is the same one rewritten, import it --into a new store",
            file.display()
        ));
    }
}

/// The store, where there is one.
fn existing(dir: &Path) -> Result<Option<Store>> {
    let is_there = dir.is_file()
        || [dir.to_owned(), dir.join(".lineage")]
            .iter()
            .any(|dir| dir.join("lineage.toml").exists() || dir.join("results.tsv").exists());
    if is_there {
        Store::find(Some(dir)).map(Some)
    } else {
        Ok(None)
    }
}

fn all(translation: &Translation) -> Merged {
    let rows = translation
        .rows
        .iter()
        .map(|row| row.cells.clone())
        .collect();
    Merged {
        rows,
        ..Merged::default()
    }
}
