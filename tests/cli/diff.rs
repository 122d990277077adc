use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    process::{Command, Stdio},
};

use insta::assert_snapshot;

use crate::sandbox::{Sandbox, skipped};

fn freeze(sandbox: &Sandbox, args: &[&str]) {
    let base = ["append", "--timestamp", "2026-03-01T00:00:00Z", "-q", "--status", "auto", "--snapshot", "work"];
    sandbox.ok(&[&base[..], args].concat());
}

/// 000, 001 from it with a change of every kind, 002 a discard from 001 without a snapshot, 003 from that.
fn search() -> Sandbox {
    let sandbox = Sandbox::with_store();
    let text = (1..=20).map(|n| format!("line {n}\n")).collect::<String>();
    let lines = |lr: &str| text.replace("line 10\n", &format!("lr = {lr}\n"));
    sandbox.write("work/train.py", lines("0.1"));
    sandbox.write("work/old.py", "going\n");
    sandbox.write("work/model.bin", b"\0\x01");
    sandbox.write("work/end", "no newline");
    sandbox.write("work/run.sh", "#!/bin/sh\n");
    sandbox.write("work/same", "same\n");
    sandbox.write("work/turns", "a file\n");
    symlink("train.py", sandbox.path("work/link")).unwrap();
    freeze(&sandbox, &["--metric", "3", "--specialist", "opt", "--hypothesis", "seed"]);
    sandbox.write("work/train.py", lines("0.2"));
    fs::remove_file(sandbox.path("work/old.py")).unwrap();
    sandbox.write("work/sub dir/new.py", "come\n");
    sandbox.write("work/model.bin", b"\0\x02");
    sandbox.write("work/end", "no newline\n");
    sandbox.write("work/empty", "");
    fs::set_permissions(sandbox.path("work/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(sandbox.path("work/link")).unwrap();
    symlink("run.sh", sandbox.path("work/link")).unwrap();
    fs::remove_file(sandbox.path("work/turns")).unwrap();
    symlink("end", sandbox.path("work/turns")).unwrap();
    freeze(&sandbox, &["--metric", "2", "--specialist", "opt", "--hypothesis", "a higher learning rate"]);
    freeze(&sandbox, &["--metric", "5", "--specialist", "data"]);
    sandbox.write("work/end", "more\n");
    freeze(&sandbox, &["--metric", "1", "--specialist", "data", "--parent", "2"]);
    sandbox
}

#[test]
fn a_patch_shows_every_kind_of_change() {
    assert_snapshot!(search().transcript(&["diff", "1"]));
}

#[test]
fn a_listing_has_its_formats() {
    let sandbox = search();
    for args in [
        &["diff", "1", "--stat"][..],
        &["diff", "1", "--name-only"],
        &["diff", "1", "--columns"],
        &["diff", "1", "--stat", "--format", "tsv"],
        &["diff", "1", "--columns", "--format", "jsonl"],
        &["diff", "1", "--name-only", "--format", "json"],
    ] {
        assert_snapshot!(sandbox.transcript(args));
    }
    assert!(sandbox.transcript(&["diff", "1", "--format", "tsv"]).ends_with("= 2\n"));
    assert!(sandbox.transcript(&["diff", "1", "--stat", "--columns"]).ends_with("= 2\n"));
}

#[test]
fn the_other_side_is_the_parent_or_the_nearest_above_or_what_is_asked_for() {
    let sandbox = search();
    for args in [
        &["diff", "3", "--name-only"][..],
        &["diff", "3", "--against", "parent", "--name-only"],
        &["diff", "3", "--against", "baseline", "--name-only"],
        &["diff", "1", "--against", "best", "--name-only"],
        &["diff", "exp_3", "000", "--name-only", "-q"],
        &["diff", "3", "--columns", "--format", "tsv"],
    ] {
        assert_snapshot!(sandbox.transcript(args));
    }
}

#[test]
fn what_cannot_be_compared_is_said() {
    let sandbox = search();
    sandbox.ok(&["append", "--status", "crash", "--parent", "none", "--baseline", "none"]);
    sandbox.ok(&["append", "--status", "crash", "--parent", "4"]);
    sandbox.ok(&["append", "--status", "keep", "--metric", "0", "--parent", "4", "--snapshot", "work", "-q"]);
    fs::remove_dir_all(sandbox.path(".lineage/snapshots/003_data")).unwrap();
    let refused: &[&[&str]] = &[
        &["diff", "0"],
        &["diff", "2"],
        &["diff", "3"],
        &["diff", "9"],
        &["diff", "1", "9"],
        &["diff", "6"],
        &["diff", "4", "--against", "baseline"],
        &["diff", "1", "0", "--against", "best"],
    ];
    let transcripts: Vec<_> = refused.iter().map(|args| sandbox.transcript(args)).collect();
    assert_snapshot!(transcripts.join("\n"));
}

#[test]
fn the_exit_status_says_whether_they_differ() {
    let sandbox = search();
    let status = |args: &[&str]| sandbox.lineage(&[&["diff"], args].concat()).output().unwrap().status.code();
    assert_eq!(status(&["1"]), Some(0));
    assert_eq!(status(&["1", "--exit-code"]), Some(1));
    assert_eq!(status(&["1", "1", "--exit-code"]), Some(0));
    assert_eq!(status(&["1", "1", "--columns", "--exit-code"]), Some(0));
    assert_eq!(status(&["1", "--stat", "--exit-code"]), Some(1));
    assert_eq!(status(&["2", "--exit-code"]), Some(2), "trouble is not a difference");
    assert_eq!(status(&["2"]), Some(1));
}

#[test]
fn git_apply_takes_the_patch() {
    let sandbox = search();
    if Command::new("git").arg("--version").output().is_err() {
        return skipped("this system has no git");
    }
    // All but the binary file, which a patch names and does not hold.
    for (other, exp) in [("0", "1"), ("1", "3")] {
        let patch = sandbox.ok(&["diff", exp, other, "-q"]);
        let patch = patch.replace("Binary files 000/model.bin and 001/model.bin differ\n", "");
        let patch = patch.replace("diff --git 000/model.bin 001/model.bin\n", "");
        sandbox.ok(&["checkout", other, &format!("tree{exp}"), "-q"]);
        let mut git = Command::new("git");
        git.args(["apply", "-"]).current_dir(sandbox.path(&format!("tree{exp}"))).stdin(Stdio::piped());
        git.env("GIT_CEILING_DIRECTORIES", sandbox.path("."));
        let mut child = git.spawn().unwrap();
        child.stdin.take().unwrap().write_all(patch.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{patch}");
        fs::remove_file(sandbox.path(&format!("tree{exp}/model.bin"))).unwrap();
        sandbox.ok(&["checkout", exp, &format!("wanted{exp}"), "-q"]);
        fs::remove_file(sandbox.path(&format!("wanted{exp}/model.bin"))).unwrap();
        assert_eq!(sandbox.tree(&format!("tree{exp}")), sandbox.tree(&format!("wanted{exp}")));
    }
}

#[test]
fn odd_names_and_bytes_reach_a_pipe_as_git_would_write_them() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/new\nline", "a\n");
    sandbox.write("work/\u{1b}[31mred", b"latin \xe9\n");
    freeze(&sandbox, &["--metric", "3"]);
    sandbox.write("work/new\nline", "b\n");
    sandbox.write("work/\u{1b}[31mred", b"latin \xe8\n");
    freeze(&sandbox, &["--metric", "2"]);
    assert_snapshot!(sandbox.transcript(&["diff", "1", "--stat"]));
    let patch = sandbox.lineage(&["diff", "1"]).output().unwrap().stdout;
    assert!(memchr::memmem::find(&patch, b"-latin \xe9\n+latin \xe8\n").is_some());
    assert!(memchr::memmem::find(&patch, b"--- \"000/new\\nline\"\n").is_some());
}

#[test]
fn a_snapshot_without_a_manifest_is_compared_by_what_is_in_it() {
    let sandbox = search();
    for name in ["000_opt", "001_opt"] {
        fs::remove_file(sandbox.path(&format!(".lineage/snapshots/{name}.manifest"))).unwrap();
    }
    let with = search();
    assert_eq!(sandbox.transcript(&["diff", "1"]), with.transcript(&["diff", "1"]));
}
