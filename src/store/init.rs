//! Making a store.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    encode_row,
    find::{DIR, INSIGHTS, LOG, SETTINGS},
    settings::VERSION,
};
use crate::{
    schema::{STANDARD, Schema},
    trial::Direction,
};

/// What a new store is told at its birth.
pub struct New<'a> {
    pub metric: &'a str,
    pub direction: Direction,
    pub label: Option<&'a str>,
    pub columns: &'a [String],
}

/// Makes a store in `dir` (`.lineage` where none is given) and returns its path. An existing store is not touched.
pub fn init(dir: Option<&Path>, new: &New) -> Result<PathBuf> {
    let dir = dir.unwrap_or(Path::new(DIR));
    check_columns(new.columns)?;
    for name in [SETTINGS, LOG] {
        let path = dir.join(name);
        if path.exists() {
            bail!("{} is there already; nothing was changed", path.display());
        }
    }
    fs::create_dir_all(dir).with_context(|| format!("cannot make the directory {}", dir.display()))?;
    // The settings come last: a store that has them is whole.
    create(&dir.join(LOG), &encode_row(&Schema::standard_names(new.columns)))?;
    if !dir.join(INSIGHTS).exists() {
        create(&dir.join(INSIGHTS), "")?;
    }
    create(&dir.join(SETTINGS), &settings_text(new))?;
    Ok(dir.to_owned())
}

fn check_columns(columns: &[String]) -> Result<()> {
    for (at, name) in columns.iter().enumerate() {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if name.is_empty() || !plain {
            bail!("`{}` is no name for a column; letters, digits, `_`, `-` and `.` are", name.escape_debug());
        }
        if STANDARD.contains(&name.as_str()) || columns[..at].contains(name) {
            bail!("the log has a column `{name}` already");
        }
    }
    Ok(())
}

fn create(path: &Path, text: &str) -> Result<()> {
    File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .with_context(|| format!("cannot write {}", path.display()))
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
         # top = 20                     # rows of the leaderboard\n\
         # recent = 30                  # rows of the table of recent trials\n\
         # full = 10                    # recent trials in full\n\
         # task = \"\"\"Propose one edit within the {{specialist}} domain …\"\"\"\n",
        metric = quoted(new.metric),
        direction = new.direction,
    )
}
