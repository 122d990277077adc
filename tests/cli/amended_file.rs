//! `amended.tsv`: what `check` finds in it, and what a killed amendment left.

use serde_json::Value;

use crate::amend::{AMENDED, store};

#[test]
fn check_finds_amendments_that_do_not_fit_the_log() {
    let sandbox = store();
    sandbox.ok(&["amend", "1", "--notes", "a", "--why", "first"]);
    let good = sandbox.read(AMENDED);
    let line = good.lines().nth(1).unwrap();
    let current = sandbox.read_log().lines().nth(2).unwrap().to_owned();
    for (name, text) in [
        ("torn", format!("{good}2026")),
        ("short", format!("{good}2026-05-01T00:00:00Z\tw\n")),
        ("unknown trial", good.replace("\t001\t", "\t099\t")),
        (
            "other parent",
            good.replace("opt\t000\t000", "opt\t007\t000"),
        ),
        (
            "no time",
            line.split_once('\t')
                .map(|(_, rest)| rest)
                .map(|rest| good.replace(line, &format!("x\t{rest}")))
                .unwrap(),
        ),
        ("no reason", good.replace("\tfirst\t", "\t\t")),
        (
            "not carried out",
            format!("{good}2126-05-01T00:00:00Z\tw\t{current}\n"),
        ),
        (
            "columns",
            good.replace("amended_at\twhy\texp_id", "amended_at\texp_id"),
        ),
        (
            "backwards",
            format!(
                "{good}2000-05-01T00:00:00Z\tw\t{}\n",
                current.replace("\ta", "\tb")
            ),
        ),
    ] {
        sandbox.write(AMENDED, &text);
        let found = sandbox.ok_or_findings(&["check", "--format", "json", "-q"]);
        let found: Value = serde_json::from_str(&found).unwrap();
        let kinds: Vec<&str> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["kind"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["amended"], "{name}: {found}");
        sandbox.ok(&["show", "1"]);
    }
    sandbox.write(AMENDED, &good);
    sandbox.ok(&["check"]);
}

#[test]
fn an_amendment_after_a_torn_one_is_on_a_line_of_its_own() {
    let sandbox = store();
    sandbox.ok(&["amend", "1", "--notes", "a", "--why", "first"]);
    let good = sandbox.read(AMENDED);
    sandbox.write(AMENDED, format!("{good}2026-05"));
    sandbox.ok(&["amend", "1", "--notes", "b", "--why", "second"]);
    assert!(
        sandbox
            .read(AMENDED)
            .starts_with(&format!("{good}2026-05\n"))
    );
    let shown = sandbox.ok(&["show", "1"]);
    assert!(
        shown.contains("Z  first") && shown.contains("notes: a → b"),
        "{shown}"
    );
}

#[test]
fn a_damaged_row_is_not_taken_for_the_old_row() {
    let sandbox = store();
    let old = sandbox.read_log();
    sandbox.ok(&["amend", "1", "--set", "domain=zz", "--why", "y"]);
    let row = old.lines().nth(2).unwrap();
    for damaged in [
        row.strip_suffix('\t').unwrap().to_owned(),
        format!("{row}\tx"),
    ] {
        sandbox.write(".lineage/results.tsv", old.replace(row, &damaged));
        let found = sandbox.ok_or_findings(&["check", "-q"]);
        assert!(!found.contains("amend it again"), "{found}");
    }
    sandbox.write(".lineage/results.tsv", &old);
    let found = sandbox.ok_or_findings(&["check", "-q"]);
    assert!(found.contains("amend it again"), "{found}");
}
