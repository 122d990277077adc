//! `lineage append`: what is refused, how, and that it can be fed back.

use std::fs;

use insta::assert_snapshot;

use crate::append::append;
use crate::sandbox::{Sandbox, skipped};

/// What a command prints on stderr, and its exit status.
fn failure(sandbox: &Sandbox, args: &[&str]) -> (String, Option<i32>) {
    let output = sandbox.lineage(args).output().unwrap();
    (
        String::from_utf8(output.stderr).unwrap(),
        output.status.code(),
    )
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&append("--status auto --metric 3"));
    let before = sandbox.read_log();
    let refused = [
        "--status kep --metric 2",
        "--status keep",
        "--status auto",
        "--status keep --metric NaN",
        "--status keep --metric inf",
        "--status keep --metric 1,07",
        "--status crash --val-bpb abc",
        "--status keep --metric 2 --parent 7",
        "--status keep --metric 2 --baseline exp_7",
        "--status keep --metric 2 --exp-id exp_000",
        "--status keep --metric 2 --exp-id ../x",
        "--status keep --metric 2 --set artifact_byte=7",
        "--status keep --metric 2 --set note=7",
        "--status keep --metric 2 --set notes",
        "--status keep --metric 2 --set core_metric=3",
        "--status keep --metric 2 --notes a --set notes=b",
        "--status keep --metric 2 --notes - --hypothesis -",
        "--status keep --metric 2 --once",
    ];
    let transcripts = refused.map(|flags| sandbox.transcript(&append(flags)));
    assert_snapshot!(transcripts.join("\n"));
    let bad_time = ["append", "--status", "crash", "--timestamp", "yesterday"];
    assert_snapshot!(sandbox.transcript(&bad_time));
    assert_eq!(sandbox.read_log(), before);
}

#[test]
fn what_is_no_log_is_refused_with_a_way_out() {
    let sandbox = Sandbox::with_store();
    let shown = |sandbox: &Sandbox| {
        sandbox.transcript(&append("--status crash -q")) + &sandbox.transcript(&["best"])
    };
    let log = sandbox.log();
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let mut transcripts = vec![shown(&sandbox)];
    fs::remove_dir(&log).unwrap();
    sandbox.pipe(".lineage/results.tsv");
    transcripts.push(shown(&sandbox));
    fs::remove_file(&log).unwrap();
    for text in [
        "1\t2\t3\n4\t5\t6\n",
        "commit\tval_bpb\tstatus\n",
        "\0\x01binary\n",
    ] {
        fs::write(&log, text).unwrap();
        transcripts.push(shown(&sandbox));
        assert_eq!(fs::read_to_string(&log).unwrap(), text);
    }
    assert_snapshot!(transcripts.join("\n"));
}

#[test]
fn a_log_that_cannot_be_written_is_refused_with_a_way_out() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_store();
    fs::set_permissions(sandbox.log(), fs::Permissions::from_mode(0o444)).unwrap();
    if fs::OpenOptions::new()
        .append(true)
        .open(sandbox.log())
        .is_ok()
    {
        skipped("this user may write to read-only files");
        return;
    }
    assert_snapshot!(sandbox.transcript(&append("--status crash")));
}

#[test]
fn a_wrong_command_line_prints_no_json() {
    let sandbox = Sandbox::with_store();
    let wrong = [
        "--metric 2",
        "--status keep --metric",
        "--status keep --metrik 2",
        "--status keep --metric 2 --set notes",
        "--status keep --metric 2 --notes a --set notes=b",
        "--status keep --metric 2 --notes - --hypothesis -",
        "--status keep --metric 2 --once",
        "--status keep --metric 2 --lock-timeout -1",
    ];
    for args in wrong {
        let (stderr, code) = failure(&sandbox, &append(args));
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert!(
            stderr.starts_with("error: ") && !stderr.contains('{'),
            "{args:?}: {stderr}"
        );
    }
    assert!(sandbox.rows().is_empty());
}

#[test]
fn a_trial_that_is_refused_or_cannot_be_written_is_printed_as_json() {
    let sandbox = Sandbox::with_store();
    let refused: &[(&[&str], i32)] = &[
        (&["--status", "kep"], 2),
        (&["--status", "keep", "--timestamp", "yesterday"], 2),
        (&["--status", "keep", "--parent", "7"], 1),
        (&["--status", "keep", "--set", "colour=red"], 2),
        (&["--status", "keep", "--store", "nowhere"], 1),
    ];
    for (args, wanted) in refused {
        let (stderr, code) = failure(&sandbox, &[&["append", "--metric", "1.25"], *args].concat());
        assert_eq!(code, Some(*wanted), "{args:?}: {stderr}");
        let json = stderr.lines().next().unwrap();
        assert!(
            json.starts_with("{\"status\":\"ke") && json.contains("\"metric\":1.25"),
            "{args:?}: {stderr}"
        );
    }
    assert!(sandbox.rows().is_empty());
}

#[test]
fn what_could_not_be_written_can_be_fed_back() {
    let sandbox = Sandbox::with_store();
    let flags = append("--status auto --metric 3.10 --set snapshot_path=s/1");
    let args = [&flags[..], &["--notes", "a\tb \"c\""]].concat();
    let output = sandbox
        .lineage(&[&args[..], &["--store", "elsewhere"]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    let json = stderr.lines().find(|line| line.starts_with('{')).unwrap();
    sandbox
        .lineage(&["append", "--json"])
        .write_stdin(json)
        .assert()
        .success();
    assert_snapshot!(sandbox.read_log());
}

#[test]
fn a_snapshot_path_that_is_never_followed_is_written_with_a_warning() {
    let sandbox = Sandbox::with_store();
    for path in ["../x", "/x"] {
        let said = sandbox.transcript(&[
            "append",
            "--status",
            "keep",
            "--metric",
            "1",
            "--snapshot-path",
            path,
        ]);
        assert!(
            said.contains(&format!("warning: snapshot_path '{path}' of trial")),
            "{said}"
        );
        assert!(said.ends_with("= 0\n"), "{said}");
    }
    let said = sandbox.transcript(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "0",
        "--snapshot-path",
        "snapshots/x",
    ]);
    assert_eq!(said.matches('!').count(), 0, "{said}");
}

#[test]
fn the_printed_trial_has_the_specialist_of_the_environment() {
    let sandbox = Sandbox::with_store();
    let append = sandbox
        .lineage(&append("--status crash --parent 9"))
        .env("LINEAGE_SPECIALIST", "tok")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&append.stderr);
    assert!(stderr.contains("\"specialist\":\"tok\""), "{stderr}");
}
