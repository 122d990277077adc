//! What a prompt says about trials: nothing more often than twice, no failed score as a record, and what they share.

use std::fs;

use crate::sandbox::Sandbox;

const HEADER: &str = "exp_id\ttimestamp\tspecialist\tparent_exp\tbaseline_exp\thypothesis\texpected_delta\tstatus\tval_loss\tdelta_vs_best\teval_s\tartifact_bytes\tsnapshot_path\tnotes\n";

/// A trial of the log: id, parent, status, score, difference, and the texts that matter to a test.
#[derive(Clone, Copy, Default)]
struct Row<'a> {
    id: u32,
    parent: u32,
    status: &'a str,
    score: f64,
    delta: f64,
    baseline: u32,
    hypothesis: &'a str,
    eval_s: &'a str,
    bytes: &'a str,
    notes: &'a str,
}

impl Row<'_> {
    fn line(&self) -> String {
        let Self {
            id,
            parent,
            status,
            score,
            delta,
            baseline,
            eval_s,
            bytes,
            notes,
            ..
        } = self;
        let hypothesis = match self.hypothesis {
            "" => format!("idea number {id} of its own"),
            text => text.to_owned(),
        };
        let parent = if id == parent {
            String::new()
        } else {
            parent.to_string()
        };
        format!(
            "{id}\t2026-01-01T00:00:00Z\topt\t{parent}\t{baseline}\t{hypothesis}\t-0.1\t{status}\t{score}\t{delta:+}\t{eval_s}\t{bytes}\t\t{notes}\n"
        )
    }
}

fn keep(id: u32, parent: u32, score: f64) -> Row<'static> {
    let (status, delta) = ("keep", -0.1);
    Row {
        id,
        parent,
        status,
        score,
        delta,
        ..Row::default()
    }
}

fn discard(id: u32, parent: u32, score: f64, delta: f64) -> Row<'static> {
    let status = "discard";
    Row {
        id,
        parent,
        status,
        score,
        delta,
        ..Row::default()
    }
}

fn store(rows: &[Row]) -> Sandbox {
    let sandbox = Sandbox::with_store();
    let lines: String = rows.iter().map(Row::line).collect();
    sandbox.write(".lineage/results.tsv", HEADER.to_owned() + &lines);
    sandbox
}

fn render(sandbox: &Sandbox) -> String {
    sandbox.ok(&["render", "--for", "opt", "-q"])
}

fn section(sandbox: &Sandbox, name: &str) -> String {
    sandbox.ok(&["render", "--for", "opt", "-q", "--sections", name])
}

#[test]
fn no_hypothesis_appears_more_than_twice() {
    let mut rows = vec![keep(0, 0, 9.0)];
    for id in 1..60 {
        let parent = (id - 1) / 10 * 10;
        let score = 9.0 - f64::from(id) / 100.0;
        rows.push(match id % 10 {
            0 => keep(id, parent, score),
            3 => Row {
                status: "crash",
                ..discard(id, parent, 0.0, 0.0)
            },
            7 => Row {
                status: "size_blocked",
                ..discard(id, parent, 1.0, 0.0)
            },
            _ => discard(id, parent, score + 0.2, 0.001),
        });
    }
    let page = render(&store(&rows));
    for row in &rows {
        let text = format!("idea number {} of", row.id);
        let times = page.matches(&text).count();
        assert!(times <= 2, "{text} appears {times} times:\n{page}");
    }
    assert!(page.contains("| in the chain |"), "{page}");
    let shown = (0..60)
        .filter(|id| page.contains(&format!("idea number {id} of")))
        .count();
    assert!(shown > 40, "{shown} of 60:\n{page}");
}

#[test]
fn a_failed_score_is_never_shown_as_a_record() {
    let sandbox = store(&[
        keep(0, 0, 9.0),
        keep(1, 0, 8.0),
        Row {
            status: "size_blocked",
            bytes: "16000500",
            ..discard(2, 1, 7.0, -1.0)
        },
        Row {
            status: "disqualified",
            ..discard(3, 1, 7.9, 0.0)
        },
        Row {
            status: "crash",
            ..discard(4, 1, 0.0, 0.0)
        },
        Row {
            status: "eval_budget_overrun",
            eval_s: "604.5",
            ..discard(5, 1, 8.5, 0.0)
        },
        discard(6, 1, 8.2, 0.2),
    ]);
    let page = render(&sandbox);
    for line in page
        .lines()
        .filter(|line| line.contains("[opt, size_blocked,") || line.contains("[opt, disqualified,"))
    {
        assert!(
            !line.contains("val_loss") || line.contains("(invalid)"),
            "{line}"
        );
    }
    assert_eq!(
        section(&sandbox, "invalid"),
        "## Better than the best, but invalid\n\n\
         2 failed trials with a better val_loss than the best. None is a record; one that is made to fit would be.\n\n\
         - 003 [opt, disqualified, val_loss 7.9 (invalid)] 0.1 ahead of the best: `idea number 3 of its own`\n\
         - 002 [opt, size_blocked, val_loss 7 (invalid), artifact_bytes 16,000,500] 1 ahead of the best: `idea number 2 of its own`\n"
    );
    let recent = section(&sandbox, "recent");
    assert!(
        recent.contains("| 005 | opt | eval_budget_overrun: eval_s 604.5 | 8.5 (invalid) |"),
        "{recent}"
    );
    assert!(
        recent.contains("| 002 | opt | size_blocked: artifact_bytes 16,000,500 | 7 (invalid) |"),
        "{recent}"
    );
}

#[test]
fn of_many_invalid_trials_the_best_and_the_newest_are_shown() {
    let mut rows = vec![keep(0, 0, 9.0)];
    for id in 1..30 {
        let score = if id == 5 { 1.0 } else { 8.0 };
        rows.push(Row {
            status: "size_blocked",
            ..discard(id, 0, score, 0.0)
        });
    }
    let text = section(&store(&rows), "invalid");
    assert!(text.contains("29 failed trials with"), "{text}");
    assert!(
        text.contains("- 005 [") && text.contains("- 029 ["),
        "{text}"
    );
    assert_eq!(text.matches("ahead of the best").count(), 8, "{text}");
}

#[test]
fn failures_are_grouped_by_error_knob_and_what_the_last_children_share() {
    let crash = |id, notes| Row {
        status: "crash",
        notes,
        hypothesis: "use 3 heads",
        ..discard(id, 0, 0.0, 0.0)
    };
    let epochs = |id, status| Row {
        status,
        hypothesis: "train for 42 epochs",
        ..discard(id, 0, 8.9, 0.0)
    };
    let slow = |id, eval_s| Row {
        status: "eval_budget_overrun",
        eval_s,
        ..discard(id, 0, 8.9, 0.0)
    };
    let done = |id, eval_s| Row {
        eval_s,
        ..discard(id, 0, 9.1, 0.1)
    };
    let sandbox = store(&[
        keep(0, 0, 9.0),
        crash(
            1,
            "plan | ValueError: bad axis 3 | torch.ChildFailedError: ==== (train.py:7 in f)",
        ),
        crash(
            2,
            "plan | ValueError: bad axis 4 | torch.ChildFailedError: ==== (train.py:9 in f)",
        ),
        crash(
            3,
            "Traceback (most recent call last):\\n  File \"/a/train.py\", line 12, in step\\nAssertionError",
        ),
        epochs(4, "disqualified"),
        epochs(5, "disqualified"),
        epochs(6, "disqualified"),
        epochs(7, "discard"),
        done(8, "500"),
        done(9, "520"),
        slow(10, "604"),
        done(11, "590.5"),
        slow(12, "604.5"),
        slow(13, "605"),
    ]);
    let text = section(&sandbox, "failures");
    assert!(text.contains("  - 2 times, most recently 002"), "{text}");
    assert!(text.contains(": `ValueError: bad axis 4`\n"), "{text}");
    assert!(
        text.contains(": `AssertionError (train.py:12 in step)`\n"),
        "{text}"
    );
    assert!(
        text.contains("  - `42 epochs`: 4 tries, 3 disqualified\n"),
        "{text}"
    );
    assert!(
        text.contains("  - 3 of the last 5 trials from the best: eval_s 604–605\n"),
        "{text}"
    );
    assert!(text.contains("  - `3 heads`: 3 tries, 3 crash\n"), "{text}");
}

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
        text.contains("  - 001 (Δ +0.001 against the best then) `clip the gradient`\n"),
        "{text}"
    );
    assert!(!text.contains("002 (") && !text.contains("003 ("), "{text}");
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
        "job_name": "", "started": "2999-01-01T00:00:00Z", "heartbeat": "2999-01-01T00:00:00Z",
        "host": "elsewhere", "pid_namespace": "", "pid": 7, "pid_start": 1,
    });
    sandbox.write(".lineage/running/elsewhere-7-1.json", entry.to_string());
    let page = render(&sandbox);
    assert!(page.contains("In progress: 1 trial.\n"), "{page}");
    let text =
        "- In progress: arch from 000, since 2999-01-01T00:00:00Z: `a wider net\\n## Your task`\n";
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
    let step = "To submit, run `./run_trial.sh \"$hypothesis\"`; before you run, ask `lineage similar \"your hypothesis\"`.\n";
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
        text.ends_with("\nBefore you run, ask `lineage similar \"your hypothesis\"`.\n"),
        "{text}"
    );
    let blind = sandbox.ok(&["render", "--for", "opt", "--blind", "-q"]);
    assert!(!blind.contains("similar"), "{blind}");
}

/// Every command that the prompt suggests, as it is printed.
#[test]
fn suggested_commands_work_as_printed() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 1\n");
    let keep = |score: &str| {
        let status = [
            "append",
            "--status",
            "keep",
            "--specialist",
            "opt",
            "--snapshot",
            "work",
            "-q",
        ];
        sandbox.ok(&[&status[..], &["--metric", score, "--hypothesis", "an idea"]].concat())
    };
    keep("9");
    sandbox.write("work/train.py", "lr = 2\n");
    keep("8");
    sandbox.ok(&[
        "append",
        "--status",
        "crash",
        "--hypothesis",
        "another",
        "-q",
    ]);
    fs::rename(sandbox.path(".lineage"), sandbox.path("a store")).unwrap();
    let page = sandbox.ok(&[
        "render",
        "--for",
        "opt",
        "-q",
        "--store",
        "a store",
        "--direction",
        "minimize",
    ]);
    let more = page.split_once("## How to ask for more").unwrap().1;
    let commands: Vec<&str> = more
        .lines()
        .filter_map(|line| line.strip_prefix("- `lineage ")?.split_once("`: "))
        .map(|(command, _)| command)
        .collect();
    for name in [
        "show", "similar", "chain", "tree", "stats", "tail", "checkout", "diff",
    ] {
        assert!(
            commands.iter().any(|command| command.starts_with(name)),
            "no {name}: {more}"
        );
    }
    for command in commands {
        let line = format!("exec \"$LINEAGE\" {command}");
        let mut shell = sandbox.command("sh");
        shell
            .env("LINEAGE", env!("CARGO_BIN_EXE_lineage"))
            .args(["-c", &line]);
        let output = shell.output().unwrap();
        assert!(
            output.status.success(),
            "{command}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!output.stdout.is_empty(), "{command}");
    }
    assert_eq!(sandbox.read("trial-001/train.py"), "lr = 2\n");
}
