//! Logs as people write them, each by the line of the rules that it needs: what is the best, and what is said.

use std::fs;

use serde_json::Value;

use crate::sandbox::Sandbox;

/// Id and score of the best, and what was said on stderr.
pub(crate) fn best(log: impl AsRef<[u8]>, flags: &[&str]) -> (String, String) {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), log).unwrap();
    let output = sandbox
        .lineage(&[&["best", "--store", "log", "--format", "json"], flags].concat())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found = match serde_json::from_slice::<Value>(&output.stdout) {
        Ok(best) => format!(
            "{} {}",
            best["exp_id"].as_str().unwrap_or_default(),
            best["core_metric"]
        ),
        Err(_) => String::new(),
    };
    (found, said)
}

/// Every log has the best that stands before it, and says what stands behind it.
pub(crate) fn all(logs: &[(&str, &str, &str)]) {
    for (wanted, log, note) in logs {
        let (found, said) = best(log, &[]);
        assert_eq!(found, *wanted, "{log}\n{said}");
        assert!(said.contains(note), "{log}\n{said}");
    }
}

#[test]
fn segments_may_be_counted_from_anything() {
    let config = |name: &str, way: &str| {
        format!("{{\"type\":\"config\",\"metricName\":\"{name}\",\"bestDirection\":\"{way}\"}}\n")
    };
    let run = |run: u64, metric: u64, segment: u64| {
        format!("{{\"run\":{run},\"metric\":{metric},\"status\":\"keep\",\"segment\":{segment}}}\n")
    };
    let log = [
        config("aa", "lower"),
        run(1, 5, 1),
        run(2, 7, 1),
        config("bb", "higher"),
        run(3, 5, 2),
        run(4, 7, 2),
    ];
    assert_eq!(best(log.concat(), &["-q"]).0, "004 7");
    assert_eq!(best(log.concat(), &["-q", "--segment", "1"]).0, "001 5");
    assert!(
        best(log.concat(), &["--segment", "0"])
            .1
            .contains("no segment 0; use one of: 1, 2")
    );
}

#[test]
fn what_is_measured_is_the_score_and_not_what_was_spent_or_set() {
    for (score, other) in [
        ("p99_ms", "memory_gb"),
        ("ms", "peak_mb"),
        ("wall_time_s", "memory_gb"),
        ("cpu_time", "peak_mb"),
        ("size_kb", "memory_gb"),
        ("duration", "peak_mb"),
        ("p99_ms", "duration"),
        ("qps", "seconds"),
        ("seconds", "size_kb"),
    ] {
        let log = format!("commit\t{other}\t{score}\tstatus\na\t1\t2\tkeep\n");
        assert_eq!(best(&log, &[]).0, "000 2", "{log}");
    }
    all(&[
        (
            "001 2",
            "iteration,elo_gain,status\n1,1,keep\n1,2,keep\n2,0,crash\n",
            "",
        ), // an id that stands twice is no score
        (
            "002 0.3",
            "number,value,datetime_start,params_lr,state\n1,0.5,2026-01-01 10:00:00,0.1,PRUNED\n2,0.3,2026-01-01 11:00:00,0.2,COMPLETE\n3,,2026-01-01 12:00:00,0.3,FAIL\n",
            "",
        ),
    ]);
}

#[test]
fn a_file_says_its_direction_in_many_ways() {
    for line in [
        "# metric_direction: lower (target 0)",
        "# direction = min",
        "# metric: score (lower is better)",
        "# metric: score, lower is better",
        "# lower is better",
        "# what we look at is the score: lower is better!",
    ] {
        assert_eq!(
            best(
                format!("{line}\nrun\tscore\tstatus\n1\t5\tkeep\n2\t7\tkeep\n"),
                &[]
            )
            .0,
            "001 5",
            "{line}"
        );
    }
    all(&[
        (
            "002 7",
            "# metric_direction: sideways\nrun\tscore\tstatus\n1\t5\tkeep\n2\t7\tkeep\n",
            "unknown direction 'metric_direction: sideways'",
        ),
        (
            "001 9",
            "run\tscore\tstatus\n1\t9\tkeep\n2\t7\tkeep\n3\t6\tkeep\n",
            "by its name, but no keep is higher than the first; override with --metric, --direction",
        ),
    ]);
}

#[test]
fn a_header_is_found_where_people_put_it() {
    all(&[
        ("001 1", "# commit,val_bpb,status\nx,2,keep\ny,1,keep\n", ""),
        (
            "001 1",
            "Results of the run, started on a Tuesday\n\ncommit,val_bpb,status\nx,2,keep\ny,1,keep\n",
            "",
        ),
        (
            "001 1",
            "my experiments\ncommit\tval_bpb\tstatus\nx\t2\tkeep\ny\t1\tkeep\n",
            "",
        ),
        (
            "001 1",
            "sep=;\ncommit;val_bpb;status\nx;2;keep\ny;1;keep\n",
            "",
        ),
        (
            "001 1",
            "\u{feff}commit;val_bpb;status\r\nx;2;keep\r\ny;1;keep\r\n",
            "",
        ),
        (
            "001 1",
            "commit\tval_bpb\tstatus\nx\t2\tkeep\ncommit\tval_bpb\tstatus\tnotes\ny\t1\tkeep\tn\n",
            "another header",
        ),
        (
            "001 1",
            "commit\tval_bpb\tstatus\tnotes\nx\t2\tkeep\t\"open\ny\t1\tkeep\t\"open, too\n",
            "",
        ),
        (
            "001 1",
            "# Results\n\n| commit | val_bpb | status |\n|---|---:|:--|\n| x | **2** | keep |\n| `y` | 1 | *keep* |\n",
            "",
        ),
        (
            "",
            "c\0o\0m\0m\0i\0t\0\t\0s\0",
            "the first line has NUL bytes: save the file as UTF-8",
        ),
    ]);
}

#[test]
fn a_log_without_a_verdict_says_what_may_be_no_score() {
    all(&[
        (
            "001 -1",
            "agent\tval_loss\na\t2\nb\t-1\nc\t-3e-1\n",
            "the best score, -1 in line 3, means 'no score' in other logs",
        ),
        (
            "001 0.0000",
            "agent\tval_loss\na\t2\nb\t0.0000\nc\t3\n",
            "the best score, 0 in line 3, means 'no score' in other logs",
        ),
        (
            "000 2",
            "agent\tval_loss\na\t2\nb\t3\n",
            "no column holds a verdict",
        ),
    ]);
}

#[test]
fn an_event_between_runs_is_no_trial() {
    let log = "{\"step\":1,\"loss\":3.0}\n{\"event\":\"checkpoint\"}\n{\"step\":2,\"loss\":2.5}\n";
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), log).unwrap();
    assert_eq!(
        sandbox
            .ok(&["tail", "--store", "log", "-q", "--format", "jsonl"])
            .lines()
            .count(),
        2
    );
    assert!(
        sandbox
            .ok(&["import", "log", "-q"])
            .contains("skipped    log:2: neither a score nor a verdict")
    );
}

#[test]
fn verdicts_are_read_as_they_were_meant() {
    let status = |word: &str| {
        let sandbox = Sandbox::new();
        fs::write(
            sandbox.path("log"),
            format!("run\tval_loss\tstatus\n1\t5\tkeep\n2\t3\t{word}\n"),
        )
        .unwrap();
        sandbox
            .ok(&["show", "2", "--store", "log", "-q", "--field", "status"])
            .trim_end()
            .to_owned()
    };
    for (word, wanted) in [
        ("keep -> merged", "keep"),
        ("keep → merged", "keep"),
        ("keep/new best", "keep"),
        ("retained", "keep"),
        ("better", "keep"),
        ("better than 001", "keep"),
        ("keep (not reverted)", "keep"),
        ("reverted to c1", "discard"),
        ("discard - OOM risk", "discard"),
        ("failed to improve", "discard"),
        ("timeout after 300 s", "train_budget_overrun"),
        ("skip", "harness_abort"),
        ("SKIPPED", "harness_abort"),
        ("keep - reverted later", "keep - reverted later"),
        ("keep (later discarded)", "keep (later discarded)"),
        (
            "kept for now, superseded by 7",
            "kept for now, superseded by 7",
        ),
        ("curriculum", "curriculum"),
        ("❌", "discard"),
    ] {
        assert_eq!(status(word), wanted, "{word}");
    }
    all(&[(
        "001 5",
        "run\tval_loss\tstatus\n1\t5\tkeep\n2\t3\tkeep - reverted later\n",
        "",
    )]);
}

#[test]
fn a_parent_of_a_data_frame_is_found() {
    let log = "id,parent,score,status\n1,-1,1,keep\n2,1.0,2,keep\n3,0,3,discard\n";
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), log).unwrap();
    let parents = ["1", "2", "3"]
        .map(|id| sandbox.ok(&["show", id, "--store", "log", "-q", "--field", "parent_exp"]));
    assert_eq!(parents, ["\n", "001\n", "\n"]);
}

#[test]
fn names_say_which_way_is_better() {
    let down = "bits_per_byte kl val_kl lpips runtime miss_rate makespan max_drawdown size 1-acc 1-F1 valLoss neg_elbo \
        negative_log_likelihood valBpb p99_ms test_rmse";
    let up = "qps rps tps gflops tflops mfu coverage top1 pass@1 solve_rate hit_rate correlation spearman pearson \
        exact_match em elbo log_likelihood neg_mse valAcc mAP mAP50 testF1 req/s";
    for (names, best_one) in [(down, "1"), (up, "2")] {
        for name in names.split_whitespace() {
            let log = format!("commit\t{name}\tstatus\na\t1\tkeep\nb\t2\tkeep\n");
            let (found, said) = best(&log, &[]);
            assert!(
                found.ends_with(&format!(" {best_one}"))
                    && (said.is_empty() || said.contains("by its name")),
                "{name}: {found} {said}"
            );
        }
    }
    let (found, said) = best("commit\tbestValBpb\tvalBpb\tstatus\na\t1\t2\tkeep\n", &[]);
    assert_eq!(found, "000 2", "{said}");
}

#[test]
fn the_command_that_a_refusal_names_can_be_pasted() {
    let sandbox = Sandbox::new();
    fs::write(
        sandbox.path("my log.tsv"),
        "commit\tscore\tstatus\nx\t1\tkeep\n",
    )
    .unwrap();
    let output = sandbox
        .lineage(&["append", "--store", "my log.tsv", "--status", "keep"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("`lineage import 'my log.tsv'` makes a store of it"),
        "{said}"
    );
}
