use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::{Context, Reading};
use crate::{
    formats::Translation,
    store::{self, Merged, Settings, Store},
    view::import::summary,
};

/// Make a store of another tool's log, or add what is new in it
///
/// Reads TSV, CSV and JSON lines by what their columns are called, gives ids, sets parents, maps verdicts to statuses, and
/// says what it did. The file is not touched. The same file again adds only the trials that are new.
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
    #[command(flatten)]
    reading: Reading,
}

pub fn run(args: Import, context: &Context) -> Result<()> {
    let Import { file, into, dry_run, reading } = args;
    let dir = into.or_else(|| context.store.clone()).unwrap_or_else(|| PathBuf::from(".lineage"));
    let there = existing(&dir)?;
    let reading: store::Reading = (&reading).into();
    let defaults = Settings::default();
    let settings = there.as_ref().map_or(&defaults, |store| &store.settings);
    let translation = store::translate(&file, settings, &reading)?;
    for note in &translation.notes {
        context.ui.note(note);
    }
    let merged = match (there, dry_run) {
        (Some(store), true) => store.would_import(&translation)?,
        (Some(store), false) => store.import(&translation)?,
        (None, true) => all(&translation),
        (None, false) => {
            store::new_store(&dir, &translation, &reading.map, reading.segment)?;
            Store::find(Some(&dir))?.import(&translation)?
        }
    };
    context.ui.print(&summary(&translation, merged.rows.len(), merged.known, &file, &dir))?;
    if dry_run {
        context.ui.note("nothing was written");
    }
    Ok(())
}

/// The store, where there is one.
fn existing(dir: &Path) -> Result<Option<Store>> {
    let is_there = dir.is_file()
        || [dir.to_owned(), dir.join(".lineage")]
            .iter()
            .any(|dir| dir.join("lineage.toml").exists() || dir.join("results.tsv").exists());
    if is_there { Store::find(Some(dir)).map(Some) } else { Ok(None) }
}

fn all(translation: &Translation) -> Merged {
    Merged { rows: translation.rows.iter().map(|(_, cells)| cells.clone()).collect(), known: 0 }
}
