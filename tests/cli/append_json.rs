//! `lineage append --json`: trials on stdin.

use insta::assert_snapshot;

use crate::append::cell;
use crate::sandbox::Sandbox;

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
fn json_numbers_stay_as_they_are_written() {
    let sandbox = Sandbox::with_store();
    let trial = "{\"status\":\"baseline\",\"metric\":2e9,\"train_s\":1.50,\"notes\":true}";
    sandbox
        .lineage(&["append", "--json"])
        .write_stdin(trial)
        .assert()
        .success();
    assert_eq!(
        ["core_metric", "train_s", "notes"].map(|name| cell(&sandbox, 0, name)),
        ["2e9", "1.50", "true"]
    );
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
