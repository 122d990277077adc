//! The row of a trial whose work is to be frozen: it is written, whatever becomes of the work, and never names what is not there.

use std::{fs, process::Command};

use insta::assert_snapshot;

use crate::{
    sandbox::{Sandbox, skipped},
    snapshot::{APPEND_WORK, append, paths, settings, with_work},
};

#[test]
fn a_discard_is_logged_without_a_word_about_its_work() {
    let sandbox = with_work();
    append(&sandbox, &["--metric", "3"]);
    let transcript = sandbox.transcript(&[
        "append",
        "--status",
        "auto",
        "--metric",
        "3.5",
        "--snapshot",
        "work",
    ]);
    assert!(transcript.ends_with("\n001\n= 0\n"), "{transcript}");
    assert!(!sandbox.path(".lineage/snapshots").exists());
}

#[test]
fn too_much_is_refused_before_anything_is_copied() {
    let sandbox = with_work();
    settings(&sandbox, "max_bytes = 5000");
    sandbox.write("work/model.bin", vec![0; 8000]);
    let time = ["--timestamp", "2026-03-01T00:00:00Z"];
    let args = [&APPEND_WORK[..], &time].concat();
    assert_snapshot!(sandbox.transcript(&args));
    assert!(!sandbox.path(".lineage/snapshots").exists());
    sandbox.write("work/.lineageignore", "*.bin\n");
    sandbox.ok(&args);
    assert_eq!(
        paths(&sandbox),
        ["", "snapshots/001"],
        "the trial that had too much is not lost"
    );
}

#[test]
fn a_trial_whose_work_cannot_be_frozen_is_logged_without_it() {
    let sandbox = with_work();
    sandbox.write("repo/.git/refs/head", "");
    sandbox.write("repo/.GIT/refs/head", "");
    fs::create_dir(sandbox.path(".lineage/snapshots")).unwrap();
    let sources = [
        "nowhere",
        ".lineage",
        ".lineage/snapshots",
        ".lineage/results.tsv",
        "repo/.git/refs",
        "repo/.GIT",
        "/dev/null",
    ];
    let transcript = |path: &str| {
        let base = [
            "append",
            "--status",
            "keep",
            "--metric",
            "2",
            "-q",
            "--timestamp",
            "2026-03-01T00:00:00Z",
        ];
        sandbox.transcript(&[&base[..], &["--parent", "none", "--snapshot", path]].concat())
    };
    let transcripts: Vec<_> = sources.into_iter().map(transcript).collect();
    assert!(
        transcripts
            .iter()
            .all(|transcript| transcript.ends_with("= 0\n"))
    );
    assert_snapshot!(transcripts.join("\n"));
    assert_eq!(paths(&sandbox), [""; 7]);
    assert_eq!(sandbox.tree(".lineage/snapshots"), "");
}

#[test]
fn two_snapshots_of_one_trial_or_one_of_two_are_refused() {
    let sandbox = with_work();
    for args in [["--snapshot-path", "x"], ["--set", "snapshot_path=x"]] {
        let base = [
            "append",
            "--status",
            "keep",
            "--metric",
            "2",
            "--snapshot",
            "work",
        ];
        let transcript = sandbox.transcript(&[&base[..], &args].concat());
        assert!(transcript.ends_with("= 2\n"), "{transcript}");
    }
    let two = "{\"status\":\"keep\",\"metric\":1}\n{\"status\":\"keep\",\"metric\":0}\n";
    let several = sandbox.transcript_with_stdin(&["append", "--json", "--snapshot", "work"], two);
    assert!(
        several.contains("is for one trial") && several.ends_with("= 2\n"),
        "{several}"
    );
    assert_eq!(sandbox.rows().len(), 0);
}

#[test]
fn a_log_without_a_store_or_without_the_column_has_no_snapshots() {
    let sandbox = with_work();
    sandbox.write("log.tsv", "exp_id\tstatus\tval_bpb\tsnapshot_path\n");
    sandbox.write("old.tsv", "exp_id\tstatus\tval_bpb\n");
    for (log, why) in [
        ("log.tsv", "has no store for snapshots"),
        ("old.tsv", "no column 'snapshot_path'"),
    ] {
        let args = [
            "append",
            "--store",
            log,
            "--status",
            "keep",
            "--metric",
            "1",
            "--snapshot",
            "work",
            "-q",
        ];
        let transcript = sandbox.transcript(&[&args[..], &["--direction", "minimize"]].concat());
        assert!(
            transcript.contains(why) && transcript.ends_with("= 0\n"),
            "{transcript}"
        );
    }
}

#[test]
fn one_json_trial_may_be_frozen_and_once_freezes_nothing_twice() {
    let sandbox = with_work();
    let json = "{\"status\":\"keep\",\"metric\":1,\"job_name\":\"j\"}";
    for _ in 0..2 {
        sandbox
            .lineage(&["append", "--json", "--once", "--snapshot", "work"])
            .write_stdin(json)
            .assert()
            .success();
    }
    assert_eq!(paths(&sandbox), ["snapshots/000"]);
    assert_eq!(
        fs::read_dir(sandbox.path(".lineage/snapshots"))
            .unwrap()
            .count(),
        2
    );
}

#[test]
fn the_settings_freeze_one_json_trial_and_several_name_their_work_themselves() {
    let sandbox = with_work();
    settings(&sandbox, "path = \"work\"");
    let json = |text: &str| {
        sandbox
            .lineage(&["append", "--json", "-q"])
            .write_stdin(text)
            .assert()
            .success()
    };
    json("{\"status\":\"keep\",\"metric\":5}");
    json("{\"status\":\"keep\",\"metric\":4}\n{\"status\":\"keep\",\"metric\":3}");
    sandbox.write("other/f", "other\n");
    json(
        "{\"status\":\"keep\",\"metric\":2,\"snapshot\":\"work\"}\n{\"status\":\"keep\",\"metric\":1,\"snapshot\":\"other\"}",
    );
    assert_eq!(
        paths(&sandbox),
        ["snapshots/000", "", "", "snapshots/003", "snapshots/004"]
    );
    assert_eq!(sandbox.tree(".lineage/snapshots/004"), "f 444 other\\n");
}

/// What is printed where the log cannot be written holds where the work is, from wherever it is taken up again.
#[test]
fn a_trial_that_is_taken_up_again_has_its_work() {
    let sandbox = with_work();
    let log = fs::File::options()
        .read(true)
        .write(true)
        .open(sandbox.log())
        .unwrap();
    log.lock().unwrap();
    let args = [
        "append",
        "--status",
        "keep",
        "--metric",
        "3",
        "--snapshot",
        "work",
        "--lock-timeout",
        "0",
    ];
    let output = sandbox.lineage(&args).output().unwrap();
    log.unlock().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let json = stderr
        .lines()
        .find(|line| line.starts_with('{'))
        .expect("the trial as JSON");
    assert_eq!(sandbox.tree(".lineage/snapshots"), "");
    let mut again = sandbox.lineage(&["append", "--json"]);
    again
        .current_dir(sandbox.path("work/data"))
        .write_stdin(json)
        .assert()
        .success();
    assert_eq!(paths(&sandbox), ["snapshots/000"]);
    assert!(sandbox.path(".lineage/snapshots/000/train.py").exists());
}

#[test]
fn a_snapshot_whose_row_cannot_be_written_goes_again() {
    let sandbox = with_work();
    let script =
        "ulimit -f 1; exec \"$0\" append --status keep --metric 3 --notes \"$1\" --snapshot work";
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script])
        .arg(assert_cmd::cargo::cargo_bin!("lineage"))
        .arg("x".repeat(5000));
    let output = shell
        .current_dir(sandbox.path("."))
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(sandbox.tree(".lineage/snapshots"), "");
    assert_eq!(
        append(&sandbox, &["--metric", "3", "--snapshot", "work"]),
        "000\n"
    );
}

/// A file system of 32 pages that is full but for `$1` of them; the log needs one more for the row.
const FULL_DISK: &str = r#"
mount -t tmpfs -o size=128k tmpfs disk || exit 99
cp -r .lineage disk && cd disk
head -c 1048576 /dev/zero >filler 2>/dev/null
truncate -s "-$(($1 * 4096))" filler
"$0" append --status keep --metric 1 --format json --snapshot ../work
code=$?
cp .lineage/results.tsv ../log
ls .lineage/snapshots >../left 2>/dev/null
exit $code"#;

#[test]
fn a_trial_is_logged_wherever_its_row_alone_has_room() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    fs::create_dir(sandbox.path("disk")).unwrap();
    sandbox.ok(&["append", "--status", "crash"]);
    let more = "n".repeat(4090 - sandbox.read_log().len());
    fs::write(
        sandbox.log(),
        sandbox.read_log().trim_end().to_owned() + &more + "\n",
    )
    .unwrap();
    let before = sandbox.read_log();
    let mut given_up = 0;
    for pages in 0..8 {
        let mut command = Command::new("unshare");
        command.args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            FULL_DISK,
        ]);
        command
            .arg(assert_cmd::cargo::cargo_bin!("lineage"))
            .arg(pages.to_string())
            .current_dir(sandbox.path("."));
        let Ok(output) =
            command
                .output()
                .map_err(drop)
                .and_then(|output| match output.status.code() {
                    Some(0 | 1) if sandbox.path("log").exists() => Ok(output),
                    _ => Err(()),
                })
        else {
            return skipped("no tmpfs can be mounted here");
        };
        let (stdout, stderr) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        if pages == 0 {
            assert_eq!(
                (output.status.code(), sandbox.read("log")),
                (Some(1), before.clone()),
                "{stderr}"
            );
            assert!(
                stderr.contains("No space left") && stderr.contains("\"snapshot\":"),
                "{stderr}"
            );
            continue;
        }
        assert_eq!(output.status.code(), Some(0), "{pages} pages: {stderr}");
        assert_eq!(sandbox.read("log").lines().count(), 3);
        if stderr.contains("without a snapshot") {
            assert_eq!(
                stderr
                    .matches("warning: trial 001 is logged without a snapshot: ")
                    .count(),
                1
            );
            assert!(stdout.contains("\"snapshot_path\":null"), "{stdout}");
            assert_eq!(sandbox.read("left"), "");
            given_up += usize::from(stderr.contains("there is no room for it and the row"));
        } else {
            assert!(
                stdout.contains("\"snapshot_path\":\"snapshots/001\""),
                "{stdout}"
            );
        }
    }
    assert!(given_up > 0, "no snapshot took the room of its row");
}
