//! Making a store.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _},
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    AMENDED, DIR, INDEX, INSIGHTS, LOG, OWN_NAMES, SETTINGS,
    find::way_out,
    git::is_in_repository,
    lost::{describe_lost_log, has_lost_trials},
    settings::{VERSION, find_repeated},
};
use crate::files::{MAX_TEXT_BYTES, cannot, create_file, flush_directory_of, read_input};
use crate::log::{Direction, STANDARD, Schema, encode_row};

/// Names that `append` uses for columns with another name in the log.
const ALIASES: [&str; 3] = ["metric", "parent", "baseline"];

/// Standard columns that may be the metric.
const NUMBERS: [&str; 4] = ["core_metric", "val_bpb", "train_s", "total_s"];

/// The settings of a new store.
pub struct New<'a> {
    pub metric: &'a str,
    pub direction: Direction,
    pub label: Option<&'a str>,
    pub columns: &'a [String],
    /// The settings of an import, as TOML. Its columns may have any name.
    pub import: Option<&'a str>,
    /// The address of a database, and the name of its run that the store mirrors.
    pub shared: Option<(&'a str, &'a str)>,
    /// The permissions of its files, of which the umask removes some.
    pub mode: u32,
}

/// Whether a directory has a log that no settings belong to, of which `init` makes a store.
pub fn has_bare_log(dir: &Path) -> bool {
    dir.join(LOG).is_file() && dir.join(SETTINGS).symlink_metadata().is_err()
}

/// Makes a store in `dir`. A store with trials or other settings is not touched; one that an earlier call with the same
/// settings left incomplete is completed.
pub fn init(dir: &Path, new: &New) -> Result<()> {
    let is_in_place = new.import.is_none() && new.shared.is_none() && has_bare_log(dir);
    if new.import.is_none() {
        check_names(new.metric, new.columns)?;
    }
    let (settings, insights, log) = (dir.join(SETTINGS), dir.join(INSIGHTS), dir.join(LOG));
    let header = encode_row(&Schema::standard_names(new.columns));
    let text = settings_text(new);
    if log.symlink_metadata().is_ok()
        && !is_in_place
        && !(is_new(&log, &header, new) && has_content(&settings, &text))
    {
        let (log, settings) = (log.display(), settings.display());
        bail!("{log} already exists; nothing was changed (to change the metric, edit {settings})");
    }
    let is_lost = new.shared.is_none() && has_lost_trials(dir);
    ensure!(!is_lost, describe_lost_log(dir));
    create_store_dir(dir)?;
    // The settings come first: with them, an append that runs at the same time makes the right log. The log comes last: it
    // marks a complete store.
    ensure!(
        create_if_missing(&settings, &text, new.mode)? || has_content(&settings, &text),
        "{} already exists with other settings; nothing was changed",
        settings.display()
    );
    if is_in_repository(dir) {
        // `git clean -fd` deletes what is neither tracked nor ignored.
        create_if_missing(&dir.join(".gitignore"), &ignore_rules(dir), new.mode)?;
    }
    create_if_missing(&insights, "", new.mode)?;
    create_if_missing(&log, &header, new.mode)?;
    for path in [&log, dir] {
        flush_directory_of(path).with_context(cannot("flush", dir))?;
    }
    Ok(())
}

/// What git is to ignore: the whole directory, but only the store's own names if it has files of others.
fn ignore_rules(dir: &Path) -> String {
    let own_names = OWN_NAMES.iter().copied().chain([LOG, AMENDED, INDEX]);
    let is_own = |name: &str| own_names.clone().any(|own| own == name) || name.starts_with('.');
    let mut entries = dir.read_dir().into_iter().flatten().flatten();
    if dir.ends_with(DIR) || entries.all(|entry| entry.file_name().to_str().is_some_and(is_own)) {
        return "*\n".to_owned();
    }
    let rules = own_names.clone().map(|name| format!("/{name}\n"));
    rules.chain(["/results.batch\n".to_owned()]).collect()
}

fn create_store_dir(dir: &Path) -> Result<()> {
    let Err(error) = fs::create_dir_all(dir) else {
        return Ok(());
    };
    let full = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let hint = match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "; a file has this name: choose another with `lineage init DIR`"
        }
        _ => way_out(&error),
    };
    bail!(
        "cannot create the directory {}: {error}{hint}",
        full.display()
    )
}

/// Whether a file is exactly as `init` creates it.
fn has_content(path: &Path, text: &str) -> bool {
    read_input(path, MAX_TEXT_BYTES).is_ok_and(|bytes| bytes == text.as_bytes())
}

/// Whether a log has no trials yet. Several imports may make the store at once: then it may have those of another one, or not
/// even its whole header.
fn is_new(log: &Path, header: &str, new: &New) -> bool {
    if new.import.is_none() {
        return has_content(log, header);
    }
    let mut bytes = Vec::new();
    let file = File::open(log).map(|file| file.take(header.len() as u64));
    let read = file.and_then(|mut file| file.read_to_end(&mut bytes));
    read.is_ok() && header.as_bytes().starts_with(&bytes)
}

/// Creates a file; false if it exists.
fn create_if_missing(path: &Path, text: &str, mode: u32) -> Result<bool> {
    match create_file(path, text, mode) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => {
            let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            bail!(
                "cannot create {}: {error}{}",
                full.display(),
                way_out(&error)
            )
        }
    }
}

/// Fails if a log cannot have this metric or these columns.
pub fn check_names(metric: &str, columns: &[String]) -> Result<()> {
    check_metric(metric)?;
    check_columns(columns)
}

/// A metric may be any column that does not hold something else already.
fn check_metric(metric: &str) -> Result<()> {
    let is_taken = STANDARD.contains(&metric) && !NUMBERS.contains(&metric);
    ensure!(
        !metric.is_empty() && metric == metric.trim() && !is_taken,
        "'{}' cannot be the metric; name the number that the search optimises",
        metric.escape_debug()
    );
    Ok(())
}

fn check_columns(columns: &[String]) -> Result<()> {
    for name in columns {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        ensure!(
            !name.is_empty() && name.bytes().all(is_allowed),
            "'{}' cannot be the name of a column; use letters, digits, '_', '-' and '.'",
            name.escape_debug()
        );
        ensure!(
            !ALIASES.contains(&name.as_str()),
            "'{name}' is another column's name in `append`; choose another one"
        );
    }
    if let Some(name) = find_repeated(columns) {
        bail!("the log already has a column '{name}'");
    }
    Ok(())
}

fn settings_text(new: &New) -> String {
    let label = match new.label {
        Some(label) => format!("label = {}\n", toml::Value::from(label)),
        None => "# label = \"bpb\"               # a short name for the metric\n".to_owned(),
    };
    format!(
        "version = {VERSION}\n\
         metric = {metric}\n\
         direction = \"{direction}\"     # minimize | maximize\n\
         {label}\
         columns = {columns}                # of the log, besides the 17\n\
         {OPTIONAL_SETTINGS}{import}{shared}",
        metric = toml::Value::from(new.metric),
        direction = new.direction,
        columns = toml::Value::from(new.columns.to_vec()),
        import = new.import.unwrap_or_default(),
        shared = shared_text(new.shared),
    )
}

fn shared_text(shared: Option<(&str, &str)>) -> String {
    let Some((url, run)) = shared else {
        return String::new();
    };
    let (url, run) = (toml::Value::from(url), toml::Value::from(run));
    format!(
        "\n[shared]\n\
         url = {url}\n\
         run = {run}\n\
         # fetch_ms = 300             # how long a reading command may fetch new trials\n"
    )
}

const OPTIONAL_SETTINGS: &str = r#"# durability = "none"          # do not wait for the disk: faster, but a power cut may lose the last trials

[append]
# max_text_bytes = 1048576     # longer notes and hypotheses are cut in the middle

[keep]
# min_delta = 0.001            # with status auto, keep only what beats the best by more

[similar]
# warn = false                 # do not show similar trials before `lineage run` starts a command

[best]
# tie = "last"                 # of several trials with the best score, the last one is the best; default: the first

[snapshot]
# path = "work"                # freeze this with every keep and baseline; relative to the directory of the store
# always = true                # freeze it with every trial
# max_bytes = 1073741824       # refuse to freeze more
# dir = "/mnt/lab/run1"        # put snapshots/ there: a directory that all hosts of a shared store have

[prompt]
# sections = ["opening", "failures", "best", "task"]   # these, in this order
# top = 20                     # rows of the leaderboard
# recent = 30                  # rows of the table of recent trials
# full = 10                    # recent trials in full
# max_bytes = 16000            # of the whole prompt
# epsilon = 0.001              # smaller differences are noise; default: estimated from the log
# stuck_after = 20             # report this many trials without a keep
# task = """Propose one edit within the {specialist} domain …"""
"#;
