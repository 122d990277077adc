//! The permissions of what a checkout writes, and of what it must leave alone.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::{
    checkout::frozen,
    sandbox::{Sandbox, skipped},
};

#[test]
fn permissions_come_back_but_are_not_widened_unasked() {
    let sandbox = frozen();
    fs::set_permissions(
        sandbox.path("work/run.sh"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    let transcript = sandbox.transcript(&["checkout", "0", "work"]);
    assert!(
        transcript.contains("(run.sh has permissions 640, not 755); use --force")
            && transcript.ends_with("= 1\n"),
        "{transcript}"
    );
    assert_eq!(mode(&sandbox, "work/run.sh"), 0o640);
    sandbox.ok(&["checkout", "0", "work", "--force"]);
    assert_eq!(mode(&sandbox, "work/run.sh"), 0o755);
    assert!(
        !sandbox.path("work/.lineage-aside-1").exists(),
        "no file had to be moved"
    );
    fs::set_permissions(
        sandbox.path("work/run.sh"),
        fs::Permissions::from_mode(0o777),
    )
    .unwrap();
    fs::set_permissions(
        sandbox.path("work/sub/data"),
        fs::Permissions::from_mode(0o444),
    )
    .unwrap();
    sandbox.ok(&["checkout", "0", "work"]);
    assert_eq!(
        [
            mode(&sandbox, "work/run.sh"),
            mode(&sandbox, "work/sub/data")
        ],
        [0o755, 0o644]
    );
}

fn mode(sandbox: &Sandbox, name: &str) -> u32 {
    fs::metadata(sandbox.path(name))
        .unwrap()
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn what_was_closed_to_others_stays_closed() {
    let sandbox = frozen();
    let set = |name: &str, mode| {
        fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    set("work", 0o700);
    set("work/sub", 0o700);
    sandbox.write("work/train.py", "lr = 0.2\n");
    sandbox.freeze(&["--metric", "2"]);
    assert_eq!(mode(&sandbox, ".lineage/snapshots/001"), 0o700);
    sandbox.ok(&["checkout", "1", "out"]);
    assert_eq!(mode(&sandbox, "out"), 0o700);
    sandbox.write("out/sub/data", "mine\n");
    sandbox.ok(&["checkout", "1", "out", "--force"]);
    assert_eq!(mode(&sandbox, "out/.lineage-aside-1"), 0o700);
    assert_eq!(mode(&sandbox, "out/.lineage-aside-1/sub"), 0o700);
    set("work", 0o777);
    sandbox.ok(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "1",
        "--snapshot",
        "work",
    ]);
    assert_eq!(
        mode(&sandbox, ".lineage/snapshots/002"),
        0o755,
        "no other process writes to a snapshot"
    );
}

#[test]
fn a_hard_link_to_a_file_of_another_snapshot_is_not_made_writable() {
    let sandbox = frozen();
    sandbox.write("work/sub/data", "2\n");
    sandbox.write("other/train.py", "lr = 0.1\n");
    sandbox.ok(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "2",
        "--parent",
        "none",
        "--snapshot",
        "other",
    ]);
    fs::create_dir(sandbox.path("out")).unwrap();
    fs::hard_link(
        sandbox.path(".lineage/snapshots/001/train.py"),
        sandbox.path("out/train.py"),
    )
    .unwrap();
    let transcript = sandbox.transcript(&["checkout", "0", "out"]);
    assert!(
        transcript.contains("train.py has permissions 444, not 644")
            && transcript.ends_with("= 1\n"),
        "{transcript}"
    );
    sandbox.ok(&["checkout", "0", "out", "--force"]);
    assert_eq!(mode(&sandbox, ".lineage/snapshots/001/train.py"), 0o444);
    sandbox.write("out/train.py", "mine\n");
    assert_eq!(
        sandbox.read(".lineage/snapshots/001/train.py"),
        "lr = 0.1\n"
    );
}

#[test]
fn what_was_read_only_can_be_written_to_and_directories_have_their_modes() {
    let sandbox = frozen();
    let set = |name: &str, mode| {
        fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let mode = |name: &str| {
        fs::metadata(sandbox.path(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    set("work/train.py", 0o444);
    set("work/run.sh", 0o555);
    set("work/sub", 0o775);
    set("work/empty", 0o500);
    sandbox.freeze(&["--metric", "2"]);
    sandbox.ok(&["checkout", "1", "out"]);
    let modes = ["train.py", "run.sh", "sub", "empty"].map(|name| mode(&format!("out/{name}")));
    assert_eq!(modes, [0o644, 0o755, 0o775, 0o700]);
    assert_eq!(mode(".lineage/snapshots/001/sub"), 0o775);
    set("out/sub", 0o700);
    sandbox.ok(&["checkout", "1", "out", "--force"]);
    assert_eq!(mode("out/sub"), 0o775);
}

#[test]
fn a_file_that_cannot_be_read_is_one_that_differs() {
    let sandbox = frozen();
    fs::set_permissions(
        sandbox.path("work/train.py"),
        fs::Permissions::from_mode(0o000),
    )
    .unwrap();
    if fs::read(sandbox.path("work/train.py")).is_ok() {
        return skipped("nothing is unreadable for the user who runs the tests");
    }
    let transcript = sandbox.transcript(&["checkout", "0", "work"]);
    assert!(
        transcript.contains("train.py cannot be read: Permission denied")
            && transcript.ends_with("= 1\n"),
        "{transcript}"
    );
    sandbox.ok(&["checkout", "0", "work", "--force"]);
    assert_eq!(sandbox.read("work/train.py"), "lr = 0.1\n");
}

#[test]
fn a_hard_link_to_a_frozen_file_is_not_made_writable() {
    let sandbox = frozen();
    fs::create_dir(sandbox.path("out")).unwrap();
    fs::hard_link(
        sandbox.path(".lineage/snapshots/000/train.py"),
        sandbox.path("out/train.py"),
    )
    .unwrap();
    let transcript = sandbox.transcript(&["checkout", "0", "out"]);
    assert!(
        transcript.contains("train.py has permissions 444, not 644")
            && transcript.ends_with("= 1\n"),
        "{transcript}"
    );
    sandbox.ok(&["checkout", "0", "out", "--force"]);
    sandbox.write("out/train.py", "mine\n");
    assert_eq!(
        sandbox.read(".lineage/snapshots/000/train.py"),
        "lr = 0.1\n"
    );
    assert_eq!(sandbox.ok_or_findings(&["check"]), "");
}
