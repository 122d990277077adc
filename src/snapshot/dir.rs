//! Access to files below an open directory. Paths are relative and without `..`, and no symbolic link
//! is followed, so nothing outside the directory can be reached, even if somebody swaps a directory
//! for a link at the same moment.
//!
//! `cap-std` keeps paths inside a directory but follows links that stay inside it. Here a link must
//! never be followed, so every component is opened with `O_NOFOLLOW`.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::{Errno, retry_on_intr as retry};

/// The permission bits; set-id and sticky bits are not part of a snapshot.
const PERMISSIONS: u32 = 0o777;

/// File system types of tmpfs and ramfs.
const IN_MEMORY: [i128; 2] = [0x0102_1994, 0x8584_58f6];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Dir,
    File,
    Link,
    Special,
}

impl Kind {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Dir => "a directory",
            Self::File => "a regular file",
            Self::Link => "a symbolic link",
            Self::Special => "a device, a socket or a pipe",
        }
    }
}

/// Device and inode number: the same for every path to a file.
pub(super) type FileId = (u64, u64);

/// What `lstat` reports. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) kind: Kind,
    pub(super) mode: u32,
    pub(super) len: u64,
    pub(super) modified: i128,
    pub(super) changed: i128,
    pub(super) id: FileId,
    pub(super) hard_links: u64,
}

impl Meta {
    // The widths of these fields differ between systems.
    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        clippy::cast_lossless
    )]
    fn from_stat(stat: &Stat) -> Self {
        Self {
            kind: match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => Kind::Dir,
                FileType::RegularFile => Kind::File,
                FileType::Symlink => Kind::Link,
                _ => Kind::Special,
            },
            mode: stat.st_mode as u32 & PERMISSIONS,
            len: stat.st_size as u64,
            modified: stat.st_mtime as i128 * 1_000_000_000 + stat.st_mtime_nsec as i128,
            changed: stat.st_ctime as i128 * 1_000_000_000 + stat.st_ctime_nsec as i128,
            id: (stat.st_dev as u64, stat.st_ino as u64),
            hard_links: stat.st_nlink as u64,
        }
    }

    pub(super) fn of_file(file: &File) -> io::Result<Self> {
        Ok(Self::from_stat(&fs::fstat(file)?))
    }
}

#[derive(Debug)]
struct OpenParent {
    path: PathBuf,
    handle: Rc<File>,
}

/// An open directory.
#[derive(Debug)]
pub(super) struct Dir {
    handle: Rc<File>,
    /// The parent of the last path, kept open because a tree is visited in order, many files per directory. It is found by its
    /// path, so renaming it through this value cannot return a wrong one; no other process renames directories of a snapshot.
    last_parent: RefCell<OpenParent>,
}

impl Dir {
    /// Opens a directory by any path; links on the way to it are followed.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = retry(|| fs::open(path, flags, Mode::empty()))?;
        Ok(Self::new(Rc::new(handle.into())))
    }

    fn new(handle: Rc<File>) -> Self {
        let last_parent = RefCell::new(OpenParent {
            path: PathBuf::new(),
            handle: handle.clone(),
        });
        Self {
            handle,
            last_parent,
        }
    }

    /// The handle, to lock or flush the directory itself.
    pub(super) fn handle(&self) -> &File {
        &self.handle
    }

    /// Opens the parent of `path`, and returns it with the last component of `path`.
    fn locate<'p>(&self, path: &'p Path) -> io::Result<(Rc<File>, &'p OsStr)> {
        check_relative(path)?;
        let parent = path.parent().unwrap_or(Path::new(""));
        let mut last = self.last_parent.borrow_mut();
        if last.path != parent {
            let mut handle = self.handle.clone();
            for name in parent {
                handle = Rc::new(open_child(&handle, name, Kind::Dir)?);
            }
            *last = OpenParent {
                path: parent.to_owned(),
                handle,
            };
        }
        Ok((last.handle.clone(), path.file_name().unwrap_or_default()))
    }

    /// Opens a directory below this one; an empty path is the directory itself.
    pub(super) fn open_dir(&self, path: impl AsRef<Path>) -> io::Result<Self> {
        if path.as_ref().as_os_str().is_empty() {
            return Ok(Self::new(self.handle.clone()));
        }
        let (parent, name) = self.locate(path.as_ref())?;
        Ok(Self::new(Rc::new(open_child(&parent, name, Kind::Dir)?)))
    }

    /// Opens a regular file for reading.
    pub(super) fn open_file(&self, path: &Path) -> io::Result<File> {
        let (parent, name) = self.locate(path)?;
        open_child(&parent, name, Kind::File)
    }

    /// Creates a new file that only its owner can read. Fails if anything has that name, even a link (`O_EXCL`).
    pub(super) fn create_file(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let (parent, name) = self.locate(path.as_ref())?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(retry(|| fs::openat(&parent, name, flags, Mode::RUSR | Mode::WUSR))?.into())
    }

    /// Creates a directory with these permissions and opens it; its owner can always write.
    pub(super) fn create_dir(&self, path: impl AsRef<Path>, mode: u32) -> io::Result<Self> {
        let (parent, name) = self.locate(path.as_ref())?;
        retry(|| fs::mkdirat(&parent, name, Mode::RWXU))?;
        let dir = Self::new(Rc::new(open_child(&parent, name, Kind::Dir)?));
        dir.set_mode(mode)?;
        Ok(dir)
    }

    pub(super) fn create_link(&self, path: &Path, target: &OsStr) -> io::Result<()> {
        let (parent, name) = self.locate(path)?;
        Ok(retry(|| fs::symlinkat(target, &parent, name))?)
    }

    /// Creates the hard link `new` in the directory `to` to a file of this one.
    pub(super) fn hard_link(&self, path: &Path, to: &Self, new: &Path) -> io::Result<()> {
        let ((from, old), (to, new)) = (self.locate(path)?, to.locate(new)?);
        Ok(retry(|| {
            fs::linkat(&from, old, &to, new, AtFlags::empty())
        })?)
    }

    pub(super) fn rename<P: AsRef<Path>>(&self, old: P, to: &Self, new: P) -> io::Result<()> {
        let ((from, old), (to, new)) = (self.locate(old.as_ref())?, to.locate(new.as_ref())?);
        Ok(retry(|| fs::renameat(&from, old, &to, new))?)
    }

    /// Renames a file; fails if the new name exists. Where the file system cannot do both in one step, a crash may leave both
    /// names.
    pub(super) fn rename_new(&self, old: &Path, new: &Path) -> io::Result<()> {
        let ((from, old_name), (to, new_name)) = (self.locate(old)?, self.locate(new)?);
        let rename = || fs::renameat_with(&from, old_name, &to, new_name, RenameFlags::NOREPLACE);
        match retry(rename) {
            // This file system does not support the flag. A hard link never replaces a file either.
            Err(Errno::INVAL | Errno::NOSYS) => {
                self.hard_link(old, self, new)?;
                self.remove_file(old)
            }
            renamed => Ok(renamed?),
        }
    }

    pub(super) fn remove_file(&self, path: &Path) -> io::Result<()> {
        let (parent, name) = self.locate(path)?;
        Ok(retry(|| fs::unlinkat(&parent, name, AtFlags::empty()))?)
    }

    pub(super) fn remove_empty_dir(&self, path: &Path) -> io::Result<()> {
        let (parent, name) = self.locate(path)?;
        Ok(retry(|| fs::unlinkat(&parent, name, AtFlags::REMOVEDIR))?)
    }

    /// The metadata of what is at a path; `None` if nothing is there.
    pub(super) fn find(&self, path: impl AsRef<Path>) -> io::Result<Option<Meta>> {
        match self.metadata(path.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    pub(super) fn metadata(&self, path: &Path) -> io::Result<Meta> {
        let (parent, name) = self.locate(path)?;
        let stat = retry(|| fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW))?;
        Ok(Meta::from_stat(&stat))
    }

    /// The permissions of the directory itself.
    pub(super) fn mode(&self) -> io::Result<u32> {
        Ok(Meta::of_file(&self.handle)?.mode)
    }

    pub(super) fn read_link(&self, path: &Path) -> io::Result<OsString> {
        let (parent, name) = self.locate(path)?;
        let target = retry(|| fs::readlinkat(&parent, name, Vec::new()))?;
        Ok(OsString::from_vec(target.into_bytes()))
    }

    /// The paths of what is in a directory, sorted.
    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        let dir = self.open_dir(path)?;
        for entry in retry(|| fs::Dir::read_from(&dir.handle))? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                paths.push(path.join(name));
            }
        }
        paths.sort_unstable();
        Ok(paths)
    }

    /// Lists everything below this directory, a directory before its contents. `accept` decides what is
    /// listed, and which directories are entered.
    pub(super) fn walk(
        &self,
        mut accept: impl FnMut(&Path, &Meta) -> Result<bool>,
    ) -> Result<Vec<(PathBuf, Meta)>> {
        let mut found = Vec::new();
        let mut pending = self.list(Path::new(""))?;
        pending.reverse();
        while let Some(path) = pending.pop() {
            let shown = || path.display().to_string();
            let Some(meta) = self.find(&path).with_context(shown)? else {
                continue; // removed in the meantime
            };
            if !accept(&path, &meta)? {
                continue;
            }
            if meta.kind == Kind::Dir {
                pending.extend(self.list(&path).with_context(shown)?.into_iter().rev());
            }
            found.push((path, meta));
        }
        Ok(found)
    }

    /// Sets the permissions, whatever the umask is; the owner can always write.
    pub(super) fn set_mode(&self, mode: u32) -> io::Result<()> {
        set_mode(&self.handle, mode | 0o700)
    }

    /// Whether a file is on tmpfs or ramfs. There, a write to a mapped file never updates its times.
    pub(super) fn is_in_memory(&self, path: &Path) -> io::Result<bool> {
        let kind = fs::fstatfs(&self.locate(path)?.0)?.f_type;
        Ok(IN_MEMORY.contains(&kind.into()))
    }
}

/// Fails unless a path stays inside its directory: relative, not empty, without `..`, `.` at its start, or NUL.
pub(super) fn check_relative(path: &Path) -> io::Result<()> {
    let is_name = |part| matches!(part, Component::Normal(_));
    let has_nul = path.as_os_str().as_encoded_bytes().contains(&0);
    if path.components().all(is_name) && !has_nul && path.file_name().is_some() {
        return Ok(());
    }
    let error = format!(
        "the path '{}' must be relative, not empty, and without '..' or NUL bytes",
        path.display()
    );
    Err(io::Error::other(error))
}

/// The identity of a file by any path; links are followed.
pub(super) fn file_id(path: &Path) -> io::Result<FileId> {
    Ok(Meta::from_stat(&retry(|| fs::stat(path))?).id)
}

/// Sets the permissions, whatever the umask is.
pub(super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode & PERMISSIONS))
}

/// Opens a file or directory. If something of another kind is there, says so instead of the system's
/// error. `O_NONBLOCK`, because opening a pipe would wait for a writer.
fn open_child(dir: &File, name: &OsStr, wanted: Kind) -> io::Result<File> {
    let mut flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    flags.set(OFlags::DIRECTORY, wanted == Kind::Dir);
    let opened = retry(|| fs::openat(dir, name, flags, Mode::empty()));
    let stat = match &opened {
        Ok(file) => fs::fstat(file),
        Err(_) => fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW),
    };
    if let Ok(stat) = stat
        && let found = Meta::from_stat(&stat).kind
        && found != wanted
    {
        let (name, found, wanted) = (name.display(), found.describe(), wanted.describe());
        return Err(io::Error::other(format!("{name} is {found}, not {wanted}")));
    }
    Ok(opened?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_that_leads_down_is_accepted() {
        for bad in ["", ".", "..", "../x", "a/../../x", "/etc/passwd", "a\0b"] {
            assert!(check_relative(Path::new(bad)).is_err(), "{bad:?}");
        }
        check_relative(Path::new("snapshots/007_opt/")).unwrap();
    }
}
