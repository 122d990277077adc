use std::fs;

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

#[test]
fn makes_a_store_and_says_where() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.transcript(&[
        "init",
        "--metric",
        "val_loss",
        "--label",
        "loss",
        "--columns",
        "artifact_bytes,eval_s"
    ]));
    assert_snapshot!(fs::read_to_string(sandbox.path(".lineage/lineage.toml")).unwrap());
    assert_snapshot!(sandbox.read_log());
}

#[test]
fn refuses_to_touch_an_existing_store() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "auto", "--metric", "3"]);
    let before = sandbox.read_log();
    assert_snapshot!(sandbox.transcript(&["init", "--metric", "other"]));
    assert_eq!(sandbox.read_log(), before);
}

#[test]
fn refuses_columns_that_cannot_be() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.transcript(&["init", "--columns", "notes"]));
    assert_snapshot!(sandbox.transcript(&["init", "--columns", "a b"]));
    assert!(!sandbox.path(".lineage").exists());
}

#[test]
fn a_store_is_found_upwards_by_flag_and_by_environment() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "auto", "--metric", "3"]);
    fs::create_dir_all(sandbox.path("a/b")).unwrap();
    let best = |store: Option<&str>, dir: &str| {
        let mut command = sandbox.lineage(&["best", "--field", "exp_id"]);
        command.current_dir(sandbox.path(dir));
        if let Some(store) = store {
            command.env("LINEAGE_STORE", store);
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(best(None, "a/b"), "000\n");
    assert_eq!(best(Some(""), "a/b"), "000\n");
    assert_eq!(best(Some("../../.lineage"), "a/b"), "000\n");
    assert_eq!(best(Some("../.."), "a/b"), "000\n");
    assert_eq!(best(Some("../../.lineage/results.tsv"), "a/b"), "000\n");
}

#[test]
fn without_a_store_there_is_a_way_out() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.transcript(&["best"]));
    assert_snapshot!(sandbox.transcript(&["best", "--store", "nowhere"]));
    assert_snapshot!(sandbox.transcript(&["best", "--store", "."]));
    fs::write(sandbox.path("log.csv"), "a,b\n1,2\n").unwrap();
    assert_snapshot!(sandbox.transcript(&["best", "--store", "log.csv"]));
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let sandbox = Sandbox::with_store();
    let set = |text: &str| fs::write(sandbox.path(".lineage/lineage.toml"), text).unwrap();
    set("version = 2\nfuture = true\n");
    assert_snapshot!(sandbox.transcript(&["best"]));
    set("metrik = \"x\"\n");
    assert_snapshot!(sandbox.transcript(&["best"]));
    set("direction = \"down\"\n");
    assert_snapshot!(sandbox.transcript(&["best"]));
}
