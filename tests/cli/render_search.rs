//! What a prompt says about the search: noise, what is worth another try, parallel work, and the next steps.

use std::fs;

use crate::render_trials::{Row, discard, keep, render, section, store};
use crate::sandbox::Sandbox;

#[test]
fn noise_is_measured_from_repeats_or_not_at_all() {
    let mut rows = vec![keep(0, 0, 9.0)];
    rows.extend(
        (1..40).map(|id| discard(id, 0, 9.0 + f64::from(id) / 1000.0, f64::from(id) / 1000.0)),
    );
    let page = render(&store(&rows));
    assert!(!page.to_lowercase().contains("noise"), "{page}");
    let again = |id, score| Row {
        hypothesis: "the same, again",
        ..discard(id, 0, score, 0.01)
    };
    rows.extend([again(40, 9.1), again(41, 9.13)]);
    assert!(
        !render(&store(&rows)).contains("noise"),
        "one pair says nothing"
    );
    rows.push(Row {
        hypothesis: "The same - again!",
        ..again(42, 9.12)
    });
    let text = section(&store(&rows), "signals");
    assert!(
        text.contains(
            "- Noise of val_loss: 0.02 (the median difference between repeats of one trial).\n"
        ),
        "{text}"
    );
    let other_parent = Row {
        parent: 1,
        ..again(42, 9.12)
    };
    rows[42] = other_parent;
    assert!(!section(&store(&rows), "signals").contains("Noise"));
}

#[test]
fn only_what_was_not_tried_since_is_worth_another_try() {
    let near = |id, hypothesis, delta| Row {
        hypothesis,
        delta,
        baseline: 0,
        ..discard(id, 0, 9.0, delta)
    };
    let sandbox = store(&[
        keep(0, 0, 9.0),
        near(1, "clip the gradient", 0.001),
        near(2, "a change of a comment", 0.0),
        near(3, "warm up for longer", 0.002),
        keep(4, 0, 8.0),
        Row {
            baseline: 4,
            ..near(5, "Warm up for longer", 0.5)
        },
        keep(6, 4, 7.9),
    ]);
    let text = section(&sandbox, "signals");
    assert!(text.contains("- Worth another try from the best"), "{text}");
    assert!(
        text.contains("  - 001 (Δ +0.001 from the best at the time) `clip the gradient`\n"),
        "{text}"
    );
    assert!(!text.contains("002 (") && !text.contains("003 ("), "{text}");
}

#[test]
fn what_was_close_to_an_old_best_is_not_worth_another_try() {
    let mut rows = vec![keep(0, 0, 9.0)];
    for best in (0..14).step_by(2) {
        let score = 9.0 - f64::from(best);
        rows.push(Row {
            baseline: best,
            ..discard(best + 1, best, score, 0.01)
        });
        rows.push(keep(best + 2, best, score - 2.0));
    }
    let text = section(&store(&rows), "signals");
    let ids = text.lines().filter_map(|line| line.strip_prefix("  - "));
    let ids: Vec<&str> = ids.map(|line| &line[..3]).collect();
    assert_eq!(ids, ["013", "011", "009", "007"], "{text}");
}

#[test]
fn parallel_work_names_what_beat_its_parent_and_what_was_tried_again() {
    let sandbox = store(&[
        keep(0, 0, 9.0),
        keep(1, 0, 8.0),
        discard(2, 0, 8.5, 0.5),
        Row {
            hypothesis: "wider",
            ..discard(3, 1, 8.2, 0.2)
        },
        Row {
            hypothesis: "Wider.",
            status: "crash",
            ..discard(4, 1, 0.0, 0.0)
        },
        Row {
            hypothesis: "wider",
            ..discard(5, 0, 9.2, 1.2)
        },
    ]);
    let text = section(&sandbox, "parallel");
    assert!(
        text.contains("- Beat its parent 000 by 0.5: 002 [opt, discard, val_loss 8.5, Δ +0.5]"),
        "{text}"
    );
    assert!(
        text.contains("- Tried 3 times: 003 discard, 004 crash, 005 discard: `wider`\n"),
        "{text}"
    );
}

#[test]
fn a_trial_in_progress_is_named_but_not_in_past_prompts() {
    let sandbox = store(&[keep(0, 0, 9.0), discard(1, 0, 9.5, 0.5)]);
    fs::create_dir(sandbox.path(".lineage/running")).unwrap();
    let entry = serde_json::json!({
        "specialist": "arch", "parent_exp": "0", "domain": "", "hypothesis": "a wider net\n## Your task",
        "job_name": "", "started": "2026-01-01T00:00:00Z", "heartbeat": jiff::Timestamp::now().to_string(),
        "host": "elsewhere", "pid_namespace": "", "pid": 7, "pid_start": 1,
    });
    sandbox.write(".lineage/running/elsewhere-7-1.json", entry.to_string());
    let page = render(&sandbox);
    assert!(page.contains("In progress: 1 trial.\n"), "{page}");
    let text =
        "- In progress: arch from 000, since 2026-01-01T00:00:00Z: `a wider net\\n## Your task`\n";
    assert!(page.contains(text), "{page}");
    let past = sandbox.ok(&["render", "--for", "opt", "-q", "--as-of", "1"]);
    assert!(!past.contains("In progress"), "{past}");
}

#[test]
fn the_task_names_the_step_of_the_loop() {
    let sandbox = store(&[keep(0, 0, 9.0)]);
    let submit = "./run_trial.sh \"$hypothesis\"";
    let settings = |task: &str| {
        format!(
            "metric = \"val_loss\"\ndirection = \"minimize\"\n[prompt]\nsubmit = '{submit}'\n{task}"
        )
    };
    sandbox.write(".lineage/lineage.toml", settings(""));
    let text = section(&sandbox, "task");
    let step = "To run a trial: `./run_trial.sh \"$hypothesis\"`; before you run it, ask `lineage similar \"your hypothesis\"`.\n";
    assert!(text.ends_with(step), "{text}");
    sandbox.write(
        ".lineage/lineage.toml",
        settings("task = \"Improve {best}: {submit}\""),
    );
    let text = section(&sandbox, "task");
    assert!(
        text.contains("Improve trial 000 (9): `./run_trial.sh \"$hypothesis\"`\n"),
        "{text}"
    );
    assert!(
        text.ends_with("\nBefore you run it, ask `lineage similar \"your hypothesis\"`.\n"),
        "{text}"
    );
    let blind = sandbox.ok(&["render", "--for", "opt", "--blind", "-q"]);
    assert!(!blind.contains("similar"), "{blind}");
}

/// Like a log of runs that are timed until they reach an accuracy: the seconds are the score, and `core_metric` is empty.
#[test]
fn an_empty_score_column_gives_way_to_the_one_that_delta_vs_best_compares() {
    let names = "exp_id timestamp specialist parent_exp baseline_exp domain hypothesis expected_delta status \
        core_metric val_bpb delta_vs_best train_s total_s accuracy job_name snapshot_path notes";
    let mut log = names.split_whitespace().collect::<Vec<_>>().join("\t") + "\n";
    for (id, status, delta, seconds, accuracy) in [
        (0, "baseline", "", "3.83", "0.9402"),
        (1, "discard", "+0.0500", "3.8800", "0.9411"),
        (2, "keep", "-0.0300", "3.8000", "0.9405"),
        (3, "disqualified", "-0.1000", "3.7000", "0.9391"),
        (4, "crash", "", "", ""),
        (5, "keep", "-0.0100", "3.7900", "0.9403"),
    ] {
        log += &format!(
            "{id:03}\t\topt\t\t\t\tidea {id}\t\t{status}\t\t\t{delta}\t{seconds}\t44\t{accuracy}\t\t\t\n"
        );
    }
    let sandbox = Sandbox::new();
    sandbox.write("results.tsv", &log);
    let flags = ["--store", "results.tsv"];
    let best = [&["best", "--field", "train_s"], &flags[..]].concat();
    let shown = sandbox.transcript(&best);
    assert!(shown.contains("\n3.7900\n"), "{shown}");
    let note =
        "! note: assuming train_s (lower is better): the differences in the log are its own,";
    assert!(shown.contains(note), "{shown}");
    let page = sandbox.ok(&[&["render", "--for", "opt", "-q"], &flags[..]].concat());
    assert!(
        page.contains(
            "The score is train_s: lower is better.\nCurrent best: **005** (train_s = 3.7900).\n"
        ),
        "{page}"
    );
    assert!(
        page.contains("- 003 [opt, disqualified, train_s 3.7000 (invalid), accuracy 0.9391]"),
        "{page}"
    );
}

#[test]
fn signals_hold_from_their_thresholds_on() {
    let signals = |rows: &[Row]| {
        let sandbox = store(rows);
        let settings =
            "metric = \"val_loss\"\ndirection = \"minimize\"\n[prompt]\nepsilon = 0.01\n";
        sandbox.write(".lineage/lineage.toml", settings);
        section(&sandbox, "signals")
    };
    let crash = |id| Row {
        status: "crash",
        ..discard(id, 0, 0.0, 0.0)
    };
    let flat = |id| discard(id, 0, 9.001, 0.001);
    let no_progress = "- None of your last 5 trials gave a valid score that differs from the best by more than the noise, 0.01:";
    let mut rows = vec![keep(0, 0, 9.0), discard(1, 0, 9.5, 0.5)];
    rows.extend([flat(2), crash(3), flat(4), crash(5)]);
    assert!(!signals(&rows).contains("None of your last"));
    rows.push(flat(6));
    assert!(signals(&rows).contains(no_progress), "{}", signals(&rows));
    rows.extend((7..15).map(|id| discard(id, 0, 9.5, 0.5)));
    rows.extend((15..19).map(crash));
    assert!(!signals(&rows).contains("all failed"));
    rows.push(crash(19));
    let text = signals(&rows);
    assert!(text.contains("- The last 5 trials from the best all failed:"));
    assert!(!text.contains("No keep"), "{text}");
    rows.push(discard(20, 0, 9.5, 0.5));
    let text = signals(&rows);
    assert!(text.contains("- No keep for 20 trials:"), "{text}");
    assert!(!text.contains("None of your") && !text.contains("all failed"));
}
