//! Files that the parent's snapshot already has: shared where they are the same, and only there.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

use insta::assert_snapshot;

use crate::{
    sandbox::{Sandbox, skipped},
    snapshot::{APPEND_WORK, append, with_work},
};

#[test]
fn files_that_the_parent_has_are_shared_and_changed_ones_are_not() {
    let sandbox = with_work();
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    sandbox.write("work/train.py", "lr = 0.2\n"); // as long as before
    append(&sandbox, &["--metric", "2", "--snapshot", "work"]);
    let inode = |name: &str| {
        fs::metadata(sandbox.path(&format!(".lineage/snapshots/{name}")))
            .unwrap()
            .ino()
    };
    assert_eq!(inode("000/run.sh"), inode("001/run.sh"));
    assert_ne!(inode("000/train.py"), inode("001/train.py"));
    assert_eq!(
        sandbox.read(".lineage/snapshots/000/train.py"),
        "lr = 0.1\n"
    );
    assert_eq!(
        sandbox.read(".lineage/snapshots/001/train.py"),
        "lr = 0.2\n"
    );
    // Of a discard, it is the nearest above that has one; and a copy elsewhere is known by what is in it.
    append(&sandbox, &["--metric", "5"]);
    sandbox.ok(&["checkout", "0", "copy"]);
    append(
        &sandbox,
        &["--metric", "1", "--parent", "2", "--snapshot", "copy"],
    );
    assert_eq!(inode("000/run.sh"), inode("003/run.sh"));
}

#[test]
fn a_file_that_was_tampered_with_or_has_other_permissions_is_not_shared() {
    let sandbox = with_work();
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    let frozen = sandbox.path(".lineage/snapshots/000/train.py");
    fs::set_permissions(&frozen, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&frozen, "lr = 9.9\n").unwrap();
    fs::set_permissions(
        sandbox.path("work/run.sh"),
        fs::Permissions::from_mode(0o700),
    )
    .unwrap();
    append(&sandbox, &["--metric", "2", "--snapshot", "work"]);
    assert_snapshot!(sandbox.tree(".lineage/snapshots/001"));
}

/// Unchanged files are known by their times, which say so only once they are a while old.
#[test]
fn a_settled_file_is_known_by_its_times_and_an_edit_that_hides_them_is_still_seen() {
    let sandbox = with_work();
    std::thread::sleep(std::time::Duration::from_millis(2100));
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    let path = sandbox.path("work/train.py");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    sandbox.write("work/train.py", "lr = 0.7\n");
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(modified)
        .unwrap();
    append(&sandbox, &["--metric", "2", "--snapshot", "work"]);
    assert_eq!(
        sandbox.read(".lineage/snapshots/001/train.py"),
        "lr = 0.7\n"
    );
    let inode = |name: &str| {
        fs::metadata(sandbox.path(&format!(".lineage/snapshots/{name}")))
            .unwrap()
            .ino()
    };
    assert_eq!(inode("000/run.sh"), inode("001/run.sh"));
}

#[test]
fn a_base_that_was_tampered_with_behind_its_times_is_not_handed_on_where_the_work_is_read_anyway() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.ok(&APPEND_WORK);
    let frozen = sandbox.path(".lineage/snapshots/000/train.py");
    let (before, mode) = (
        fs::metadata(&frozen).unwrap().modified().unwrap(),
        fs::metadata(&frozen).unwrap().permissions(),
    );
    fs::remove_file(&frozen).unwrap();
    fs::write(&frozen, "lr = 0.9\n").unwrap();
    fs::File::options()
        .write(true)
        .open(&frozen)
        .unwrap()
        .set_modified(before)
        .unwrap();
    fs::set_permissions(&frozen, mode).unwrap();
    sandbox.write("work/train.py", "lr = 0.1\n"); // its times are others, and it is read
    sandbox.ok(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "2",
        "--snapshot",
        "work",
    ]);
    assert_eq!(
        sandbox.read(".lineage/snapshots/001/train.py"),
        "lr = 0.1\n"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn times_are_not_trusted_where_files_are_in_memory_only() {
    let memory = std::process::Command::new("stat")
        .args(["-f", "-c", "%T", "/dev/shm"])
        .output();
    if !memory.is_ok_and(|output| output.stdout == b"tmpfs\n") {
        return skipped("there is no tmpfs at /dev/shm");
    }
    let sandbox = Sandbox::with_store();
    let work = tempfile::tempdir_in("/dev/shm").unwrap();
    fs::write(work.path().join("train.py"), "lr = 0.1\n").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let work = work.path().to_str().unwrap();
    for metric in ["3", "2"] {
        sandbox.ok(&[
            "append",
            "--status",
            "keep",
            "--metric",
            metric,
            "--snapshot",
            work,
        ]);
    }
    for manifest in ["000", "001"] {
        let text = sandbox.read(&format!(".lineage/snapshots/{manifest}.manifest"));
        let line = text.lines().nth(1).unwrap();
        assert_eq!(line.split('\t').nth(5), Some(""), "{line}");
    }
}
