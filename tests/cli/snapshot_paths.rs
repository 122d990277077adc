//! No path leads out of the store or out of the directory of a checkout, whoever wrote the log, the manifest or the files.

use std::{fs, os::unix::fs::symlink};

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

/// Two frozen trials, and a secret outside of the store.
pub(crate) fn frozen() -> Sandbox {
    let sandbox = Sandbox::with_store();
    sandbox.write("secret", "a secret\n");
    for (metric, text) in [("3", "one\n"), ("2", "two\n")] {
        sandbox.write("work/a.txt", text);
        sandbox.write("work/sub/b.txt", text);
        sandbox.freeze(&["--metric", metric]);
    }
    sandbox
}

pub(crate) fn at(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    sandbox.path(&format!(".lineage/snapshots/{name}"))
}

/// Every command that reads the snapshot of trial 001: each must fail, tell nothing of the secret, and write nothing.
fn refused(sandbox: &Sandbox) -> String {
    let commands: [&[&str]; 3] = [
        &["show", "1", "--file", "a.txt"],
        &["diff", "1"],
        &["checkout", "1", "out"],
    ];
    let transcripts: Vec<_> = commands
        .iter()
        .map(|args| sandbox.transcript(args))
        .collect();
    for transcript in &transcripts {
        assert!(
            transcript.ends_with("= 1\n") && !transcript.contains("a secret"),
            "{transcript}"
        );
    }
    assert_eq!(sandbox.read("secret"), "a secret\n");
    transcripts.join("\n")
}

fn with_snapshot_path(cell: &str) -> Sandbox {
    let sandbox = frozen();
    sandbox.write("secrets/a.txt", "a secret\n");
    let log = sandbox
        .read_log()
        .replace("\tsnapshots/001\t", &format!("\t{cell}\t"));
    fs::write(sandbox.log(), log).unwrap();
    sandbox
}

#[test]
fn a_snapshot_path_with_dots() {
    let sandbox = with_snapshot_path("../secrets");
    assert_snapshot!(refused(&sandbox));
    refused(&with_snapshot_path("snapshots/../../secrets"));
    assert_snapshot!(sandbox.transcript(&["check"]));
}

#[test]
fn an_absolute_snapshot_path() {
    assert_snapshot!(refused(&with_snapshot_path("/etc")));
}

#[test]
fn a_snapshot_path_that_names_a_file_or_nothing() {
    assert_snapshot!(refused(&with_snapshot_path("results.tsv")));
    assert_snapshot!(refused(&with_snapshot_path("snapshots/7")));
    for cell in ["snapshots", "snapshots/", "./snapshots"] {
        refused(&with_snapshot_path(cell));
    }
    let all = with_snapshot_path("snapshots").transcript(&["checkout", "1", "out"]);
    assert!(
        all.contains("the directory of all snapshots, not a snapshot"),
        "{all}"
    );
}

#[test]
fn a_snapshot_or_all_of_them_replaced_by_a_link() {
    let sandbox = frozen();
    sandbox.write("secrets/a.txt", "a secret\n");
    fs::remove_dir_all(at(&sandbox, "001")).unwrap();
    symlink(sandbox.path("secrets"), at(&sandbox, "001")).unwrap();
    assert_snapshot!(refused(&sandbox));
    let sandbox = frozen();
    fs::rename(at(&sandbox, ""), sandbox.path("elsewhere")).unwrap();
    symlink(
        sandbox.path("elsewhere"),
        sandbox.path(".lineage/snapshots"),
    )
    .unwrap();
    refused(&sandbox);
    let transcript = sandbox.transcript(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "1",
        "--snapshot",
        "work",
    ]);
    assert!(
        transcript.contains("snapshots is a symbolic link") && transcript.ends_with("= 0\n"),
        "{transcript}"
    );
    assert_eq!(
        sandbox.rows()[2][15],
        "",
        "logged, and nothing written behind the link"
    );
}

#[test]
fn a_link_planted_in_a_snapshot() {
    let sandbox = frozen();
    fs::remove_file(at(&sandbox, "001/a.txt")).unwrap();
    symlink(sandbox.path("secret"), at(&sandbox, "001/a.txt")).unwrap();
    assert_snapshot!(refused(&sandbox));
    assert!(!sandbox.path("out/a.txt").exists());
}

#[test]
fn a_directory_of_a_snapshot_replaced_by_a_link() {
    let sandbox = frozen();
    sandbox.write("secrets/b.txt", "a secret\n");
    fs::remove_dir_all(at(&sandbox, "001/sub")).unwrap();
    symlink(sandbox.path("secrets"), at(&sandbox, "001/sub")).unwrap();
    for args in [
        &["show", "1", "--file", "sub/b.txt"][..],
        &["diff", "1"],
        &["checkout", "1", "out"],
    ] {
        let transcript = sandbox.transcript(args);
        assert!(
            transcript.contains("sub is a symbolic link") && transcript.ends_with("= 1\n"),
            "{transcript}"
        );
    }
}

#[test]
fn a_link_without_a_manifest_is_shown_as_one_and_never_read() {
    let sandbox = frozen();
    fs::remove_file(at(&sandbox, "001.manifest")).unwrap();
    fs::remove_file(at(&sandbox, "001/a.txt")).unwrap();
    symlink("/etc/passwd", at(&sandbox, "001/a.txt")).unwrap();
    assert_snapshot!(sandbox.transcript(&["diff", "1"]));
}

#[test]
fn a_pipe_planted_in_a_snapshot_keeps_nobody_waiting() {
    let sandbox = frozen();
    fs::remove_file(at(&sandbox, "001/a.txt")).unwrap();
    sandbox.pipe(".lineage/snapshots/001/a.txt");
    assert_snapshot!(refused(&sandbox));
    assert_snapshot!(sandbox.transcript(&["check"]));
}

#[test]
fn a_manifest_whose_paths_lead_out() {
    let outside = ["../secret", "/etc/passwd", "sub/../../secret"];
    for path in outside
        .into_iter()
        .chain(["", ".", "a\\x00b", "a.txt/x", "gone/x", "a.txt"])
    {
        let sandbox = frozen();
        let manifest = at(&sandbox, "001.manifest");
        let text = fs::read_to_string(&manifest)
            .unwrap()
            .replace("\tsub/b.txt\t", &format!("\t{path}\t"));
        fs::remove_file(&manifest).unwrap();
        fs::write(&manifest, text).unwrap();
        let transcripts = refused(&sandbox);
        assert!(transcripts.contains("001.manifest:4: "), "{transcripts}");
    }
}

#[test]
fn a_path_of_the_command_line() {
    let sandbox = frozen();
    let paths = [
        "../../../secret",
        "/etc/passwd",
        "sub/../../000/a.txt",
        "",
        ".",
    ];
    let transcripts: Vec<_> = paths
        .iter()
        .map(|path| sandbox.transcript(&["show", "1", "--file", path]))
        .collect();
    assert_snapshot!(transcripts.join("\n"));
}

#[test]
fn a_link_planted_in_the_directory_of_a_checkout() {
    let sandbox = frozen();
    sandbox.write("outside/b.txt", "a secret\n");
    for (link, target) in [("out/sub", "outside"), ("out/a.txt", "secret")] {
        let _ = fs::remove_dir_all(sandbox.path("out"));
        fs::create_dir(sandbox.path("out")).unwrap();
        symlink(sandbox.path(target), sandbox.path(link)).unwrap();
        assert_snapshot!(sandbox.transcript(&["checkout", "1", "out"]));
        assert_snapshot!(sandbox.transcript(&["checkout", "1", "out", "--force"]));
        assert_eq!(sandbox.read("out/sub/b.txt"), "two\n");
        assert_eq!(sandbox.read("out/a.txt"), "two\n");
        assert_eq!(
            (sandbox.read("outside/b.txt"), sandbox.read("secret")),
            ("a secret\n".into(), "a secret\n".into())
        );
    }
}

#[test]
fn a_link_where_things_are_kept_aside() {
    let sandbox = frozen();
    sandbox.write("out/a.txt", "mine\n");
    fs::create_dir(sandbox.path("outside")).unwrap();
    symlink(
        sandbox.path("outside"),
        sandbox.path("out/.lineage-aside-1"),
    )
    .unwrap();
    sandbox.ok(&["checkout", "1", "out", "--force"]);
    assert_eq!(sandbox.read("out/.lineage-aside-2/a.txt"), "mine\n");
    assert_eq!(sandbox.tree("outside"), "");
}

#[test]
fn a_snapshot_that_would_write_to_the_store_or_to_git() {
    for path in [".lineage", "sub/.git", ".GIT"] {
        let sandbox = frozen();
        let manifest = at(&sandbox, "001.manifest");
        let line = format!("dir\t755\t\t\t\t\t{path}\t\n");
        fs::create_dir(at(&sandbox, "001").join(path)).unwrap();
        let text = fs::read_to_string(&manifest).unwrap() + &line;
        fs::remove_file(&manifest).unwrap();
        fs::write(&manifest, text).unwrap();
        let transcript = sandbox.transcript(&["checkout", "1", ".", "--force"]);
        assert!(
            transcript.contains("never writes to") && transcript.ends_with("= 1\n"),
            "{transcript}"
        );
    }
    let sandbox = frozen();
    for dir in [
        ".lineage",
        ".lineage/snapshots/000",
        ".lineage/snapshots/new",
    ] {
        let transcript = sandbox.transcript(&["checkout", "1", dir, "--force"]);
        assert!(
            transcript.contains("is in the store") && transcript.ends_with("= 1\n"),
            "{transcript}"
        );
    }
}
