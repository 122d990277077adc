//! Making a store.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    find::{DIR, INSIGHTS, LOG, SETTINGS},
    settings::VERSION,
};
use crate::{
    append::flush_dir,
    log::{Direction, STANDARD, Schema, encode_row},
};

/// Names by which `append` calls columns that have another name in the log.
const SHORT: [&str; 3] = ["metric", "parent", "baseline"];

/// What a new store is told at its birth.
pub struct New<'a> {
    pub metric: &'a str,
    pub direction: Direction,
    pub label: Option<&'a str>,
    pub columns: &'a [String],
    /// What is remembered of an import; its columns may be called anything.
    pub import: Option<&'a str>,
}

/// Makes a store in `dir` (`.lineage` where none is given) and returns its path. An existing store is not touched.
pub fn init(dir: Option<&Path>, new: &New) -> Result<PathBuf> {
    let dir = dir.unwrap_or(Path::new(DIR));
    if new.import.is_none() {
        check_metric(new.metric)?;
        check_columns(new.columns)?;
    }
    for name in [SETTINGS, LOG] {
        let path = dir.join(name);
        if path.exists() {
            bail!("{} is there already; nothing was changed", path.display());
        }
    }
    fs::create_dir_all(dir)
        .with_context(|| format!("cannot make the directory {}", dir.display()))?;
    // Each appears whole. The settings come first: with them, an append that is faster than the rest makes the right log.
    if !appears(&dir.join(SETTINGS), &settings_text(new))? {
        bail!(
            "{} is there already; nothing was changed",
            dir.join(SETTINGS).display()
        );
    }
    appears(
        &dir.join(LOG),
        &encode_row(&Schema::standard_names(new.columns)),
    )?;
    appears(&dir.join(INSIGHTS), "")?;
    for path in [dir.join(LOG), dir.to_owned()] {
        flush_dir(&path).with_context(|| format!("cannot flush {}", dir.display()))?;
    }
    Ok(dir.to_owned())
}

/// Makes a file that is whole from the moment on in which it has its name; false where there is one already.
fn appears(path: &Path, text: &str) -> Result<bool> {
    let unfinished = path.with_extension(format!("new-{}", std::process::id()));
    let made = create(&unfinished, text).and_then(|()| fs::hard_link(&unfinished, path));
    let _ = fs::remove_file(&unfinished); // it may not have been made
    let made = match made {
        Err(error) if error.kind() == ErrorKind::Unsupported => create(path, text), // a file system without links
        made => made,
    };
    match made {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot make {}", path.display())),
    }
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A metric may be any column that does not hold something else already.
fn check_metric(metric: &str) -> Result<()> {
    let numbers = ["core_metric", "val_bpb", "train_s", "total_s"];
    if metric.trim().is_empty()
        || metric != metric.trim()
        || STANDARD.contains(&metric) && !numbers.contains(&metric)
    {
        bail!(
            "`{}` cannot be the metric: it names no number that a search could optimise",
            metric.escape_debug()
        );
    }
    Ok(())
}

fn check_columns(columns: &[String]) -> Result<()> {
    for (at, name) in columns.iter().enumerate() {
        let plain = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if name.is_empty() || !plain {
            bail!(
                "`{}` is no name for a column; letters, digits, `_`, `-` and `.` are",
                name.escape_debug()
            );
        }
        if SHORT.contains(&name.as_str()) {
            bail!("`{name}` is what append calls another column; choose another name");
        }
        if STANDARD.contains(&name.as_str()) || columns[..at].contains(name) {
            bail!("the log has a column `{name}` already");
        }
    }
    Ok(())
}

fn settings_text(new: &New) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let label = match new.label {
        Some(label) => format!("label = {}\n", quoted(label)),
        None => "# label = \"bpb\"               # a short name for the metric\n".to_owned(),
    };
    let columns = toml::Value::from(new.columns.to_vec());
    format!(
        "version = {VERSION}\n\
         metric = {metric}\n\
         direction = \"{direction}\"     # minimize | maximize\n\
         {label}\
         columns = {columns}                # of the log, besides the 17\n\
         # durability = \"none\"          # do not wait for the disk: faster, and a power cut may cost the last trials\n\
         \n\
         [snapshot]\n\
         # path = \"work\"                # freeze this with every keep and baseline; relative to where the store is\n\
         # always = true                # with every other trial, too\n\
         # max_bytes = 1073741824       # more is an error\n\
         \n\
         [prompt]\n\
         # sections = [\"opening\", \"failures\", \"best\", \"task\"]   # these, in this order\n\
         # top = 20                     # rows of the leaderboard\n\
         # recent = 30                  # rows of the table of recent trials\n\
         # full = 10                    # recent trials in full\n\
         # max_bytes = 24000            # of the whole prompt\n\
         # epsilon = 0.001              # a smaller difference is noise; by default that of the log\n\
         # stuck_after = 20             # trials without a keep, from which on it is said\n\
         # task = \"\"\"Propose one edit within the {{specialist}} domain …\"\"\"\n",
        metric = quoted(new.metric),
        direction = new.direction,
    ) + new.import.unwrap_or_default()
}
