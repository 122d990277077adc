//! Completions without a shell: what the program answers to the words of a command line.

use lineage::cli;

use crate::completions::store;
use crate::sandbox::Sandbox;

/// What the program answers a shell: one candidate per line.
fn ask(sandbox: &Sandbox, words: &[&str]) -> String {
    let mut command = sandbox.lineage(&[]);
    command
        .env("COMPLETE", "bash")
        .arg("--")
        .arg("lineage")
        .args(words);
    let output = command.output().expect("the program runs");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn pairs_and_corrections_are_completed() {
    let sandbox = store();
    for (words, expected) in [
        (&["run", "--on-exit", "3=si"][..], "3=size_blocked\n"),
        (
            &["run", "--on-exit", "3=crash,4=pre"],
            "3=crash,4=preflight_crash\n",
        ),
        (&["run", "--on-exit", "3"], ""),
        (&["run", "--parent", "00"], "002\n001\n000\n"),
        (&["run", "--timeout-status", "ev"], "eval_budget_overrun\n"),
        (&["amend", "00"], "002\n001\n000\n"),
        (&["amend", "2", "--status", "ke"], "keep\n"),
        (&["amend", "2", "--set", "hyp"], "hypothesis=\n"),
        (&["amend", "2", "--set", "exp_"], ""),
        (&["amend", "2", "--notes", "@tr"], "@train.err\n"),
        (&["stats", "--since", "00"], "002\n001\n000\n"),
        (&["tail", "--since", "001"], "001\n"),
        (&["stats", "--metric", "core"], "core_metric\n"),
    ] {
        assert_eq!(ask(&sandbox, words), expected, "{words:?}");
    }
}

#[test]
fn every_argument_that_names_something_in_the_log_is_completed() {
    const NAMES: [&str; 9] = [
        "EXP",
        "EXP|TIME",
        "STATUS",
        "COLUMN",
        "A,B",
        "ROLE=COLUMN,…",
        "COLUMN=VALUE",
        "CODE=STATUS",
        "TEXT",
    ];
    const NEW: [&str; 2] = ["exp_id", "columns of init"];
    for command in cli::program().get_subcommands() {
        for arg in command.get_arguments() {
            let id = match (command.get_name(), arg.get_id().as_str()) {
                ("init", "columns") => "columns of init",
                (_, id) => id,
            };
            let names = arg.get_value_names().unwrap_or_default();
            let is_named = names.iter().any(|name| NAMES.contains(&name.as_str()));
            let has_values = !arg.get_possible_values().is_empty();
            if is_named && !has_values && !NEW.contains(&id) {
                let completer = arg.get::<clap_complete::ArgValueCompleter>();
                assert!(completer.is_some(), "{} {id}", command.get_name());
            }
        }
    }
}

#[test]
fn without_a_store_nothing_is_said() {
    let sandbox = Sandbox::new();
    for words in [
        &["show", "0"][..],
        &["render", "--for", ""],
        &["best", "--field", ""],
    ] {
        assert_eq!(ask(&sandbox, words), "", "{words:?}");
    }
    assert!(ask(&sandbox, &["append", "--status", ""]).contains("keep"));
}

#[test]
fn the_store_of_the_command_line_is_asked() {
    let sandbox = Sandbox::new();
    sandbox.ok(&[
        "init",
        "my store",
        "--metric",
        "val_loss",
        "--direction",
        "minimize",
    ]);
    sandbox.ok(&[
        "--store",
        "my store",
        "append",
        "-q",
        "--status",
        "crash",
        "--specialist",
        "zed",
    ]);
    for store in ["my store", "'my store'"] {
        assert_eq!(ask(&sandbox, &["--store", store, "show", ""]), "000\n");
        let flag = format!("--store={store}");
        assert_eq!(ask(&sandbox, &["tail", &flag, "--specialist", ""]), "zed\n");
    }
}

#[test]
fn columns_of_an_external_log_are_completed() {
    let sandbox = Sandbox::new();
    sandbox.write("log.tsv", "commit\tloss\tnote\na1\t1.5\tx\n");
    let map = |value| ask(&sandbox, &["--store", "log.tsv", "tail", "--map", value]);
    assert_eq!(map("score=l"), "score=loss\n");
    assert_eq!(map("score=loss,no"), "score=loss,notes=\n");
    assert_eq!(
        map("score=loss,notes="),
        "score=loss,notes=commit\nscore=loss,notes=loss\nscore=loss,notes=note\n"
    );
}

#[test]
fn flags_are_offered_once_a_dash_is_typed() {
    let sandbox = store();
    assert_eq!(ask(&sandbox, &["show", ""]), "002\n001\n000\n");
    assert!(ask(&sandbox, &["show", "-"]).contains("--field"));
    assert!(!ask(&sandbox, &["tail", "--since", "1h", "--spec"]).contains("002"));
}
