//! No path leads out while a link comes and goes, or if the store is reached by another mount.

use std::{
    fs,
    os::unix::fs::symlink,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use crate::checkout::frozen_under_the_name_of_the_stores_directory;
use crate::sandbox::{Sandbox, skipped};
use crate::snapshot_paths::{at, frozen};

/// Somebody swaps a directory and a link to outside for each other, as fast as it goes, while it is written to and frozen.
#[test]
fn a_link_that_comes_and_goes() {
    let sandbox = frozen();
    sandbox.write("outside/b.txt", "a secret\n");
    sandbox.write("out/real/b.txt", "two\n");
    sandbox.write("out/a.txt", "two\n");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (sub, real) = (sandbox.path("out/sub"), sandbox.path("out/real"));
            while !done.load(Ordering::Relaxed) {
                let _ = fs::rename(&real, &sub);
                let _ = fs::rename(&sub, &real);
                let _ = symlink(sandbox.path("outside"), &sub);
                let _ = fs::remove_file(&sub);
            }
        });
        let deadline = Instant::now() + Duration::from_secs(2);
        while Instant::now() < deadline {
            sandbox.transcript(&["checkout", "0", "out", "--force"]);
            sandbox.transcript(&[
                "append",
                "--status",
                "keep",
                "--metric",
                "1",
                "--snapshot",
                "out",
                "-q",
            ]);
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(sandbox.tree("outside"), "b.txt 644 a secret\\n");
    for row in sandbox.rows().iter().filter(|row| !row[15].is_empty()) {
        let frozen = sandbox.tree(&format!(".lineage/{}", row[15]));
        assert!(!frozen.contains("secret\\n"), "{frozen}");
    }
}

/// A directory that is another path to `of` for as long as this lives.
struct Mounted<'s>(&'s Sandbox, &'s str);

impl<'s> Mounted<'s> {
    /// `None`, and said, where nothing may be mounted.
    fn bind(sandbox: &'s Sandbox, of: &str, at: &'s str) -> Option<Self> {
        fs::create_dir_all(sandbox.path(at)).unwrap();
        let mut mount = std::process::Command::new("mount");
        let done = mount
            .arg("--bind")
            .arg(sandbox.path(of))
            .arg(sandbox.path(at))
            .output();
        if !done.is_ok_and(|output| output.status.success()) {
            skipped("nothing may be mounted by the user who runs the tests");
            return None;
        }
        Some(Self(sandbox, at))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg(self.0.path(self.1))
            .status();
    }
}

#[test]
fn a_store_reached_by_another_mount_is_still_the_store() {
    let sandbox = frozen();
    let Some(_mounted) = Mounted::bind(&sandbox, ".lineage", "mnt") else {
        return;
    };
    sandbox.ok(&["--store", "mnt", "checkout", "0", ".", "--clean"]);
    for name in ["results.tsv", "lineage.toml", "snapshots/000/a.txt"] {
        assert!(
            sandbox.path(&format!(".lineage/{name}")).exists(),
            "{name} gave way"
        );
    }
    sandbox.ok(&[
        "--store",
        "mnt",
        "append",
        "--status",
        "keep",
        "--metric",
        "1",
        "--snapshot",
        ".",
    ]);
    for dir in [".lineage", "mnt"] {
        assert!(
            !at(&sandbox, "002").join(dir).exists(),
            "the store is in its own snapshot"
        );
    }
    assert!(at(&sandbox, "002/a.txt").exists());
    for dir in [".lineage", ".lineage/snapshots", ".lineage/snapshots/new"] {
        let transcript = sandbox.transcript(&["--store", "mnt", "checkout", "0", dir, "--force"]);
        assert!(
            transcript.contains("is in the store") && transcript.ends_with("= 1\n"),
            "{transcript}"
        );
    }
    let transcript = sandbox.transcript(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "0.5",
        "--snapshot",
        "mnt/snapshots",
    ]);
    assert!(transcript.contains("is in the store"), "{transcript}");
}

#[test]
fn what_holds_the_store_by_another_mount_never_gives_way() {
    let sandbox = frozen_under_the_name_of_the_stores_directory();
    let Some(_mounted) = Mounted::bind(&sandbox, "live/.lineage", "mnt") else {
        return;
    };
    let transcript = sandbox.transcript(&["checkout", "0", ".", "--force", "--store", "mnt"]);
    assert!(
        transcript.contains("live is or contains the store") && transcript.ends_with("= 1\n"),
        "{transcript}"
    );
    assert!(sandbox.path("live/.lineage/results.tsv").exists());
}
