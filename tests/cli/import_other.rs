//! Several logs in one store, exports of a store, and settings that must agree.

use std::{fs, process::Stdio};

use crate::{import_again::import, sandbox::Sandbox};

#[test]
fn two_logs_in_one_store_are_both_known_again() {
    let sandbox = Sandbox::new();
    let head = "commit\tval_loss\tstatus\tdescription\n";
    let one = format!("{head}a\t3\tkeep\tas it is\nb\t2\tkeep\twider\n");
    let other = format!("{head}x\t2.9\tkeep\ta seed\ny\t2.8\tdiscard\tno norm\n");
    import(&sandbox, &one);
    fs::write(sandbox.path("log"), &other).unwrap();
    let output = sandbox.lineage(&["import", "log"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("none of its rows was imported before; if it is a rewritten log"),
        "{said}"
    );
    assert_eq!(sandbox.rows().len(), 4);
    for (log, more) in [
        (&one, "c\t1.9\tkeep\tdeeper\n"),
        (&other, "z\t1.8\tkeep\tlonger\n"),
    ] {
        let said = import(&sandbox, &format!("{log}{more}"));
        assert!(
            said.contains("rows out   1 to .lineage") && said.contains("known      2"),
            "{said}"
        );
    }
    assert_eq!(
        sandbox.ok(&["best", "--field", "parent_exp"]),
        "002\n",
        "the keep above in its own log"
    );
}

#[test]
fn a_store_without_the_column_knows_its_rows_by_its_notes() {
    let sandbox = Sandbox::with_store();
    let log = "commit\tval_loss\tstatus\tdescription\na\t3\tkeep\tas it is\n";
    import(&sandbox, log);
    assert!(
        sandbox.rows()[0]
            .last()
            .unwrap()
            .contains("[source_row: 1:")
    );
    assert!(
        import(&sandbox, &format!("{log}b\t2\tOOM\twider\n")).contains("rows out   1 to .lineage")
    );
    assert_eq!(sandbox.rows().len(), 2);
}

#[test]
fn a_column_of_that_name_in_another_log_is_kept() {
    let sandbox = Sandbox::new();
    let log = "commit\tval_loss\tstatus\tsource_row\na\t3\tkeep\tsheet-1\n";
    import(&sandbox, log);
    assert_eq!(
        sandbox.ok(&["show", "0", "--field", "notes"]),
        "[source_row: sheet-1]\n"
    );
    assert!(import(&sandbox, log).contains("rows out   0 to .lineage"));
}

#[test]
fn an_export_is_known_where_it_came_from_and_keeps_what_it_knows() {
    let sandbox = Sandbox::new();
    let log = "commit\tval_loss\tstatus\tdescription\na\t3\tkeep\tas it is\nb\t2\tKEPT\twider\n";
    import(&sandbox, log);
    sandbox.ok(&["append", "--status", "keep", "--metric", "1.5"]);
    for form in ["tsv", "csv", "jsonl"] {
        fs::write(
            sandbox.path("out"),
            sandbox.ok(&["export", "--format", form]),
        )
        .unwrap();
        let said = sandbox.ok(&["import", "out", "-q"]);
        assert!(said.contains("rows out   0 to .lineage"), "{form}: {said}");
        let copy = format!("copy-{form}");
        sandbox.ok(&[
            "import", "out", "--into", &copy, "-q", "--metric", "val_loss",
        ]);
        fs::write(sandbox.path("log"), format!("{log}c\t1\tkeep\tdeeper\n")).unwrap();
        let said = sandbox.ok(&["import", "log", "--into", &copy, "-q"]);
        assert!(
            said.contains("rows out   1 to copy") && said.contains("known      2"),
            "{form}: {said}"
        );
    }
}

#[test]
fn what_the_store_is_for_is_not_mixed_with_something_else() {
    let sandbox = Sandbox::new();
    let log = "commit\tval_loss\tacc\tstatus\na\t3\t0.5\tkeep\n";
    fs::write(sandbox.path("log"), log).unwrap();
    sandbox.ok(&["import", "log", "--metric", "val_loss"]);
    let refused = |args: &[&str], why: &str| {
        let output = sandbox
            .lineage(&[&["import", "log"], args].concat())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(1) && said.contains(why),
            "{said}"
        );
    };
    refused(
        &["--metric", "acc"],
        "has the metric val_loss, not acc; import --into another store",
    );
    refused(
        &["--direction", "maximize"],
        "has the direction minimize, not maximize; import --into another store",
    );
    fs::write(
        sandbox.path("log"),
        "commit\tloss\tstatus\tnote\nb\t2\tkeep\twhy\n",
    )
    .unwrap();
    let output = sandbox
        .lineage(&["import", "log", "--map", "score=loss"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains(
            "this --map or --segment is not stored; add it to [import] in .lineage/lineage.toml"
        ),
        "{said}"
    );
    assert_eq!(sandbox.ok(&["best", "--field", "metric"]), "2\n");
}

#[test]
fn a_later_segment_with_another_metric_has_a_way_on() {
    let sandbox = Sandbox::new();
    let first = "{\"type\":\"config\",\"metricName\":\"loss\",\"bestDirection\":\"lower\"}\n\
        {\"run\":1,\"metric\":3,\"status\":\"keep\",\"segment\":0}\n";
    import(&sandbox, first);
    let more = "{\"run\":2,\"metric\":2,\"status\":\"keep\",\"segment\":0}\n\
        {\"type\":\"config\",\"metricName\":\"hits\",\"bestDirection\":\"higher\"}\n\
        {\"run\":3,\"metric\":9,\"status\":\"keep\",\"segment\":1}\n";
    fs::write(sandbox.path("log"), format!("{first}{more}")).unwrap();
    let output = sandbox.lineage(&["import", "log"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("in segment 1 (of 0, 1); choose another segment with --segment, or import this one --into another store"),
        "{said}"
    );
    assert!(
        sandbox
            .ok(&["import", "log", "--segment", "0", "-q"])
            .contains("rows out   1 to .lineage")
    );
    assert!(
        sandbox
            .ok(&["import", "log", "--into", "hits", "-q"])
            .contains("score      hits, higher is better")
    );
}

#[test]
fn a_log_without_scores_is_imported_again() {
    let sandbox = Sandbox::new();
    let log =
        "time\tcommit\tstatus\ttests\tdescription\n1\ta\tkept\tpass\tx\n2\tb\tdiscarded\tfail\ty\n";
    import(&sandbox, log);
    let said = import(&sandbox, &format!("{log}3\tc\tdiscarded\tfail\tz\n"));
    assert!(
        said.contains("rows out   1 to") && said.contains("known      2"),
        "{said}"
    );
}

#[test]
fn a_new_segment_is_no_rewritten_log() {
    let sandbox = Sandbox::new();
    let segment = |number| {
        format!(
            "{{\"type\":\"config\",\"metricName\":\"ms\",\"bestDirection\":\"lower\"}}\n\
             {{\"run\":{number},\"metric\":{number},\"status\":\"keep\",\"segment\":{number}}}\n"
        )
    };
    import(&sandbox, &segment(0));
    sandbox.write("log", segment(0) + &segment(1));
    let shown = sandbox.transcript(&["import", "log"]);
    assert!(
        shown.contains("rows out   1 to") && !shown.contains("rewritten"),
        "{shown}"
    );
}

#[test]
fn first_imports_at_once_make_one_store() {
    let sandbox = Sandbox::new();
    sandbox.write("log", "commit\tval_loss\tstatus\na\t3\tkeep\nb\t2\tkeep\n");
    for round in 0..5 {
        let store = format!("store{round}");
        let program = assert_cmd::cargo::cargo_bin!("lineage").to_str().unwrap();
        let start = |_| {
            let args = ["import", "log", "--into", &store, "-q"];
            let mut command = sandbox.command(program);
            command.args(args).stdout(Stdio::null()).spawn().unwrap()
        };
        let mut running: Vec<_> = (0..6).map(start).collect();
        assert!(
            running
                .iter_mut()
                .all(|child| child.wait().unwrap().success())
        );
        let log = sandbox.read(&format!("{store}/results.tsv"));
        assert_eq!(log.lines().count(), 3);
    }
}

#[test]
fn an_import_below_an_unusable_store_names_a_way_out_or_makes_its_own() {
    let sandbox = Sandbox::new();
    sandbox.write("sub/log.tsv", "commit\tval_loss\tstatus\na\t3\tkeep\n");
    let import = |flags: &[&str]| {
        let args = [&["import", "log.tsv", "-q"][..], flags].concat();
        let mut command = sandbox.lineage(&args);
        command.current_dir(sandbox.path("sub")).output().unwrap()
    };
    let refuse = || {
        let refused = import(&[]);
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(
            message.ends_with("; name a store with --into\n"),
            "{message}"
        );
    };
    fs::create_dir(sandbox.path(".lineage")).unwrap();
    refuse();
    sandbox.write(".lineage/lineage.toml", "metric = 3\n");
    refuse();
    assert!(import(&["--into", "other"]).status.success());
    fs::remove_file(sandbox.path(".lineage/lineage.toml")).unwrap();
    sandbox.write(
        ".lineage/results.tsv",
        "commit\tval_loss\tstatus\nb\t4\tkeep\n",
    );
    assert!(import(&[]).status.success());
    assert!(sandbox.path("sub/.lineage/results.tsv").exists());
}
