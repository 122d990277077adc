//! Where the system calls of Unix are missing: no directory can be opened, so there is no value to call anything on.

use std::{
    convert::Infallible,
    ffi::{OsStr, OsString},
    fs::File,
    io,
    path::Path,
};

use super::{Identity, Meta};

#[derive(Debug)]
pub(in super::super) struct Dir(Infallible);

impl Meta {
    pub(in super::super) fn of_file(_file: &File) -> io::Result<Self> {
        Err(unsupported())
    }
}

impl Dir {
    pub(in super::super) fn open(_path: &Path) -> io::Result<Self> {
        Err(unsupported())
    }
}

/// Every method takes a directory that cannot be.
macro_rules! impossible {
    ($($name:ident($($argument:ty),*) -> $result:ty;)*) => {
        impl Dir {
            $(pub(in super::super) fn $name(&self, $(_: $argument),*) -> io::Result<$result> {
                match self.0 {}
            })*
        }
    };
}

impossible! {
    again() -> Self;
    child(&OsStr) -> Self;
    file(&OsStr) -> File;
    create(&OsStr) -> File;
    make_dir(&OsStr, u32) -> ();
    make_link(&OsStr, &OsStr) -> ();
    share(&OsStr, &Self, &OsStr) -> ();
    rename(&OsStr, &Self, &OsStr) -> ();
    rename_to_free(&OsStr, &OsStr) -> ();
    remove_file(&OsStr) -> ();
    remove_empty_dir(&OsStr) -> ();
    meta(&OsStr) -> Meta;
    itself() -> Meta;
    is_in_memory() -> bool;
    target(&OsStr) -> OsString;
    names() -> Vec<OsString>;
    try_lock() -> bool;
    set_mode(u32) -> ();
    sync() -> ();
}

pub(in super::super) fn identity(_path: &Path) -> io::Result<Identity> {
    Err(unsupported())
}

pub(in super::super) fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Err(unsupported())
}

pub(in super::super) fn set_modified(_file: &File, _nanoseconds: i128) -> io::Result<()> {
    Err(unsupported())
}

fn unsupported() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "work can be frozen on Unix only",
    )
}
