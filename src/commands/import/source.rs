//! What is imported: the log of a store, another log of lineage, or an external log.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::{
    files::directory_of,
    import::{Translation, translate_file, translate_own},
    log::Direction,
    open::{ReadOptions, is_own_log, open_log},
    store::{Settings, Store},
};

/// A log to import.
pub(super) struct ImportSource {
    path: PathBuf,
    /// The store of the log, or the directory of a log that is not in a store; `None` if nothing is there.
    pub(super) store: Option<Store>,
}

impl ImportSource {
    pub(super) fn find(path: &Path) -> Result<Self> {
        let dir = directory_of(path);
        let is_in_store = path.ends_with("results.tsv") && dir.join("lineage.toml").exists();
        Ok(Self {
            store: find_store(if is_in_store { dir } else { path })?,
            path: path.to_owned(),
        })
    }

    /// The file of the log.
    pub(super) fn log_path(&self) -> &Path {
        self.store.as_ref().map_or(&self.path, Store::log_path)
    }

    /// The store that the log belongs to, as it is stored with each of its trials.
    pub(super) fn store_name(&self) -> Option<String> {
        let dir = self.store.as_ref()?.dir()?;
        let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        Some(dir.display().to_string())
    }

    /// The short name that the store has for its metric.
    pub(super) fn label(&self) -> Option<&str> {
        self.store.as_ref()?.settings.label.as_deref()
    }

    /// Reads the log. For what neither a flag nor its own settings say, the settings of the target count.
    pub(super) fn translate(
        &mut self,
        target: &Settings,
        options: &ReadOptions,
    ) -> Result<Translation> {
        let path = self.log_path();
        let is_empty = path
            .metadata()
            .is_ok_and(|meta| meta.is_file() && meta.len() == 0);
        ensure!(
            !is_empty,
            "{}: no rows yet, the file is empty; `lineage init` makes a store without trials",
            path.display()
        );
        let is_own = match &self.store {
            Some(store) => options.map.is_empty() && is_own_log(store, None)?,
            None => false,
        };
        let Some(store) = self.store.as_mut().filter(|_| is_own) else {
            let translation = translate_file(self.log_path(), &options.import_options(target)?)?;
            let stated = translation.stated_direction;
            check_direction(
                stated.filter(|_| options.direction.is_none()),
                target,
                &self.path,
            )?;
            return Ok(translation);
        };
        check_agreement(&store.settings, target, &self.path)?;
        let own = &mut store.settings;
        own.metric = own.metric.take().or(target.metric.clone());
        own.direction = own.direction.or(target.direction);
        translate_own(&*open_log(store, options)?)
    }
}

/// Refuses to mix the scores of two stores with different metrics or directions.
fn check_agreement(own: &Settings, target: &Settings, path: &Path) -> Result<()> {
    let shown = path.display();
    if let (Some(own), Some(target)) = (&own.metric, &target.metric)
        && own != target
    {
        bail!(
            "{shown} has the metric {own}, the store has {target}; import --into another store, or use --map score=COLUMN"
        );
    }
    check_direction(own.direction, target, path)
}

fn check_direction(own: Option<Direction>, target: &Settings, path: &Path) -> Result<()> {
    let path = path.display();
    if let (Some(own), Some(target)) = (own, target.direction)
        && own != target
    {
        bail!(
            "{path} has the direction {own}, the store has {target}; import --into another store"
        );
    }
    Ok(())
}

/// The store at a path, if there is one.
pub(super) fn find_store(path: &Path) -> Result<Option<Store>> {
    let has_store = |dir: &Path| {
        ["lineage.toml", "results.tsv"]
            .iter()
            .any(|name| dir.join(name).exists())
    };
    if path.is_file() || has_store(path) || has_store(&path.join(".lineage")) {
        return Store::find(Some(path)).map(Some);
    }
    Ok(None)
}
