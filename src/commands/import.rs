//! `lineage import`: add the trials of another log, or of another store, to a store.

mod snapshots;
mod source;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::Args;

use self::snapshots::CopiedSnapshots;
use self::source::{ImportSource, find_store};
use super::{Context, ReadArgs};
use crate::{
    append::Uniqueness,
    files::permissions_of,
    import::{ColumnMap, ImportPlan, SOURCE_COLUMN, Translation, describe_external, plan_import},
    index::IndexedLog,
    log::{Log, LogOptions, Role, Source},
    open::{ReadOptions, is_own_log, open_log_to_append},
    output::import_summary::import_summary,
    store::{New, Settings, Store, init},
    text::count,
};

const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// Import the log of another tool, or another store, into a store
///
/// Reads TSV, CSV and JSON by the names of the columns, assigns ids and parents, maps verdicts to statuses, and prints what
/// it did. Creates the store if there is none. The file is not changed. Importing the same file again adds only the trials
/// that are new; a row that was changed since is reported and not added. If FILE is a store, its snapshots are verified and
/// copied, too; each trial keeps its files and its parent, may get another id, and names its store.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage import results.tsv --dry-run
  lineage import results.tsv
  lineage import ../agent2/.lineage
  lineage import autoresearch.jsonl --into .lineage --segment 0
  lineage import sweep.csv --map score=val_acc,hypothesis=config")]
pub struct Import {
    /// The log or the store to import
    file: PathBuf,
    /// The store to import into, created if missing [default: the store of other commands, else .lineage]
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
    let file = &args.file;
    let given = args.into.as_deref().or(context.store.as_deref());
    let (dir, store) = find_target(given, context)?;
    let dir = dir.as_path();
    let options: ReadOptions = (&args.reading).into();
    let defaults = Settings::default();
    let settings = store.as_ref().map_or(&defaults, |store| &store.settings);
    check_agreement(settings, &options, dir)?;
    let has_other_options = store.is_some() && differs(settings, &options);
    let mut source = ImportSource::find(file)?;
    let translation = source.translate(settings, &options)?;
    context.ui.note_all(&translation.notes);
    let job = Job {
        source: &source,
        translation: &translation,
        as_new: args.as_new,
        dry_run: args.dry_run,
        context,
    };
    let (plan, snapshots) = match store {
        Some(store) => job.add_to(&store),
        None => job.create_store(dir, &options),
    }
    .with_context(|| format!("cannot import {}", file.display()))?;
    let summary = import_summary(&translation, &plan, snapshots.copied, file, dir);
    context.ui.print(&summary)?;
    if has_other_options {
        note_unstored_options(dir, context);
    }
    report_changes(&plan, file, context);
    snapshots.warn(context);
    if args.dry_run {
        context.ui.note("nothing was written");
    }
    Ok(())
}

/// The store to import into, and where it is or will be created: at a path, else the one that other commands use.
fn find_target(given: Option<&Path>, context: &Context) -> Result<(PathBuf, Option<Store>)> {
    let here = Path::new(".lineage");
    if given.is_none()
        && !here.is_dir()
        && let Some(store) = find_store_above(context)
            .map_err(|error| anyhow!("{error:#}; name a store with --into"))?
    {
        let dir = store.dir().unwrap_or(here).to_owned();
        return Ok((dir, Some(store)));
    }
    let dir = given.unwrap_or(here);
    Ok((dir.to_owned(), find_store(dir)?))
}

/// The store that other commands use, unless that is an external log.
fn find_store_above(context: &Context) -> Result<Option<Store>> {
    let Some(store) = context.default_store()? else {
        return Ok(None);
    };
    let is_own = store.has_settings_file() || is_own_log(&store, None)?;
    Ok(is_own.then_some(store))
}

fn note_unstored_options(dir: &Path, context: &Context) {
    let settings = dir.join("lineage.toml");
    let settings = settings.display();
    context.ui.note(&format!(
        "this --map or --segment is not stored; add it to [import] in {settings} for the next import"
    ));
}

/// One import, into whatever store.
struct Job<'a> {
    source: &'a ImportSource,
    translation: &'a Translation,
    as_new: bool,
    dry_run: bool,
    context: &'a Context,
}

impl Job<'_> {
    /// Adds the trials that the store does not have: all of them or none.
    fn add_to(&self, target: &Store) -> Result<(ImportPlan, CopiedSnapshots)> {
        let log = open_log_to_append(target, &ReadOptions::default())?;
        ensure!(!log.is_external(), describe_external(target));
        let plan = self.plan(&log)?;
        let Some(source) = &self.source.store else {
            bail!("it has just been removed");
        };
        if self.dry_run {
            let snapshots = CopiedSnapshots::verify(&plan, source);
            return Ok((plan, snapshots));
        }
        let mut snapshots = CopiedSnapshots::stage(&plan, source, target, self.context)?;
        let mut locked = target.lock(None, LOCK_TIMEOUT)?;
        let mut plan = self.plan(locked.log())?;
        let column = locked.log().schema.column(Role::Snapshot);
        snapshots.place(&mut plan, target, column)?;
        if !plan.rows.is_empty() {
            locked.append_rows(&plan.rows, Uniqueness::Ids)?;
            self.context.ui.warn_all(&locked.take_warnings());
            snapshots.keep(); // even if the flush fails, the rows name them
            locked.release_and_flush()?;
        }
        Ok((plan, snapshots))
    }

    fn plan(&self, log: &IndexedLog) -> Result<ImportPlan> {
        let store = self.source.store_name();
        plan_import(log, self.translation, store.as_deref(), self.as_new)
    }

    /// The log of a store that would be created.
    fn empty_log(&self, dir: &Path) -> Result<IndexedLog> {
        let options = LogOptions {
            own_metric: Some(self.translation.metric.clone()),
            direction: Some(self.translation.direction()),
            extra_columns: self.extra_columns(),
            ..LogOptions::default()
        };
        let log = Log::open(&dir.join("results.tsv"), Source::Missing, 0, &options)?;
        Ok(IndexedLog::new(log, None))
    }

    /// Creates a store that remembers how the file was read, and adds the trials.
    fn create_store(
        &self,
        dir: &Path,
        options: &ReadOptions,
    ) -> Result<(ImportPlan, CopiedSnapshots)> {
        if self.translation.rows.is_empty() {
            bail!("no rows yet; create an empty store with `lineage init`");
        }
        if self.dry_run {
            let plan = self.plan(&self.empty_log(dir)?)?;
            let snapshots = self.source.store.as_ref();
            let snapshots = snapshots.map(|source| CopiedSnapshots::verify(&plan, source));
            return Ok((plan, snapshots.unwrap_or_default()));
        }
        let new = New {
            metric: &self.translation.metric,
            direction: self.translation.direction(),
            label: self.source.label(),
            columns: &self.extra_columns(),
            import: Some(&import_settings(&options.map, options.segment)),
            shared: None,
            mode: permissions_of(self.source.log_path())?,
        };
        init(dir, &new)?;
        self.add_to(&Store::find(Some(dir))?)
    }

    /// The columns of a new store besides the 17.
    fn extra_columns(&self) -> Vec<String> {
        let mut columns = self.translation.extra_columns().to_vec();
        if !columns.iter().any(|column| column == SOURCE_COLUMN) {
            columns.push(SOURCE_COLUMN.to_owned());
        }
        columns
    }
}

/// The settings with which the next import reads the file in the same way.
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
            "{rows} of {file} changed since the import; the store keeps what was imported (first: line {line}, trial {id}); \
             correct them with `lineage amend`"
        ));
    }
    if let Some((line, id)) = plan.doubtful.first() {
        let rows = count(plan.doubtful.len() as u64, "row");
        context.ui.warn(&format!(
            "{rows} of {file} added, but like a trial whose own row is gone from the file (first: line {line}, trial {id}); \
             if both are one, set the status of either to harness_abort with `lineage amend`"
        ));
    }
    if let Some((line, id)) = plan.differing.first() {
        let rows = count(plan.differing.len() as u64, "row");
        context.ui.warn(&format!(
            "{rows} of {file} with another status than in the store, which is unchanged (first: line {line}, trial {id}); \
             correct it with `lineage amend`"
        ));
    }
    if let Some((line, parent)) = plan.orphans.first() {
        let rows = count(plan.orphans.len() as u64, "row");
        context.ui.warn(&format!(
            "{rows} whose parent is not in {file}, imported without one (first {file}:{line}: parent {parent})"
        ));
    }
    if plan.is_another_log {
        context.ui.note(&format!(
            "{file}: none of its rows was imported before; if it is a rewritten log, import it --into a new store"
        ));
    }
}
