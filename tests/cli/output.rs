//! What the commands that answer questions print: filters, labels, units, and commands that work when copied.

use std::fs;

use crate::sandbox::Sandbox;

/// A store of `val_loss` with another column, `speed`, that runs the other way.
fn store() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.ok(&[
        "init",
        "--metric",
        "val_loss",
        "--direction",
        "minimize",
        "--columns",
        "speed",
    ]);
    for (status, score, speed, specialist) in [
        ("baseline", "3.0", "10", "opt"),
        ("keep", "2.9", "12", "opt"),
        ("discard", "2.95", "11", "tok"),
        ("crash", "", "", "tok"),
    ] {
        let speed = format!("speed={speed}");
        let hypothesis = format!("{specialist} {}end", "long words ".repeat(30));
        sandbox.ok(&[
            "append",
            "--status",
            status,
            "--metric",
            score,
            "--set",
            &speed,
            "--specialist",
            specialist,
            "--hypothesis",
            &hypothesis,
            "--timestamp",
            "2026-01-01T00:00:00Z",
        ]);
    }
    sandbox
}

fn ids(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let out = sandbox.ok(&[args, &["--format", "jsonl"]].concat());
    out.lines().map(|line| line[11..14].to_owned()).collect()
}

fn fails(sandbox: &Sandbox, args: &[&str], code: i32, message: &str) {
    let transcript = sandbox.transcript(args);
    assert!(
        transcript.contains(message) && transcript.ends_with(&format!("= {code}\n")),
        "{transcript}"
    );
}

#[test]
fn a_status_may_be_spelled_as_people_spell_it() {
    let sandbox = store();
    for word in ["keep", "kept", "KEEP", "Kept"] {
        assert_eq!(
            ids(&sandbox, &["tail", "--status", word]),
            ["001"],
            "{word}"
        );
        assert_eq!(
            ids(&sandbox, &["tree", "--status", word]),
            ["001"],
            "{word}"
        );
    }
}

#[test]
fn a_filter_that_the_log_does_not_have_is_a_usage_error() {
    let sandbox = store();
    for command in ["tail", "tree"] {
        fails(
            &sandbox,
            &[command, "--status", "kep"],
            2,
            "error: unknown status 'kep'; did you mean 'keep'?",
        );
    }
    fails(
        &sandbox,
        &["tail", "--status", "keep", "--status", "kep"],
        2,
        "unknown status 'kep'",
    );
    fails(
        &sandbox,
        &["tail", "--specialist", "opts"],
        2,
        "error: unknown specialist 'opts'; did you mean 'opt'?",
    );
    fails(
        &sandbox,
        &["tail", "--domain", "xyz"],
        2,
        "error: unknown domain 'xyz'; there are: opt tok",
    );
    fails(
        &sandbox,
        &["best", "--field", "hypotesis"],
        2,
        "no column 'hypotesis'; did you mean 'hypothesis'?",
    );
    fails(
        &sandbox,
        &["tail", "--status", "disqualified"],
        0,
        "note: no trials match --status disqualified",
    );
}

#[test]
fn a_status_of_the_log_itself_is_a_filter() {
    let sandbox = store();
    fs::write(
        sandbox.log(),
        sandbox.read_log().replace("\tcrash\t", "\treverted\t"),
    )
    .unwrap();
    assert_eq!(ids(&sandbox, &["tail", "--status", "reverted"]), ["003"]);
    assert_eq!(ids(&sandbox, &["tree", "--status", "reverted"]), ["003"]);
    fails(
        &sandbox,
        &["tail", "--status", "revert"],
        2,
        "did you mean 'reverted'?",
    );
}

#[test]
fn numbers_on_the_command_line_are_explained() {
    let sandbox = store();
    fails(
        &sandbox,
        &["best", "--top", "0"],
        2,
        "invalid value '0' for '--top <K>': must be at least 1",
    );
    fails(
        &sandbox,
        &["best", "--top", "x"],
        2,
        "invalid value 'x' for '--top <K>': not a whole number",
    );
    fails(&sandbox, &["tail", "-n", "-1"], 2, "-1");
    fails(
        &sandbox,
        &["tree", "--depth", "1.5"],
        2,
        "not a whole number",
    );
    fails(
        &sandbox,
        &["tail", "--segment", "x"],
        2,
        "not a whole number",
    );
}

#[test]
fn the_delta_of_another_metric_is_not_shown() {
    let sandbox = store();
    let other = ["--metric", "speed", "--direction", "maximize"];
    assert!(sandbox.ok(&["best"]).contains("2.9  -0.100000"));
    assert!(
        sandbox
            .ok(&[&["best"], &other[..]].concat())
            .contains("keep       12       —  opt")
    );
    assert!(
        !sandbox
            .ok(&[&["tail"], &other[..]].concat())
            .contains("0.1")
    );
    assert!(
        sandbox
            .ok(&["tree"])
            .contains("keep         2.9 (Δ best -0.100000) opt")
    );
    assert!(
        sandbox
            .ok(&[&["tree"], &other[..]].concat())
            .contains("keep        12 opt")
    );
    assert!(
        sandbox
            .ok(&["best", "--metric", "val_loss"])
            .contains("-0.100000")
    );
}

#[test]
fn the_two_differences_have_different_names() {
    let sandbox = store();
    assert!(
        sandbox
            .ok(&["tail"])
            .lines()
            .next()
            .unwrap()
            .contains("Δ best")
    );
    let chain = sandbox.ok(&["chain", "2"]);
    assert!(
        chain.lines().next().unwrap().contains("step") && !chain.contains('Δ'),
        "{chain}"
    );
    assert!(chain.contains("+0.050000"), "{chain}");
    assert!(
        sandbox
            .ok(&["tail", "--full"])
            .contains("  Δ best -0.100000  ")
    );
}

#[test]
fn short_runs_are_shown_in_seconds_and_json_stays_in_hours() {
    let sandbox = store();
    assert!(sandbox.ok(&["stats"]).contains("compute    —\n"));
    sandbox.ok(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "2.8",
        "--set",
        "total_s=12",
    ]);
    sandbox.ok(&["append", "--status", "crash", "--set", "total_s=192"]);
    let stats = sandbox.ok(&["stats"]);
    assert!(
        stats.contains("compute    3.4 min; 3.2 min (94.1 %) produced no usable score\n"),
        "{stats}"
    );
    assert!(
        stats
            .lines()
            .any(|line| line.starts_with("keep ") && line.contains("12 s")),
        "{stats}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.ok(&["stats", "--format", "json"])).unwrap();
    assert_eq!(json["hours"].to_string(), "0.0567");
    assert_eq!(json["hours_without_score"].to_string(), "0.0533");
    assert_eq!(
        (&json["ignored"], &json["completion_rate"]),
        (&0.into(), &0.5.into())
    );
}

#[test]
fn suggested_commands_name_the_store_that_was_given() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "a b"]);
    fails(
        &sandbox,
        &["chain", "--store", "a b"],
        0,
        "`lineage --store 'a b' chain EXP`",
    );
    fails(
        &sandbox,
        &["show", "7", "--store", "a b"],
        1,
        "`lineage --store 'a b' tail`",
    );
    fails(
        &sandbox,
        &["best", "--store", "not there"],
        1,
        "check the path, or make a store with `lineage init 'not there'`",
    );
    let store = store();
    fails(&store, &["show", "7"], 1, "`lineage tail`");
}

#[test]
fn nothing_is_cut_in_a_pipe() {
    let sandbox = store();
    for args in [
        &["best"][..],
        &["best", "--top", "3"],
        &["tail"],
        &["chain"],
        &["tree"],
        &["tree", "--depth", "1"],
    ] {
        let out = sandbox.ok(args);
        let lines = out.lines().filter(|line| line.contains("long words"));
        assert!(
            lines.clone().count() > 0 && lines.clone().all(|line| line.ends_with("end")),
            "{args:?}: {out}"
        );
    }
}

#[test]
fn only_the_status_and_the_differences_are_coloured() {
    let sandbox = store();
    let colored = |args: &[&str]| sandbox.ok(&[args, &["--color", "always"]].concat());
    let (bold, green, red, end) = ("\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[0m");
    let best = colored(&["best"]);
    assert!(best.contains(&format!("{bold}001{end}  ")), "{best:?}");
    assert!(best.contains(&format!("{green}keep{end}")), "{best:?}");
    assert!(
        best.contains(&format!("{green}-0.100000{end}  opt long")),
        "{best:?}"
    );
    let tail = colored(&["tail"]);
    assert!(
        tail.contains(&format!("{red}crash{end}"))
            && tail.contains(&format!("{red}+0.050000{end}")),
        "{tail:?}"
    );
    let tree = colored(&["tree"]);
    assert!(tree.contains(&format!(
        "{bold}001{end} {green}keep{end}         2.9 (Δ best {green}-0.100000{end}) opt ← BEST"
    )));
    assert!(!sandbox.ok(&["tree"]).contains('\x1b'));
}

#[test]
fn flags_for_external_logs_have_their_own_heading() {
    let sandbox = Sandbox::new();
    for command in [
        "best", "tail", "chain", "tree", "show", "stats", "export", "check", "render",
    ] {
        let help = sandbox.ok(&[command, "--help"]);
        let (_, external) = help.split_once("Reading external logs:").expect(command);
        assert!(
            external.contains("--map") && external.contains("--segment"),
            "{command}: {help}"
        );
    }
}
