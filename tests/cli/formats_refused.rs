//! What is not a log, and what cannot be done with the log of another tool, is refused in plain words.

use crate::{formats::stderr, sandbox::Sandbox};

const NOT_A_LOG: &str = "not a log: expected TSV, CSV or a Markdown table with a header, or JSON";

#[test]
fn a_wrong_map_says_what_there_is() {
    let log = "run\tscore\tstatus\n1\t4\tkeep\n";
    let said = stderr(log, &["best", "--map", "score=nothing"]);
    assert!(
        said.contains(
            "no column 'nothing' (--map or lineage.toml); the columns are: run score status"
        ),
        "{said}"
    );
    assert!(
        stderr(log, &["best", "--map", "colour=run"])
            .contains("unknown role 'colour'; use one of: id, time, agent")
    );
    assert!(stderr(log, &["best", "--map", "score"]).contains("'score' is not ROLE=COLUMN"));
    assert!(stderr(log, &["best", "--segment", "1"]).contains("has no segments"));
}

#[test]
fn what_is_no_log_says_so() {
    for (log, why) in [
        ("fn main() {}\n", NOT_A_LOG),
        ("a,b\nx,y\n", "no column holds a score"),
        (
            "{\"type\":\"hook\"}\n",
            "no runs in the JSON (a line of type 'hook' is not a run); a run has no 'type', or one of: run trial ",
        ),
        ("# nothing\n", NOT_A_LOG),
        (
            " \n\n",
            "no rows yet, the file is empty; `lineage init` starts a log",
        ),
    ] {
        let said = stderr(log, &["best"]);
        assert!(
            said.starts_with("error: log: ") && said.contains(why),
            "{log}: {said}"
        );
    }
}

#[test]
fn prose_and_source_code_are_not_read_as_a_log() {
    let sandbox = Sandbox::with_store();
    for (status, score) in [("baseline", "3.0"), ("keep", "2.9"), ("crash", "")] {
        sandbox.ok(&["append", "--status", status, "--metric", score]);
    }
    let prompt = sandbox.ok(&["render", "--for", "opt"]);
    for text in [
        prompt.as_str(),
        include_str!("../../README.md"),
        include_str!("../../docs/external-logs.md"),
        include_str!("../../Cargo.toml"),
        include_str!("formats.rs"),
        "import os, sys\n\nfor trial in log:\n    score = trial.score\n    print(score)\n",
        "We ran 9 trials, status and score are below.\n\n* first: 3.0\n* second: 2.0, a keep\n",
    ] {
        for command in ["stats", "best", "tail"] {
            let said = stderr(text, &[command]);
            let first_line = text.lines().next().unwrap_or_default();
            assert!(said.contains(NOT_A_LOG), "{first_line}: {said}");
        }
    }
}

#[test]
fn a_wrong_segment_is_refused_in_plain_words() {
    for segment in ["x", "-1", "1.5", ""] {
        let flag = format!("--segment={segment}");
        let said = stderr("{}\n", &["best", &flag]);
        assert!(said.contains("not a whole number"), "{said}");
    }
}

#[test]
fn nothing_is_appended_to_a_log_of_another_tool() {
    for log in [
        "commit\tscore\tstatus\nx\t1\tkeep\n",
        "{\"score\":1,\"status\":\"keep\"}\n",
        "exp_id\tscore\n1\t2\n",
    ] {
        let said = stderr(log, &["append", "--status", "keep", "--metric", "2"]);
        assert!(
            said.contains("`lineage import log` makes a store of it"),
            "{said}"
        );
    }
}

#[test]
fn nothing_is_written_to_an_export_or_to_a_log_without_a_column_of_lineage() {
    let export = "exp_id\tstatus\tparent_exp\tdelta_vs_best\tcore_metric\tmetric_direction\n\
        000\tbaseline\t\t\t3\treward maximize\n001\tkeep\t000\t+1\t4\treward maximize\n";
    let other = "exp_id\tstatus\tscore\thypothesis\n1\tkeep\t0.5\ta\n2\tkeep\t0.6\tb\n";
    for log in [export, other] {
        let sandbox = Sandbox::new();
        sandbox.write("log", log);
        sandbox.write(
            "new.csv",
            "id,score,status,idea\n1,0.5,keep,a\n2,0.9,keep,b\n",
        );
        for command in [
            "append --store log --status auto --metric 5",
            "append --store log --status crash",
            "run --store log -- touch started",
            "amend 1 --store log --status crash --why x",
            "import new.csv --into log",
            "import new.csv --into log --dry-run",
        ] {
            let args: Vec<&str> = command.split(' ').collect();
            let shown = sandbox.transcript(&args);
            let refusal =
                "log is the log of another tool; `lineage import log` makes a store of it";
            assert!(shown.contains(refusal), "{shown}");
        }
        assert_eq!(sandbox.read("log"), log);
        assert!(!sandbox.path("started").exists());
    }
}
