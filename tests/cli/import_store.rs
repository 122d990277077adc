//! Importing a store: its trials keep their own files and their own parents, whatever ids they get.

use std::{fs, os::unix::fs::MetadataExt};

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

const TIME: [&str; 3] = ["append", "--timestamp", "2026-03-01T00:00:00Z"];

/// Logs a keep with a snapshot of `train.py`.
pub(crate) fn log_keep(sandbox: &Sandbox, store: &str, metric: &str, idea: &str) {
    sandbox.write("work/train.py", format!("{idea}\n"));
    let trial = ["--store", store, "--status", "keep", "--metric", metric];
    let more = ["--hypothesis", idea, "--snapshot", "work", "-q"];
    sandbox.ok(&[&TIME[..], &trial, &more].concat());
}

/// Stores `a` and `b` with two and three keeps, each made from the one before.
pub(crate) fn two_stores() -> Sandbox {
    let sandbox = Sandbox::new();
    for (store, scores) in [("a", &["3", "2.9"][..]), ("b", &["2.8", "2.7", "2.6"])] {
        sandbox.ok(&["init", store, "--metric", "val_loss", "-q"]);
        for score in scores {
            log_keep(&sandbox, store, score, &format!("{store} {score}"));
        }
    }
    sandbox
}

/// Imports `source` into `target`: how many rows were added, and that both logs have no problem.
pub(crate) fn merge(sandbox: &Sandbox, target: &str, source: &str, added: usize) {
    let said = sandbox.ok(&["--store", target, "import", source, "-q"]);
    let expected = format!("rows out   {added} to {target}\n");
    assert!(said.contains(&expected), "{target} from {source}: {said}");
    sandbox.ok(&["--store", target, "check"]);
}

fn field(sandbox: &Sandbox, id: &str, name: &str) -> String {
    let shown = sandbox.ok(&["--store", "a", "show", id, "--field", name, "-q"]);
    shown.trim_end().to_owned()
}

/// Without what differs in each run.
fn redact(sandbox: &Sandbox, text: &str) -> String {
    let dir = fs::canonicalize(sandbox.path("")).unwrap();
    let text = text.replace(&*dir.to_string_lossy(), "[DIR]");
    let mut out = String::new();
    for (at, part) in text.split("source_row: 1:").enumerate() {
        let part = if at > 0 { &part[16..] } else { part };
        out += if at > 0 { "source_row: 1:[HASH]" } else { "" };
        out += part;
    }
    out
}

#[test]
fn an_imported_trial_has_its_own_files_parent_and_baseline() {
    let sandbox = two_stores();
    assert_snapshot!(sandbox.transcript(&["--store", "a", "import", "b"]));
    assert_snapshot!(redact(
        &sandbox,
        &sandbox.ok(&["--store", "a", "show", "4"])
    ));
    for (id, parent, file) in [
        ("2", "", "b 2.8\n"),
        ("3", "002", "b 2.7\n"),
        ("4", "003", "b 2.6\n"),
    ] {
        assert_eq!(field(&sandbox, id, "parent_exp"), parent);
        assert_eq!(field(&sandbox, id, "baseline_exp"), parent);
        let frozen = ["--store", "a", "show", id, "--file", "train.py"];
        assert_eq!(sandbox.ok(&frozen), file);
        sandbox.ok(&["--store", "a", "checkout", id, "out", "--force", "-q"]);
        assert_eq!(sandbox.read("out/train.py"), file);
    }
    assert_eq!(field(&sandbox, "3", "delta_vs_best"), "-0.100000");
    sandbox.ok(&["--store", "a", "check"]);
    sandbox.ok(&["--store", "b", "check"]);
    assert_eq!(
        sandbox.ok(&["--store", "a", "best", "--field", "exp_id"]),
        "004\n"
    );
    let of = |path: &str| fs::metadata(sandbox.path(path)).unwrap().ino();
    assert_eq!(
        of("a/snapshots/004/train.py"),
        of("b/snapshots/002/train.py")
    );
}

#[test]
fn importing_a_store_again_adds_only_its_new_trials() {
    let sandbox = two_stores();
    for source in ["b", "b/results.tsv", "./b"] {
        sandbox.ok(&["--store", "a", "import", source, "-q"]);
    }
    log_keep(&sandbox, "b", "2.5", "later");
    let said = sandbox.ok(&["--store", "a", "import", "b", "-q"]);
    assert!(said.contains("rows out   1 to a\nknown      3"), "{said}");
    assert_eq!(field(&sandbox, "5", "parent_exp"), "004");
    let ids = sandbox.ok(&["--store", "a", "chain", "5", "--field", "exp_id"]);
    assert_eq!(ids, "002\n003\n004\n005\n");
}

#[test]
fn a_missing_or_damaged_snapshot_leaves_the_path_empty() {
    let sandbox = two_stores();
    fs::rename(sandbox.path("b/snapshots/000"), sandbox.path("gone")).unwrap();
    fs::remove_file(sandbox.path("b/snapshots/001/train.py")).unwrap();
    sandbox.write("b/snapshots/001/train.py", "changed\n");
    for args in [&["--dry-run"][..], &[]] {
        let import = ["--store", "a", "import", "b"];
        assert_snapshot!(sandbox.transcript(&[&import, args].concat()));
    }
    let paths = ["2", "3", "4"].map(|id| field(&sandbox, id, "snapshot_path"));
    assert_eq!(paths, ["", "", "snapshots/004"]);
    sandbox.ok(&["--store", "a", "check"]);
}

#[test]
fn a_store_of_another_metric_or_direction_is_refused() {
    let sandbox = two_stores();
    sandbox.ok(&["init", "c", "--metric", "acc", "-q"]);
    sandbox.ok(&[
        "init",
        "d",
        "--metric",
        "val_loss",
        "--direction",
        "maximize",
        "-q",
    ]);
    for store in ["c", "d"] {
        log_keep(&sandbox, store, "1", "x");
        let shown = sandbox.transcript(&["--store", "a", "import", store]);
        assert!(
            shown.contains("import --into another store") && shown.ends_with("= 1\n"),
            "{shown}"
        );
    }
    assert_eq!(
        sandbox
            .ok(&["--store", "a", "tail", "--format", "jsonl"])
            .lines()
            .count(),
        2
    );
}

#[test]
fn a_new_store_takes_over_the_settings_and_the_ids() {
    let sandbox = two_stores();
    sandbox.ok(&["import", "b", "--into", "copy", "-q"]);
    let show = |store: &str, args: &[&str]| sandbox.ok(&[&["--store", store], args].concat());
    for args in [
        &["chain", "--field", "exp_id"][..],
        &["best", "--field", "metric"],
        &["show", "2", "--file", "train.py"],
    ] {
        assert_eq!(show("copy", args), show("b", args));
    }
    sandbox.ok(&["--store", "copy", "check"]);
    let settings = sandbox.read("copy/lineage.toml");
    assert!(settings.contains("metric = \"val_loss\""), "{settings}");
    let labelled = settings.replace("# label", "label");
    sandbox.write("copy/lineage.toml", labelled);
    sandbox.ok(&["import", "copy", "--into", "again", "-q"]);
    let settings = sandbox.read("again/lineage.toml");
    assert!(settings.contains("\nlabel = \"bpb\""), "{settings}");
}

#[test]
fn clones_that_went_different_ways_share_what_they_have_in_common() {
    let sandbox = two_stores();
    assert!(
        sandbox
            .command("cp")
            .args(["-a", "a", "clone"])
            .status()
            .unwrap()
            .success()
    );
    log_keep(&sandbox, "a", "2.8", "here");
    log_keep(&sandbox, "clone", "2.7", "there");
    let said = sandbox.ok(&["--store", "a", "import", "clone", "-q"]);
    assert!(said.contains("rows out   1 to a\nknown      2"), "{said}");
    assert_eq!(field(&sandbox, "3", "parent_exp"), "001");
    assert_eq!(
        sandbox.ok(&["--store", "a", "show", "3", "--file", "train.py"]),
        "there\n"
    );
}

#[test]
fn a_log_outside_a_store_never_names_the_snapshots_of_the_store() {
    let sandbox = two_stores();
    sandbox.write(
        "elsewhere/log.csv",
        sandbox.ok(&["--store", "b", "export", "--format", "csv"]),
    );
    sandbox.ok(&[
        "--store",
        "a",
        "import",
        "elsewhere/log.csv",
        "-q",
        "--map",
        "score=core_metric",
    ]);
    let paths = ["2", "3", "4"].map(|id| field(&sandbox, id, "snapshot_path"));
    assert_eq!(paths, ["", "", ""]);
}

#[test]
fn a_parent_is_found_in_the_file_or_nowhere() {
    let sandbox = two_stores();
    let log = "exp_id,parent_exp,status,core_metric,delta_vs_best,hypothesis\n\
               000,002,keep,1.5,,first\n001,777,keep,1.4,,second\n002,,keep,1.3,,third\n";
    sandbox.write("log.csv", log);
    let said = sandbox.transcript(&[
        "--store",
        "a",
        "import",
        "log.csv",
        "--map",
        "score=core_metric",
    ]);
    assert!(
        said.contains("1 row whose parent is not in log.csv"),
        "{said}"
    );
    let parents = ["2", "3", "4"].map(|id| field(&sandbox, id, "parent_exp"));
    assert_eq!(
        parents,
        ["004", "", ""],
        "the later trial; no trial; no parent"
    );
    assert!(field(&sandbox, "3", "notes").contains("[source_parent: 777]"));
    let said = sandbox.ok(&[
        "--store",
        "a",
        "import",
        "log.csv",
        "--map",
        "score=core_metric",
        "-q",
    ]);
    assert!(said.contains("rows out   0 to a"), "{said}");
}

#[test]
fn a_log_with_its_newest_row_first_keeps_its_parents() {
    let sandbox = Sandbox::new();
    let log = "commit\tparent_commit\tval_loss\tstatus\tdescription\n\
               ccc3333\tbbb2222\t1\tkeep\tthird\nbbb2222\taaa1111\t2\tkeep\tsecond\naaa1111\t\t3\tkeep\tfirst\n";
    sandbox.write("log.tsv", log);
    let ids = sandbox.ok(&["--store", "log.tsv", "chain", "--field", "exp_id", "-q"]);
    assert_eq!(ids, "002\n001\n000\n");
}

#[test]
fn an_index_is_right_after_an_import_whose_parent_comes_later() {
    let sandbox = Sandbox::with_store();
    let trial = |n: usize| {
        let (status, notes) = (if n == 0 { "baseline" } else { "discard" }, "x".repeat(700));
        format!(
            "{{\"status\":\"{status}\",\"metric\":{},\"notes\":\"{notes}\"}}\n",
            n + 2
        )
    };
    let trials: String = (0..260).map(trial).collect();
    let append = sandbox
        .lineage(&["append", "--json", "-q"])
        .write_stdin(trials)
        .output();
    assert!(append.unwrap().status.success());
    let log = "exp_id,parent_exp,status,core_metric,delta_vs_best,hypothesis\n\
               900,901,discard,3.5,,child\n901,,keep,0.5,,best\n";
    sandbox.write("log.csv", log);
    sandbox.ok(&["import", "log.csv", "-q", "--map", "score=core_metric"]);
    let ask = || sandbox.ok(&["render", "--for", "x", "--sections", "children", "-q"]);
    let with = ask();
    assert!(with.contains("child"), "{with}");
    fs::remove_file(sandbox.path(".lineage/results.idx")).unwrap();
    assert_eq!(ask(), with);
}

#[test]
fn a_new_log_does_not_take_imported_trials_for_its_own() {
    let sandbox = two_stores();
    merge(&sandbox, "b", "a", 2);
    fs::remove_file(sandbox.path("a/results.tsv")).unwrap();
    let new = ["--store", "a", "append", "--status", "crash", "--new-log"];
    sandbox.ok(&new);
    sandbox.ok(&["--store", "a", "append", "--status", "crash"]);
    sandbox.ok(&["--store", "a", "import", "b", "-q"]);
    let ids = sandbox.ok(&["--store", "a", "tail", "-n", "99", "--field", "hypothesis"]);
    assert_eq!(ids, "\n\nb 2.8\nb 2.7\nb 2.6\na 3\na 2.9\n");
}

#[test]
fn a_dry_run_into_a_new_store_counts_the_snapshots() {
    let sandbox = two_stores();
    fs::remove_file(sandbox.path("b/snapshots/000/train.py")).unwrap();
    let import = ["import", "b", "--into", "new"];
    let said = sandbox.ok(&[&import[..], &["--dry-run"]].concat());
    assert!(!sandbox.path("new").exists());
    assert!(said.contains("snapshots  2 of 3\n"), "{said}");
    assert_eq!(sandbox.ok(&import), said);
}

#[test]
fn a_second_log_in_the_directory_of_a_store_does_not_get_its_snapshots() {
    let sandbox = two_stores();
    fs::copy(sandbox.path("b/results.tsv"), sandbox.path("a/other.tsv")).unwrap();
    let other = ["--store", "a/other.tsv", "--metric", "val_loss", "-q"];
    for args in [
        &["checkout", "0", "out"][..],
        &["show", "0", "--file", "train.py"],
        &["diff", "1"],
    ] {
        let args = [&other[..2], args].concat();
        let shown = sandbox.transcript(&args);
        assert!(shown.ends_with("= 1\n"), "{shown}");
    }
    assert!(!sandbox.path("out").exists());
    sandbox.ok(&["import", "a/other.tsv", "--into", "c", "-q"]);
    let paths = sandbox.ok(&["--store", "c", "tail", "--field", "snapshot_path"]);
    assert_eq!(paths, "\n\n\n");
    // A log of this store that was put aside has its own.
    fs::rename(sandbox.path("a/results.tsv"), sandbox.path("a/old.tsv")).unwrap();
    for (new_log, file) in [(false, "a 3\n"), (true, "a 3\n")] {
        if new_log {
            let append = ["--store", "a", "append", "--new-log", "--status", "keep"];
            sandbox.ok(&[&append[..], &["--metric", "1", "--snapshot", "work"]].concat());
        }
        let show = ["--store", "a/old.tsv", "show", "0", "--file", "train.py"];
        assert_eq!(sandbox.ok(&show), file);
    }
}

#[test]
fn a_trial_that_was_imported_without_its_snapshot_says_so() {
    let sandbox = two_stores();
    fs::remove_dir_all(sandbox.path("b/snapshots/000")).unwrap();
    sandbox.ok(&["--store", "a", "import", "b", "-q"]);
    let shown = sandbox.transcript(&["--store", "a", "checkout", "2", "out"]);
    assert!(
        shown.contains("trial 002 was imported without a snapshot"),
        "{shown}"
    );
}
