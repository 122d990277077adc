//! `stats`: the course of a search. And the answers to commands of other programs.

use crate::sandbox::Sandbox;

fn store() -> Sandbox {
    let sandbox = Sandbox::with_store();
    for (status, score, specialist, hour, notes) in [
        ("baseline", "3.0", "baseline", "00", ""),
        ("keep", "2.9", "opt", "01", ""),
        ("crash", "", "tok", "02", "RuntimeError: CUDA out of memory"),
        ("size_blocked", "1.5", "tok", "03", ""),
        ("keep", "2.7", "opt", "04", ""),
    ] {
        let time = format!("2026-01-01T{hour}:00:00Z");
        let hypothesis = format!("the idea of {hour}");
        sandbox.ok(&[
            "append",
            "-q",
            "--status",
            status,
            "--metric",
            score,
            "--specialist",
            specialist,
            "--timestamp",
            &time,
            "--hypothesis",
            &hypothesis,
            "--notes",
            notes,
        ]);
    }
    sandbox
}

#[test]
fn stats_say_when_the_search_ran_and_how_its_best_developed() {
    insta::assert_snapshot!(store().transcript(&["stats", "--since", "2026-01-01T02:00"]));
}

#[test]
fn a_script_gets_the_same() {
    let json: serde_json::Value =
        serde_json::from_str(&store().ok(&["stats", "--format", "json", "--since", "2026-01-02"]))
            .unwrap();
    assert_eq!(json["started"], "2026-01-01T00:00:00Z");
    assert_eq!(json["last_trial"], "2026-01-01T04:00:00Z");
    assert_eq!(json["trials_per_hour"], 1.0);
    assert_eq!(json["best_hypothesis"], "the idea of 04");
    assert_eq!(json["failed_better_than_best"], 1);
    assert_eq!(json["new_keeps"], serde_json::json!([]));
}

#[test]
fn a_time_that_does_not_exist_is_not_the_end_of_the_search() {
    let sandbox = Sandbox::new();
    let mut log = "exp_id\ttimestamp\tstatus\tval_loss\n".to_owned();
    let times = [
        "09:00:00Z",
        "23:59:59Z",
        "24:30:00Z",
        "23:60:00Z",
        "29:59:59Z",
        "2x:00:00Z",
    ];
    for (id, time) in times.into_iter().enumerate() {
        log += &format!("{id}\t2026-01-31T{time}\tkeep\t{id}\n");
    }
    log += "6\t2026-01-32T09:00:00Z\tkeep\t6\n";
    sandbox.write("results.tsv", log);
    let answer = sandbox.ok(&["--store", "results.tsv", "stats", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(json["started"], "2026-01-31T09:00:00Z");
    assert_eq!(json["last_trial"], "2026-01-31T23:59:59Z");
    let times = ["20260131T100000.000Z", "20260131T1T12:34:56Z"];
    let rows = times.map(|time| format!("0\t{time}\tkeep\t1\n")).concat();
    sandbox.write(
        "results.tsv",
        format!("exp_id\ttimestamp\tstatus\tcore_metric\n{rows}"),
    );
    let answer = sandbox.ok(&["--store", "results.tsv", "stats", "--format", "json"]);
    assert!(!answer.contains("T12:34:56Z"), "{answer}");
}

#[test]
fn stats_name_exceeded_limits_and_discards_that_beat_their_parent() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "results.tsv",
        "exp_id\tparent_exp\tval_loss\tstatus\tartifact_bytes\n\
         0\t\t3\tbaseline\t90\n1\t0\t2\tkeep\t95\n2\t0\t2.5\tdiscard\t80\n3\t1\t2.2\tdiscard\t85\n\
         4\t1\t\tsize_blocked\t120\n5\t1\t\tsize_blocked\t130\n6\t1\t\tsize_blocked\t140\n",
    );
    let store = ["--store", "results.tsv"];
    let stats = sandbox.ok(&[&store[..], &["stats"]].concat());
    assert!(
        stats.contains("discards   1 recent discard beat its parent: 002 by 0.5\n"),
        "{stats}"
    );
    assert!(
        stats.contains("limit      artifact_bytes: limit between 95 and 120; the last 3 size_blocked exceeded it by 35 (median)\n"),
        "{stats}"
    );
    let json = sandbox.ok(&[&store[..], &["stats", "--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let discards = serde_json::json!([{"exp_id": "002", "parent_exp": "000", "better_by": 0.5}]);
    assert_eq!(json["discards_better_than_parent"], discards);
    let limit = &json["exceeded_limits"][0];
    assert_eq!(limit["column"], "artifact_bytes");
    assert_eq!(limit["limit"], 95.0);
    assert_eq!(limit["status"], "size_blocked");
    assert_eq!(limit["last_failures"], 3);
    assert_eq!(limit["median_excess"], 35.0);
}

#[test]
fn compute_of_a_keep_without_a_score_produced_none() {
    let sandbox = Sandbox::new();
    let rows = "0\tbaseline\t3\t3600\n1\tkeep\t\t3600\n2\tdiscard\tnan\t3600\n3\tcrash\t2\t3600\n4\tharness_abort\t\t3600\n";
    let log = format!("exp_id\tstatus\tval_loss\ttotal_s\n{rows}");
    sandbox.write(".lineage/results.tsv", log);
    sandbox.write(".lineage/lineage.toml", "metric = \"val_loss\"\n");
    let stats = sandbox.ok(&["stats"]);
    assert!(
        stats.contains("compute    4.0 h; 3.0 h (75.0 %) produced no usable score\n"),
        "{stats}"
    );
}

#[test]
fn the_command_that_lists_trials_in_progress_names_the_store() {
    let sandbox = store();
    let now = jiff::Timestamp::now().to_string();
    let trial =
        serde_json::json!({"started": now, "heartbeat": now, "host": "elsewhere", "pid": 7});
    sandbox.write(".lineage/running/elsewhere-7-1.json", trial.to_string());
    let stats = sandbox.ok(&["stats", "--store", ".lineage"]);
    let line = "running    1: `lineage --store .lineage tail --running`\n";
    assert!(stats.contains(line), "{stats}");
}

#[test]
fn the_baseline_is_no_specialist() {
    let stats = store().ok(&["stats", "--by", "specialist"]);
    let groups = stats.split_once("specialist  ").unwrap().1;
    assert!(
        !groups.contains("baseline") && groups.contains("opt "),
        "{stats}"
    );
}

#[test]
fn commands_of_other_programs_are_answered() {
    let sandbox = store();
    for name in [
        "log",
        "ls",
        "list",
        "top",
        "leaderboard",
        "add",
        "history",
        "status",
    ] {
        let transcript = sandbox.transcript(&[name, "-n", "3"]);
        assert!(
            transcript.contains(&format!("unknown command '{name}'; use `lineage ")),
            "{transcript}"
        );
        assert!(transcript.ends_with("= 2\n"), "{transcript}");
    }
    assert_eq!(sandbox.ok(&["show", "EXP_002"]), sandbox.ok(&["show", "2"]));
}
