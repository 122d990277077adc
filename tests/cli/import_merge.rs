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
