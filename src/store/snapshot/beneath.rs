//! A directory tree, visited path by path beneath one open directory: no path leads out of it.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    path::{Component, Path, PathBuf},
};

use super::dir::{Dir, Kind, Meta};

/// The components of a path that leads nowhere but down.
pub(super) fn names(path: &Path) -> io::Result<Vec<&OsStr>> {
    let name = |component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    };
    path.components()
        .map(name)
        .collect::<Option<Vec<_>>>()
        .filter(|names| !names.is_empty() && !path.as_os_str().as_encoded_bytes().contains(&0))
        .ok_or_else(|| {
            io::Error::other(format!(
                "{} would lead elsewhere: only a relative path without `..` is taken",
                path.display()
            ))
        })
}

/// A directory tree to be visited path by path, in order: the directories on the way to the last path stay open.
#[derive(Debug)]
pub(super) struct Beneath {
    root: Dir,
    open: Vec<(OsString, Dir)>,
}

impl Beneath {
    pub(super) fn new(root: Dir) -> Self {
        Self {
            root,
            open: Vec::new(),
        }
    }

    pub(super) fn root(&self) -> &Dir {
        &self.root
    }

    /// The same tree for somebody else to visit.
    pub(super) fn again(&self) -> io::Result<Self> {
        Ok(Self::new(self.root.again()?))
    }

    /// A directory beneath, or the whole of it for an empty path.
    pub(super) fn dir(&mut self, path: &Path) -> io::Result<Dir> {
        if path.as_os_str().is_empty() {
            return self.root.again();
        }
        let (dir, name) = self.at(path)?;
        dir.child(name)
    }

    /// The directory that a path is in, and its name there.
    pub(super) fn at<'p>(&mut self, path: &'p Path) -> io::Result<(&Dir, &'p OsStr)> {
        let mut above = names(path)?;
        let name = above.pop().expect("a path has at least one name");
        let common = self
            .open
            .iter()
            .zip(&above)
            .take_while(|((open, _), name)| open == **name)
            .count();
        self.open.truncate(common);
        for name in &above[common..] {
            let child = self.deepest().child(name)?;
            self.open.push(((*name).to_owned(), child));
        }
        Ok((self.deepest(), name))
    }

    fn deepest(&self) -> &Dir {
        self.open.last().map_or(&self.root, |(_, dir)| dir)
    }

    /// Opens a regular file to read it.
    pub(super) fn file(&mut self, path: &Path) -> io::Result<File> {
        let (dir, name) = self.at(path)?;
        dir.file(name)
    }

    /// Everything in it, directories before what is in them, without a look into any file.
    pub(super) fn list(&mut self) -> io::Result<Vec<(PathBuf, Meta)>> {
        let mut found = Vec::new();
        let mut waiting: Vec<PathBuf> = self
            .root
            .names()?
            .into_iter()
            .rev()
            .map(PathBuf::from)
            .collect();
        while let Some(path) = waiting.pop() {
            let (dir, name) = self.at(&path)?;
            let meta = dir.meta(name)?;
            if meta.kind == Kind::Dir {
                let names = dir.child(name)?.names()?;
                waiting.extend(names.into_iter().rev().map(|name| path.join(name)));
            }
            found.push((path, meta));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leads_down_is_a_path() {
        for bad in ["", ".", "..", "../x", "a/../../x", "/etc/passwd", "a\0b"] {
            assert!(names(Path::new(bad)).is_err(), "{bad:?}");
        }
        assert_eq!(
            names(Path::new("snapshots/007_opt/")).unwrap(),
            ["snapshots", "007_opt"]
        );
    }
}
