//! What a prompt says about trials: nothing more often than twice, no failed score as a record, and what they share.

use crate::sandbox::Sandbox;

const HEADER: &str = "exp_id\ttimestamp\tspecialist\tparent_exp\tbaseline_exp\thypothesis\texpected_delta\tstatus\tval_loss\tdelta_vs_best\teval_s\tartifact_bytes\tsnapshot_path\tnotes\n";

/// A trial of the log: id, parent, status, score, difference, and the texts that matter to a test.
#[derive(Clone, Copy, Default)]
pub(crate) struct Row<'a> {
    pub(crate) id: u32,
    pub(crate) parent: u32,
    pub(crate) status: &'a str,
    pub(crate) score: f64,
    pub(crate) delta: f64,
    pub(crate) baseline: u32,
    pub(crate) hypothesis: &'a str,
    pub(crate) eval_s: &'a str,
    pub(crate) bytes: &'a str,
    pub(crate) notes: &'a str,
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

pub(crate) fn keep(id: u32, parent: u32, score: f64) -> Row<'static> {
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

pub(crate) fn discard(id: u32, parent: u32, score: f64, delta: f64) -> Row<'static> {
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

pub(crate) fn store(rows: &[Row]) -> Sandbox {
    let sandbox = Sandbox::with_store();
    let lines: String = rows.iter().map(Row::line).collect();
    sandbox.write(".lineage/results.tsv", HEADER.to_owned() + &lines);
    sandbox
}

pub(crate) fn render(sandbox: &Sandbox) -> String {
    sandbox.ok(&["render", "--for", "opt", "-q"])
}

pub(crate) fn section(sandbox: &Sandbox, name: &str) -> String {
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
         2 failed trials with a better score than the best. Such a score does not count; the same idea, changed so that it meets what it missed, would be the new best.\n\n\
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
fn the_length_of_notes_is_counted_in_characters() {
    let notes = "学習率を上げた後、損失が発散した。RuntimeError: shape mismatch。次回は層を減らす";
    let sandbox = Sandbox::with_store();
    let crash = ["append", "--status", "crash", "--specialist", "opt"];
    sandbox.ok(&[&crash[..], &["--notes", notes]].concat());
    let prompt = sandbox.ok(&["render", "--for", "opt", "--sections", "specialist", "-q"]);
    let expected = format!("  - notes: `{notes}`\n");
    assert!(prompt.contains(&expected), "{prompt}");
}
