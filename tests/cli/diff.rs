use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    process::{Command, Stdio},
};

use insta::assert_snapshot;

use crate::sandbox::{Sandbox, skipped};

fn freeze(sandbox: &Sandbox, args: &[&str]) {
    let base = [
        "append",
        "--timestamp",
        "2026-03-01T00:00:00Z",
        "-q",
        "--status",
        "auto",
        "--snapshot",
        "work",
    ];
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
    freeze(
        &sandbox,
        &[
            "--metric",
            "3",
            "--specialist",
            "opt",
            "--hypothesis",
            "seed",
        ],
    );
    sandbox.write("work/train.py", lines("0.2"));
    fs::remove_file(sandbox.path("work/old.py")).unwrap();
    sandbox.write("work/sub dir/new.py", "come\n");
    sandbox.write("work/model.bin", b"\0\x02");
    sandbox.write("work/end", "no newline\n");
    sandbox.write("work/empty", "");
    fs::set_permissions(
        sandbox.path("work/run.sh"),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    fs::remove_file(sandbox.path("work/link")).unwrap();
    symlink("run.sh", sandbox.path("work/link")).unwrap();
    fs::remove_file(sandbox.path("work/turns")).unwrap();
    symlink("end", sandbox.path("work/turns")).unwrap();
    freeze(
        &sandbox,
        &[
            "--metric",
            "2",
            "--specialist",
            "opt",
            "--hypothesis",
            "a higher learning rate",
        ],
    );
    freeze(&sandbox, &["--metric", "5", "--specialist", "data"]);
    sandbox.write("work/end", "more\n");
    freeze(
        &sandbox,
        &["--metric", "1", "--specialist", "data", "--parent", "2"],
    );
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
    assert!(
        sandbox
            .transcript(&["diff", "1", "--format", "tsv"])
            .ends_with("= 2\n")
    );
    assert!(
        sandbox
            .transcript(&["diff", "1", "--stat", "--columns"])
            .ends_with("= 2\n")
    );
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
    sandbox.ok(&[
        "append",
        "--status",
        "crash",
        "--parent",
        "none",
        "--baseline",
        "none",
    ]);
    sandbox.ok(&["append", "--status", "crash", "--parent", "4"]);
    sandbox.ok(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "0",
        "--parent",
        "4",
        "--snapshot",
        "work",
        "-q",
    ]);
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
    let transcripts: Vec<_> = refused
        .iter()
        .map(|args| sandbox.transcript(args))
        .collect();
    assert_snapshot!(transcripts.join("\n"));
}

#[test]
fn the_exit_status_says_whether_they_differ() {
    let sandbox = search();
    let status = |args: &[&str]| {
        sandbox
            .lineage(&[&["diff"], args].concat())
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(status(&["1"]), Some(0));
    assert_eq!(status(&["1", "--exit-code"]), Some(1));
    assert_eq!(status(&["1", "1", "--exit-code"]), Some(0));
    assert_eq!(status(&["1", "1", "--columns", "--exit-code"]), Some(0));
    assert_eq!(status(&["1", "--stat", "--exit-code"]), Some(1));
    assert_eq!(
        status(&["2", "--exit-code"]),
        Some(2),
        "trouble is not a difference"
    );
    assert_eq!(status(&["2"]), Some(1));
}

/// Applies the patch from `other` to `exp` in a directory `name` with the files of `other`; false where the program is missing.
fn apply(sandbox: &Sandbox, program: &[&str], other: &str, exp: &str, name: &str) -> bool {
    sandbox.ok(&["checkout", other, name, "-q"]);
    apply_in(sandbox, program, other, exp, name)
}

/// The same in a directory that is there.
fn apply_in(sandbox: &Sandbox, program: &[&str], other: &str, exp: &str, name: &str) -> bool {
    let patch = sandbox
        .lineage(&["diff", exp, other, "-q"])
        .output()
        .unwrap()
        .stdout;
    let mut command = Command::new(program[0]);
    command
        .args(&program[1..])
        .current_dir(sandbox.path(name))
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let Ok(mut child) = command
        .env("GIT_CEILING_DIRECTORIES", sandbox.path("."))
        .spawn()
    else {
        return false;
    };
    child.stdin.take().unwrap().write_all(&patch).unwrap();
    assert!(
        child.wait().unwrap().success(),
        "{program:?}: {}",
        String::from_utf8_lossy(&patch)
    );
    true
}

#[test]
fn git_apply_takes_the_patch_whatever_it_cannot_hold() {
    let sandbox = search();
    for (other, exp) in [("0", "1"), ("1", "3")] {
        let (tree, wanted) = (format!("tree{exp}"), format!("wanted{exp}"));
        if !apply(&sandbox, &["git", "apply", "-"], other, exp, &tree) {
            return skipped("this system has no git");
        }
        sandbox.ok(&["checkout", exp, &wanted, "-q"]);
        for tree in [&tree, &wanted] {
            fs::remove_file(sandbox.path(&format!("{tree}/model.bin"))).unwrap(); // named in the patch, and not in it
        }
        assert_eq!(sandbox.tree(&tree), sandbox.tree(&wanted));
    }
}

#[test]
fn git_and_patch_take_links_that_turn_and_empty_files_with_spaces() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.write("work/mo de", "");
    symlink("train.py", sandbox.path("work/li nk")).unwrap();
    freeze(&sandbox, &["--metric", "2"]);
    fs::set_permissions(
        sandbox.path("work/mo de"),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    sandbox.write("work/ne w", "");
    for name in ["li nk", "new link"] {
        let _ = fs::remove_file(sandbox.path("work").join(name));
        symlink("turns.py", sandbox.path("work").join(name)).unwrap();
    }
    freeze(&sandbox, &["--metric", "1"]);
    assert_snapshot!(sandbox.transcript(&["diff", "1"]));
    sandbox.ok(&["checkout", "0", "before", "-q"]);
    if apply(&sandbox, &["git", "apply", "-"], "0", "1", "git") {
        assert_eq!(sandbox.tree("git"), sandbox.tree("work"));
        assert!(apply_in(
            &sandbox,
            &["git", "apply", "-R", "-"],
            "0",
            "1",
            "git"
        ));
        assert_eq!(sandbox.tree("git"), sandbox.tree("before"));
    } else {
        skipped("this system has no git");
    }
    // Back again it does not go: `patch` deletes no empty file.
    if apply(&sandbox, &["patch", "-p1", "-s"], "0", "1", "patch") {
        assert_eq!(sandbox.tree("patch"), sandbox.tree("work"));
    } else {
        skipped("this system has no patch");
    }
}

#[test]
fn git_takes_a_directory_that_is_a_file_now() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/turns/a b/c", "c\n");
    freeze(&sandbox, &["--metric", "2"]);
    fs::remove_dir_all(sandbox.path("work/turns")).unwrap();
    sandbox.write("work/turns", "a file\n");
    freeze(&sandbox, &["--metric", "1"]);
    if !apply(&sandbox, &["git", "apply", "-"], "0", "1", "tree") {
        return skipped("this system has no git");
    }
    assert_eq!(sandbox.read("tree/turns"), "a file\n");
    assert!(apply_in(
        &sandbox,
        &["git", "apply", "-R", "-"],
        "0",
        "1",
        "tree"
    ));
    assert_eq!(sandbox.read("tree/turns/a b/c"), "c\n");
}

/// A name ends at a space, and a change of the mode alone has no lines: both are read again from the head.
#[test]
fn names_with_spaces_can_be_patched() {
    let sandbox = Sandbox::with_store();
    for (metric, text, mode) in [
        ("3", "one\n", 0o644),
        ("2", "two\n", 0o755),
        ("1", "three\n", 0o755),
    ] {
        sandbox.write("work/a b/c d.txt", text);
        sandbox.write("work/a b.sh", "same\n");
        sandbox.write("work/a b.z.bin", format!("\0{text}"));
        fs::set_permissions(
            sandbox.path("work/a b.sh"),
            fs::Permissions::from_mode(mode),
        )
        .unwrap();
        freeze(&sandbox, &["--metric", metric]);
    }
    assert_snapshot!(sandbox.transcript(&["diff", "1"]));
    if apply(&sandbox, &["git", "apply", "-"], "0", "1", "git") {
        assert_eq!(sandbox.read("git/a b/c d.txt"), "two\n");
        assert_eq!(
            fs::metadata(sandbox.path("git/a b.sh"))
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o755
        );
    } else {
        skipped("this system has no git");
    }
    // `patch` cannot find a file with a space whose mode alone changes, not even in a patch of git's.
    if apply(&sandbox, &["patch", "-p1", "-s"], "1", "2", "patch") {
        assert_eq!(sandbox.read("patch/a b/c d.txt"), "three\n");
    } else {
        skipped("this system has no patch");
    }
}

/// Of few distinct lines each is everywhere, so that it takes long to say which of them stayed.
#[test]
fn long_texts_of_few_distinct_lines_are_compared_in_time() {
    let sandbox = Sandbox::with_store();
    let mut state = 1_u64;
    let mut digits = |lines: usize| -> String {
        let mut digit = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 10
        };
        (0..lines).map(|_| format!("{}\n", digit())).collect()
    };
    let (start, end) = (digits(100_000), digits(100_000));
    for (metric, text) in [
        ("3", start.clone() + &end),
        ("2", format!("{start}here\n{end}")),
        ("1", digits(200_000)),
    ] {
        sandbox.write("work/digits", text);
        freeze(&sandbox, &["--metric", metric]);
    }
    assert_eq!(
        sandbox.ok(&["diff", "1", "--stat", "--format", "tsv"]),
        "path\tchange\tadded\tremoved\ndigits\tchanged\t1\t0\n"
    );
    let began = std::time::Instant::now();
    let listed = sandbox.ok(&["diff", "2", "0", "--stat", "--format", "tsv"]);
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    let added: u32 = listed
        .lines()
        .nth(1)
        .unwrap()
        .split('\t')
        .nth(2)
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        added < 150_000,
        "half of the lines could stay, and {added} are new"
    );
    if apply(&sandbox, &["git", "apply", "-"], "0", "2", "tree") {
        assert_eq!(sandbox.read("tree/digits"), sandbox.read("work/digits"));
    } else {
        skipped("this system has no git");
    }
}

#[test]
fn a_frozen_file_that_changed_is_not_compared() {
    let sandbox = search();
    let frozen = sandbox.path(".lineage/snapshots/001_opt/end");
    fs::remove_file(&frozen).unwrap();
    fs::write(&frozen, "other text\n").unwrap();
    let transcript = sandbox.transcript(&["diff", "1"]);
    assert!(
        transcript.contains("end in the snapshot of trial 001 has changed")
            && transcript.ends_with("= 1\n"),
        "{transcript}"
    );
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
    let names = sandbox.ok(&["diff", "1", "--name-only", "--format", "jsonl"]);
    assert_eq!(
        names, "{\"path\":\"\\u001b[31mred\"}\n{\"path\":\"new\\nline\"}\n",
        "a script gets them as they are"
    );
    sandbox.write("work/\"", "a\n");
    freeze(&sandbox, &["--metric", "1"]);
    assert_eq!(
        sandbox.ok(&["diff", "2", "--name-only", "--format", "tsv"]),
        "path\n\"\"\"\"\n"
    );
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
    assert_eq!(
        sandbox.transcript(&["diff", "1"]),
        with.transcript(&["diff", "1"])
    );
}

#[test]
fn a_patch_in_a_pipe_has_no_colour_unless_it_is_asked_for() {
    let sandbox = Sandbox::with_store();
    for (text, metric) in [("a\n", "2"), ("b\n", "1")] {
        sandbox.write("work/f", text);
        sandbox.ok(&[
            "append",
            "--status",
            "auto",
            "--metric",
            metric,
            "--snapshot",
            "work",
        ]);
    }
    let diff = |args: &[&str]| {
        let mut command = sandbox.lineage(&[&["diff", "1"], args].concat());
        let output = command.env("CLICOLOR_FORCE", "1").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let plain = diff(&[]);
    assert!(
        plain.contains("+b\n") && !plain.contains('\u{1b}'),
        "{plain}"
    );
    assert!(diff(&["--color", "always"]).contains('\u{1b}'));
}
