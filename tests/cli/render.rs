//! The prompt depends only on the log and the flags; its commands work as they are printed.

use std::{fs, path::Path};

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

/// A store with the log and the settings of a fixture.
pub(crate) fn fixture(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    fs::create_dir(sandbox.path(".lineage")).unwrap();
    for file in ["results.tsv", "lineage.toml", "insights.md"] {
        if from.join(file).exists() {
            fs::copy(from.join(file), sandbox.path(".lineage").join(file)).unwrap();
        }
    }
    sandbox
}

pub(crate) const LOGS: [&str; 9] = [
    "small",
    "empty",
    "damaged",
    "odd_parents",
    "hostile",
    "recorded",
    "crowded",
    "failing",
    "long_texts",
];

#[test]
fn the_same_log_gives_the_same_bytes_everywhere() {
    for name in LOGS {
        let sandbox = fixture(name);
        let wanted = sandbox.ok(&["render", "--for", "opt", "-q"]);
        let copy = fixture(name);
        fs::create_dir_all(copy.path("elsewhere/deep")).unwrap();
        fs::rename(copy.path(".lineage"), copy.path("elsewhere/.lineage")).unwrap();
        let mut command = copy.lineage(&["render", "--for", "opt", "-q"]);
        command.current_dir(copy.path("elsewhere/deep"));
        for (name, value) in [
            ("LC_ALL", "tr_TR.UTF-8"),
            ("TZ", "Asia/Kathmandu"),
            ("COLUMNS", "50"),
            ("LANG", "de_DE.UTF-8"),
        ] {
            command.env(name, value);
        }
        let found = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert_eq!(found, wanted, "{name}");
        assert!(
            !wanted.contains(&*sandbox.path("").to_string_lossy()),
            "{name}: a path of the machine"
        );
    }
}

#[test]
fn a_past_prompt_can_be_rendered_again() {
    let sandbox = fixture("small");
    let shown = sandbox.ok(&["render", "--for", "opt", "--save", "-q"]);
    let saved = fs::read_to_string(sandbox.path(".lineage/prompts/012_opt.md")).unwrap();
    assert_eq!(shown, saved);
    for n in 0..50 {
        let status = ["auto", "crash", "harness_abort", "auto"][n % 4];
        sandbox.ok(&[
            "append",
            "--status",
            status,
            "--metric",
            &format!("3.1{n}"),
            "--specialist",
            "opt",
        ]);
    }
    assert_ne!(sandbox.ok(&["render", "--for", "opt", "-q"]), saved);
    assert_eq!(
        sandbox.ok(&["render", "--for", "opt", "--as-of", "012", "-q"]),
        saved
    );
}

#[test]
fn a_prompt_of_a_part_of_the_log_says_so() {
    let sandbox = Sandbox::with_store();
    let append = |time: &str, flags: &[&str]| {
        let args = ["append", "-q", "--timestamp", time, "--specialist", "opt"];
        sandbox.ok(&[&args[..], flags].concat());
    };
    let baseline = ["--status", "baseline", "--metric", "3"];
    append("2026-01-01T00:00:00Z", &baseline);
    append(
        "2026-01-02T00:00:00Z",
        &["--status", "discard", "--metric", "4"],
    );
    let opening = |since: &str| {
        let args = ["render", "--for", "opt", "--sections", "opening"];
        let shown = sandbox.transcript(&[&args[..], &["--since", since]].concat());
        shown.split_once("**opt**. ").unwrap().1.to_owned()
    };
    let shown = opening("2026-01-02");
    let start =
        "This prompt covers only trials since 2026-01-02. This is the search as of trial 001";
    assert!(shown.starts_with(start), "{shown}");
    let none = "There is no best trial: no baseline or keep has a score.\n";
    assert!(shown.contains(none), "{shown}");
    assert!(opening("0").starts_with(
        "This prompt covers only trial 0 and later ones; the best is the best of these. "
    ));
    let shown = opening("1h");
    let start = "This prompt covers only trials of the last 1h; there are none. The score is";
    assert!(shown.starts_with(start), "{shown}");
    assert!(!shown.contains("yet"), "{shown}");
    let warning = "! warning: no trials of the last 1h; the prompt has no history\n= 0\n";
    assert!(shown.ends_with(warning), "{shown}");
}

#[test]
fn a_hostile_id_is_quoted_in_commands() {
    let sandbox = Sandbox::with_store();
    let log = sandbox.read_log() + "x;touch y\t\t\t\t\t\t\t\tbaseline\t3\t\t\t\t\t\t\t\n";
    fs::write(sandbox.log(), log).unwrap();
    let page = sandbox.ok(&["render", "--for", "a b; id"]);
    assert!(page.contains("`lineage show 'x;touch y'`"), "{page}");
    let opening = "as of trial `x;touch y`, after 1 trial."; // without a time
    assert!(page.contains(opening), "{page}");
}

#[test]
fn a_blind_prompt_shows_only_the_best() {
    let sandbox = fixture("small");
    assert_snapshot!(sandbox.transcript(&["render", "--for", "opt", "--blind"]));
}

/// A command in the prompt finds the log that the prompt is made from: `--store` is repeated, the environment is inherited.
#[test]
fn commands_repeat_the_store_flag_but_not_the_environment() {
    let sandbox = fixture("crowded");
    fs::rename(sandbox.path(".lineage"), sandbox.path("a store")).unwrap();
    let page = sandbox.ok(&[
        "render",
        "--for",
        "opt",
        "--max-bytes",
        "6000",
        "-q",
        "--store",
        "a store",
    ]);
    assert!(
        page.contains("`lineage chain 001 --store 'a store'`"),
        "{page}"
    );
    assert!(
        page.contains("`lineage render --for opt --store 'a store' --sections recent"),
        "{page}"
    );
    let mut command = sandbox.lineage(&["render", "--for", "opt", "--max-bytes", "6000", "-q"]);
    let output = command.env("LINEAGE_STORE", "a store").output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(
        page.contains("`lineage chain 001`") && !page.contains("--store"),
        "{page}"
    );
}

/// Every link but the root shows its step, also the first one after skipped links.
#[test]
fn the_chain_shows_the_step_of_each_link() {
    let sandbox = fixture("small");
    let page = sandbox.ok(&["render", "--for", "opt", "--sections", "chain"]);
    assert!(
        page.contains("└─ 004 [keep, 3.1801, step -0.004900, opt] "),
        "{page}"
    );
    let settings = fs::read_to_string(sandbox.path(".lineage/lineage.toml")).unwrap();
    fs::write(
        sandbox.path(".lineage/lineage.toml"),
        settings + "[prompt]\nlinks = 1\n",
    )
    .unwrap();
    let page = sandbox.ok(&["render", "--for", "opt", "--sections", "chain"]);
    let chain = "└─ … 2 more links\n└─ 010 [keep, 3.1795, step -0.000600, opt] ";
    assert!(page.contains(chain), "{page}");
}

#[test]
fn old_names_of_sections_are_still_understood() {
    let sandbox = fixture("small");
    let flags = ["render", "--for", "opt", "--sections"];
    let old = sandbox.ok(&[&flags[..], &["board,axis"]].concat());
    assert_eq!(
        old,
        sandbox.ok(&[&flags[..], &["leaderboard,specialist"]].concat())
    );
}
