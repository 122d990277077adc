//! stdout may close, be full, or be no terminal.

use std::{
    fs::File,
    process::{Command, Stdio},
};

use crate::sandbox::{Sandbox, skipped};

fn store_with_trials() -> Sandbox {
    let sandbox = Sandbox::with_store();
    let trial = format!(
        "{{\"status\":\"discard\",\"metric\":4,\"hypothesis\":\"{}\"}}\n",
        "x".repeat(500)
    );
    let trials = format!(
        "{{\"status\":\"auto\",\"metric\":3}}\n{}",
        trial.repeat(2000)
    );
    sandbox
        .lineage(&["append", "--json"])
        .write_stdin(trials)
        .assert()
        .success();
    sandbox
}

#[test]
fn a_reader_that_has_had_enough_is_fine() {
    let sandbox = store_with_trials();
    for command in [
        "tail -n 5000 --format jsonl",
        "tree",
        "tree --format json",
        "chain 5",
        "stats",
        "render --for x",
    ] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("lineage"))
            .args(command.split(' '))
            .current_dir(sandbox.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command}");
    }
}

#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        skipped("this system has no /dev/full");
        return;
    };
    let sandbox = store_with_trials();
    let output = Command::new(assert_cmd::cargo::cargo_bin!("lineage"))
        .args(["best"])
        .current_dir(sandbox.path("."))
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to stdout"));
}

#[test]
fn nothing_but_a_terminal_gets_colour() {
    let sandbox = store_with_trials();
    for command in ["best", "tree --depth 1", "stats", "tail", "best --top 3"] {
        assert!(
            !sandbox
                .ok(&command.split(' ').collect::<Vec<_>>())
                .contains('\x1b'),
            "{command}"
        );
    }
    assert!(sandbox.ok(&["best", "--color", "always"]).contains("\x1b["));
}

#[test]
fn a_trial_that_was_written_is_not_offered_for_a_retry() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        skipped("this system has no /dev/full");
        return;
    };
    let sandbox = Sandbox::with_store();
    let output = Command::new(assert_cmd::cargo::cargo_bin!("lineage"))
        .args(["append", "--status", "crash"])
        .current_dir(sandbox.path("."))
        .stdout(full)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), sandbox.rows().len()), (Some(1), 1));
    assert!(
        stderr.contains("written as 000") && !stderr.contains('{'),
        "{stderr}"
    );
}
