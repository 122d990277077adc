use std::fs;

use insta::assert_snapshot;

use crate::sandbox::{Sandbox, skipped};

/// The arguments of an append at a fixed time.
fn append<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&["append", "--timestamp", "2026-03-01T00:00:00Z"], args].concat()
}

fn cell<'a>(sandbox: &Sandbox, rows: &'a [Vec<String>], row: usize, column: &str) -> &'a str {
    let header = sandbox.read_log();
    let at = header
        .lines()
        .next()
        .unwrap()
        .split('\t')
        .position(|name| name == column)
        .unwrap();
    &rows[row][at]
}

#[test]
fn auto_decides_by_the_score_and_fills_in_the_rest() {
    let sandbox = Sandbox::with_store();
    for score in ["3.2", "3.1", "3.15", "3.10000000001", "3.0999999999"] {
        sandbox.ok(&append(&[
            "--status",
            "auto",
            "--metric",
            score,
            "--specialist",
            "opt",
        ]));
    }
    assert_snapshot!(sandbox.read_log());
}

#[test]
fn prints_the_id_or_the_row() {
    let sandbox = Sandbox::with_store();
    assert_snapshot!(sandbox.transcript(&append(&["--status", "auto", "--metric", "3.20"])));
    assert_snapshot!(sandbox.transcript(&append(&[
        "--status", "auto", "--metric", "3.10", "--format", "json"
    ])));
}

#[test]
fn a_crash_needs_no_score_and_an_empty_flag_is_none() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append(&[
        "--status", "crash", "--metric", "", "--parent", "", "--notes", "boom",
    ]));
    sandbox.ok(&append(&["--status", "auto", "--metric", "3"]));
    assert_snapshot!(sandbox.read_log());
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append(&["--status", "auto", "--metric", "3"]));
    let before = sandbox.read_log();
    let refused: &[&[&str]] = &[
        &["--status", "kep", "--metric", "2"],
        &["--status", "keep"],
        &["--status", "auto"],
        &["--status", "keep", "--metric", "NaN"],
        &["--status", "keep", "--metric", "inf"],
        &["--status", "keep", "--metric", "1,07"],
        &["--status", "crash", "--val-bpb", "abc"],
        &["--status", "keep", "--metric", "2", "--parent", "7"],
        &["--status", "keep", "--metric", "2", "--baseline", "exp_7"],
        &["--status", "keep", "--metric", "2", "--exp-id", "exp_000"],
        &["--status", "keep", "--metric", "2", "--exp-id", "../x"],
        &[
            "--status",
            "keep",
            "--metric",
            "2",
            "--set",
            "artifact_byte=7",
        ],
        &["--status", "keep", "--metric", "2", "--set", "note=7"],
        &["--status", "keep", "--metric", "2", "--set", "notes"],
        &[
            "--status",
            "keep",
            "--metric",
            "2",
            "--set",
            "core_metric=3",
        ],
        &[
            "--status", "keep", "--metric", "2", "--notes", "a", "--set", "notes=b",
        ],
        &[
            "--status",
            "keep",
            "--metric",
            "2",
            "--notes",
            "-",
            "--hypothesis",
            "-",
        ],
        &["--status", "keep", "--metric", "2", "--once"],
    ];
    let transcripts: Vec<_> = refused
        .iter()
        .map(|args| sandbox.transcript(&append(args)))
        .collect();
    assert_snapshot!(transcripts.join("\n"));
    let bad_time = ["append", "--status", "crash", "--timestamp", "yesterday"];
    assert_snapshot!(sandbox.transcript(&bad_time));
    assert_eq!(sandbox.read_log(), before);
}

#[test]
fn a_keep_that_does_not_beat_the_best_is_written_with_a_warning() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append(&["--status", "auto", "--metric", "3"]));
    assert_snapshot!(sandbox.transcript(&append(&["--status", "keep", "--metric", "3.5"])));
    assert_eq!(sandbox.ok(&["best", "--field", "exp_id"]), "000\n");
}

#[test]
fn a_size_blocked_score_is_never_the_best() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append(&["--status", "auto", "--metric", "3"]));
    sandbox.ok(&append(&["--status", "size_blocked", "--metric", "1"]));
    sandbox.ok(&append(&["--status", "auto", "--metric", "2"]));
    assert_eq!(sandbox.ok(&["best", "--field", "exp_id"]), "002\n");
    assert_eq!(cell(&sandbox, &sandbox.rows(), 2, "parent_exp"), "000");
}

#[test]
fn three_spellings_of_a_parent_are_one() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append(&[
        "--status", "auto", "--metric", "3", "--exp-id", "7",
    ]));
    for parent in ["7", "007", "exp_007", "exp_7"] {
        sandbox.ok(&append(&[
            "--status", "discard", "--metric", "4", "--parent", parent,
        ]));
    }
    sandbox.ok(&append(&[
        "--status", "discard", "--metric", "4", "--parent", "none",
    ]));
    let rows = sandbox.rows();
    let parents: Vec<_> = (1..6)
        .map(|row| cell(&sandbox, &rows, row, "parent_exp"))
        .collect();
    assert_eq!(parents, ["007", "007", "007", "007", ""]);
    assert_eq!(cell(&sandbox, &rows, 1, "exp_id"), "008");
}

#[test]
fn texts_come_from_stdin_and_files_and_stay_one_line() {
    let sandbox = Sandbox::with_store();
    fs::write(
        sandbox.path("err.txt"),
        "Traceback:\n\tline 1\r\n\x1b[31mboom\x1b[0m\n",
    )
    .unwrap();
    let args = append(&[
        "--status",
        "crash",
        "--notes",
        "@err.txt",
        "--hypothesis",
        "-",
    ]);
    let stdin = "a \"quoted\" text\nwith 100 % of\0bytes\n";
    sandbox.lineage(&args).write_stdin(stdin).assert().success();
    sandbox.ok(&append(&[
        "--status",
        "crash",
        "--notes",
        "@@torch.compile breaks",
        "--expected-delta",
        "-0.0003",
    ]));
    assert_snapshot!(sandbox.read_log());
}

#[test]
#[cfg(unix)]
fn long_and_broken_arguments_are_taken() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
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
fn once_makes_a_retry_safe() {
    let sandbox = Sandbox::with_store();
    let args = append(&[
        "--status",
        "auto",
        "--metric",
        "3",
        "--job-name",
        "job-1",
        "--once",
    ]);
    assert_eq!(sandbox.ok(&args), "000\n");
    let before = sandbox.read_log();
    assert_eq!(sandbox.ok(&args), "000\n");
    assert_eq!(sandbox.read_log(), before);
    let row = sandbox.ok(&[&args[..], &["--format", "json"]].concat());
    assert!(row.starts_with("{\"exp_id\":\"000\","), "{row}");
}

#[test]
fn many_trials_come_as_json_all_or_none() {
    let sandbox = Sandbox::with_store();
    let good = "{\"status\":\"auto\",\"metric\":3.20,\"timestamp\":\"2026-03-01T00:00:00Z\"}\n\
                {\"status\":\"auto\",\"metric\":\"3.1\",\"parent\":\"exp_0\",\"timestamp\":\"2026-03-01T01:00:00+01:00\"}\n\
                {\"status\":\"crash\",\"parent\":1,\"notes\":null,\"timestamp\":\"2026-03-01T00:00:00Z\"}\n";
    assert_snapshot!(sandbox.transcript_with_stdin(&["append", "--json"], good));
    assert_snapshot!(sandbox.read_log());
    let before = sandbox.read_log();
    for bad in [
        "{\"status\":\"crash\"}\n{\"status\":\"crash\",\"parent\":\"99\"}\n",
        "{\"status\":\"crash\"}\n{\"status\":",
        "{\"status\":\"crash\",\"notes\":[1]}",
        "[1]",
        "",
    ] {
        let transcript = sandbox.transcript_with_stdin(&["append", "--json"], bad);
        assert!(transcript.ends_with("= 1\n"), "{transcript}");
        assert_eq!(sandbox.read_log(), before, "{bad}");
    }
    let bad = "{\"status\":\"crash\"}\n{\"status\":\"cash\"}\n";
    let transcript = sandbox.transcript_with_stdin(&["append", "--json"], bad);
    let said = "! error: trial 2 of 2: unknown status 'cash'; did you mean 'crash'?\n= 2\n";
    assert!(transcript.ends_with(said), "{transcript}");
    assert_eq!(sandbox.read_log(), before, "{bad}");
}

#[test]
fn what_could_not_be_written_can_be_fed_back() {
    let sandbox = Sandbox::with_store();
    let args = append(&[
        "--status",
        "auto",
        "--metric",
        "3.10",
        "--notes",
        "a\tb \"c\"",
        "--set",
        "snapshot_path=s/1",
    ]);
    let output = sandbox
        .lineage(&[&args[..], &["--store", "elsewhere"]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    let json = stderr.lines().find(|line| line.starts_with('{')).unwrap();
    sandbox
        .lineage(&["append", "--json"])
        .write_stdin(json)
        .assert()
        .success();
    assert_snapshot!(sandbox.read_log());
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
        .lineage(&append(&["--status", "crash"]))
        .env("LINEAGE_SPECIALIST", "tok")
        .assert()
        .success();
    assert_eq!(cell(&sandbox, &sandbox.rows(), 0, "specialist"), "tok");
    assert_eq!(cell(&sandbox, &sandbox.rows(), 0, "domain"), "tok");
}

#[test]
fn ids_grow_past_a_thousand_and_a_million() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append(&[
        "--status", "auto", "--metric", "1e-300", "--exp-id", "999",
    ]));
    assert_eq!(
        sandbox.ok(&append(&["--status", "auto", "--metric", "2000000000"])),
        "1000\n"
    );
    sandbox.ok(&append(&["--status", "crash", "--exp-id", "1000000"]));
    assert_eq!(
        sandbox.ok(&append(&["--status", "auto", "--metric", "-1e-300"])),
        "1000001\n"
    );
    assert_eq!(sandbox.ok(&["best", "--field", "exp_id"]), "1000001\n");
    assert_eq!(
        sandbox.ok(&["chain", "1000001", "--field", "exp_id"]),
        "999\n1000001\n"
    );
}

#[test]
#[cfg(unix)]
fn what_is_no_log_is_refused_with_a_way_out() {
    let sandbox = Sandbox::with_store();
    let shown = |sandbox: &Sandbox| {
        sandbox.transcript(&append(&["--status", "crash", "-q"])) + &sandbox.transcript(&["best"])
    };
    let log = sandbox.log();
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let mut transcripts = vec![shown(&sandbox)];
    fs::remove_dir(&log).unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&log)
            .status()
            .unwrap()
            .success()
    );
    transcripts.push(shown(&sandbox));
    fs::remove_file(&log).unwrap();
    for text in [
        "1\t2\t3\n4\t5\t6\n",
        "commit\tval_bpb\tstatus\n",
        "\0\x01binary\n",
    ] {
        fs::write(&log, text).unwrap();
        transcripts.push(shown(&sandbox));
        assert_eq!(fs::read_to_string(&log).unwrap(), text);
    }
    assert_snapshot!(transcripts.join("\n"));
}

#[test]
#[cfg(unix)]
fn a_log_that_cannot_be_written_is_refused_with_a_way_out() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_store();
    fs::set_permissions(sandbox.log(), fs::Permissions::from_mode(0o444)).unwrap();
    if fs::OpenOptions::new()
        .append(true)
        .open(sandbox.log())
        .is_ok()
    {
        skipped("this user may write to read-only files");
        return;
    }
    assert_snapshot!(sandbox.transcript(&append(&["--status", "crash"])));
}

#[test]
fn durability_none_writes_all_the_same() {
    let sandbox = Sandbox::with_store();
    fs::write(
        sandbox.path(".lineage/lineage.toml"),
        "metric = \"val_loss\"\ndurability = \"none\"\n",
    )
    .unwrap();
    assert_eq!(
        sandbox.ok(&append(&["--status", "auto", "--metric", "3"])),
        "000\n"
    );
    assert_eq!(sandbox.rows().len(), 1);
}

#[test]
fn json_numbers_stay_as_they_are_written() {
    let sandbox = Sandbox::with_store();
    let trial = "{\"status\":\"baseline\",\"metric\":2e9,\"train_s\":1.50,\"notes\":true}";
    sandbox
        .lineage(&["append", "--json"])
        .write_stdin(trial)
        .assert()
        .success();
    let rows = sandbox.rows();
    assert_eq!(
        ["core_metric", "train_s", "notes"].map(|name| cell(&sandbox, &rows, 0, name)),
        ["2e9", "1.50", "true"]
    );
}

#[test]
fn an_id_beyond_counting_does_not_stop_the_next() {
    let sandbox = Sandbox::with_store();
    let log = sandbox.read_log() + "18446744073709551615\t\t\t\t\t\t\t\tcrash\t\t\t\t\t\t\t\t\n";
    fs::write(sandbox.log(), log).unwrap();
    assert_eq!(sandbox.ok(&append(&["--status", "crash"])), "000\n");
    assert_eq!(sandbox.ok(&append(&["--status", "crash"])), "001\n");
}

#[test]
fn a_job_name_is_known_again_whatever_is_in_it() {
    let sandbox = Sandbox::with_store();
    let args = append(&["--status", "crash", "--once", "--job-name", "a\tb\r"]);
    assert_eq!(sandbox.ok(&args), "000\n");
    assert_eq!(sandbox.ok(&args), "000\n");
    let twice = "{\"status\":\"crash\",\"job_name\":\"j\"}\n".repeat(2);
    let shown = sandbox.transcript_with_stdin(
        &["append", "--json", "--once", "--format", "json", "-q"],
        twice,
    );
    assert_eq!(shown.matches("\"exp_id\":\"001\"").count(), 2, "{shown}");
}

#[test]
fn flags_of_a_trial_do_not_go_with_json() {
    let sandbox = Sandbox::with_store();
    for flag in [
        "--parent",
        "--timestamp",
        "--domain",
        "--val-bpb",
        "--train-s",
    ] {
        let shown = sandbox
            .transcript_with_stdin(&["append", "--json", flag, "1"], "{\"status\":\"crash\"}");
        assert!(
            shown.contains("cannot be used with") && shown.ends_with("= 2\n"),
            "{shown}"
        );
    }
    assert!(sandbox.rows().is_empty());
}

#[test]
fn a_specialist_from_the_environment_is_left_out_where_it_has_no_column() {
    let sandbox = Sandbox::new();
    fs::write(
        sandbox.path("log.tsv"),
        "exp_id\tstatus\taccuracy\n0\tbaseline\t0.5\n",
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
fn a_snapshot_in_json_is_a_path_and_stays_one_where_the_trial_is_refused() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/f", "f\n");
    for value in ["true", "5"] {
        let json = format!("{{\"status\":\"crash\",\"snapshot\":{value}}}");
        let said = sandbox.transcript_with_stdin(&["append", "--json"], json);
        assert!(
            said.contains("'snapshot' is the path of") && said.ends_with("= 1\n"),
            "{said}"
        );
    }
    let json = r#"{"status":"keep","metric":1,"parent":"7","snapshot":"work"}"#;
    let said = sandbox.transcript_with_stdin(&["append", "--json"], json);
    assert!(
        said.contains(r#""snapshot":"[DIR]/work""#) && said.ends_with("= 1\n"),
        "{said}"
    );
    assert_eq!(sandbox.rows().len(), 0);
}

#[test]
fn a_snapshot_path_that_is_never_followed_is_written_with_a_warning() {
    let sandbox = Sandbox::with_store();
    for path in ["../x", "/x"] {
        let said = sandbox.transcript(&[
            "append",
            "--status",
            "keep",
            "--metric",
            "1",
            "--snapshot-path",
            path,
        ]);
        assert!(
            said.contains(&format!("warning: snapshot_path '{path}' of trial")),
            "{said}"
        );
        assert!(said.ends_with("= 0\n"), "{said}");
    }
    let said = sandbox.transcript(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "0",
        "--snapshot-path",
        "snapshots/x",
    ]);
    assert_eq!(said.matches('!').count(), 0, "{said}");
}

/// What a command prints on stderr, and its exit status.
fn failure(sandbox: &Sandbox, args: &[&str]) -> (String, Option<i32>) {
    let output = sandbox.lineage(args).output().unwrap();
    (
        String::from_utf8(output.stderr).unwrap(),
        output.status.code(),
    )
}

#[test]
fn a_wrong_command_line_prints_no_json() {
    let sandbox = Sandbox::with_store();
    let wrong: &[&[&str]] = &[
        &["--metric", "2"],
        &["--status", "keep", "--metric"],
        &["--status", "keep", "--metrik", "2"],
        &["--status", "keep", "--metric", "2", "--set", "notes"],
        &[
            "--status", "keep", "--metric", "2", "--notes", "a", "--set", "notes=b",
        ],
        &[
            "--status",
            "keep",
            "--metric",
            "2",
            "--notes",
            "-",
            "--hypothesis",
            "-",
        ],
        &["--status", "keep", "--metric", "2", "--once"],
        &["--status", "keep", "--metric", "2", "--lock-timeout", "-1"],
    ];
    for args in wrong {
        let (stderr, code) = failure(&sandbox, &[&["append"], *args].concat());
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert!(
            stderr.starts_with("error: ") && !stderr.contains('{'),
            "{args:?}: {stderr}"
        );
    }
    assert!(sandbox.rows().is_empty());
}

#[test]
fn a_trial_that_is_refused_or_cannot_be_written_is_printed_as_json() {
    let sandbox = Sandbox::with_store();
    let refused: &[(&[&str], i32)] = &[
        (&["--status", "kep"], 2),
        (&["--status", "keep", "--timestamp", "yesterday"], 2),
        (&["--status", "keep", "--parent", "7"], 1),
        (&["--status", "keep", "--set", "colour=red"], 2),
        (&["--status", "keep", "--store", "nowhere"], 1),
    ];
    for (args, wanted) in refused {
        let (stderr, code) = failure(&sandbox, &[&["append", "--metric", "1.25"], *args].concat());
        assert_eq!(code, Some(*wanted), "{args:?}: {stderr}");
        let json = stderr.lines().next().unwrap();
        assert!(
            json.starts_with("{\"status\":\"ke") && json.contains("\"metric\":1.25"),
            "{args:?}: {stderr}"
        );
    }
    assert!(sandbox.rows().is_empty());
}

#[test]
fn json_that_cannot_be_used_is_printed_again() {
    let sandbox = Sandbox::with_store();
    for (args, json) in [
        (
            &["append", "--json"][..],
            "{\"status\":\"crash\",\"notes\":[1]}",
        ),
        (
            &["append", "--json", "--once"],
            "{\"status\":\"crash\",\"notes\":\"n\"}",
        ),
    ] {
        let shown = sandbox.transcript_with_stdin(args, json);
        assert!(shown.contains(&format!("! {json}\n")), "{shown}");
    }
    assert!(sandbox.rows().is_empty());
}

#[test]
fn a_trial_whose_texts_cannot_be_read_is_logged_without_them() {
    let sandbox = Sandbox::with_store();
    let args = [
        "--status",
        "keep",
        "--metric",
        "2",
        "--notes",
        "@nowhere",
        "--hypothesis",
        "@.",
    ];
    assert_snapshot!(sandbox.transcript(&append(&args)));
    let rows = sandbox.rows();
    assert_eq!(
        ["status", "core_metric", "notes", "hypothesis"].map(|name| cell(&sandbox, &rows, 0, name)),
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
        sandbox.ok(&append(&[
            "--status",
            status,
            "--metric",
            &score.to_string(),
            "-q",
        ]));
    }
    let json = "{\"status\":\"Crashed\"}";
    sandbox
        .lineage(&["append", "--json"])
        .write_stdin(json)
        .assert()
        .success();
    let rows = sandbox.rows();
    let statuses: Vec<_> = (0..7)
        .map(|row| cell(&sandbox, &rows, row, "status"))
        .collect();
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
