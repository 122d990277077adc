//! `lineage import`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{Context, ReadArgs};
use crate::{
    files::permissions_of,
    import::{ColumnMap, ImportPlan, SOURCE_COLUMN, Translation, plan_import, translate_file},
    open::{ReadOptions, open_log},
    output::import_summary::import_summary,
    store::{New, Settings, Store, init},
    text::count,
};

const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// Import the log of another tool into a store
///
/// Reads TSV, CSV and JSON by the names of the columns, assigns ids and parents, maps verdicts to statuses, and prints what
/// it did. Creates the store if there is none. The file is not changed. Importing the same file again adds only the trials
/// that are new; a row that was changed since is reported and not added.
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
    /// The store to import into, created if missing [default: --store, else .lineage]
    #[arg(long, value_name = "STORE")]
    into: Option<PathBuf>,
    /// Print what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Add the rows even if they look like trials of the store
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
    let store = find_store(&dir)?;
    let options: ReadOptions = (&reading).into();
    let defaults = Settings::default();
    let settings = store.as_ref().map_or(&defaults, |store| &store.settings);
    check_agreement(settings, &options, &dir)?;
    let has_other_options = store.is_some() && differs(settings, &options);
    let translation = translate_file(&file, &options.import_options(settings)?)?;
    for note in &translation.notes {
        context.ui.note(note);
    }
    let plan = match store {
        Some(store) => import_into(&store, &translation, as_new, dry_run)
            .with_context(|| format!("cannot import {}", file.display()))?,
        None => import_into_new(&dir, &translation, &options, &file, dry_run)
            .with_context(|| file.display().to_string())?,
    };
    let summary = import_summary(&translation, &plan, &file, &dir);
    context.ui.print(&summary)?;
    if has_other_options {
        let settings = dir.join("lineage.toml");
        let settings = settings.display();
        context.ui.note(&format!(
            "this --map or --segment is not stored; add it to [import] in {settings} for the next import"
        ));
    }
    report_changes(&plan, &file, context);
    if dry_run {
        context.ui.note("nothing was written");
    }
    Ok(())
}

/// Adds the trials that the store does not have: all of them or none.
fn import_into(
    store: &Store,
    translation: &Translation,
    as_new: bool,
    dry_run: bool,
) -> Result<ImportPlan> {
    if dry_run {
        let log = open_log(store, &ReadOptions::default())?;
        return plan_import(&log, translation, as_new);
    }
    let locked = store.lock(None, LOCK_TIMEOUT)?;
    let plan = plan_import(locked.log(), translation, as_new)?;
    if !plan.rows.is_empty() {
        locked.write(&plan.rows)?;
    }
    Ok(plan)
}

fn import_into_new(
    dir: &Path,
    translation: &Translation,
    options: &ReadOptions,
    file: &Path,
    dry_run: bool,
) -> Result<ImportPlan> {
    if translation.rows.is_empty() {
        bail!("no rows yet; create an empty store with `lineage init`");
    }
    if dry_run {
        let rows = translation.rows.iter().map(|row| row.cells.clone());
        let mut plan = ImportPlan::default();
        plan.rows.extend(rows);
        return Ok(plan);
    }
    create_store(dir, translation, options, file)?;
    import_into(&Store::find(Some(dir))?, translation, true, false)
}

/// Creates a store that remembers how the file was read.
fn create_store(
    dir: &Path,
    translation: &Translation,
    options: &ReadOptions,
    file: &Path,
) -> Result<()> {
    let settings = import_settings(&options.map, options.segment);
    let mut columns = translation.extra_columns().to_vec();
    if !columns.iter().any(|column| column == SOURCE_COLUMN) {
        columns.push(SOURCE_COLUMN.to_owned());
    }
    let new = New {
        metric: &translation.metric,
        direction: translation.direction,
        label: None,
        columns: &columns,
        import: Some(&settings),
        mode: permissions_of(file)?,
    };
    init(Some(dir), &new)?;
    Ok(())
}

fn import_settings(map: &ColumnMap, segment: Option<u64>) -> String {
    let mut text = "\n[import]\n".to_owned();
    text += &if map.is_empty() {
        "# map = \"score=loss,verdict=outcome\"   # which column is what\n".to_owned()
    } else {
        format!("map = {}\n", toml::Value::from(map.as_str()))
    };
    if let Some(segment) = segment {
        text += &format!("segment = {segment}\n");
    }
    text
}

/// Refuses to mix two scores, or two directions, in one log.
fn check_agreement(settings: &Settings, options: &ReadOptions, dir: &Path) -> Result<()> {
    let dir = dir.display();
    if let (Some(asked), Some(own)) = (&options.metric, &settings.metric)
        && asked != own
    {
        bail!(
            "{dir} has the metric {own}, not {asked}; import --into another store, or use --map score={asked} \
             to read that column as {own}"
        );
    }
    if let (Some(asked), Some(own)) = (options.direction, settings.direction)
        && asked != own
    {
        bail!("{dir} has the direction {own}, not {asked}; import --into another store");
    }
    Ok(())
}

/// Whether the file is read in another way than the store remembers.
fn differs(settings: &Settings, options: &ReadOptions) -> bool {
    let stored = &settings.import;
    let has_other_map = !options.map.is_empty() && options.map.as_str() != stored.map;
    has_other_map || options.segment.is_some() && options.segment != stored.segment
}

/// Warns if the file looks changed and not only longer.
fn report_changes(plan: &ImportPlan, file: &Path, context: &Context) {
    let file = file.display();
    if let Some((line, id)) = plan.changed.first() {
        let rows = count(plan.changed.len() as u64, "row");
        context.ui.warn(&format!(
            "{rows} changed since imported, not added again (first {file}:{line}: trial {id})"
        ));
    }
    if let Some((line, id)) = plan.differing.first() {
        let rows = count(plan.differing.len() as u64, "row");
        context.ui.warn(&format!(
            "{rows} with another status than in the store (first {file}:{line}: trial {id})"
        ));
    }
    if plan.is_another_log {
        context.ui.note(&format!(
            "{file}: none of its rows was imported before; if it is a rewritten log, import it --into a new store"
        ));
    }
}

/// The store in a directory, if there is one.
fn find_store(dir: &Path) -> Result<Option<Store>> {
    let has_store = |dir: &Path| {
        ["lineage.toml", "results.tsv"]
            .iter()
            .any(|name| dir.join(name).exists())
    };
    if dir.is_file() || has_store(dir) || has_store(&dir.join(".lineage")) {
        return Store::find(Some(dir)).map(Some);
    }
    Ok(None)
}
