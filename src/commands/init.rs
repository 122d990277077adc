//! `lineage init`: make a store.

pub(super) mod args;

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

pub use self::args::Init;
use super::{Context, init_agent, init_shared};
use crate::log::Direction;
use crate::open::{ReadOptions, is_own_log, open_log};
use crate::store::{self, New, Store, find_main_worktree_above, has_bare_log};
use crate::text::shell_word;

pub fn run(args: Init, context: &Context) -> Result<()> {
    let dir = args.dir.as_deref().or(context.store.as_deref());
    let Some(agent) = args.agent else {
        return make_store(&args, context);
    };
    let store = Store::find(dir).ok();
    let own_store = store.as_ref().filter(|store| !store.is_in_main_worktree());
    let own_dir = own_store.and_then(Store::dir);
    let root = project_root(own_dir.or(dir));
    if args.dry_run {
        return init_agent::preview(agent, root, context);
    }
    if store.is_none() {
        make_store(&args, context)?;
    }
    init_agent::set_up(agent, root, context)
}

/// The directory that contains a `.lineage`; for a store elsewhere, the current directory.
fn project_root(store: Option<&Path>) -> &Path {
    match store {
        Some(dir) if dir.ends_with(".lineage") => dir.parent().unwrap_or(Path::new("")),
        _ => Path::new(""),
    }
}

fn make_store(args: &Init, context: &Context) -> Result<()> {
    if let (Some(url), Some(run)) = (&args.shared, &args.run) {
        return init_shared::run(args, url, run, context);
    }
    let given = args.dir.as_deref().or(context.store.as_deref());
    let (metric, direction) = choose_metric(args, given)?;
    let columns = args.column_names();
    let new = New {
        metric: &metric,
        direction,
        label: args.label.as_deref(),
        columns: &columns,
        import: None,
        shared: None,
        mode: 0o666,
    };
    let main = find_main_worktree(given)?;
    let dir = store::init(given, &new)?;
    let better = direction.better_word();
    context.ui.note(&format!(
        "{metric}: {better} is better ({direction}); change it in lineage.toml before the first trial"
    ));
    let ignore_file = dir.join(".gitignore");
    if ignore_file.exists() {
        let file = ignore_file.display();
        context.ui.note(&format!(
            "git ignores the store; to track its log, edit {file}"
        ));
    }
    if let Some(main) = main {
        let shared = shell_word(&main.join(".lineage").to_string_lossy());
        context.ui.warn(&format!(
            "other worktrees do not see this store; `lineage init {shared}` makes one for all of them"
        ));
    }
    context.ui.print(&format!("{}\n", dir.display()))
}

/// What the flags say; else what a log shows that is there without settings.
fn choose_metric(args: &Init, dir: Option<&Path>) -> Result<(String, Direction)> {
    let mut metric = args.metric.clone();
    let mut direction = args.direction;
    if has_bare_log(dir) {
        let store = Store::find(Some(dir.unwrap_or(Path::new(".lineage"))))?;
        let path = store.log_path().display();
        ensure!(
            is_own_log(&store)?,
            "{path} is not a log of lineage; `lineage import {path}` makes a store of it"
        );
        let options = ReadOptions {
            metric: metric.clone(),
            direction,
            ..ReadOptions::default()
        };
        let schema = &open_log(&store, &options)?.schema;
        metric = Some(schema.metric.clone());
        direction = Some(schema.direction);
    }
    let metric = metric.unwrap_or_else(|| "core_metric".to_owned());
    Ok((metric, direction.unwrap_or(Direction::Minimize)))
}

/// The main worktree, if a store is about to be made in a linked one. Fails if the main worktree has a store.
fn find_main_worktree(given: Option<&Path>) -> Result<Option<PathBuf>> {
    if given.is_some() {
        return Ok(None);
    }
    if let Ok(store) = Store::find(None)
        && store.is_in_main_worktree()
    {
        let log = store.log_path().display();
        bail!(
            "this worktree uses the store of the main worktree, {log}; `lineage init .lineage` makes a separate one"
        );
    }
    Ok(find_main_worktree_above(&env::current_dir()?))
}
