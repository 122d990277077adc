//! What is not a log, and what cannot be done with the log of another tool, is refused in plain words.

use crate::{formats::stderr, sandbox::Sandbox};

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
        (
            "fn main() {}\n",
            "not a log: expected TSV or CSV with a header, or JSON lines",
        ),
        ("a,b\nx,y\n", "no column holds a score"),
        ("{\"type\":\"hook\"}\n", "no runs among the JSON lines"),
        (
            "# nothing\n",
            "not a log: expected TSV or CSV with a header, or JSON lines",
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
            let refusal = "not a log: expected TSV or CSV with a header, or JSON lines";
            let first_line = text.lines().next().unwrap_or_default();
            assert!(said.contains(refusal), "{first_line}: {said}");
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
