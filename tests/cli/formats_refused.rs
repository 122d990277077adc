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
    for (log, kind) in [(export, "an export"), (other, "the log of another tool")] {
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
            let refusal = format!("log is {kind}; `lineage import log` makes a store of it");
            assert!(shown.contains(&refusal), "{shown}");
        }
        assert_eq!(sandbox.read("log"), log);
        assert!(!sandbox.path("started").exists());
    }
}

#[test]
fn the_refusal_of_a_log_without_a_known_score_names_a_way_out_that_works() {
    let log = "exp_id\tstatus\tparent_exp\tacc\n0\tbaseline\t\t0.5\n1\tkeep\t0\t0.6\n";
    let sandbox = Sandbox::new();
    sandbox.write(
        "new.csv",
        "id,acc,status,idea\n1,0.5,keep,a\n2,0.9,keep,b\n",
    );
    let refuse = |refusal: &str| {
        for command in [
            "append --store s --status crash",
            "run --store s -- touch started",
            "amend 1 --store s --status crash --why x",
            "import new.csv --into s",
        ] {
            let args: Vec<&str> = command.split(' ').collect();
            let shown = sandbox.transcript(&args);
            assert!(shown.contains(refusal), "{shown}");
        }
        assert_eq!(sandbox.read("s/results.tsv"), log);
        assert!(!sandbox.path("started").exists());
    };
    sandbox.write("s/results.tsv", log);
    refuse(
        "s/results.tsv has no known column of the score; `lineage init s --metric COLUMN` makes a store of it\n",
    );
    sandbox.write("s/lineage.toml", "version = 1\n");
    refuse(
        "s/results.tsv has no known column of the score; set `metric` in lineage.toml to the column of the score\n",
    );
    sandbox.write("s/lineage.toml", "version = 1\nmetric = \"acc\"\n");
    let append = [
        "append", "--store", "s", "-q", "--status", "auto", "--metric", "0.7",
    ];
    assert_eq!(sandbox.ok(&append), "002\n");
    let other = "commit\tacc\tstatus\na\t0.5\tkeep\nb\t0.6\tkeep\n";
    sandbox.write("s/results.tsv", other);
    let amend = [
        "amend", "1", "--store", "s", "--status", "crash", "--why", "x",
    ];
    let shown = sandbox.transcript(&amend);
    let refusal = "is the log of another tool; `lineage import s/results.tsv --into STORE` makes a store of it\n";
    assert!(shown.contains(refusal), "{shown}");
    sandbox.ok(&["import", "s/results.tsv", "--into", "new", "-q"]);
}
