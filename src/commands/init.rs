//! `lineage init`: make a store.

pub(super) mod args;

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

pub use self::args::Init;
use super::{Context, init_shared};
use crate::agent::{Agent, Outcome};
use crate::import::{is_own_but_for_score, read_names};
use crate::index::IndexedLog;
use crate::log::Direction;
use crate::open::{ReadOptions, is_own_log, open_log};
use crate::store::{self, New, Store, find_main_worktree_above, has_bare_log};
use crate::text::{shell_word, visible};

pub fn run(args: Init, context: &Context) -> Result<()> {
    let given = args.dir.as_deref().or(context.store.as_deref());
    let Some(agent) = args.agent else {
        return make_store(&args, given, context);
    };
    let store = Store::find(given).ok();
    let own_store = store.as_ref().filter(|store| !store.is_in_main_worktree());
    let own_dir = own_store.and_then(Store::dir);
    let dir = own_dir.or(given);
    let root = project_root(dir);
    if args.dry_run {
        return preview_agent(agent, root, context);
    }
    match &store {
        Some(store) => warn_of_ignored(&args, store, context),
        None => make_store(&args, given, context)?,
    }
    let is_in_environment =
        env::var_os("LINEAGE_STORE").is_some_and(|path| given == Some(path.as_ref()));
    if let Some(dir) = dir.filter(|dir| !dir.ends_with(".lineage") && !is_in_environment) {
        let dir = std::path::absolute(dir)?;
        let dir = shell_word(&dir.to_string_lossy());
        context.ui.warn(&format!(
            "an agent does not find this store by itself; start it with LINEAGE_STORE={dir}"
        ));
    }
    set_up_agent(agent, root, context)
}

/// Names the flags that change nothing because the store exists.
fn warn_of_ignored(args: &Init, store: &Store, context: &Context) {
    let settings = &store.settings;
    let columns = Some(args.column_names()).filter(|names| !names.is_empty());
    let flags = [
        (
            "--metric",
            args.metric.is_some() && args.metric != settings.metric,
        ),
        (
            "--direction",
            args.direction.is_some() && args.direction != settings.direction,
        ),
        (
            "--label",
            args.label.is_some() && args.label != settings.label,
        ),
        (
            "--columns",
            columns.is_some_and(|names| names != settings.columns),
        ),
        (
            "--shared",
            args.shared.is_some() && settings.shared.is_none(),
        ),
    ];
    let ignored = flags.iter().filter(|(_, is_ignored)| *is_ignored);
    let ignored: Vec<&str> = ignored.map(|(flag, _)| *flag).collect();
    if !ignored.is_empty() {
        let (log, flags) = (store.log_path().display(), ignored.join(", "));
        context.ui.warn(&format!(
            "{log} already exists; ignored: {flags} (edit lineage.toml instead)"
        ));
    }
}

/// The directory that contains a `.lineage`; for a store elsewhere, the current directory.
fn project_root(store: Option<&Path>) -> &Path {
    match store {
        Some(dir) if dir.ends_with(".lineage") => dir.parent().unwrap_or(Path::new("")),
        _ => Path::new(""),
    }
}

fn make_store(args: &Init, given: Option<&Path>, context: &Context) -> Result<()> {
    let dir = given.unwrap_or(Path::new(".lineage"));
    if let (Some(url), Some(run)) = (&args.shared, &args.run) {
        return init_shared::run(args, dir, url, run, context);
    }
    let (metric, direction) = choose_metric(args, dir)?;
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
    store::init(dir, &new)?;
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
fn choose_metric(args: &Init, dir: &Path) -> Result<(String, Direction)> {
    let mut metric = args.metric.clone();
    let mut direction = args.direction;
    if has_bare_log(dir) {
        let store = Store::find(Some(dir))?;
        let options = ReadOptions {
            metric: metric.clone(),
            direction,
            ..ReadOptions::default()
        };
        let log = open_own_log(&store, &options)?;
        metric = Some(log.schema.metric.clone());
        direction = Some(log.schema.direction);
    }
    let metric = metric.unwrap_or_else(|| "core_metric".to_owned());
    Ok((metric, direction.unwrap_or(Direction::Minimize)))
}

/// Opens a log that is like those of lineage. The column of its score may have any name.
fn open_own_log(store: &Store, options: &ReadOptions) -> Result<IndexedLog> {
    let (log, metric) = (store.log_path(), options.metric.as_deref());
    let path = log.display();
    if is_own_log(store, metric)? {
        return open_log(store, options);
    }
    let names = read_names(log)?;
    ensure!(
        is_own_but_for_score(&names),
        "{path} is not a log of lineage; `lineage import {}` makes a store of it, or move it away",
        shell_word(&log.to_string_lossy())
    );
    let opened = open_log(store, options).ok();
    let opened = opened.filter(|log| names.contains(&log.schema.metric));
    opened.with_context(|| {
        let column = metric.map_or("known column of the score".to_owned(), |name| {
            format!("column '{}'", name.escape_debug())
        });
        let names = names.join(" ");
        let names = visible(&names);
        format!("{path} has no {column}; name the column of the score with --metric (the columns are: {names})")
    })
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

/// Creates the files of an agent below `root`, and prints what happened to each.
fn set_up_agent(agent: Agent, root: &Path, context: &Context) -> Result<()> {
    let mut report = String::new();
    for file in agent.files() {
        let word = match file.write(root)? {
            Outcome::Created => "created",
            Outcome::Unchanged => "unchanged",
            Outcome::LeftAlone => "exists",
        };
        report += &format!("{word} {}\n", root.join(file.path).display());
        if word == "exists" {
            context.ui.warn(&format!(
                "{} exists and was not changed; `lineage init --agent {} --dry-run` prints what to add to it",
                file.path,
                name_of(agent)
            ));
        }
    }
    if let Some(advice) = agent.advice() {
        context.ui.note(advice);
    }
    context.ui.print(&report)
}

/// Prints the files of an agent, and what would happen to each.
fn preview_agent(agent: Agent, root: &Path, context: &Context) -> Result<()> {
    let mut report = String::new();
    for file in agent.files() {
        let plan = match file.plan(root) {
            Outcome::Created => "would be created",
            Outcome::Unchanged => "exists and needs no change",
            Outcome::LeftAlone => "exists and would not be changed; add this to it",
        };
        report += &format!("==> {} ({plan})\n{}\n", file.path, file.text);
    }
    context.ui.print(&report)
}

fn name_of(agent: Agent) -> String {
    let value = clap::ValueEnum::to_possible_value(&agent);
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}
