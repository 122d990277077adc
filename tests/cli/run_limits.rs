//! `lineage run`: time limits, descendants of the command, and its streams.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Signal, kill_process};

use crate::run_sandbox::{
    command, is_alive, last, run, run_output, send, status, wait_for, wait_for_pid,
};
use crate::sandbox::Sandbox;

#[test]
fn a_command_that_takes_too_long_is_stopped() {
    let sandbox = Sandbox::with_store();
    let started = Instant::now();
    let output = run_output(
        &sandbox,
        &["--timeout", "0.3s"],
        "echo val_loss=1; sleep 60",
    );
    assert_eq!(output.status.code(), Some(124));
    assert_eq!(status(&sandbox), "train_budget_overrun");
    assert!(
        sandbox
            .read_log()
            .contains("timed out after 0.3s\\nlast lines:\\nval_loss=1")
    );
    let flags = [
        "--timeout",
        "300ms",
        "--timeout-status",
        "eval-budget-overrun",
    ];
    assert_eq!(
        run_output(&sandbox, &flags, "sleep 60").status.code(),
        Some(124)
    );
    assert_eq!(status(&sandbox), "eval_budget_overrun");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_command_that_says_more_when_it_is_stopped_is_believed() {
    let sandbox = Sandbox::with_store();
    let script = "trap 'echo {\\\"status\\\":\\\"eval_budget_overrun\\\"} > $LINEAGE_RESULT; exit 0' TERM; sleep 60 & wait";
    assert_eq!(
        run_output(&sandbox, &["--timeout", "0.5s"], script)
            .status
            .code(),
        Some(124)
    );
    assert_eq!(status(&sandbox), "eval_budget_overrun");
}

#[test]
fn what_ignores_sigterm_is_killed_with_all_its_descendants() {
    let sandbox = Sandbox::with_store();
    let script = "\
trap '' TERM
sh -c 'echo $$ > child; sleep 60; sleep 60' &
setsid sh -c 'echo $$ > own-session; sleep 60; sleep 60' &
setsid sh -c '(setsid sh -c \"echo \\$\\$ > orphan; sleep 60; sleep 60\" &)' &
sleep 60; sleep 60";
    let flags = ["--timeout", "1s", "--kill-after", "0.5s"];
    let started = Instant::now();
    let output = run_output(&sandbox, &flags, script);
    assert_eq!(output.status.code(), Some(124));
    assert!(started.elapsed() < Duration::from_secs(15));
    for name in ["child", "own-session", "orphan"] {
        let pid = wait_for_pid(&sandbox.path(name));
        assert!(!is_alive(pid), "{name}");
    }
}

#[test]
fn descendants_that_end_on_sigterm_are_not_killed() {
    let sandbox = Sandbox::with_store();
    let script = "setsid sh -c 'trap \"sleep 1; echo done > saved; exit\" TERM; echo $$ > ready; sleep 60 & wait' & sleep 60";
    let output = run_output(&sandbox, &["--timeout", "1s"], script);
    assert_eq!(output.status.code(), Some(124));
    assert_eq!(sandbox.read("saved"), "done\n");
}

#[test]
fn a_descendant_that_keeps_the_output_open_is_not_waited_for() {
    let sandbox = Sandbox::with_store();
    for script in [
        "sleep 30 & echo $! > pid; echo val_loss=1",
        "yes & echo $! > pid; sleep 0.1; echo val_loss=1; exit 0",
    ] {
        let started = Instant::now();
        let output = run_output(&sandbox, &[], script);
        // The output is waited for 1 s.
        assert!(started.elapsed() < Duration::from_secs(3));
        assert_eq!(output.status.code(), Some(0));
        assert!(matches!(&*status(&sandbox), "baseline" | "discard"));
        let _ = kill_process(wait_for_pid(&sandbox.path("pid")), Signal::KILL);
        fs::remove_file(sandbox.path("pid")).unwrap();
    }
}

#[test]
fn a_slow_reader_gets_all_of_the_output() {
    let sandbox = Sandbox::with_store();
    let script = "head -c 200000 /dev/zero; echo; echo val_loss=1";
    let child = command(&sandbox, &[], script).spawn().unwrap();
    sleep(Duration::from_secs(3));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout.len(), 200_000 + 1 + 11);
    assert_eq!(status(&sandbox), "baseline");
}

#[test]
fn a_reader_that_goes_away_does_not_end_the_trial() {
    let sandbox = Sandbox::with_store();
    let mut child = command(&sandbox, &[], "yes | head -c 1000000; echo val_loss=1")
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(status(&sandbox), "baseline");
}

#[test]
fn a_log_file_that_cannot_be_written_is_said_and_does_not_end_the_trial() {
    let sandbox = Sandbox::with_store();
    let output = run_output(&sandbox, &["--log", "/dev/full"], "echo val_loss=1");
    assert_eq!(output.stdout, b"val_loss=1\n");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let said = "warning: --log: the file lacks a part of the output: No space left on device";
    assert!(stderr.starts_with(said), "{stderr}");
    assert_eq!(status(&sandbox), "baseline");
}

#[test]
fn a_gigabyte_of_output_passes_through_in_little_memory() {
    let sandbox = Sandbox::with_store();
    let script = "echo val_loss=3; head -c 1073741824 /dev/zero; echo; echo val_loss=2";
    let mut lineage = command(&sandbox, &[], script).spawn().unwrap();
    let mut count = Command::new("wc");
    count
        .arg("-c")
        .stdin(lineage.stdout.take().unwrap())
        .stdout(Stdio::piped());
    let counted = count.spawn().unwrap();
    let mut peak = 0;
    while lineage.try_wait().unwrap().is_none() {
        let status =
            fs::read_to_string(format!("/proc/{}/status", lineage.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        sleep(Duration::from_millis(20));
    }
    let counted = counted.wait_with_output().unwrap();
    let expected = 11 + 1_073_741_824 + 1 + 11;
    assert_eq!(
        String::from_utf8_lossy(&counted.stdout).trim(),
        expected.to_string()
    );
    assert!(sandbox.read_log().contains("\tbaseline\t2\t"));
    assert!((1..50_000).contains(&peak), "{peak} KiB");
}

#[test]
fn children_from_before_are_left_alone() {
    let sandbox = Sandbox::with_store();
    let program = assert_cmd::cargo::cargo_bin!("lineage");
    let script = format!(
        "sleep 61 & echo $! > older; exec {} run --timeout 0.3s --kill-after 0.1s -- sleep 60",
        program.display()
    );
    let mut command = sandbox.command("sh");
    command
        .args(["-c", &script])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    assert_eq!(command.status().unwrap().code(), Some(124));
    let older = wait_for_pid(&sandbox.path("older"));
    assert!(is_alive(older));
    kill_process(older, Signal::KILL).unwrap();
}

#[test]
fn the_command_reads_stdin() {
    let sandbox = Sandbox::with_store();
    let mut command = command(&sandbox, &[], "read -r line; echo \"$line\"");
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"val_loss=4\n")
        .unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"val_loss=4\n");
    assert_eq!(status(&sandbox), "baseline");
}

#[test]
fn a_long_text_of_the_command_is_cut_too() {
    let sandbox = Sandbox::with_store();
    let settings = sandbox.read(".lineage/lineage.toml");
    let settings = settings.replace("# max_text_bytes = 1048576", "max_text_bytes = 1024");
    assert!(settings.contains("\nmax_text_bytes = 1024"), "{settings}");
    sandbox.write(".lineage/lineage.toml", settings);
    let script = r#"printf '{"status":"crash","notes":"%05000d"}' 1 > $LINEAGE_RESULT"#;
    let (_, _, stderr) = run(&sandbox, &[], script);
    assert!(
        stderr.contains("notes has 5000 bytes and was cut to 1024"),
        "{stderr}"
    );
    assert!(last(&sandbox, "notes").len() < 2000);
}

#[test]
fn without_a_terminal_a_command_that_another_program_interrupts_has_crashed() {
    let sandbox = Sandbox::with_store();
    let output = run_output(&sandbox, &[], "kill -INT $$");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(status(&sandbox), "crash");
}

#[test]
fn a_reader_that_stands_still_does_not_keep_a_stopped_command() {
    let sandbox = Sandbox::with_store();
    let flags = ["--timeout", "0.5s", "--kill-after", "0.5s"];
    let started = Instant::now();
    let mut child = command(&sandbox, &flags, "echo val_loss=1; yes")
        .spawn()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(124)); // nothing reads its stdout
    assert_eq!(status(&sandbox), "train_budget_overrun");
    // The messages would block, too.
    let script = "yes >&2 & echo $$ > pid; yes";
    let mut child = command(&sandbox, &[], script).spawn().unwrap();
    wait_for_pid(&sandbox.path("pid"));
    send(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(status(&sandbox), "harness_abort");
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_trial_that_cannot_be_logged_waits_for_a_reader_that_stands_still() {
    let sandbox = Sandbox::with_store();
    let script =
        "rm .lineage/results.tsv; mkdir .lineage/results.tsv; yes >&2 & echo $$ > pid; yes";
    let flags = ["--hypothesis", "x", "--kill-after", "0.5s"];
    let child = command(&sandbox, &flags, script).spawn().unwrap();
    let pid = wait_for_pid(&sandbox.path("pid"));
    send(&child, Signal::TERM);
    wait_for("the end of the command", || !is_alive(pid));
    sleep(Duration::from_secs(4)); // stderr is silenced after one to two seconds
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let json = stderr.lines().find(|line| line.starts_with('{'));
    let row: serde_json::Value = serde_json::from_str(json.expect("a line of JSON")).unwrap();
    assert_eq!(row["status"], "harness_abort");
    assert!(stderr.contains("\nerror: "), "{stderr}");
}
