//! Saved prompts, and the record of a prompt as JSON.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use crate::render::fixture;

#[test]
fn a_record_has_the_prompt_and_its_trials() {
    let sandbox = fixture("small");
    let page = sandbox.ok(&["render", "--for", "opt", "--top", "2", "-q"]);
    let record: Value = serde_json::from_str(
        &sandbox.ok(&["render", "--for", "opt", "--top", "2", "--format", "json"]),
    )
    .unwrap();
    assert_eq!(record["rendered_prompt"], page);
    assert_eq!(record["current_best"]["exp_id"], "010");
    assert_eq!(record["chain_to_best"].as_array().unwrap().len(), 4);
    assert_eq!(record["top_k_leaderboard"].as_array().unwrap().len(), 2);
    assert_eq!(record["recent_n_activity"][0]["exp_id"], "012");
    assert_eq!(
        record["last_m_with_full_hypothesis"]
            .as_array()
            .unwrap()
            .len(),
        10
    );
    assert_eq!(record["flags"]["top"], 2);
    assert_eq!(record["as_of"], "012");
    assert!(record["saved"].is_null() && record["version"].is_string());
}

#[test]
fn saved_prompts_are_listed_and_never_overwritten() {
    let sandbox = fixture("small");
    assert_snapshot!(sandbox.transcript(&["prompts"]));
    assert_snapshot!(sandbox.transcript(&[
        "render",
        "--for",
        "../o pt",
        "--sections",
        "task",
        "--save"
    ]));
    sandbox.ok(&[
        "render",
        "--for",
        "../o pt",
        "--sections",
        "task",
        "--save",
        "-q",
    ]);
    sandbox.ok(&["render", "--for", "tok", "--as-of", "4", "--save", "-q"]);
    let list = sandbox.ok(&["prompts", "--format", "jsonl"]);
    let mut paths: Vec<_> = list
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["path"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "prompts/004_tok.md",
            "prompts/012__.._o_pt.md",
            "prompts/012__.._o_pt_2.md"
        ]
    );
    for path in paths {
        assert!(sandbox.path(".lineage").join(path).exists());
    }
    let bare = sandbox.transcript(&[
        "render",
        "--for",
        "tok",
        "--save",
        "--store",
        ".lineage/results.tsv",
        "--sections",
        "opening",
    ]);
    let refused = "\n! error: cannot save a prompt beside a log that is not in a store; `lineage init` makes a store\n= 1\n";
    assert!(bare.contains(refused), "nothing is printed: {bare}");
    let list = sandbox.transcript(&["prompts", "--store", ".lineage/results.tsv"]);
    assert!(
        list.contains("! note: no saved prompts: the log is not in a store\n"),
        "{list}"
    );
}

#[test]
fn files_that_are_not_prompts_do_not_stop_the_list() {
    let sandbox = fixture("small");
    let prompts = sandbox.path(".lineage/prompts");
    fs::create_dir(&prompts).unwrap();
    fs::create_dir(prompts.join("dir.json")).unwrap();
    fs::write(prompts.join("a.json"), b"\xff\xfe").unwrap();
    fs::write(prompts.join("b.json"), "[1]").unwrap();
    fs::write(prompts.join("012_opt.md"), "mine").unwrap();
    sandbox.ok(&["render", "--for", "opt", "--save", "-q"]);
    assert_eq!(
        fs::read_to_string(prompts.join("012_opt.md")).unwrap(),
        "mine"
    );
    assert_eq!(
        sandbox.ok(&["prompts", "--format", "tsv"]).lines().count(),
        4
    );
}
