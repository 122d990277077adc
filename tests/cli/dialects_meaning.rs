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
        assert!(
            said.contains(": by its name; the file says minimize of val_loss;"),
            "{said}"
        );
    }
    all(&[
        (
            "002 0.6",
            "# metric: val_bpb (lower is better)\nid\tacc\tstatus\n1\t0.5\tkeep\n2\t0.6\tkeep\n",
            "of val_bpb",
        ),
        (
            "002 0.6",
            "# metric: elo\n# direction: lower\nid\tmetric\tstatus\n1\t0.7\tkeep\n2\t0.6\tkeep\n",
            "",
        ),
        (
            "002 0.6",
            "# lower is better than to stop early\nid\tacc\tstatus\n1\t0.5\tkeep\n2\t0.6\tkeep\n",
            "",
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
        assert!(
            shown.contains(&format!("\"status\":\"{word}\"")),
            "{word}: {shown}"
        );
    }
    for word in [
        "keep (never reverted)",
        "keep - no crash",
        "keep (merged)",
        "kept, all tests pass",
        "keep (done)",
    ] {
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
        (
            "001 30",
            "id\tzorp (lower is better)\tstatus\n1\t30\tkeep\n2\t40\tkeep\n",
            "",
        ),
        (
            "001 30",
            "id\tzorp ↑\tstatus\n1\t30\tkeep\n2\t20\tkeep\n",
            "",
        ),
        (
            "001 20",
            "id\tzorp (↓)\tstatus\n1\t20\tkeep\n2\t30\tkeep\n",
            "",
        ),
    ]);
}

#[test]
fn a_keep_whose_score_cannot_be_read_is_said() {
    let log = "id\tval_acc\tstatus\n1\t0.90\tkeep\n2\t0.90 -> 0.92\tkeep\n3\t<0.1\tkeep\n4\t<0.1\tcrash\n";
    for command in ["best", "stats", "tail"] {
        let sandbox = Sandbox::new();
        fs::write(sandbox.path("log"), log).unwrap();
        let said = sandbox.transcript(&[command, "--store", "log"]);
        let note = "! note: line 3: '0.90 -> 0.92' is not a number, so this keep cannot be best (and 1 more)\n";
        assert_eq!(said.matches(note).count(), 1, "{command}: {said}");
    }
    all(&[
        (
            "002 0.95",
            "id\tval_acc\tstatus\n1\t0.90\tkeep\n2\t0.95 (new best)\tkeep\n",
            "",
        ),
        (
            "002 0.95",
            "id\tval_acc\tstatus\n1\t0.90\tkeep\n2\t0.95†\tkeep\n",
            "",
        ),
        (
            "002 1.8",
            "id\tspeedup\tstatus\n1\t1.0\tkeep\n2\t1.8x\tkeep\n",
            "",
        ),
        (
            "002 1100000",
            "id\tthroughput\tstatus\n1\t980000\tkeep\n2\t1.1M\tkeep\n",
            "",
        ),
        (
            "001 0.90",
            "id\tval_acc\tstatus\n1\t0.90\tkeep\n2\t0.95\tkeep?\n",
            "line 3: its 0.95 is better than the best, but 'keep?' is not known as a keep",
        ),
    ]);
}

#[test]
fn percentages_among_plain_numbers_are_said() {
    all(&[
        (
            "003 0.93",
            "id\tacc\tstatus\n1\t0.90\tkeep\n2\t92%\tkeep\n3\t0.93\tkeep\n",
            "line 3: percentages among numbers up to 1 are divided by 100",
        ),
        (
            "002 0.925",
            "id\tacc\tstatus\n1\t0.90\tkeep\n2\t92.5%\tkeep\n",
            "divided by 100",
        ),
        (
            "002 92",
            "id\tacc\tstatus\n1\t90\tkeep\n2\t92%\tkeep\n",
            "line 3: percentages among other numbers are not divided",
        ),
    ]);
}

#[test]
fn columns_that_take_a_trial_back_are_heard() {
    for (name, good, bad) in [
        ("reverted", "no", "yes"),
        ("committed", "yes", "no"),
        ("crashed", "False", "True"),
        ("failed", "0", "1"),
        ("is_buggy", "no", "yes"),
        ("accept", "True", "False"),
        ("is_kept", "1", "0"),
        ("was_kept", "yes", "no"),
        ("selected", "yes", "no"),
        ("improved", "true", "false"),
        ("is_best", "1", "0"),
        ("ok", "1", "0"),
        ("error", "", "CUDA OOM"),
    ] {
        let log = format!("id\tval_loss\t{name}\n1\t0.5\t{good}\n2\t0.1\t{bad}\n3\t0.4\t{good}\n");
        assert_eq!(best(&log, &[]).0, "003 0.4", "{name}");
        let mut beside = format!("id\tval_loss\t{name}\tstatus\n");
        for line in log.lines().skip(1) {
            beside += &format!("{line}\tok\n");
        }
        assert_eq!(best(&beside, &[]).0, "003 0.4", "{name} beside a status");
    }
    let kept =
        "id\tval_loss\tstatus\treverted\n1\t0.5\tkeep\tno\n2\t0.1\tkeep\tyes\n3\t0.4\tcrash\tno\n";
    assert_eq!(best(kept, &[]).0, "001 0.5");
}

#[test]
fn a_verdict_needs_more_than_a_few_words() {
    all(&[
        (
            "003 0.9",
            "id,operator,accuracy\n1,seed,0.5\n2,improve,0.6\n3,crossover,0.9\n4,improve,0.7\n",
            "no column",
        ),
        (
            "002 5",
            "run\tscore\tzzz\n1\t4\tkept\n2\t5\tkept\n3\t9\treverted\n",
            "assuming zzz holds the verdict (by its words)",
        ),
        (
            "003 0.9",
            "id,passed,total,score\n1,0,10,0.0\n2,1,10,0.1\n3,9,10,0.9\n",
            "no column holds a verdict",
        ),
        (
            "003 0.9",
            "id,success,n,reward\n1,1,10,0.1\n2,5,10,0.5\n3,9,10,0.9\n",
            "no column holds a verdict",
        ),
        (
            "002 0.8",
            "id\tval_loss\tstatus\n0\t1.0\tbaseline\n1\t0.9\tok\n2\t0.8\tok\n3\t0\tcrash\n",
            "",
        ),
        (
            "001 0.9",
            "id\tval_loss\tstatus\n0\t1.0\tbaseline\n1\t0.9\tkeep\n2\t0.8\tok\n",
            "",
        ),
        (
            "002 7",
            "id\tzorp\tstatus\n0\t5\tok\n1\t6\tok\n2\t7\tok\n",
            "assuming zorp (higher is better): the likeliest column of numbers, the direction by default",
        ),
        (
            "001 0",
            "id\tval_loss\tstatus\n0\t0.9\tok\n1\t0\tok\n2\t0.8\tok\n",
            "line 3, means 'no score' in other logs",
        ),
        (
            " null",
            "id\tacc\tstatus\n1\t0.5\tbehalten\n2\t0.6\tverworfen\n",
            "'behalten' 'verworfen'; --map verdict= makes",
        ),
    ]);
}

#[test]
fn a_score_without_decisions_is_found_by_what_the_columns_hold() {
    let settings = "0.1\t4\t0.71\n0.1\t8\t0.64\n0.2\t4\t0.82\n0.2\t8\t0.75\n0.3\t4\t0.66\n";
    let text = "# Results\n\nSome text.\n\nMore text.\n\n| # | Score | Notes |\n|---|---|---|\n";
    let rows =
        "| 1 | **0.86** ⭐ | a |\n| 2 | 0.15 | b |\n| 3 | **0.94** ⭐ | c |\n| 4 | 0.4 | d |\n";
    all(&[
        (
            "000 1.9",
            "total_return,sharpe\n8.1,1.9\n8.8,1.7\n7.9,1.6\n8.3,1.2\n5.5,0.8\n",
            "assuming sharpe (higher is better): the rows are sorted by it",
        ),
        (
            "001 0.26",
            "id,score_a,score_b,score_avg\n0,0.4,0.1,0.25\n1,0.2,0.32,0.26\n",
            "assuming score_avg (higher is better): by its name, out of score_a score_b score_avg",
        ),
        (
            "002 0.82",
            &format!("rate_x\tblocks\tzorp\n{settings}"),
            "assuming zorp (higher is better): the last of zorp",
        ),
        (
            "002 0.82",
            &format!("# rate_x\tblocks\tzorp\n{settings}"),
            "assuming zorp (higher is better)",
        ),
        (
            "003 0.94",
            &format!("{text}{rows}\nThe end.\n\nIt ran for days.\n\nDone.\n"),
            "",
        ),
    ]);
}

#[test]
fn a_direction_without_evidence_says_what_was_looked_at() {
    all(&[
        (
            "003 3.6",
            "id\tthing\tstatus\n1\t3.5\tkeep\n2\t3.4\tkeep\n3\t3.6\tkeep\n4\t3.55\tdiscard\n",
            "by default; keeps and discards that fit only lower: 1, only higher: 1",
        ),
        (
            "001 3.5",
            "id\tthing\tstatus\n1\t3.5\tkeep\n2\t3.4\tcrash\n",
            "by default; no keep or discard speaks for one",
        ),
        (
            "003 3.6",
            "id\tthing\n1\t3.5\n2\t3.4\n3\t3.6\n",
            "by default; scores below the mean before them: 1, above: 1",
        ),
        (
            "002 3.4",
            "id\tvalue\n1\t3.5\n2\t3.4\n3\t3.6\n",
            "assuming value (lower is better): by its name, the direction by default",
        ),
        (
            "001 3.4",
            "exp_id\tstatus\tcore_metric\n000\tbaseline\t3.5\n001\tkeep\t3.4\n",
            "(by default; the keeps have no delta_vs_best)",
        ),
    ]);
}
