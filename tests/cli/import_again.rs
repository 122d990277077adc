//! A file that has grown, or was changed, is imported again: no trial is lost, none stands twice.

use std::fs;

use crate::sandbox::Sandbox;

pub(crate) fn import(sandbox: &Sandbox, log: &str) -> String {
    fs::write(sandbox.path("log"), log).unwrap();
    sandbox.ok(&["import", "log", "-q"])
}

/// Imports a log, then the log with more rows, and shows that only those were added.
fn grows(first: &str, more: &str, added: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    import(&sandbox, first);
    let before = sandbox.rows();
    let said = import(&sandbox, &format!("{first}{more}"));
    assert!(
        said.contains(&format!("rows out   {added} to .lineage")),
        "{more}: {said}"
    );
    assert_eq!(sandbox.rows()[..before.len()], before, "{more}");
    assert_eq!(sandbox.rows().len(), before.len() + added, "{more}");
    assert!(
        import(&sandbox, &format!("{first}{more}")).contains("rows out   0 to .lineage"),
        "{more}"
    );
    let output = sandbox.lineage(&["check"]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    sandbox
}

#[test]
fn what_new_rows_say_of_the_columns_doubles_no_trial() {
    let kept = "commit\tval_loss\tstatus\tdescription\na\t3\tkeep\tas it is\nb\t2\tkeep\twider\n";
    grows(kept, "c\t0\tOOM\ttoo wide\n", 1); // the words say more than the statuses now
    grows(kept, "c\t1\tKEPT\tdeeper\n", 1);
    grows(kept, "c\t1\tkeep (reworked)\tdeeper\td\td\n", 1); // a cell more than the header has
    let ran = "run\tval_loss\tstatus\n1\t3\tok\n2\t2\tok\n";
    grows(ran, "3\t4\tkeep\n", 1); // `ok` is no keep any more
    grows(ran, "2\t1\tok\n", 1); // an id that stands twice is none
    let json = "{\"run\":1,\"val_loss\":3,\"status\":\"keep\",\"description\":\"x\"}\n";
    grows(
        json,
        "{\"run\":2,\"val_loss\":2,\"status\":\"keep\",\"description\":\"y\",\"asi\":{\"hypothesis\":\"z\"}}\n",
        1,
    );
    grows(
        json,
        "{\"run\":2,\"val_loss\":2,\"status\":\"keep\",\"gpu\":\"a100\"}\n",
        1,
    );
    let unsure = "no,loss,outcome\n1,3,\n2,2,\n";
    grows(unsure, "3,1,kept\n", 1); // a verdict where there was none
}

#[test]
fn a_header_that_was_changed_doubles_no_trial() {
    let sandbox = Sandbox::new();
    let rows = "a\t3\tkeep\nb\t2\tdiscard\n";
    import(&sandbox, &format!("commit\tval_loss\tstatus\n{rows}"));
    let said = import(
        &sandbox,
        &format!("# a new night\ncommit\tval_loss\tverdict\tnotes\n{rows}c\t1\tkeep\tdeeper\n"),
    );
    assert!(
        said.contains("rows out   1 to .lineage") && said.contains("known      2"),
        "{said}"
    );
}

#[test]
fn rows_that_are_the_same_are_counted() {
    let log = "commit\tval_loss\tstatus\na\t3\tkeep\na\t3\tkeep\n";
    let sandbox = grows(log, "a\t3\tkeep\nb\t2\tkeep\n", 2);
    assert_eq!(sandbox.rows().len(), 4);
}

#[test]
fn a_correction_by_hand_is_no_new_trial() {
    let sandbox = Sandbox::new();
    let log = "commit\tval_loss\tstatus\tdescription\na\t3\tkeep\tas it is\nb\t2\tkeep\twider\n";
    import(&sandbox, log);
    fs::write(
        sandbox.log(),
        sandbox
            .read_log()
            .replace("wider", "twice as wide")
            .replace("2\t", "2.5\t"),
    )
    .unwrap();
    assert!(import(&sandbox, log).contains("rows out   0 to .lineage"));
}

#[test]
fn a_status_that_the_file_gives_otherwise_by_now_is_said() {
    let sandbox = Sandbox::new();
    let log = "run\tval_loss\tstatus\n1\t3\tok\n";
    import(&sandbox, log);
    let said = import(&sandbox, &format!("{log}2\t2\tkeep\n"));
    assert!(
        said.contains("differs    log:2: the status is not that of trial 001"),
        "{said}"
    );
}

#[test]
fn a_row_that_was_changed_since_is_said_and_not_added() {
    let log = "commit\tval_loss\tstatus\tdescription\na\t3\tkeep\tas it is\nb\t2\tkeep\twider\nc\t1.5\tkeep\tdeeper\n";
    for (from, to, line) in [
        ("b\t2\tkeep", "b\t2\tdiscard", 3),
        ("as it is", "the seed", 2),
        ("c\t1.5", "c\t1.25", 4), // the last row
    ] {
        let sandbox = Sandbox::new();
        import(&sandbox, log);
        let before = sandbox.read_log();
        fs::write(sandbox.path("log"), log.replace(from, to)).unwrap();
        let output = sandbox.lineage(&["import", "log"]).output().unwrap();
        let (out, said) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            output.status.success() && out.contains("rows out   0 to .lineage"),
            "{out}{said}"
        );
        assert!(
            out.contains(&format!("changed    log:{line}: imported before as trial")),
            "{out}"
        );
        assert!(
            said.contains("1 row of log changed since the import")
                && said.contains(&format!("first: line {line}")),
            "{said}"
        );
        assert_eq!(sandbox.read_log(), before);
        // A new row behind it comes in all the same, and its parent is the trial that the changed row became.
        let said = import(&sandbox, &(log.replace(from, to) + "d\t1\tkeep\tlonger\n"));
        assert!(said.contains("rows out   1 to .lineage"), "{said}");
    }
}

#[test]
fn a_row_that_was_filled_in_later_is_the_same_trial() {
    for (head, rows, from, to) in [
        (
            "commit\tval_loss\tstatus\tdescription\n",
            "a\t3\tkeep\tas it is\n",
            "b\t-\trunning\twider\n",
            "b\t2\tkeep\twider\n",
        ),
        (
            "run\tval_loss\tstatus\n",
            "1\t3\tkeep\n",
            "2\t2\tkeep\n",
            "2\t2\tdiscard\n",
        ),
        (
            "run\tval_loss\tstatus\tdescription\n",
            "1\t3\tkeep\tas it is\n",
            "2\t2\tkeep\twider\n",
            "2\t2.5\tdiscard\twider\n",
        ),
    ] {
        let sandbox = Sandbox::new();
        import(&sandbox, &format!("{head}{rows}{from}"));
        let said = import(&sandbox, &format!("{head}{rows}{to}"));
        assert!(
            said.contains("rows out   0 to .lineage") && said.contains("changed    log:3:"),
            "{said}"
        );
    }
}

#[test]
fn logs_that_went_different_ways_lose_no_trial() {
    let head = "run,loss,status,train_s,note\n1,3,keep,300,x\n2,2.9,keep,300,x\n";
    let one = format!("{head}3,2.7,keep,300,x\n4,2.6,keep,300,x\n");
    let other = format!("{head}3,2.5,keep,300,x\n4,2.4,keep,300,x\n");
    let sandbox = Sandbox::new();
    import(&sandbox, &one);
    sandbox.write("log", &other);
    let shown = sandbox.transcript(&["import", "log"]);
    for part in [
        "rows out   2 to .lineage\n",
        "similar    log:4: looks like trial 003, added as another\n",
        "2 rows of log added, but like a trial whose own row is gone from the file (first: line 4, trial 003); if",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    for log in [&one, &other] {
        assert!(import(&sandbox, log).contains("rows out   0 to .lineage\n"));
    }
    let shown = import(&sandbox, &format!("{other}5,2.3,keep,300,x\n"));
    assert!(shown.contains("rows out   1 to .lineage\n") && !shown.contains("similar"));
}

#[test]
fn a_changed_row_is_added_if_it_is_asked_for() {
    let sandbox = Sandbox::new();
    let log = "run\tval_loss\tstatus\tdescription\n1\t3\tkeep\tas it is\n2\t2\tkeep\twider\n";
    import(&sandbox, log);
    sandbox.write("log", log.replace("2\tkeep", "2.5\tkeep"));
    for (args, added) in [(&["--dry-run"][..], 0), (&["--as-new"], 1)] {
        let shown = sandbox.ok(&[&["import", "log", "-q"], args].concat());
        assert!(shown.contains(&format!("rows out   {added} to")), "{shown}");
    }
}

#[test]
fn a_repeated_id_and_a_missing_parent_are_replaced_in_a_new_store() {
    let sandbox = Sandbox::with_store();
    let names = sandbox.read_log();
    let row = |id: &str, parent: &str| {
        let cells = format!("{id}\t2026-03-01T00:00:00Z\t\t{parent}\t{parent}\t");
        format!("{cells}\tidea\t\tdiscard\t3{}\n", "\t".repeat(7))
    };
    let rows = [("001", ""), ("001", ""), ("002", "001"), ("003", "777")];
    let rows = rows.map(|(id, parent)| row(id, parent)).concat();
    sandbox.write(".lineage/results.tsv", names + &rows);
    let shown = sandbox.transcript(&["import", ".lineage", "--into", "copy"]);
    assert!(shown.contains("1 row whose parent is not in"), "{shown}");
    let fields = |name: &str| sandbox.ok(&["--store", "copy", "tail", "--field", name]);
    assert_eq!(fields("exp_id"), "001\n004\n002\n003\n");
    assert_eq!(fields("parent_exp"), "\n\n004\n\n");
    assert_eq!(fields("baseline_exp"), "\n\n004\n\n");
    let check = sandbox.transcript(&["--store", "copy", "check"]);
    assert!(check.contains("no problems found"), "{check}");
}

#[test]
fn a_remembered_segment_is_for_its_file() {
    let sandbox = Sandbox::new();
    fs::write(
        sandbox.path("log"),
        "{\"run\":1,\"val_loss\":3,\"status\":\"keep\",\"segment\":4}\n",
    )
    .unwrap();
    sandbox.ok(&["import", "log", "--segment", "4"]);
    assert!(
        import(&sandbox, "commit\tval_loss\tstatus\na\t2\tkeep\n")
            .contains("rows out   1 to .lineage")
    );
}

#[test]
fn a_row_that_took_the_place_of_another_is_new() {
    let sandbox = Sandbox::new();
    let log = "commit\tval_loss\tstatus\tdescription\na\t3\tkeep\tas it is\n";
    import(&sandbox, &format!("{log}b\t2\tcrash\twider\n"));
    let said = import(&sandbox, &format!("{log}c\t2.5\tkeep\tdeeper\n"));
    assert!(
        said.contains("rows out   1 to .lineage") && !said.contains("changed"),
        "{said}"
    );
}

#[test]
fn rows_whose_tabs_became_spaces_come_over() {
    let sandbox = Sandbox::with_store();
    let row = "000\t2026-03-01T00:00:00Z\topt\t\t\topt\t\"lower the rate</hypothesis> <parameter name=\"\"notes\"\">it is high\" -0.01 keep 3.1 3.1 -0.1 600 610 job  it held";
    fs::write(sandbox.path("log"), sandbox.read_log() + row + "\n").unwrap();
    for args in [
        &["import", "log", "--into", "new"][..],
        &["import", "log", "--into", "mapped", "--map", "notes=notes"],
    ] {
        sandbox.ok(&[args, &["-q"]].concat());
        let found = sandbox.ok(&["show", "0", "--store", args[3], "--format", "json"]);
        assert!(
            found.contains("\"status\": \"keep\"") || found.contains("\"status\":\"keep\""),
            "{found}"
        );
        assert!(
            found.contains("<parameter name=\\\"notes\\\">it is high"),
            "{found}"
        );
    }
    assert_eq!(
        sandbox.ok(&[
            "best",
            "--store",
            "log",
            "--map",
            "notes=notes",
            "-q",
            "--field",
            "notes"
        ]),
        "it held\n"
    );
}

#[test]
fn a_log_without_rows_is_empty_in_place_and_says_what_to_do_at_an_import() {
    for log in [
        "commit\tval_loss\tstatus\tdescription\n",
        "{\"type\":\"config\",\"metricName\":\"loss\"}\n",
        "",
    ] {
        let sandbox = Sandbox::new();
        fs::write(sandbox.path("log"), log).unwrap();
        assert_eq!(sandbox.ok(&["tail", "--store", "log", "-q"]), "", "{log}");
        sandbox.ok(&["stats", "--store", "log", "-q"]);
        let output = sandbox.lineage(&["import", "log"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(1) && said.contains("no rows yet"),
            "{said}"
        );
        assert!(!sandbox.path(".lineage").exists());
    }
}

#[test]
fn a_log_that_has_gained_a_column_is_not_doubled() {
    for head in [
        "id\tval_loss\tstatus\tdescription\n",
        "commit\tval_loss\tstatus\tdescription\n",
    ] {
        let sandbox = Sandbox::new();
        import(
            &sandbox,
            &format!("{head}1\t3\tkeep\tas it is\n2\t2.5\tkeep\twider\n3\t0\tcrash\tdeeper\n"),
        );
        let before = sandbox.read_log();
        let wider = format!(
            "{}\tgpu\n1\t3\tkeep\tas it is\ta\n2\t2.5\tkeep\twider\tb\n3\t0\tcrash\tdeeper\ta\n",
            head.trim()
        );
        fs::write(sandbox.path("log"), wider).unwrap();
        for args in [
            &["import", "log", "-q"][..],
            &["import", "log", "-q", "--dry-run"],
        ] {
            let said = sandbox.transcript(args);
            assert!(
                said.contains("line 2 like trial")
                    && said.contains("add them anyway with --as-new"),
                "{said}"
            );
            assert!(said.ends_with("= 1\n"), "{said}");
        }
        assert_eq!(sandbox.read_log(), before);
        assert!(
            sandbox
                .ok(&["import", "log", "-q", "--as-new"])
                .contains("rows out   3 to")
        );
    }
}

#[test]
fn no_two_rows_get_an_id_beyond_the_largest() {
    let sandbox = Sandbox::with_store();
    for id in ["0", "1", "999999999"] {
        sandbox.ok(&["append", "--status", "crash", "--exp-id", id]);
    }
    let before = sandbox.read_log();
    sandbox.write("log", "val_loss\tstatus\n3\tkeep\n2\tkeep\n");
    let shown = sandbox.transcript(&["import", "log", "-q"]);
    let said = "the log has trial 999999999, the largest id";
    assert!(shown.contains(said) && shown.ends_with("= 1\n"), "{shown}");
    assert_eq!(sandbox.read_log(), before);
}

#[test]
fn a_difference_that_is_not_finite_is_left_empty() {
    let sandbox = Sandbox::new();
    import(
        &sandbox,
        "val_loss\tstatus\n1.5e308\tkeep\n-1.5e308\tkeep\n",
    );
    let deltas = sandbox.ok(&["show", "1", "--field", "delta_vs_best"]);
    assert_eq!(deltas, "\n");
}
