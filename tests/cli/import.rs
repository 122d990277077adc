//! Another tool's log becomes a store, and again adds what is new.

use std::fs;

use crate::sandbox::Sandbox;

const LOG: &str = "commit\tval_loss\tmemory_gb\tstatus\tdescription\n\
    aa\t2.5\t1.0\tkeep\tas it is\n\
    bb\t0.0\t0.0\tcrash\ttoo wide\n\
    cc\t2.4\t1.1\tkeep\tdeeper\n\
    cc\t2.4\t1.1\tkeep\tdeeper\n";

fn sandbox(log: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("other.tsv"), log).unwrap();
    sandbox
}

#[test]
fn a_log_becomes_a_store_that_loops_can_go_on_with() {
    let sandbox = sandbox(LOG);
    insta::assert_snapshot!(sandbox.transcript(&["import", "other.tsv"]));
    insta::assert_snapshot!(sandbox.read_log());
    assert_eq!(
        sandbox.ok(&["append", "--status", "auto", "--metric", "2.3"]),
        "004\n"
    );
    let output = sandbox.lineage(&["check"]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn the_same_file_again_adds_only_what_is_new() {
    let sandbox = sandbox(LOG);
    sandbox.ok(&["import", "other.tsv"]);
    let log = sandbox.read_log();
    assert!(
        sandbox
            .ok(&["import", "other.tsv"])
            .contains("known      4 already in the store")
    );
    assert_eq!(sandbox.read_log(), log);
    sandbox.ok(&["append", "--status", "keep", "--metric", "2.35"]);
    fs::write(
        sandbox.path("other.tsv"),
        format!("{LOG}dd\t2.2\t1.0\tkeep\tlonger\ncc\t2.4\t1.1\tkeep\tdeeper\n"),
    )
    .unwrap();
    let said = sandbox.ok(&["import", "other.tsv"]);
    assert!(said.contains("rows out   2 to .lineage"), "{said}");
    let rows = sandbox.rows();
    let [before, last, again] = rows.last_chunk().unwrap();
    assert_eq!((&*before[0], &*last[0], &*again[0]), ("004", "005", "006"));
    assert_eq!(
        (&*last[3], &*last[4], &*last[11]),
        ("003", "004", "-0.150000"),
        "parent, baseline and difference"
    );
    assert_eq!(again[3], "005");
}

#[test]
fn a_dry_run_writes_nothing() {
    let sandbox = sandbox(LOG);
    assert!(
        sandbox
            .ok(&["import", "other.tsv", "--dry-run"])
            .contains("rows out   4 to .lineage")
    );
    assert!(!sandbox.path(".lineage").exists());
    sandbox.ok(&["import", "other.tsv"]);
    let log = sandbox.read_log();
    fs::write(
        sandbox.path("other.tsv"),
        format!("{LOG}dd\t2.2\t1.0\tkeep\tlonger\n"),
    )
    .unwrap();
    assert!(
        sandbox
            .ok(&["import", "other.tsv", "--dry-run"])
            .contains("rows out   1 to .lineage")
    );
    assert_eq!(sandbox.read_log(), log);
}

#[test]
fn a_map_is_remembered() {
    let log = "run,alpha,beta,how\n1,5,7,good\n2,4,9,bad\n";
    let sandbox = sandbox(log);
    sandbox.ok(&[
        "import",
        "other.tsv",
        "--map",
        "score=beta,notes=how,verdict=",
        "--direction",
        "minimize",
    ]);
    let settings = fs::read_to_string(sandbox.path(".lineage/lineage.toml")).unwrap();
    assert!(
        settings.ends_with("[import]\nmap = \"score=beta,notes=how,verdict=\"\n"),
        "{settings}"
    );
    assert_eq!(sandbox.ok(&["best", "--field", "beta"]), "7\n");
    fs::write(sandbox.path("other.tsv"), format!("{log}3,3,1,good\n")).unwrap();
    assert!(
        sandbox
            .ok(&["import", "other.tsv"])
            .contains("rows out   1 to .lineage")
    );
    assert_eq!(sandbox.ok(&["best", "--field", "notes"]), "good\n");
}

#[test]
fn what_the_store_has_no_column_for_goes_into_the_notes() {
    let sandbox = sandbox("{\"run\":1,\"val_loss\":3,\"status\":\"keep\"}\n");
    sandbox.ok(&["import", "other.tsv"]);
    let more = "{\"run\":1,\"val_loss\":3,\"status\":\"keep\"}\n{\"run\":2,\"val_loss\":2,\"status\":\"keep\",\"gpu\":\"a100\"}\n";
    fs::write(sandbox.path("other.tsv"), more).unwrap();
    for added in ["1", "0"] {
        assert!(
            sandbox
                .ok(&["import", "other.tsv"])
                .contains(&format!("rows out   {added} to .lineage"))
        );
    }
    assert_eq!(sandbox.ok(&["best", "--field", "notes"]), "[gpu: a100]\n");
}

#[test]
fn a_log_of_lineage_comes_over_whole() {
    let sandbox = Sandbox::with_store();
    for (status, score) in [
        ("auto", "3.0"),
        ("auto", "2.9"),
        ("crash", ""),
        ("size_blocked", "2.0"),
    ] {
        sandbox.ok(&[
            "append",
            "--status",
            status,
            "--metric",
            score,
            "--hypothesis",
            "a \"quoted\" one",
            "--job-name",
            "j",
        ]);
    }
    sandbox.ok(&[
        "import",
        ".lineage/results.tsv",
        "--into",
        "copy",
        "--metric",
        "core_metric",
    ]);
    let copy = fs::read_to_string(sandbox.path("copy/results.tsv")).unwrap();
    let at = copy
        .lines()
        .next()
        .unwrap()
        .split('\t')
        .position(|name| name == "source_row")
        .unwrap();
    let without = |line: &str| {
        let mut cells: Vec<&str> = line.split('\t').collect();
        cells.remove(at);
        cells.join("\t") + "\n"
    };
    assert_eq!(
        copy.lines().map(without).collect::<String>(),
        sandbox.read_log()
    );
}

#[test]
fn a_map_without_roles_or_with_a_role_twice_is_refused() {
    let sandbox = sandbox("run,loss\n1,2\n");
    for (map, problem) in [
        ("", "it is empty; write ROLE=COLUMN"),
        (" , ", "it is empty; write ROLE=COLUMN"),
        ("score=loss,score=run", "the role 'score' is given twice"),
        (
            "agent=run,specialist=loss",
            "the role 'specialist' is given twice",
        ),
    ] {
        let said = sandbox.transcript(&["import", "log", "--map", map]);
        assert!(said.contains(problem) && said.ends_with("= 2\n"), "{said}");
    }
    assert!(!sandbox.path(".lineage").exists());
}
