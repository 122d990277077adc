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
fn a_log_whose_score_has_its_own_name_becomes_a_store_with_that_metric() {
    let sandbox = Sandbox::new();
    let log = "exp_id\tstatus\tparent_exp\tdelta_vs_best\tacc\n0\tbaseline\t\t\t0.5\n1\tkeep\t0\t0.1\t0.6\n";
    sandbox.write("s/results.tsv", log);
    let refusal = sandbox.transcript(&["init", "s", "--metric", "loss"]);
    let columns = "name the column of the score with --metric (the columns are: exp_id status parent_exp delta_vs_best acc)";
    let message = format!("! error: s/results.tsv has no column 'loss'; {columns}\n");
    assert!(refusal.contains(&message), "{refusal}");
    sandbox.write("bare/results.tsv", log);
    let inferred = sandbox.transcript(&["init", "bare"]);
    assert!(
        inferred.contains("note: acc: higher is better"),
        "{inferred}"
    );
    sandbox.ok(&["init", "s", "--metric", "acc", "--direction", "maximize"]);
    let append = ["append", "--store", "s", "--status", "auto", "--metric"];
    sandbox.ok(&[&append[..], &["0.7"]].concat());
    let row = "002\tkeep\t001\t+0.100000\t0.7\n";
    let log = sandbox.read("s/results.tsv");
    assert!(log.ends_with(row), "{log}");
}

#[test]
fn beside_another_file_init_names_the_ways_out() {
    let sandbox = Sandbox::new();
    let refusal = "results.tsv is not a log of lineage; `lineage import ./results.tsv` makes a store of it, or move it away\n= 1\n";
    for text in [
        "commit\tval_loss\tstatus\na\t3\tkeep\n",
        "These are my results.\nIt went well.\n",
    ] {
        sandbox.write("results.tsv", text);
        for flags in [&[][..], &["--metric", "nope"]] {
            let shown = sandbox.transcript(&[&["init", "."][..], flags].concat());
            assert!(shown.ends_with(refusal), "{shown}");
        }
    }
    let log = "exp_id\tstatus\tparent_exp\tbranch\n0\tbaseline\t\ta\n1\tkeep\t0\tb\n";
    sandbox.write("results.tsv", log);
    let shown = sandbox.transcript(&["init", "."]);
    let message = "has no known column of the score; name the column of the score with --metric";
    assert!(shown.contains(message), "{shown}");
}

#[test]
fn a_log_without_settings_becomes_a_store_with_what_it_shows() {
    let sandbox = Sandbox::new();
    let log = "exp_id\tstatus\tcore_metric\tdelta_vs_best\n0\tbaseline\t3\t\n1\tkeep\t4\t1\n2\tkeep\t3.5\t-0.5\n";
    sandbox.write(".lineage/results.tsv", log);
    let note = "note: assuming lower core_metric is better (by default; the keeps disagree)";
    assert!(
        sandbox.transcript(&["best"]).contains(note),
        "{}",
        sandbox.transcript(&["best"])
    );
    sandbox.ok(&["init", "--direction", "maximize"]);
    assert_eq!(sandbox.read_log(), log);
    let best = sandbox.transcript(&["best", "--field", "exp_id"]);
    assert_eq!(best, "$ lineage best --field exp_id\n001\n= 0\n");
    let again = sandbox.transcript(&["init", "--direction", "minimize"]);
    assert!(
        again.contains("already exists; nothing was changed"),
        "{again}"
    );

    sandbox.write("up/results.tsv", log.replace("2\tkeep\t3.5\t-0.5\n", ""));
    sandbox.ok(&["init", "up"]);
    assert!(
        sandbox
            .read("up/lineage.toml")
            .contains("direction = \"maximize\"")
    );

    sandbox.write(
        "other/results.tsv",
        "commit\tval_loss\tstatus\na1\t3\tkeep\n",
    );
    let other = sandbox.transcript(&["init", "other"]);
    assert!(
        other.contains("`lineage import other/results.tsv` makes a store of it"),
        "{other}"
    );
    assert!(!sandbox.path("other/lineage.toml").exists());
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

#[test]
fn a_store_that_a_killed_init_left_incomplete_is_completed() {
    let args = [
        "init",
        "--metric",
        "val_loss",
        "--columns",
        "artifact_bytes",
    ];
    let whole = Sandbox::new();
    whole.ok(&args);
    for missing in [&["results.tsv"][..], &["results.tsv", "insights.md"]] {
        let sandbox = Sandbox::new();
        sandbox.ok(&args);
        for name in missing {
            fs::remove_file(sandbox.path(".lineage").join(name)).unwrap();
        }
        sandbox.write(".lineage/.lineage-new-AbCdEf", "version =");
        assert_eq!(sandbox.ok(&args), ".lineage\n");
        assert_eq!(sandbox.read_log(), whole.read_log());
        assert_eq!(sandbox.read(".lineage/insights.md"), "");
    }
}

#[test]
fn an_init_that_is_killed_at_any_moment_is_completed_by_the_next() {
    let args = ["init", "--metric", "val_loss"];
    let program = assert_cmd::cargo::cargo_bin!("lineage");
    let traced = |sandbox: &Sandbox, inject: &str| {
        let mut strace = std::process::Command::new("strace");
        strace
            .args(["-f", "-qq", "-o", "/dev/null", "-e", inject])
            .arg(program)
            .args(args);
        strace
            .current_dir(sandbox.path("."))
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !traced(&Sandbox::new(), "trace=fsync") {
        crate::sandbox::skipped("strace is not there, or may not trace");
        return;
    }
    for call in ["mkdir", "openat", "write", "fsync", "renameat2", "close"] {
        for nth in (1..60).step_by(if call == "openat" || call == "close" {
            3
        } else {
            1
        }) {
            let sandbox = Sandbox::new();
            if traced(&sandbox, &format!("inject={call}:signal=KILL:when={nth}")) {
                break;
            }
            if !sandbox.log().exists() {
                sandbox.ok(&args);
            }
            assert_eq!(
                sandbox.ok(&["append", "--status", "crash"]),
                "000\n",
                "killed at {call} {nth}"
            );
        }
    }
}

#[test]
fn a_store_with_other_settings_is_not_completed() {
    let sandbox = Sandbox::new();
    sandbox.write(".lineage/lineage.toml", "metric = \"accuracy\"\n");
    let shown = sandbox.transcript(&["init", "--metric", "val_loss"]);
    assert!(
        shown.contains("lineage.toml already exists with other settings")
            && shown.ends_with("= 1\n"),
        "{shown}"
    );
    assert!(!sandbox.log().exists());
}

#[test]
fn settings_with_two_columns_of_a_name_make_no_log() {
    for (columns, message) in [
        ("notes", "'notes' is a column of every log; remove it"),
        ("a\", \"a", "'a' is there twice; remove one"),
    ] {
        let sandbox = Sandbox::with_store();
        let header = sandbox.read_log();
        let settings = format!("columns = [\"{columns}\"]\n");
        sandbox.write(".lineage/lineage.toml", settings);
        sandbox.ok(&["append", "--status", "baseline", "--metric", "3"]);
        sandbox.ok(&["best"]); // the log has its header
        sandbox.ok(&["check"]);
        for torn in [Some(&header[..9]), Some(""), None] {
            match torn {
                Some(torn) => fs::write(sandbox.log(), torn).unwrap(),
                None => fs::remove_file(sandbox.log()).unwrap(),
            }
            for command in ["append --status crash", "run -- touch started"] {
                let args: Vec<&str> = command.split(' ').collect();
                let shown = sandbox.transcript(&args);
                let message = format!("! error: lineage.toml: columns: {message}\n");
                assert!(shown.contains(&message), "{shown}");
            }
            let log = fs::read_to_string(sandbox.log()).ok();
            assert_eq!(log.as_deref(), torn);
        }
        assert!(!sandbox.path("started").exists());
    }
}
