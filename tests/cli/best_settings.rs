//! The settings that decide which trial is the best: `tie`, and a direction that the log contradicts.

use crate::sandbox::Sandbox;

fn append(sandbox: &Sandbox, status: &str, score: &str) -> String {
    sandbox.transcript(&["append", "--status", status, "--metric", score])
}

fn best(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.ok(&[&["best", "--field", "exp_id", "-q"], args].concat())
}

fn set(sandbox: &Sandbox, from: &str, to: &str) {
    let settings = sandbox.read(".lineage/lineage.toml");
    assert!(settings.contains(from), "{settings}");
    sandbox.write(".lineage/lineage.toml", settings.replace(from, to));
}

#[test]
fn a_keep_that_ties_can_become_the_best() {
    let sandbox = Sandbox::with_store();
    append(&sandbox, "baseline", "1.0");
    let said = append(&sandbox, "keep", "1.00");
    assert!(said.contains("is not better than the best"), "{said}");
    assert_eq!(best(&sandbox, &[]), "000\n");
    assert_eq!(best(&sandbox, &["--ties", "last"]), "001\n");
    set(&sandbox, "# tie = \"last\"", "tie = \"last\"");
    assert_eq!(best(&sandbox, &[]), "001\n");
    assert_eq!(best(&sandbox, &["--ties", "first"]), "000\n");
    let said = append(&sandbox, "keep", "1.0");
    assert!(!said.contains("warning"), "{said}");
    assert_eq!(best(&sandbox, &[]), "002\n");
    assert_eq!(best(&sandbox, &["--top", "2"]), "002\n001\n");
    append(&sandbox, "auto", "1.0");
    let rows = sandbox.rows();
    let parents: Vec<&str> = rows.iter().map(|row| &*row[3]).collect();
    assert_eq!(
        parents,
        ["", "000", "001", "002"],
        "each from the best at the time"
    );
    assert_eq!(rows[3][8], "discard", "auto keeps only what is better");
    assert!(sandbox.transcript(&["check"]).contains("no problems found"));
}

#[test]
fn the_index_gives_the_same_best_of_several_that_tie() {
    let sandbox = Sandbox::with_store();
    set(&sandbox, "# tie = \"last\"", "tie = \"last\"");
    let notes = "x".repeat(3000);
    for status in ["baseline", "keep"]
        .into_iter()
        .chain(["keep", "discard"].into_iter().cycle().take(60))
    {
        sandbox.ok(&[
            "append", "--status", status, "--metric", "1", "--notes", &notes,
        ]);
    }
    assert!(sandbox.path(".lineage/results.idx").exists());
    let ask =
        || [&["best"][..], &["chain"], &["render", "--for", "x"]].map(|args| sandbox.ok(args));
    let with = ask();
    assert_eq!(best(&sandbox, &[]), "060\n");
    assert_eq!(best(&sandbox, &["--ties", "first"]), "000\n");
    std::fs::remove_file(sandbox.path(".lineage/results.idx")).unwrap();
    assert_eq!(ask(), with);
}

#[test]
fn a_direction_that_most_keeps_contradict_is_a_warning() {
    let sandbox = Sandbox::with_store();
    for score in ["3", "2.5", "2", "1.5"] {
        append(&sandbox, "auto", score);
    }
    for command in ["best", "check"] {
        let said = sandbox.transcript(&[command]);
        assert!(!said.contains("warning"), "{said}");
    }
    set(&sandbox, "\"minimize\"", "\"maximize\"");
    for args in [&["best"][..], &["best", "--top", "3"], &["check"]] {
        let said = sandbox.transcript(args);
        let wanted = "! warning: lineage.toml says direction = \"maximize\", but 3 of 3 keeps have a lower val_loss than the \
                      best before; if lower is better, set \"minimize\"\n";
        assert!(said.contains(wanted), "{said}");
    }
    let said = sandbox.transcript(&["best", "--direction", "minimize"]);
    assert!(!said.contains("warning"), "{said}");
}
