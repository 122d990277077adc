//! A directory, held open. Every name given to it is one component, and no symbolic link is ever followed: whoever plants or
//! swaps what meanwhile, nothing outside is reached. That takes the system calls of Unix; elsewhere no directory can be opened so,
//! and nothing is frozen.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

use std::{ffi::OsStr, io};

#[cfg(not(unix))]
pub(super) use self::elsewhere::{Dir, identity, set_mode, set_modified};
#[cfg(unix)]
pub(super) use self::unix::{Dir, identity, set_mode, set_modified};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dir,
    File,
    Link,
    /// A FIFO, a socket, a device.
    #[cfg_attr(not(unix), allow(dead_code))]
    Other,
}

/// What the file system says of a name. Two of a file that was not touched in between are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) kind: Kind,
    pub(super) mode: u32,
    pub(super) len: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i128,
    pub(super) changed: i128,
    pub(super) dev: u64,
    pub(super) ino: u64,
    /// How many names it has.
    pub(super) names: u64,
}

/// What makes something in a file system that thing, under whatever name: its device and its inode.
pub(super) type Identity = (u64, u64);

impl Meta {
    pub(super) fn identity(&self) -> Identity {
        (self.dev, self.ino)
    }
}

impl Dir {
    /// What there is under a name, if anything.
    pub(super) fn look(&self, name: &OsStr) -> io::Result<Option<Meta>> {
        match self.meta(name) {
            Ok(meta) => Ok(Some(meta)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Dir => "a directory",
        Kind::File => "a regular file",
        Kind::Link => "a symbolic link",
        Kind::Other => "a device, a socket or a pipe",
    }
}
