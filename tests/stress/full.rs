//! Appends a row on a full file system, a tmpfs with room for part of the row: see `limit`.

use std::{fs, io::Write, path::Path, process::Command};

use tempfile::TempDir;

use crate::{
    Options, Outcome,
    limit::{append_first_rows, fail_and_retry, row_length},
    sandbox::Sandbox,
};

/// A tmpfs allocates whole pages.
const PAGE: usize = 4096;

pub(crate) fn run(options: &Options) -> Outcome {
    let Some(disk) = Tmpfs::mount() else {
        return Outcome::Skipped("cannot mount a tmpfs");
    };
    let row = row_length();
    let sizes: Vec<usize> = (0..row).step_by(options.pick(40, 1)).collect();
    for &size in &sizes {
        check_full_disk(disk.path(), size);
    }
    Outcome::Passed(format!(
        "a full tmpfs with room for 0 to {} of {row} bytes, {} sizes: exit 1, the log unchanged, the \
         trial on stderr appended once there was room",
        row - 1,
        sizes.len(),
    ))
}

fn check_full_disk(disk: &Path, room: usize) {
    let sandbox = Sandbox::with_store_in(disk);
    append_first_rows(&sandbox);
    extend_log(&sandbox, 2 * PAGE - room);
    let filler = disk.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write(&[0; PAGE]).is_ok_and(|written| written > 0) {}
    drop(file); // an open file would keep its pages after its removal
    fail_and_retry(&sandbox, &[], || fs::remove_file(&filler).unwrap());
}

/// Appends a row that brings the log to exactly this length.
fn extend_log(sandbox: &Sandbox, length: usize) {
    let append = |notes: &str| {
        sandbox.ok(&["append", "--status", "crash", "--notes", notes]);
        fs::read(sandbox.log()).unwrap().len()
    };
    let before = fs::read(sandbox.log()).unwrap();
    let missing = length - append("n");
    fs::write(sandbox.log(), before).unwrap();
    assert_eq!(append(&"n".repeat(1 + missing)), length);
}

/// A small file system, unmounted on drop.
struct Tmpfs(TempDir);

impl Tmpfs {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=128k", "tmpfs"])
            .arg(dir.path());
        mount
            .output()
            .is_ok_and(|output| output.status.success())
            .then_some(Self(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status(); // nothing else can be done
    }
}
