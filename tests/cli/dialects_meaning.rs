//! What names and words of other tools' logs mean, where they could be taken for their opposite.

use std::fs;

use crate::{
    dialects::{all, best},
    sandbox::Sandbox,
};

#[test]
fn what_is_said_of_one_metric_says_nothing_of_another() {
    let log = "{\"type\":\"config\",\"metricName\":\"val_loss\",\"bestDirection\":\"lower\"}\n\
        {\"run\":1,\"metric\":1.0,\"metrics\":{\"acc\":0.5},\"status\":\"keep\"}\n\
        {\"run\":2,\"metric\":0.9,\"metrics\":{\"acc\":0.6},\"status\":\"keep\"}\n";
    assert_eq!(best(log, &[]).0, "002 0.9");
    for flags in [["--metric", "acc"], ["--map", "score=acc"]] {
        let (found, said) = best(log, &flags);
        assert_eq!(found, "002 0.6", "{flags:?}");
        assert!(said.contains("by its name, since minimize is what the file says of val_loss"), "{said}");
    }
    all(&[
        ("002 0.6", "# metric: val_bpb (lower is better)\nid\tacc\tstatus\n1\t0.5\tkeep\n2\t0.6\tkeep\n", "of val_bpb"),
        ("002 0.6", "# metric: elo\n# direction: lower\nid\tmetric\tstatus\n1\t0.7\tkeep\n2\t0.6\tkeep\n", ""),
        (
            "002 0.6",
            "# lower is better than to stop early\nid\tacc\tstatus\n1\t0.5\tkeep\n2\t0.6\tkeep\n",
            "by its name",
        ),
    ]);
}

#[test]
fn an_explanation_that_undoes_or_doubts_a_keep_leaves_it_as_it_is_written() {
    for word in [
        "keep -> rolled back",
        "keep (rollback)",
        "keep (withdrawn)",
        "keep (retracted)",
        "KEEP — removed in 9",
        "merged; later reversed",
        "kept, later dropped",
        "keep (disqualified)",
        "KEEP (FAILED CHECKS)",
        "best (but crashed)",
        "better (not kept)",
        "keep: no",
        "keep: 0",
        "keep: false",
        "accept: false",
        "keep/discard",
        "accepted/rejected",
        "keep?",
        "keep (?)",
        "initial - crash",
        "keep (didn't improve)",
        "ok (reverted)",
    ] {
        let log = format!("id\tval_acc\tstatus\n1\t0.90\tkeep\n2\t0.95\t{word}\n");
        assert_eq!(best(&log, &[]).0, "001 0.90", "{word}");
        let sandbox = Sandbox::new();
        fs::write(sandbox.path("log"), &log).unwrap();
        let shown = sandbox.ok(&["tail", "--store", "log", "-q", "--format", "jsonl"]);
        assert!(shown.contains(&format!("\"status\":\"{word}\"")), "{word}: {shown}");
    }
    for word in ["keep (never reverted)", "keep - no crash", "keep (merged)", "kept, all tests pass", "keep (done)"] {
        let log = format!("id\tval_acc\tstatus\n1\t0.90\tkeep\n2\t0.95\t{word}\n");
        assert_eq!(best(&log, &[]).0, "002 0.95", "{word}");
    }
}

#[test]
fn a_part_of_a_name_does_not_turn_it_round() {
    let ups = "win_loss_ratio lossless_ratio glossary_hits error_reduction cost_savings hours_saved failures_fixed \
        fail_to_pass survival_time tokens_per_second samples_per_sec req_per_s negloss lossy_psnr";
    let downs = "ms_per_step sec_per_step time_per_step val_loss_per_sample cost_per_success errors_per_second \
        accuracy_drop generalization_gap davies_bouldin_score anomaly_score time_to_90_acc valloss logloss losses error_rate";
    for (names, first, second) in [(ups, 5, 8), (downs, 8, 5)] {
        for name in names.split_whitespace() {
            let log = format!("id\t{name}\tstatus\n1\t{first}\tkeep\n2\t{second}\tkeep\n");
            assert_eq!(best(&log, &[]).0, format!("002 {second}"), "{name}");
        }
    }
}

#[test]
fn a_header_that_says_which_way_is_better_is_heard() {
    all(&[
        ("001 30", "id\tzorp (lower is better)\tstatus\n1\t30\tkeep\n2\t40\tkeep\n", "score by its name; --metric"),
        ("001 30", "id\tzorp ↑\tstatus\n1\t30\tkeep\n2\t20\tkeep\n", "score by its name; --metric"),
        ("001 20", "id\tzorp (↓)\tstatus\n1\t20\tkeep\n2\t30\tkeep\n", "score by its name; --metric"),
    ]);
}
