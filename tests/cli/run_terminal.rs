//! `lineage run` on a terminal: the keys reach the command.

use std::{fs, io::Write, process::Stdio, thread::sleep, time::Duration};

use rustix::process::Signal;

use crate::run_sandbox::{status, wait_for_pid};
use crate::sandbox::{Sandbox, skipped};

/// Types keys on a pseudo-terminal once the command has written its process id, under a shell that ignores SIGTTIN, as `bash -ic`
/// does. Returns what the terminal showed, or `None` if this system has no `script`.
fn type_keys(sandbox: &Sandbox, command: &str, keys: &str) -> Option<String> {
    type_line(sandbox, "trap '' TTIN", "", command, keys)
}

/// The same with 7 and job control.
fn type_in_background(sandbox: &Sandbox, flags: &str, command: &str) -> Option<String> {
    type_line(sandbox, "set -m", flags, command, "7\n")
}

fn type_line(
    sandbox: &Sandbox,
    setup: &str,
    flags: &str,
    command: &str,
    keys: &str,
) -> Option<String> {
    let program = assert_cmd::cargo::cargo_bin!("lineage").display();
    let line = format!("{setup}; {program} run {flags} -- {command}");
    let mut script = sandbox.command("script");
    script.args(["-qefc", &line, "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = script.spawn() else {
        skipped("this system has no `script`");
        return None;
    };
    wait_for_pid(&sandbox.path("pid"));
    sleep(Duration::from_millis(200));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(keys.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let code = output.status.code().unwrap_or(-1);
    Some(format!(
        "{}= {code}",
        String::from_utf8_lossy(&output.stdout)
    ))
}

#[test]
fn on_a_terminal_the_command_reads_from_it_and_ctrl_c_ends_it() {
    let sandbox = Sandbox::with_store();
    let reader = "sh -c 'echo $$ > pid; read -r line; echo val_loss=$line'";
    let Some(shown) = type_keys(&sandbox, reader, "7\n") else {
        return;
    };
    assert!(
        shown.contains("lineage: 000 baseline 7") && shown.ends_with("= 0"),
        "{shown}"
    );
    fs::remove_file(sandbox.path("pid")).unwrap();
    let shown = type_keys(&sandbox, "sh -c 'echo $$ > pid; exec sleep 60'", "\x03").unwrap();
    assert!(shown.ends_with("= 130"), "{shown}");
    assert_eq!(status(&sandbox), "harness_abort");
    // A command may catch it and exit as a shell does. SIGQUIT is Ctrl-\.
    for (keys, signal) in [("\x03", "INT"), ("\x1c", "QUIT")] {
        let code = if signal == "INT" { 130 } else { 131 };
        if is_ignored(code - 128) {
            skipped("this process ignores a signal, and so do its children");
            continue;
        }
        fs::remove_file(sandbox.path("pid")).unwrap();
        let trap = format!("sh -c 'trap \"exit {code}\" {signal}; echo $$ > pid; sleep 60 & wait'");
        let shown = type_keys(&sandbox, &trap, keys).unwrap();
        assert!(shown.ends_with(&format!("= {code}")), "{shown}");
        assert_eq!(status(&sandbox), "harness_abort", "{signal}");
    }
}

/// Whether this process ignores a signal, as a background job of a shell does.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let bits = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    bits.is_some_and(|bits| bits >> (signal - 1) & 1 == 1)
}

/// It would get an error if it read from the terminal before it has the foreground.
#[test]
fn on_a_terminal_the_command_does_not_ignore_sigttin() {
    let sandbox = Sandbox::with_store();
    let command = "sh -c 'echo $$ > pid; read -r line; grep SigIgn /proc/$$/status'";
    let Some(shown) = type_keys(&sandbox, command, "7\n") else {
        return;
    };
    let (_, ignored) = shown.split_once("SigIgn:").expect("signals");
    let ignored = ignored.split_whitespace().next().expect("a number");
    let bits = u64::from_str_radix(ignored, 16).expect("a number");
    assert_eq!(bits >> (Signal::TTIN.as_raw() - 1) & 1, 0, "{shown}");
}

/// Then it does not have the foreground from the start: another program of the pipeline may need it.
#[test]
fn in_a_pipeline_on_a_terminal_a_command_that_reads_gets_the_foreground() {
    let sandbox = Sandbox::with_store();
    let reader = "sh -c 'echo $$ > pid; read -r line; echo val_loss=$line' | cat";
    let Some(shown) = type_keys(&sandbox, reader, "7\n") else {
        return;
    };
    assert!(shown.contains("lineage: 000 baseline 7"), "{shown}");
}

/// `lineage run` itself goes on, so that the time limit counts and other jobs are not stopped.
#[test]
fn in_the_background_a_command_that_reads_from_the_terminal_waits_for_it() {
    let sandbox = Sandbox::with_store();
    let reader = "sh -c 'echo $$ > pid; read -r line; echo val_loss=$line'";
    let warning =
        "warning: the command reads from the terminal in the background; give it `< /dev/null`";
    let timeout = format!("{reader} & set +m; wait $!; echo exit $?");
    let Some(shown) = type_in_background(&sandbox, "--timeout 1s", &timeout) else {
        return;
    };
    assert!(shown.contains("exit 124"), "{shown}");
    assert_eq!(shown.matches(warning).count(), 1, "{shown}");
    assert_eq!(status(&sandbox), "train_budget_overrun");
    fs::remove_file(sandbox.path("pid")).unwrap();
    let resumed = format!("{reader} & sleep 1; fg");
    let shown = type_in_background(&sandbox, "", &resumed).unwrap();
    assert!(shown.contains(warning), "{shown}");
    assert!(shown.contains("lineage: 001 baseline 7"), "{shown}");
}
