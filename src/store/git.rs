//! What discovery needs to know of git: whether a directory is in a repository, and the main worktree of a linked one.

use std::path::{Path, PathBuf};

use crate::files::read_input;

/// More than a path in `.git` or `commondir` can have.
const MAX_PATH_BYTES: u64 = 64 * 1024;

const MAX_SETTINGS_BYTES: u64 = 1024 * 1024;

/// Whether a directory is in a git repository.
pub(super) fn is_in_repository(dir: &Path) -> bool {
    let Ok(dir) = std::path::absolute(dir) else {
        return false;
    };
    dir.ancestors().any(|dir| dir.join(".git").exists())
}

/// The main worktree, if a directory is in a linked one.
pub fn find_main_worktree_above(dir: &Path) -> Option<PathBuf> {
    dir.ancestors().find_map(find_main_worktree)
}

/// The main worktree, if `root` is a linked worktree: then `.git` is a file that names a directory with a `commondir`. A
/// submodule has no `commondir`, and a bare repository no main worktree.
pub(super) fn find_main_worktree(root: &Path) -> Option<PathBuf> {
    let own = read_path(&root.join(".git"))?;
    let own = root.join(own.strip_prefix("gitdir: ")?);
    let common = own.join(read_path(&own.join("commondir"))?);
    let common = common.canonicalize().ok()?;
    let mut main = common.ends_with(".git").then(|| common.join(".."));
    for name in ["config", "config.worktree"] {
        for (key, value) in read_core_settings(&common.join(name)) {
            match &*key {
                "bare" if !matches!(&*value, "false" | "no" | "off" | "0") => return None,
                "worktree" => main = Some(common.join(value)), // of a submodule
                _ => {}
            }
        }
    }
    main?.canonicalize().ok()
}

/// The keys and values of the section `core` of a file of git's settings.
fn read_core_settings(path: &Path) -> Vec<(String, String)> {
    let bytes = read_input(path, MAX_SETTINGS_BYTES).unwrap_or_default();
    let mut section = String::new();
    let mut settings = Vec::new();
    for line in String::from_utf8_lossy(&bytes).lines() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line.to_lowercase();
        } else if section == "[core]"
            && let Some((key, value)) = line.split_once('=')
        {
            let value = value.trim().trim_matches('"');
            settings.push((key.trim().to_lowercase(), value.to_owned()));
        }
    }
    settings
}

/// The first line of a file.
fn read_path(path: &Path) -> Option<String> {
    let text = String::from_utf8(read_input(path, MAX_PATH_BYTES).ok()?).ok()?;
    Some(text.lines().next()?.to_owned())
}
