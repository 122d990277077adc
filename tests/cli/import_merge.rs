//! Stores that import each other, in any order and as often as they like.

use crate::import_store::{log_keep, merge, two_stores};
use crate::sandbox::Sandbox;

#[test]
fn a_store_does_not_get_its_own_trials_back() {
    for columns in ["eval_s", "source_row"] {
        let sandbox = two_stores();
        sandbox.ok(&[
            "init",
            "c",
            "--metric",
            "val_loss",
            "--columns",
            columns,
            "-q",
        ]);
        log_keep(&sandbox, "c", "5", "c 5");
        merge(&sandbox, "c", "a", 2);
        log_keep(&sandbox, "c", "1", "c 1");
        merge(&sandbox, "a", "c", 2);
        merge(&sandbox, "a", "c", 0);
        merge(&sandbox, "c", "a", 0);
        // Over a third store, and after an amendment.
        merge(&sandbox, "b", "c", 4);
        let amend = ["amend", "0", "--set", "hypothesis=corrected", "--why", "x"];
        sandbox.ok(&[&["--store", "a", "-q"][..], &amend].concat());
        merge(&sandbox, "a", "b", 3);
        merge(&sandbox, "a", "c", 0);
    }
}

fn copy_store(sandbox: &Sandbox, from: &str, to: &str) {
    let copied = sandbox.command("cp").args(["-r", from, to]).status();
    assert!(copied.unwrap().success());
}

#[test]
fn a_trial_that_was_amended_in_one_of_two_copies_is_not_added_again() {
    let sandbox = two_stores();
    merge(&sandbox, "a", "b", 3);
    copy_store(&sandbox, "a", "c");
    copy_store(&sandbox, "b", "moved");
    // With the notes goes what says where an imported trial comes from.
    for id in ["1", "3"] {
        let amend = ["amend", id, "--notes", "corrected", "--why", "x", "-q"];
        sandbox.ok(&[&["--store", "a"][..], &amend].concat());
    }
    for source in ["c", "moved"] {
        merge(&sandbox, "a", source, 0);
    }
    let shown = sandbox.transcript(&["--store", "c", "import", "a"]);
    let changed = "changed    a:3: imported before as trial 001, not added again";
    assert!(shown.contains("rows out   0 to c\n"), "{shown}");
    assert!(shown.contains(changed), "{shown}");
    let amend = ["amend", "1", "--set", "notes=", "--why", "back", "-q"];
    sandbox.ok(&[&["--store", "a"][..], &amend].concat());
    let shown = sandbox.transcript(&["--store", "c", "import", "a"]);
    let is_said = ["a:3:", "a:5:"].map(|row| shown.contains(&format!("changed    {row}")));
    assert_eq!(is_said, [false, true], "{shown}");
}

#[test]
fn the_order_in_which_stores_are_merged_does_not_matter() {
    let sandbox = two_stores();
    for store in ["c", "d"] {
        sandbox.ok(&["init", store, "--metric", "val_loss", "-q"]);
        log_keep(&sandbox, store, "9", "own");
    }
    merge(&sandbox, "b", "a", 2);
    merge(&sandbox, "c", "b", 5);
    merge(&sandbox, "c", "a", 0);
    merge(&sandbox, "d", "a", 2);
    merge(&sandbox, "d", "b", 3);
    for store in ["c", "d"] {
        let best = sandbox.ok(&["--store", store, "best", "--field", "hypothesis"]);
        assert_eq!(best, "b 2.6\n");
    }
}

#[test]
fn parallel_workers_that_began_as_copies_lose_no_trial() {
    let sandbox = two_stores();
    for k in ["w1", "w2", "w3"] {
        copy_store(&sandbox, "b", k);
        for idea in ["1", "2"] {
            let idea = format!("{k} idea {idea}");
            let crash = ["--status", "crash", "--notes", "CUDA out of memory", "-q"];
            let append = [
                "--store",
                k,
                "append",
                "--specialist",
                "opt",
                "--hypothesis",
            ];
            sandbox.ok(&[&append[..], &[&idea], &crash].concat());
        }
        log_keep(
            &sandbox,
            k,
            if k == "w2" { "2.4" } else { "2.5" },
            "the same idea",
        );
    }
    sandbox.ok(&["import", "w1", "--into", "all", "-q"]);
    merge(&sandbox, "all", "w2", 3);
    merge(&sandbox, "all", "w3", 2); // its keep is equal to that of the first
    merge(&sandbox, "all", "b", 0);
}

#[test]
fn a_trial_that_was_amended_before_it_was_imported_is_recognized_everywhere() {
    let sandbox = two_stores();
    for (notes, columns) in [
        ("hypothesis=other", "source_row"),
        ("notes=other", "eval_s"),
    ] {
        let name = |store: &str| format!("{store}-{columns}");
        let (copy, all, third) = (name("copy"), name("all"), name("third"));
        copy_store(&sandbox, "b", &copy);
        let init = |store: &str| ["init", store, "--metric", "val_loss", "-q"].map(str::to_owned);
        for store in [&all, &third] {
            let init = init(store);
            let init: Vec<&str> = init.iter().map(String::as_str).collect();
            sandbox.ok(&[&init[..], &["--columns", columns]].concat());
        }
        let amend = |store: &str| {
            let amend = [
                "--store", store, "amend", "1", "--set", notes, "--why", "x", "-q",
            ];
            sandbox.ok(&amend);
        };
        amend(&copy);
        merge(&sandbox, &all, &copy, 3);
        merge(&sandbox, &all, "b", 0);
        let again = sandbox.ok(&["--store", &all, "import", &copy, "-q"]);
        assert!(
            again.contains("known      3") && !again.contains("changed"),
            "{again}"
        );
        // Amended after it was imported, in a store between.
        amend(&all);
        merge(&sandbox, &third, &all, 3);
        for source in [&all, &copy, "b"] {
            merge(&sandbox, &third, source, 0);
        }
    }
}

#[test]
fn a_quoted_note_of_an_imported_trial_is_no_origin() {
    let sandbox = two_stores();
    merge(&sandbox, "a", "b", 3);
    let show = |id: &str| sandbox.ok(&["--store", "a", "show", id, "--field", "notes"]);
    let quoted = format!("as 002: {}", show("2").trim());
    let append = ["append", "--status", "crash", "--notes", &quoted];
    let shown = sandbox.transcript(&[&["--store", "a"][..], &append].concat());
    assert!(
        shown.contains("warning: trial 005: [source_row: in the notes became"),
        "{shown}"
    );
    let amend = ["amend", "0", "--notes", &quoted, "--why", "x"];
    let shown = sandbox.transcript(&[&["--store", "a"][..], &amend].concat());
    assert!(
        shown.contains("warning: [source_row: in the notes became"),
        "{shown}"
    );
    assert!(show("0").contains("[source row: 1:"));
    // A trial keeps its own.
    let longer = format!("corrected {}", show("3").trim());
    let amend = ["amend", "3", "--notes", &longer, "--why", "x", "-q"];
    sandbox.ok(&[&["--store", "a"][..], &amend].concat());
    assert_eq!(show("3").trim(), longer);
    let own = longer.strip_prefix("corrected ").unwrap();
    let amend = ["amend", "3", "--notes", &format!("{longer} and more")];
    let flags = ["--store", "a", "--why", "x"];
    let shown = sandbox.transcript(&[&amend[..], &flags].concat());
    assert!(!shown.contains("warning"), "{shown}");
    assert_eq!(show("3").trim(), format!("corrected and more {own}"));
    sandbox.ok(&["init", "c", "--metric", "val_loss", "-q"]);
    merge(&sandbox, "c", "a", 6);
    merge(&sandbox, "c", "b", 0);
}

#[test]
fn a_row_of_a_store_that_was_changed_by_hand_is_added_with_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "a", "--metric", "val_loss", "-q"]);
    for (score, time) in [("3", "2026-03-01"), ("2", "2026-03-02")] {
        let append = [
            "--store", "a", "append", "--status", "auto", "--metric", score,
        ];
        sandbox.ok(&[
            &append[..],
            &["--timestamp", time, "--notes", "a typo", "-q"],
        ]
        .concat());
    }
    sandbox.ok(&["import", "a", "--into", "b", "-q"]);
    let log = sandbox
        .read("a/results.tsv")
        .replacen("a typo", "a note", 1);
    sandbox.write("a/results.tsv", log);
    let shown = sandbox.transcript(&["import", "a", "--into", "b"]);
    assert!(shown.contains("rows out   1 to b\n"), "{shown}");
    assert!(
        shown.contains("1 row of a added, but like a trial"),
        "{shown}"
    );
}

#[test]
fn stores_with_equal_scores_are_merged() {
    let sandbox = Sandbox::new();
    for store in ["a", "b", "c"] {
        sandbox.ok(&["init", store, "--metric", "val_loss", "-q"]);
        for score in ["3", "2"] {
            let idea = format!("{store} {score}");
            let append = [
                "--store",
                store,
                "append",
                "--status",
                "auto",
                "--set",
                "train_s=300",
            ];
            let more = [
                "--metric",
                score,
                "--hypothesis",
                &idea,
                "--specialist",
                "opt",
                "-q",
            ];
            sandbox.ok(&[&append[..], &more].concat());
        }
    }
    merge(&sandbox, "c", "a", 2);
    merge(&sandbox, "c", "b", 2);
}
