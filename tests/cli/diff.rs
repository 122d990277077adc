use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use insta::assert_snapshot;

use crate::diff_patch::apply;
use crate::sandbox::{Sandbox, skipped};

/// 000, 001 from it with a change of every kind, 002 a discard from 001 without a snapshot, 003 from that.
pub(crate) fn search() -> Sandbox {
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
    sandbox.freeze(&[
        "--metric",
        "3",
        "--specialist",
        "opt",
        "--hypothesis",
        "seed",
    ]);
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
    sandbox.freeze(&[
        "--metric",
        "2",
        "--specialist",
        "opt",
        "--hypothesis",
        "a higher learning rate",
    ]);
    sandbox.freeze(&["--metric", "5", "--specialist", "data"]);
    sandbox.write("work/end", "more\n");
    sandbox.freeze(&["--metric", "1", "--specialist", "data", "--parent", "2"]);
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
        sandbox.freeze(&["--metric", metric]);
    }
    assert_eq!(
        sandbox.ok(&["diff", "1", "--stat", "--format", "tsv"]),
        "path\tchange\tadded\tremoved\ndigits\tchanged\t1\t0\n"
    );
    let began = std::time::Instant::now();
    let listed = sandbox.ok(&["diff", "2", "0", "--stat", "--format", "tsv"]);
    // Two seconds on an idle machine; comparing every line with every other would take minutes.
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
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
        transcript.contains("end in the snapshot of trial 001 is not what was frozen any more")
            && transcript.ends_with("= 1\n"),
        "{transcript}"
    );
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
        sandbox.freeze(&["--metric", metric]);
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
