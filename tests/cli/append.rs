//! `lineage append`: defaults, texts, ids and other logs.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt};

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

/// The arguments of an append at a fixed time. No flag or value has a space in it.
pub(crate) fn append(flags: &str) -> Vec<&str> {
    let start = ["append", "--timestamp", "2026-03-01T00:00:00Z"];
    start.into_iter().chain(flags.split(' ')).collect()
}

/// A cell of a row of the log.
pub(crate) fn cell(sandbox: &Sandbox, row: usize, column: &str) -> String {
    let log = sandbox.read_log();
    let mut names = log.lines().next().unwrap().split('\t');
    let at = names.position(|name| name == column).unwrap();
    sandbox.rows()[row][at].clone()
}

#[test]
fn auto_decides_by_the_score_and_fills_in_the_rest() {
    let sandbox = Sandbox::with_store();
    for score in ["3.2", "3.1", "3.15", "3.10000000001", "3.0999999999"] {
        let flags = format!("--status auto --specialist opt --metric {score}");
        sandbox.ok(&append(&flags));
    }
    assert_snapshot!(sandbox.read_log());
}

#[test]
fn prints_the_id_or_the_row() {
    let sandbox = Sandbox::with_store();
    assert_snapshot!(sandbox.transcript(&append("--status auto --metric 3.20")));
    assert_snapshot!(sandbox.transcript(&append("--status auto --metric 3.10 --format json")));
}

#[test]
fn a_crash_needs_no_score_and_an_empty_flag_is_none() {
    let sandbox = Sandbox::with_store();
    let empty = ["--metric", "", "--parent", ""];
    sandbox.ok(&[&append("--status crash --notes boom"), &empty[..]].concat());
    sandbox.ok(&append("--status auto --metric 3"));
    assert_snapshot!(sandbox.read_log());
}

#[test]
fn a_keep_that_does_not_beat_the_best_is_written_with_a_warning() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append("--status auto --metric 3"));
    assert_snapshot!(sandbox.transcript(&append("--status keep --metric 3.5")));
    assert_eq!(sandbox.ok(&["best", "--field", "exp_id"]), "000\n");
}

#[test]
fn a_size_blocked_score_is_never_the_best() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append("--status auto --metric 3"));
    sandbox.ok(&append("--status size_blocked --metric 1"));
    sandbox.ok(&append("--status auto --metric 2"));
    assert_eq!(sandbox.ok(&["best", "--field", "exp_id"]), "002\n");
    assert_eq!(cell(&sandbox, 2, "parent_exp"), "000");
}

#[test]
fn three_spellings_of_a_parent_are_one() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append("--status auto --metric 3 --exp-id 7"));
    for parent in ["7", "007", "exp_007", "exp_7"] {
        let flags = format!("--status discard --metric 4 --parent {parent}");
        sandbox.ok(&append(&flags));
    }
    sandbox.ok(&append("--status discard --metric 4 --parent none"));
    let parents = [1, 2, 3, 4, 5].map(|row| cell(&sandbox, row, "parent_exp"));
    assert_eq!(parents, ["007", "007", "007", "007", ""]);
    assert_eq!(cell(&sandbox, 1, "exp_id"), "008");
}

#[test]
fn texts_come_from_stdin_and_files_and_stay_one_line() {
    let sandbox = Sandbox::with_store();
    fs::write(
        sandbox.path("err.txt"),
        "Traceback:\n\tline 1\r\n\x1b[31mboom\x1b[0m\n",
    )
    .unwrap();
    let args = append("--status crash --notes @err.txt --hypothesis -");
    let stdin = "a \"quoted\" text\nwith 100 % of\0bytes\n";
    sandbox.lineage(&args).write_stdin(stdin).assert().success();
    let flags = append("--status crash --expected-delta -0.0003");
    sandbox.ok(&[&flags[..], &["--notes", "@@torch.compile breaks"]].concat());
    assert_snapshot!(sandbox.read_log());
}

#[test]
fn long_and_broken_arguments_are_taken() {
    let sandbox = Sandbox::with_store();
    let mut command = sandbox.lineage(&["append", "--status", "crash", "--hypothesis"]);
    command
        .arg(OsStr::from_bytes(b"caf\xe9"))
        .arg("--notes")
        .arg("x".repeat(100_000))
        .assert()
        .success();
    let row = sandbox.read_log();
    assert!(row.contains("caf\u{fffd}") && row.contains(&"x".repeat(100_000)));
    fs::write(sandbox.path("long.txt"), "y".repeat(1_000_000)).unwrap();
    sandbox.ok(&["append", "--status", "crash", "--notes", "@long.txt"]);
    assert!(sandbox.read_log().contains(&"y".repeat(1_000_000)));
}

#[test]
fn a_log_of_other_columns_is_appended_to_by_name() {
    let sandbox = Sandbox::new();
    fs::write(
        sandbox.path("log.tsv"),
        "exp_id\tstatus\tval_bpb\tartifact_bytes\tnotes\r\n000\tbaseline\t1.08\t16\t\r\n",
    )
    .unwrap();
    let args = [
        "append",
        "--store",
        "log.tsv",
        "--status",
        "auto",
        "--metric",
        "1.07",
        "--set",
        "artifact_bytes=15",
        "--direction",
        "minimize",
    ];
    assert_eq!(sandbox.ok(&args), "001\n");
    let log = fs::read_to_string(sandbox.path("log.tsv")).unwrap();
    assert!(log.ends_with("\r\n001\tkeep\t1.07\t15\t\r\n"), "{log:?}");
}

#[test]
fn the_specialist_may_come_from_the_environment() {
    let sandbox = Sandbox::with_store();
    sandbox
        .lineage(&append("--status crash"))
        .env("LINEAGE_SPECIALIST", "tok")
        .assert()
        .success();
    assert_eq!(cell(&sandbox, 0, "specialist"), "tok");
    assert_eq!(cell(&sandbox, 0, "domain"), "tok");
}

#[test]
fn ids_grow_past_a_thousand_and_a_million() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append("--status auto --metric 1e-300 --exp-id 999"));
    assert_eq!(
        sandbox.ok(&append("--status auto --metric 2000000000")),
        "1000\n"
    );
    sandbox.ok(&append("--status crash --exp-id 1000000"));
    assert_eq!(
        sandbox.ok(&append("--status auto --metric -1e-300")),
        "1000001\n"
    );
    assert_eq!(sandbox.ok(&["best", "--field", "exp_id"]), "1000001\n");
    assert_eq!(
        sandbox.ok(&["chain", "1000001", "--field", "exp_id"]),
        "999\n1000001\n"
    );
}

#[test]
fn durability_none_writes_all_the_same() {
    let sandbox = Sandbox::with_store();
    fs::write(
        sandbox.path(".lineage/lineage.toml"),
        "metric = \"val_loss\"\ndurability = \"none\"\n",
    )
    .unwrap();
    assert_eq!(sandbox.ok(&append("--status auto --metric 3")), "000\n");
    assert_eq!(sandbox.rows().len(), 1);
}

#[test]
fn an_id_beyond_counting_does_not_stop_the_next() {
    let sandbox = Sandbox::with_store();
    let log = sandbox.read_log() + "18446744073709551615\t\t\t\t\t\t\t\tcrash\t\t\t\t\t\t\t\t\n";
    fs::write(sandbox.log(), log).unwrap();
    assert_eq!(sandbox.ok(&append("--status crash")), "000\n");
    assert_eq!(sandbox.ok(&append("--status crash")), "001\n");
}

#[test]
fn a_specialist_from_the_environment_is_left_out_where_it_has_no_column() {
    let sandbox = Sandbox::new();
    fs::write(
        sandbox.path("log.tsv"),
        "exp_id\tstatus\tcore_metric\n0\tbaseline\t0.5\n",
    )
    .unwrap();
    let args = ["append", "--store", "log.tsv", "--status", "crash", "-q"];
    sandbox
        .lineage(&args)
        .env("LINEAGE_SPECIALIST", "opt")
        .assert()
        .success();
    assert_eq!(
        sandbox
            .ok(&["tail", "--store", "log.tsv", "-q"])
            .lines()
            .count(),
        3
    );
}

#[test]
fn a_trial_whose_texts_cannot_be_read_is_logged_without_them() {
    let sandbox = Sandbox::with_store();
    let args = append("--status keep --metric 2 --notes @nowhere --hypothesis @.");
    assert_snapshot!(sandbox.transcript(&args));
    assert_eq!(
        ["status", "core_metric", "notes", "hypothesis"].map(|name| cell(&sandbox, 0, name)),
        ["keep", "2", "", ""]
    );
}

#[test]
fn other_spellings_of_a_status_are_written_as_the_canonical_word() {
    let sandbox = Sandbox::with_store();
    for (score, status) in [
        "BASELINE",
        "KEEP",
        "kept",
        "Discarded",
        "size-blocked",
        "AUTO",
    ]
    .into_iter()
    .enumerate()
    {
        sandbox.ok(&append(&format!("--status {status} --metric {score} -q")));
    }
    let json = "{\"status\":\"Crashed\"}";
    sandbox
        .lineage(&["append", "--json"])
        .write_stdin(json)
        .assert()
        .success();
    let statuses: Vec<_> = (0..7).map(|row| cell(&sandbox, row, "status")).collect();
    assert_eq!(
        statuses,
        [
            "baseline",
            "keep",
            "keep",
            "discard",
            "size_blocked",
            "discard",
            "crash"
        ]
    );
}

#[test]
fn the_help_shows_the_required_flag_and_examples() {
    let sandbox = Sandbox::new();
    let help = sandbox.ok(&["append", "--help"]);
    assert!(
        help.contains(
            "lineage append --status <STATUS> [OPTIONS]\n       lineage append --json [OPTIONS]"
        ),
        "{help}"
    );
    assert!(help.matches("\n  lineage append --").count() >= 2, "{help}");
}
