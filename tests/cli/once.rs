//! `append --once`: an attempt of a job is logged once, and a different outcome is never dropped in silence.

use std::fs;

use insta::assert_snapshot;

use crate::append::append;
use crate::sandbox::Sandbox;

const JOB: [&str; 4] = ["append", "--job-name", "q-77", "--once"];

fn log_job(sandbox: &Sandbox, args: &[&str]) -> String {
    let shown = sandbox.transcript(&[&JOB, args].concat());
    // Without the trial as JSON, which has the time.
    let lines = shown.lines().filter(|line| !line.starts_with("! {"));
    lines.collect::<Vec<_>>().join("\n")
}

fn jobs(sandbox: &Sandbox) -> Vec<String> {
    let rows = sandbox.rows();
    rows.iter().map(|row| row[row.len() - 3].clone()).collect()
}

#[test]
fn another_outcome_of_a_job_is_an_error_that_says_how_to_log_it() {
    let sandbox = Sandbox::with_store();
    let shown = [
        &["--status", "crash"][..],
        &["--status", "crash", "--notes", "again"],
        &["--status", "auto", "--metric", "0.5"],
        &["--status", "size_blocked"],
        &["--status", "crash", "--metric", "9"],
        &["--status", "auto", "--metric", "0.5", "--attempt", "2"],
        &["--status", "auto", "--metric", "0.50", "--attempt", "2"],
        &["--status", "baseline", "--metric", "0.5", "--attempt", "2"],
        &["--status", "auto", "--metric", "0.4", "--attempt", "2"],
        &["--status", "crash", "--attempt", "1"],
    ]
    .map(|args| log_job(&sandbox, args));
    assert_snapshot!(shown.join("\n"));
    assert_eq!(jobs(&sandbox), ["q-77", "q-77#2"]);
}

#[test]
fn an_attempt_is_a_whole_number_of_a_job() {
    let sandbox = Sandbox::with_store();
    for attempt in ["0", "-1", "two", "1.5"] {
        let shown = log_job(&sandbox, &["--status", "crash", "--attempt", attempt]);
        assert!(shown.contains("is not the number of an attempt"), "{shown}");
    }
    let shown = sandbox.transcript(&["append", "--status", "crash", "--attempt", "2"]);
    assert!(shown.contains("--job-name"), "{shown}");
    assert!(sandbox.rows().is_empty());
    log_job(&sandbox, &["--status", "crash"]);
    let shown = log_job(&sandbox, &["--status", "crash", "--attempt", "0"]);
    assert!(shown.contains("is not the number of an attempt"), "{shown}");
}

#[test]
fn a_batch_with_another_outcome_is_refused_as_a_whole() {
    let sandbox = Sandbox::with_store();
    let append = ["append", "--json", "--once"];
    let crash = "{\"status\":\"crash\",\"job_name\":\"j\"}\n";
    let keep = "{\"status\":\"keep\",\"metric\":1,\"job_name\":\"j\"}\n";
    let shown = sandbox.transcript_with_stdin(&append, [crash, keep].concat());
    assert!(
        shown.contains("log this attempt with \"attempt\":2"),
        "{shown}"
    );
    assert!(sandbox.rows().is_empty());
    let second = keep.replace("\"j\"", "\"j\",\"attempt\":2");
    let shown = sandbox.transcript_with_stdin(&append, [crash, &second, &second].concat());
    assert!(shown.ends_with("= 0\n"), "{shown}");
    assert_eq!(jobs(&sandbox), ["j", "j#2"]);
}

#[test]
fn a_log_with_a_column_for_the_attempt_gets_it_there_too() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "--columns", "attempt"]);
    log_job(&sandbox, &["--status", "crash", "--attempt", "2"]);
    assert_eq!(jobs(&sandbox), ["q-77#2"]);
    assert_eq!(sandbox.ok(&["show", "0", "--field", "attempt"]), "2\n");
}

#[test]
fn once_makes_a_retry_safe() {
    let sandbox = Sandbox::with_store();
    let args = append("--status auto --metric 3 --job-name job-1 --once");
    assert_eq!(sandbox.ok(&args), "000\n");
    let before = sandbox.read_log();
    assert_eq!(sandbox.ok(&args), "000\n");
    assert_eq!(sandbox.read_log(), before);
    let row = sandbox.ok(&[&args[..], &["--format", "json"]].concat());
    assert!(row.starts_with("{\"exp_id\":\"000\","), "{row}");
}

#[test]
fn a_job_name_is_known_again_whatever_is_in_it() {
    let sandbox = Sandbox::with_store();
    let flags = append("--status crash --once");
    let args = [&flags[..], &["--job-name", "a\tb\r"]].concat();
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
fn a_trial_without_a_finite_score_is_logged_once() {
    let sandbox = Sandbox::with_store();
    let trial = "{\"status\":\"auto\",\"metric\":NaN,\"job_name\":\"j\"}\n";
    for _ in 0..2 {
        let shown = sandbox.transcript_with_stdin(&["append", "--json", "--once"], trial);
        assert!(shown.contains("\n000\n"), "{shown}");
        assert!(shown.ends_with("= 0\n"), "{shown}");
    }
    assert_eq!(jobs(&sandbox), ["j"]);
}

#[test]
fn what_is_logged_already_does_not_touch_the_store() {
    let sandbox = Sandbox::with_store();
    let note = "n".repeat(2000);
    let trial =
        |n: usize| format!("{{\"status\":\"crash\",\"job_name\":\"j{n}\",\"notes\":\"{note}\"}}\n");
    let append = ["append", "--json", "--once", "-q"];
    let trials: String = (0..100).map(trial).collect();
    sandbox.transcript_with_stdin(&append, trials.clone());
    fs::remove_file(sandbox.path(".lineage/results.idx")).unwrap();
    let before = sandbox.tree(".lineage");
    let shown = sandbox.transcript_with_stdin(&append, trials);
    assert!(shown.contains("\n099\n"), "{shown}");
    assert_eq!(sandbox.tree(".lineage"), before);
}

#[test]
fn a_job_that_is_twice_in_a_batch_is_named_by_its_place() {
    let sandbox = Sandbox::with_store();
    let trial =
        |metric| format!("{{\"status\":\"auto\",\"metric\":{metric},\"job_name\":\"j\"}}\n");
    let batch = trial(2) + &trial(1);
    let shown = sandbox.transcript_with_stdin(&["append", "--json", "--once"], batch);
    let said = "job j is trial 1 of this batch with baseline 2, not auto 1";
    assert!(shown.contains(said), "{shown}");
    assert!(sandbox.rows().is_empty());
}
