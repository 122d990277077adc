//! What of a trial's work is left out of its snapshot.

use std::os::unix::fs::symlink;

use insta::assert_snapshot;

use crate::{
    sandbox::Sandbox,
    snapshot::{APPEND_WORK, append, with_work},
};

#[test]
fn what_is_ignored_and_git_and_the_store_are_left_out() {
    let sandbox = Sandbox::with_store();
    sandbox.write(".gitignore", "\u{feff}*.log\r\n/build/\n");
    sandbox.write(".lineageignore", "*.ckpt\n!best.ckpt\n");
    for name in [
        "a.py",
        "t.log",
        "build/x",
        "sub/build/x",
        "sub/u.log",
        "m.ckpt",
        "best.ckpt",
        ".GIT/HEAD",
        ".hidden",
    ] {
        sandbox.write(name, name);
    }
    sandbox.write("sub/.git", "gitdir: elsewhere\n");
    append(&sandbox, &["--metric", "3", "--snapshot", "."]);
    assert_snapshot!(sandbox.tree(".lineage/snapshots/000"));
}

/// A pipe would keep its reader waiting for ever, and behind a link somebody else's file would decide.
#[test]
fn only_a_plain_and_short_ignore_file_counts() {
    let sandbox = with_work();
    sandbox.write("elsewhere", "*\n");
    symlink("../elsewhere", sandbox.path("work/.gitignore")).unwrap();
    sandbox.pipe("work/.lineageignore");
    sandbox.write("work/data/.gitignore", "*\n".repeat(600_000));
    assert_snapshot!(sandbox.transcript(&APPEND_WORK));
    assert!(sandbox.path(".lineage/snapshots/000/data/empty").exists());
}

#[test]
fn what_lies_above_the_work_does_not_decide_what_is_frozen() {
    let sandbox = with_work();
    sandbox.write(".gitignore", "*\n");
    sandbox.write(".lineageignore", "*\n");
    sandbox.write(".ignore", "*\n");
    sandbox.write("work/.ignore", "*\n");
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    assert!(sandbox.path(".lineage/snapshots/000/train.py").exists());
}
