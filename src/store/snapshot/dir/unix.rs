//! The directory handle of Unix: `openat` and its kin.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{fd::OwnedFd, unix::ffi::OsStringExt},
    path::Path,
};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat, Timespec, Timestamps};

use super::{Identity, Kind, Meta, word};

/// Permissions; the set-id and sticky bits are not work to be frozen.
const PERMISSIONS: u32 = 0o777;

/// tmpfs and ramfs.
#[cfg(target_os = "linux")]
const IN_MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];

/// An open directory. Names given to it are single components.
#[derive(Debug)]
pub(in super::super) struct Dir(OwnedFd);

impl Meta {
    /// The widths of these fields differ between systems.
    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        clippy::cast_lossless,
        clippy::useless_conversion
    )]
    fn of(stat: &Stat) -> Self {
        let nanoseconds = |seconds: i128, nanoseconds: i128| seconds * 1_000_000_000 + nanoseconds;
        Self {
            kind: match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => Kind::Dir,
                FileType::RegularFile => Kind::File,
                FileType::Symlink => Kind::Link,
                _ => Kind::Other,
            },
            mode: u32::from(stat.st_mode) & PERMISSIONS,
            len: stat.st_size as u64,
            modified: nanoseconds(stat.st_mtime as i128, stat.st_mtime_nsec as i128),
            changed: nanoseconds(stat.st_ctime as i128, stat.st_ctime_nsec as i128),
            dev: stat.st_dev as u64,
            ino: stat.st_ino as u64,
            names: stat.st_nlink as u64,
        }
    }

    pub(in super::super) fn of_file(file: &File) -> io::Result<Self> {
        Ok(Self::of(&fs::fstat(file)?))
    }
}

impl Dir {
    /// Opens a directory that a person has named; up to it, links are followed.
    pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(fs::open(path, flags, Mode::empty())?))
    }

    pub(in super::super) fn child(&self, name: &OsStr) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = fs::openat(&self.0, name, flags, Mode::empty());
        opened
            .map(Self)
            .map_err(|error| self.refusal(name, Kind::Dir, error.into()))
    }

    /// The same directory, for somebody else to hold.
    pub(in super::super) fn again(&self) -> io::Result<Self> {
        Ok(Self(self.0.try_clone()?))
    }

    /// Opens a regular file to read it, and nothing else: a FIFO would wait for a writer for ever.
    pub(in super::super) fn file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = fs::openat(&self.0, name, flags, Mode::empty());
        let file =
            File::from(opened.map_err(|error| self.refusal(name, Kind::File, error.into()))?);
        match Meta::of_file(&file)?.kind {
            Kind::File => Ok(file),
            kind => Err(unexpected(name, kind, Kind::File)),
        }
    }

    /// Makes a file that is not there yet, for its owner only.
    pub(in super::super) fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(
            &self.0,
            name,
            flags,
            Mode::RUSR | Mode::WUSR,
        )?))
    }

    pub(in super::super) fn make_dir(&self, name: &OsStr, mode: u32) -> io::Result<()> {
        Ok(fs::mkdirat(&self.0, name, permissions(mode))?)
    }

    pub(in super::super) fn make_link(&self, name: &OsStr, target: &OsStr) -> io::Result<()> {
        Ok(fs::symlinkat(target, &self.0, name)?)
    }

    /// Gives a file a second name: a hard link.
    pub(in super::super) fn share(&self, name: &OsStr, to: &Self, new: &OsStr) -> io::Result<()> {
        Ok(fs::linkat(&self.0, name, &to.0, new, AtFlags::empty())?)
    }

    pub(in super::super) fn rename(&self, name: &OsStr, to: &Self, new: &OsStr) -> io::Result<()> {
        Ok(fs::renameat(&self.0, name, &to.0, new)?)
    }

    /// Renames a file of this directory to a name that nothing has yet; what has it is an error, and stays.
    pub(in super::super) fn rename_to_free(&self, name: &OsStr, new: &OsStr) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        match fs::renameat_with(&self.0, name, &self.0, new, fs::RenameFlags::NOREPLACE) {
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {} // not of this file system
            renamed => return Ok(renamed?),
        }
        self.share(name, self, new)?;
        self.remove_file(name)
    }

    pub(in super::super) fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(in super::super) fn remove_empty_dir(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    pub(in super::super) fn meta(&self, name: &OsStr) -> io::Result<Meta> {
        Ok(Meta::of(&fs::statat(
            &self.0,
            name,
            AtFlags::SYMLINK_NOFOLLOW,
        )?))
    }

    /// What the file system says of the directory itself.
    pub(in super::super) fn itself(&self) -> io::Result<Meta> {
        Ok(Meta::of(&fs::fstat(&self.0)?))
    }

    /// Whether its files are nowhere but in memory. There, what is written to a mapped file never shows in its times.
    pub(in super::super) fn is_in_memory(&self) -> io::Result<bool> {
        #[cfg(target_os = "linux")]
        {
            // The width of this field differs between systems.
            #[allow(
                clippy::unnecessary_cast,
                clippy::cast_sign_loss,
                clippy::cast_possible_truncation
            )]
            let kind = fs::fstatfs(&self.0)?.f_type as u32;
            Ok(IN_MEMORY.contains(&kind))
        }
        #[cfg(not(target_os = "linux"))]
        Ok(false)
    }

    /// Where a link points to.
    pub(in super::super) fn target(&self, name: &OsStr) -> io::Result<OsString> {
        Ok(OsString::from_vec(
            fs::readlinkat(&self.0, name, Vec::new())?.into_bytes(),
        ))
    }

    /// All names in it, sorted.
    pub(in super::super) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// An exclusive lock on the directory itself; it ends with the value. False where another has it.
    pub(in super::super) fn try_lock(&self) -> io::Result<bool> {
        match fs::flock(&self.0, fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Exactly these permissions, whatever the umask is; the owner can always change what is in it.
    pub(in super::super) fn set_mode(&self, mode: u32) -> io::Result<()> {
        Ok(fs::fchmod(&self.0, permissions(mode | 0o700))?)
    }

    /// Waits until the names in it are on the disk.
    pub(in super::super) fn sync(&self) -> io::Result<()> {
        Ok(fs::fsync(&self.0)?)
    }

    /// Waits until the whole file system is on the disk: for thousands of new files, far less than a wait for each.
    #[cfg(target_os = "linux")]
    pub(in super::super) fn sync_file_system(&self) -> io::Result<()> {
        Ok(fs::syncfs(&self.0)?)
    }

    /// Says what is there instead of what was wanted, where that is why it could not be opened.
    fn refusal(&self, name: &OsStr, wanted: Kind, error: io::Error) -> io::Error {
        match self.meta(name) {
            Ok(meta) if meta.kind != wanted => unexpected(name, meta.kind, wanted),
            _ => error,
        }
    }
}

/// What a path leads to, links followed.
pub(in super::super) fn identity(path: &Path) -> io::Result<Identity> {
    Ok(Meta::of(&fs::stat(path)?).identity())
}

fn unexpected(name: &OsStr, found: Kind, wanted: Kind) -> io::Error {
    let found = match found {
        Kind::Link => "a symbolic link, and none is followed".to_owned(),
        found => format!("{}, not {}", word(found), word(wanted)),
    };
    io::Error::other(format!("{} is {found}", name.display()))
}

/// The kinds of integer behind a mode differ between systems.
#[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)]
fn permissions(mode: u32) -> Mode {
    Mode::from_raw_mode((mode & PERMISSIONS).try_into().unwrap_or_default())
}

/// Exactly these permissions, whatever the umask is.
pub(in super::super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    Ok(fs::fchmod(file, permissions(mode))?)
}

pub(in super::super) fn set_modified(file: &File, nanoseconds: i128) -> io::Result<()> {
    let out_of_range = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let last_modification = Timespec {
        tv_sec: nanoseconds
            .div_euclid(1_000_000_000)
            .try_into()
            .map_err(out_of_range)?,
        tv_nsec: nanoseconds
            .rem_euclid(1_000_000_000)
            .try_into()
            .map_err(out_of_range)?,
    };
    let last_access = Timespec {
        tv_sec: 0,
        tv_nsec: fs::UTIME_OMIT,
    };
    Ok(fs::futimens(
        file,
        &Timestamps {
            last_access,
            last_modification,
        },
    )?)
}
