//! What is given to `append` is logged, whatever its size and spelling; what cannot be is refused by name.

use std::{fs, os::unix::fs::symlink};

use crate::sandbox::Sandbox;

fn column(sandbox: &Sandbox, row: usize, name: &str) -> String {
    let log = sandbox.read_log();
    let names: Vec<&str> = log.lines().next().unwrap().split('\t').collect();
    let column = names.iter().position(|column| *column == name).unwrap();
    sandbox.rows()[row][column].clone()
}

#[test]
fn long_notes_are_cut_in_the_middle_and_logged() {
    let sandbox = Sandbox::with_store();
    let text = format!("start {} end", "é".repeat(9_000_000));
    sandbox.write("train.err", &text);
    let args = ["append", "--status", "crash", "--notes", "@train.err"];
    assert_eq!(sandbox.ok(&args), "000\n");
    let json = format!("{{\"status\":\"crash\",\"notes\":\"{text}\"}}");
    for (args, stdin) in [
        (&["append", "--status", "crash", "--notes", "-"][..], text),
        (&["append", "--json"][..], json),
    ] {
        let shown = sandbox.transcript_with_stdin(args, stdin);
        assert!(shown.ends_with("= 0\n"), "{}", &shown[..300]);
    }
    for row in 0..3 {
        let notes = column(&sandbox, row, "notes");
        assert!(
            (1_000_000..1_100_000).contains(&notes.len()),
            "{row}: {}",
            notes.len()
        );
        assert!(notes.starts_with("start é") && notes.ends_with("é end"));
        assert!(notes.contains(" bytes left out …] "));
    }
}

#[test]
fn the_settings_say_how_long_a_text_may_be() {
    let sandbox = Sandbox::with_store();
    let settings = sandbox.read(".lineage/lineage.toml");
    let set = |bytes: &str| settings.replace("# max_text_bytes = 1048576", bytes);
    sandbox.write(".lineage/lineage.toml", set("max_text_bytes = 2000"));
    let text = "x".repeat(2500);
    let shown = sandbox.transcript(&["append", "--status", "crash", "--hypothesis", &text]);
    assert!(
        shown.contains("trial 000: hypothesis has 2500 bytes and was cut to 2000"),
        "{shown}"
    );
    let cut = format!("{0} [… 500 bytes left out …] {0}", "x".repeat(1000));
    assert_eq!(column(&sandbox, 0, "hypothesis"), cut);
    sandbox.write(".lineage/lineage.toml", set("max_text_bytes = 99999999"));
    let shown = sandbox.transcript(&["append", "--status", "crash"]);
    assert!(
        shown.contains("append.max_text_bytes is 99999999; give 1024 to 4194304 bytes"),
        "{shown}"
    );
    assert!(shown.contains("{\"status\":\"crash\""), "{shown}");
}

#[test]
fn notes_from_a_pipe_or_a_device_are_left_out_and_the_trial_is_logged() {
    let sandbox = Sandbox::with_store();
    sandbox.pipe("pipe");
    symlink("/dev/zero", sandbox.path("zero")).unwrap();
    for (name, id) in [("@pipe", "000\n"), ("@zero", "001\n")] {
        let shown = sandbox.transcript(&["append", "--status", "crash", "--notes", name]);
        assert!(
            shown.contains(id) && shown.contains("it is not a regular file; continuing without it"),
            "{shown}"
        );
    }
    fs::File::create(sandbox.path("sparse"))
        .unwrap()
        .set_len(1 << 42)
        .unwrap();
    let args = ["append", "--status", "crash", "--notes", "@sparse", "-q"];
    assert_eq!(sandbox.ok(&args), "002\n");
}

#[test]
fn half_a_surrogate_pair_becomes_a_replacement_character() {
    let sandbox = Sandbox::with_store();
    let json = r#"{"status":"crash","notes":"bad \udcff byte, \ud83d\ude00, \\ud800"}
                  {"status":"crash","notes":"fine"}"#;
    let shown = sandbox.transcript_with_stdin(&["append", "--json"], json);
    assert!(
        shown.contains("trial 000: half a surrogate pair in notes became U+FFFD"),
        "{shown}"
    );
    assert_eq!(
        column(&sandbox, 0, "notes"),
        "bad \u{fffd} byte, \u{1f600}, \\ud800"
    );
    assert_eq!(column(&sandbox, 1, "notes"), "fine");
}

#[test]
fn numbers_that_are_not_finite_are_left_empty_and_the_batch_is_logged() {
    let sandbox = Sandbox::with_store();
    let json = r#"{"status":"baseline","metric":3}
                  {"status":"auto","metric":NaN}
                  {"status":"discard","metric":Infinity,"notes":"NaN"}
                  {"status":"keep","metric":"-inf","total_s":NaN}
                  {"status":"auto","val_loss":-1e999}"#;
    let json = json.replace("val_loss", "core_metric");
    let shown = sandbox.transcript_with_stdin(&["append", "--json"], json);
    assert!(
        shown.starts_with("$ lineage append --json\n000\n001\n002\n003\n004\n"),
        "{shown}"
    );
    assert!(
        shown.contains("trial 002: metric Infinity is not a finite number and was left out"),
        "{shown}"
    );
    let statuses: Vec<String> = (0..5).map(|row| column(&sandbox, row, "status")).collect();
    assert_eq!(statuses, ["baseline", "crash", "discard", "keep", "crash"]);
    assert_eq!(column(&sandbox, 2, "notes"), "NaN");
    for row in 1..5 {
        assert_eq!(column(&sandbox, row, "core_metric"), "");
        assert_eq!(column(&sandbox, row, "total_s"), "");
    }
    assert_eq!(sandbox.ok(&["best", "--field", "exp_id"]), "000\n");
}

#[test]
fn a_trial_that_was_printed_for_rescue_is_accepted_again() {
    let sandbox = Sandbox::with_store();
    // A log without a column for the time.
    sandbox.write("other.tsv", "exp_id\tstatus\tcore_metric\tnotes\n");
    for (args, store) in [
        (&["--status", "keep", "--metric", "NaN"][..], ".lineage"),
        (
            &["--status", "auto", "--metric", "+0.5\r", "--total-s", "x"][..],
            ".lineage",
        ),
        (
            &["--status", "crash", "--notes", "a\tb\"c"][..],
            "other.tsv",
        ),
        (&["--status", "keep", "--metric", "1e-7"][..], "other.tsv"),
    ] {
        let failing = ["--store", store, "append", "--lock-timeout", "0"];
        let log = match store {
            "other.tsv" => sandbox.path(store),
            _ => sandbox.log(),
        };
        let held = fs::File::open(&log).unwrap();
        fs4::FileExt::lock(&held).unwrap();
        let output = sandbox
            .lineage(&[&failing, args].concat())
            .output()
            .unwrap();
        drop(held);
        assert_ne!(output.status.code(), Some(0));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let rescued = stderr.lines().find(|line| line.starts_with('{')).unwrap();
        let again = ["--store", store, "append", "--json"];
        let shown = sandbox.transcript_with_stdin(&again, rescued);
        assert!(shown.ends_with("= 0\n"), "{rescued}\n{shown}");
    }
}

#[test]
fn ids_have_at_most_nine_digits() {
    let sandbox = Sandbox::with_store();
    for id in [
        "1000000000",
        "999999999999999",
        "18446744073709551616",
        "exp_1000000000",
    ] {
        let shown = sandbox.transcript(&["append", "--status", "crash", "--exp-id", id]);
        assert!(
            shown.contains("cannot be an id; use up to 9 digits") && shown.ends_with("= 2\n"),
            "{shown}"
        );
    }
    let last = ["append", "--status", "crash", "--exp-id", "999999999"];
    assert_eq!(sandbox.ok(&last), "999999999\n");
    let shown = sandbox.transcript(&["append", "--status", "crash"]);
    assert!(
        shown.contains(
            "has trial 999999999, the largest id; give the next trials a name with --exp-id"
        ),
        "{shown}"
    );
    let named = ["append", "--status", "crash", "--exp-id", "a1"];
    assert_eq!(sandbox.ok(&named), "a1\n");
}

#[test]
fn an_id_that_is_taken_is_refused_in_the_words_of_the_caller() {
    let sandbox = Sandbox::with_store();
    let json = "{\"status\":\"crash\",\"exp_id\":\"5\"}\n".repeat(2);
    let shown = sandbox.transcript_with_stdin(&["append", "--json"], json);
    assert!(
        shown.contains("already has a trial '005'; leave out exp_id to get the next id"),
        "{shown}"
    );
    assert!(sandbox.rows().is_empty());
}

#[test]
fn a_time_before_the_year_0_is_refused() {
    let sandbox = Sandbox::with_store();
    let shown = sandbox.transcript(&[
        "append",
        "--status",
        "crash",
        "--timestamp=-000001-12-31T23:59:59Z",
    ]);
    assert!(
        shown.contains("is before the year 0") && shown.ends_with("= 2\n"),
        "{shown}"
    );
    let first = [
        "append",
        "--status",
        "crash",
        "--timestamp",
        "0000-01-01T00:00:00Z",
    ];
    assert_eq!(sandbox.ok(&first), "000\n");
    sandbox.ok(&["check"]);
}

#[test]
fn white_space_around_numbers_ids_and_words_is_no_part_of_them() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline\r", "--metric", "1.07\r"]);
    sandbox.ok(&[
        "append", "--status", " keep", "--metric", "\t1.06\n", "--parent", "0\r\n",
    ]);
    sandbox.ok(&["append", "--status", "crash", "--val-bpb", " "]);
    assert_eq!(column(&sandbox, 2, "val_bpb"), "");
    assert_eq!(column(&sandbox, 0, "core_metric"), "1.07");
    assert_eq!(column(&sandbox, 1, "core_metric"), "1.06");
    assert_eq!(column(&sandbox, 1, "parent_exp"), "000");
}

#[test]
fn odd_numbers_are_written_with_a_warning() {
    let sandbox = Sandbox::with_store();
    let shown = sandbox.transcript(&["append", "--status", "crash", "--total-s", "-5"]);
    assert!(
        shown.contains("total_s '-5' of trial 000 is not a number of seconds; written as given"),
        "{shown}"
    );
    let shown = sandbox.transcript(&["append", "--status", "crash", "--expected-delta", "much"]);
    assert!(
        shown.contains("expected_delta 'much' of trial 001 is not a number; written as given"),
        "{shown}"
    );
}

#[test]
fn a_missing_snapshot_is_noticed_also_for_a_trial_that_gets_none() {
    let sandbox = Sandbox::with_store();
    for status in ["discard", "auto", "crash"] {
        sandbox.ok(&["append", "--status", "baseline", "--metric", "1", "-q"]);
        let args = [
            "append",
            "--status",
            status,
            "--metric",
            "9",
            "--snapshot",
            "nowhere",
        ];
        let shown = sandbox.transcript(&args);
        assert!(
            shown.contains("nothing to freeze at nowhere: No such file")
                && shown.ends_with("= 0\n"),
            "{shown}"
        );
    }
}

#[test]
fn the_score_may_have_the_name_of_the_metric() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "--metric", "val_loss", "-q"]);
    let named = ["append", "--status", "auto", "--set", "val_loss=3.5"];
    assert_eq!(sandbox.ok(&named), "000\n");
    let json = r#"{"status":"auto","val_loss":3.2}"#;
    let mut command = sandbox.lineage(&["append", "--json"]);
    command.write_stdin(json).assert().success().stdout("001\n");
    assert_eq!(column(&sandbox, 0, "core_metric"), "3.5");
    assert_eq!(column(&sandbox, 1, "core_metric"), "3.2");
    let twice = [&named[..], &["--metric", "3"]].concat();
    let shown = sandbox.transcript(&twice);
    let expected = "two different scores: metric 3 and val_loss 3.5; give one";
    assert!(shown.contains(expected), "{shown}");
}
