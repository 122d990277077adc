//! A store that mirrors a database, in a program without PostgreSQL. `tests/shared` has the others.
#![cfg(not(feature = "postgres"))]

use crate::sandbox::Sandbox;

#[test]
fn a_build_without_postgresql_reads_a_mirror_and_refuses_to_write() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline", "--metric", "1.5"]);
    let settings = sandbox.read(".lineage/lineage.toml");
    let shared = "\n[shared]\nurl = \"postgres://u@localhost/db\"\nrun = \"r\"\n";
    sandbox.write(".lineage/lineage.toml", settings + shared);
    let log = sandbox.read_log();
    let missing = "this build of lineage has no PostgreSQL support; `cargo install lineage-cli --features postgres` adds it";
    for args in [
        &["append", "--status", "crash"][..],
        &["amend", "0", "--notes", "x", "--why", "y"],
        &["pull"],
        &["pull", "--reset"],
        &[
            "init",
            "other",
            "--shared",
            "postgres://u@localhost/db",
            "--run",
            "r",
        ],
    ] {
        let output = sandbox.lineage(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?} {stderr}");
        assert!(stderr.contains(missing), "{args:?} {stderr}");
    }
    assert_eq!(sandbox.read_log(), log);
    assert!(!sandbox.path("other").exists());
    let output = sandbox
        .lineage(&["best", "--format", "tsv"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("1.5"));
    let note = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        note.contains("a mirror, never up to date") && note.contains(missing),
        "{note}"
    );
}
