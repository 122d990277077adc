//! `lineage search`: trials by the words of their hypothesis and notes.

use serde_json::Value;

use crate::sandbox::Sandbox;

fn store() -> Sandbox {
    let sandbox = Sandbox::with_store();
    for (hypothesis, notes, specialist, status) in [
        ("the plain model", "", "opt", "baseline"),
        (
            "Raise muon_wd 0.10→0.2",
            "weight decay of MuonClip",
            "opt",
            "keep",
        ),
        ("Cosine schedule", "tried muon again", "arch", "discard"),
        ("Switch muon to adam", "", "arch", "crash"),
    ] {
        let mut args = vec!["append", "--hypothesis", hypothesis, "--notes", notes];
        args.extend(["--specialist", specialist, "--status", status]);
        args.extend(["--metric", "1.5", "-q"]);
        sandbox.ok(&args);
    }
    sandbox
}

fn found(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let args = [&["search", "--format", "json", "-q"], args].concat();
    let found: Value = serde_json::from_str(&sandbox.ok(&args)).unwrap();
    let id_of = |row: &Value| row["exp_id"].as_str().unwrap().to_owned();
    found.as_array().unwrap().iter().map(id_of).collect()
}

#[test]
fn hypotheses_come_before_notes() {
    let sandbox = store();
    assert_eq!(found(&sandbox, &["muon"]), ["003", "001", "002"]);
    assert_eq!(found(&sandbox, &["MUON", "-n", "1"]), ["003"]);
    assert_eq!(found(&sandbox, &["weight", "decay"]), ["001"]);
    assert_eq!(found(&sandbox, &["0.1"]), ["001"], "numbers by their value");
    assert_eq!(found(&sandbox, &["nothing"]), [""; 0]);
}

#[test]
fn filters_are_those_of_tail() {
    let sandbox = store();
    assert_eq!(
        found(&sandbox, &["muon", "--specialist", "arch"]),
        ["003", "002"]
    );
    assert_eq!(found(&sandbox, &["muon", "--status", "KEEP"]), ["001"]);
    assert_eq!(found(&sandbox, &["muon", "--domain", "opt"]), ["001"]);
    insta::assert_snapshot!(
        [
            sandbox.transcript(&["search", "muon", "--specialist", "nobody"]),
            sandbox.transcript(&["search", "muon", "--status", "size_blocked"]),
            sandbox.transcript(&["search", "the"]),
        ]
        .concat()
    );
}

#[test]
fn matched_words_are_marked_with_colour_only() {
    let sandbox = store();
    let plain = sandbox.ok(&["search", "muon", "adam"]);
    let colored = sandbox.ok(&["search", "muon", "adam", "--color", "always"]);
    assert!(plain.contains("    Switch muon to adam\n"), "{plain}");
    assert!(
        plain.contains("    notes: weight decay of MuonClip\n"),
        "{plain}"
    );
    let marked = |word: &str| format!("\u{1b}[1m\u{1b}[4m{word}\u{1b}[0m");
    for (line, mark) in [
        ("Switch {} to ", "muon"),
        (" of {}Clip", "Muon"),
        ("Raise {}_wd", "muon"),
    ] {
        assert!(
            colored.contains(&line.replace("{}", &marked(mark))),
            "{line}: {colored}"
        );
    }
}

#[test]
fn texts_that_could_act_on_a_terminal_are_shown() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&[
        "append",
        "--status",
        "crash",
        "--hypothesis",
        "muon \u{1b}[31m\u{202e} red",
    ]);
    let text = sandbox.ok(&["search", "muon", "--color", "always"]);
    assert!(text.contains("\\x1b[31m\\u{202e} red"), "{text}");
}

#[test]
fn ignored_trials_are_found_only_by_their_status() {
    let sandbox = store();
    sandbox.ok(&[
        "amend",
        "3",
        "--status",
        "harness_abort",
        "--why",
        "a node died",
    ]);
    let search = ["search", "adam", "--format", "tsv", "-q"];
    assert_eq!(sandbox.ok(&search).lines().count(), 1);
    let by_status = [&search[..], &["--status", "harness_abort"]].concat();
    assert_eq!(sandbox.ok(&by_status).lines().count(), 2);
}
