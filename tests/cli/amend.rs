//! `lineage amend`: a row is corrected in one step, and what it was stays on record.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
};

use serde_json::Value;

use crate::sandbox::Sandbox;

pub(crate) const AMENDED: &str = ".lineage/amended.tsv";

/// A store with a baseline, a keep that was measured against it, and a discard that was measured against the keep.
pub(crate) fn store() -> Sandbox {
    let sandbox = Sandbox::with_store();
    for (score, time) in [("1.5", "01"), ("1.4", "02"), ("1.45", "03")] {
        let time = format!("2026-05-{time}T00:00:00Z");
        let mut args = vec![
            "append",
            "--status",
            "auto",
            "--metric",
            score,
            "--timestamp",
            &time,
        ];
        args.extend(["--specialist", "opt", "--hypothesis", "raise beta2 to 0.89"]);
        sandbox.ok(&args);
    }
    sandbox
}

/// `amended.tsv` without the times of the amendments.
fn amended(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let text = sandbox.read(AMENDED);
    let split = |line: &str| line.split('\t').skip(1).map(str::to_owned).collect();
    text.lines().skip(1).map(split).collect()
}

#[test]
fn a_keep_that_was_a_leak_is_disqualified_and_the_best_is_found_anew() {
    let sandbox = store();
    let before = sandbox.read_log();
    insta::assert_snapshot!(
        [
            sandbox.transcript(&[
                "amend",
                "1",
                "--status",
                "disqualified",
                "--why",
                "leak",
                "--dry-run"
            ]),
            sandbox.transcript(&["best", "--field", "exp_id"]),
            sandbox.transcript(&["amend", "1", "--status", "disqualified", "--why", "leak"]),
            sandbox.transcript(&["best", "--field", "exp_id"]),
            sandbox.transcript(&["amend", "1", "--status", "disqualified", "--why", "leak"]),
            sandbox.transcript(&["check"]),
        ]
        .concat()
    );
    let (old, new): (Vec<_>, String) = (before.lines().collect(), sandbox.read_log());
    let new: Vec<_> = new.lines().collect();
    assert_eq!(
        [old[0], old[1], old[3]],
        [new[0], new[1], new[3]],
        "other rows"
    );
    assert_eq!(
        amended(&sandbox),
        [[&["leak".to_owned()], &sandbox_row(old[2])[..]].concat()]
    );
}

fn sandbox_row(line: &str) -> Vec<String> {
    line.split('\t').map(str::to_owned).collect()
}

#[test]
fn show_lists_the_amendments_of_a_trial() {
    let sandbox = store();
    sandbox.ok(&[
        "amend",
        "2",
        "--set",
        "hypothesis=raise beta2 to 0.98",
        "--why",
        "typo",
    ]);
    sandbox.write("why", "evaluated again\n");
    sandbox.ok(&[
        "amend",
        "2",
        "--set",
        "metric=1.3",
        "--status",
        "keep",
        "--notes",
        "x\ty",
        "--why",
        "@why",
    ]);
    let shown = sandbox.ok(&["show", "2"]);
    let (_, list) = shown.split_once("\namended ").unwrap();
    let list: Vec<&str> = list.lines().collect();
    assert!(
        list[0].ends_with("Z  typo") && list[2].ends_with("Z  evaluated again"),
        "{shown}"
    );
    assert_eq!(
        list[1],
        "    hypothesis: raise beta2 to 0.89 → raise beta2 to 0.98"
    );
    let changes = [
        "    status: discard → keep",
        "    core_metric: 1.45 → 1.3",
        "    delta_vs_best: +0.050000 → -0.100000",
        "    notes: — → x\\ty",
    ];
    for change in changes {
        assert!(list.contains(&change), "{change}: {shown}");
    }
    let json: Value =
        serde_json::from_str(&sandbox.ok(&["show", "2", "--format", "json"])).unwrap();
    assert_eq!(json["amendments"][0]["why"], "typo");
    assert_eq!(json["amendments"][1]["changes"][0]["new"], "keep");
    assert!(!sandbox.ok(&["show", "1"]).contains("amended"));
    sandbox.ok(&["check"]);
}

#[test]
fn what_cannot_be_amended_is_refused_and_nothing_is_written() {
    let sandbox = store();
    let before = sandbox.tree(".lineage");
    let mut transcript = String::new();
    for args in [
        &["--set", "exp_id=9"][..],
        &["--set", "timestamp=2026-05-01T00:00:00Z"],
        &["--set", "parent_exp=000"],
        &["--set", "baseline_exp=77"],
        &["--set", "colour=red"],
        &["--set", "core_metric=fast"],
        &["--set", "metric="],
        &["--set", "notes"],
        &["--set", "notes=a", "--notes", "b"],
        &["--status", "kep"],
        &["--status", "auto"],
        &[],
    ] {
        transcript += &sandbox.transcript(&[&["amend", "2", "--why", "w"], args].concat());
    }
    transcript += &sandbox.transcript(&["amend", "77", "--why", "w", "--status", "crash"]);
    transcript += &sandbox.transcript(&["amend", "2", "--why", " ", "--status", "crash"]);
    insta::assert_snapshot!(transcript);
    assert_eq!(sandbox.tree(".lineage"), before);
}

#[test]
fn blanks_around_numbers_are_trimmed_and_odd_numbers_warned_of() {
    let sandbox = store();
    let amend = |set: &str| sandbox.transcript(&["amend", "2", "--why", "w", "--set", set]);
    assert!(amend("metric=1.2\r").ends_with("= 0\n"));
    assert!(amend("val_bpb= ").ends_with("= 0\n"));
    for (set, expected) in [
        (
            "total_s=abc",
            "total_s 'abc' of trial 002 is not a number of seconds",
        ),
        (
            "expected_delta=much",
            "expected_delta 'much' of trial 002 is not a number",
        ),
    ] {
        let shown = amend(set);
        let warning = format!("! warning: {expected}; written as given\n");
        assert!(
            shown.contains(&warning) && shown.ends_with("= 0\n"),
            "{shown}"
        );
    }
    let json: Value =
        serde_json::from_str(&sandbox.ok(&["show", "2", "--format", "json"])).unwrap();
    assert_eq!(
        (json["core_metric"].to_string(), &json["total_s"]),
        ("1.2".to_owned(), &"abc".into())
    );
}

#[test]
fn a_status_that_needs_a_score_is_refused_without_one() {
    let sandbox = store();
    sandbox.ok(&["append", "--status", "crash"]);
    insta::assert_snapshot!(
        [
            sandbox.transcript(&["amend", "3", "--status", "keep", "--why", "it ran"]),
            sandbox.transcript(&[
                "amend",
                "3",
                "--status",
                "keep",
                "--set",
                "metric=1.6",
                "--why",
                "it ran"
            ]),
        ]
        .concat()
    );
    // The name of the metric stands for the score too.
    sandbox.ok(&["amend", "3", "--set", "val_loss=1.7", "--why", "typo"]);
    assert_eq!(sandbox.rows()[3][9], "1.7");
    sandbox.ok(&["check"]);
}

#[test]
fn amended_rows_are_as_private_as_the_log() {
    let sandbox = store();
    sandbox.ok(&["amend", "2", "--notes", "later", "--why", "w"]);
    let amended = sandbox.path(".lineage/amended.tsv");
    fs::set_permissions(&amended, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(sandbox.log(), fs::Permissions::from_mode(0o600)).unwrap();
    sandbox.ok(&["amend", "2", "--notes", "later still", "--why", "w"]);
    assert_eq!(fs::metadata(amended).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_tie_that_becomes_the_best_is_no_worse_keep() {
    for (tie, warns) in [("first", true), ("last", false)] {
        let sandbox = store();
        let settings = sandbox.read(".lineage/lineage.toml");
        let stated = format!("[best]\ntie = \"{tie}\"");
        sandbox.write(".lineage/lineage.toml", settings.replace("[best]", &stated));
        let best = sandbox.ok(&["best", "--field", "metric"]);
        let score = format!("metric={}", best.trim());
        let args = [
            "amend", "2", "--status", "keep", "--set", &score, "--why", "w",
        ];
        let transcript = sandbox.transcript(&args);
        assert_eq!(
            transcript.contains("not better"),
            warns,
            "{tie}: {transcript}"
        );
    }
}

#[test]
fn the_log_keeps_its_permissions_and_a_link_stays_a_link() {
    let sandbox = store();
    fs::rename(sandbox.log(), sandbox.path("real.tsv")).unwrap();
    symlink(sandbox.path("real.tsv"), sandbox.log()).unwrap();
    fs::set_permissions(sandbox.path("real.tsv"), fs::Permissions::from_mode(0o664)).unwrap();
    let before = fs::metadata(sandbox.log()).unwrap();
    sandbox.write(".real.tsv.amend-Xy12", "left by a killed amendment");
    sandbox.ok(&["amend", "2", "--notes", "later", "--why", "w"]);
    let after = fs::metadata(sandbox.log()).unwrap();
    assert_ne!(before.ino(), after.ino(), "the log is replaced");
    assert_eq!(
        (before.mode(), before.uid(), before.gid()),
        (after.mode(), after.uid(), after.gid())
    );
    assert!(fs::symlink_metadata(sandbox.log()).unwrap().is_symlink());
    assert!(sandbox.path("real.amended.tsv").exists());
    assert!(sandbox.ok(&["show", "2"]).contains("notes: — → later"));
    let left: Vec<_> = fs::read_dir(sandbox.path("."))
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().contains(".amend-")),
        "{left:?}"
    );
}

#[test]
fn every_other_byte_stays_as_it_is() {
    let sandbox = Sandbox::new();
    let header = "exp_id\tstatus\tcore_metric\tnotes\todd\r\n";
    let rows =
        b"1\tkeep\t1.5\tbad \xff byte\t\"a\nb\"\r\n\r\n2\tdiscard\t1.6\tx\t\"q\"\"\"\r\ntorn\t";
    sandbox.write("log.tsv", [header.as_bytes(), rows].concat());
    sandbox.ok(&[
        "--store",
        "log.tsv",
        "amend",
        "1",
        "--set",
        "core_metric=1.4",
        "--why",
        "w",
    ]);
    let expected =
        b"1\tkeep\t1.4\tbad \xff byte\t\"a\nb\"\r\n\r\n2\tdiscard\t1.6\tx\t\"q\"\"\"\r\ntorn\t";
    assert_eq!(
        fs::read(sandbox.path("log.tsv")).unwrap(),
        [header.as_bytes(), expected].concat()
    );
    let amended = fs::read(sandbox.path("log.amended.tsv")).unwrap();
    let old = b"\tw\t1\tkeep\t1.5\tbad \xff byte\t\"a\nb\"\n";
    assert!(
        amended.ends_with(old),
        "{}",
        String::from_utf8_lossy(&amended)
    );
}

#[test]
fn the_log_of_another_tool_is_not_amended() {
    let sandbox = Sandbox::new();
    let rows = "commit\tval_bpb\tstatus\tdescription\na1b2c3d\t0.99\tkeep\tbaseline\n";
    sandbox.write("results.tsv", rows);
    let args = [
        "--store",
        "results.tsv",
        "amend",
        "0",
        "--status",
        "crash",
        "--why",
        "w",
        "-q",
    ];
    insta::assert_snapshot!(sandbox.transcript(&args));
    assert_eq!(sandbox.read("results.tsv"), rows);
}

#[test]
fn the_index_of_an_amended_log_is_made_anew() {
    let sandbox = Sandbox::with_store();
    let notes = "n".repeat(9000);
    for score in (0..20).map(|n| (100 - n).to_string()) {
        sandbox.ok(&[
            "append", "--status", "auto", "--metric", &score, "--notes", &notes,
        ]);
    }
    assert!(sandbox.path(".lineage/results.idx").exists());
    sandbox.ok(&["amend", "19", "--status", "disqualified", "--why", "leak"]);
    let answers = |sandbox: &Sandbox| {
        [
            "best",
            "stats",
            "show 7",
            "chain 18",
            "render --for opt",
            "tree",
        ]
        .map(|command| sandbox.ok(&command.split(' ').collect::<Vec<_>>()))
    };
    let indexed = answers(&sandbox);
    assert_eq!(sandbox.ok(&["best", "--field", "exp_id"]), "018\n");
    fs::remove_file(sandbox.path(".lineage/results.idx")).unwrap();
    assert_eq!(answers(&sandbox), indexed);
    sandbox.ok(&["check"]);
}
