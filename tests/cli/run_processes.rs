//! `lineage run` and the processes of its command: time limits, signals, descendants, trials in progress, and kills.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::sandbox::Sandbox;

/// `lineage run` of a shell script, as a process that can get signals.
fn command(sandbox: &Sandbox, flags: &[&str], script: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lineage"));
    command.current_dir(sandbox.path("")).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
        .arg("run")
        .args(flags)
        .args(["--", "sh", "-c", script]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(sandbox: &Sandbox, flags: &[&str], script: &str) -> Output {
    command(sandbox, flags, script)
        .output()
        .expect("the program runs")
}

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a process");
    kill_process(pid, signal).expect("it runs");
}

fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(5));
    }
}

/// Waits until a script has written its process id to a file, and returns it.
fn wait_for_pid(path: &Path) -> Pid {
    let read = || fs::read_to_string(path).unwrap_or_default();
    wait_for("a process id", || read().ends_with('\n'));
    Pid::from_raw(read().trim().parse().expect("a process id")).expect("a process id")
}

fn is_alive(pid: Pid) -> bool {
    // Without its parent, it may stay as a zombie for a moment.
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    test_kill_process(pid).is_ok() && stat.is_ok_and(|stat| !stat.contains(") Z "))
}

fn status(sandbox: &Sandbox) -> String {
    sandbox.rows().last().expect("a trial")[8].clone()
}

fn running(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.path(".lineage/running")).map_or(0, Iterator::count)
}

#[test]
fn a_command_that_takes_too_long_is_stopped() {
    let sandbox = Sandbox::with_store();
    let started = Instant::now();
    let output = run(
        &sandbox,
        &["--timeout", "0.3s"],
        "echo val_loss=1; sleep 60",
    );
    assert_eq!(output.status.code(), Some(124));
    assert_eq!(status(&sandbox), "train_budget_overrun");
    assert!(
        sandbox
            .read_log()
            .contains("timed out after 0.3s\\nval_loss=1")
    );
    let flags = [
        "--timeout",
        "300ms",
        "--timeout-status",
        "eval-budget-overrun",
    ];
    assert_eq!(run(&sandbox, &flags, "sleep 60").status.code(), Some(124));
    assert_eq!(status(&sandbox), "eval_budget_overrun");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_command_that_says_more_when_it_is_stopped_is_believed() {
    let sandbox = Sandbox::with_store();
    let script = "trap 'echo {\\\"status\\\":\\\"eval_budget_overrun\\\"} > $LINEAGE_RESULT; exit 0' TERM; sleep 60 & wait";
    assert_eq!(
        run(&sandbox, &["--timeout", "0.5s"], script).status.code(),
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
    let output = run(&sandbox, &flags, script);
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
    let output = run(&sandbox, &["--timeout", "1s"], script);
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
        let output = run(&sandbox, &[], script);
        assert!(started.elapsed() < Duration::from_secs(10));
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
fn signals_are_forwarded_and_the_trial_is_a_harness_abort() {
    let sandbox = Sandbox::with_store();
    for (signal, name) in [
        (Signal::INT, "INT"),
        (Signal::TERM, "TERM"),
        (Signal::HUP, "HUP"),
    ] {
        let script =
            format!("trap 'echo got {name} > got; exit 7' {name}; echo $$ > pid; sleep 60 & wait");
        let child = command(&sandbox, &[], &script).spawn().unwrap();
        wait_for_pid(&sandbox.path("pid"));
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(128 + signal.as_raw()));
        assert_eq!(sandbox.read("got"), format!("got {name}\n"));
        assert_eq!(status(&sandbox), "harness_abort");
        assert!(
            sandbox
                .read_log()
                .contains(&format!("interrupted by SIG{name}"))
        );
        fs::remove_file(sandbox.path("pid")).unwrap();
    }
    assert_eq!(running(&sandbox), 0);
}

#[test]
fn a_command_that_ignores_the_signal_is_killed_after_a_while() {
    let sandbox = Sandbox::with_store();
    let script = "trap '' TERM; echo $$ > pid; sleep 60; sleep 60";
    let child = command(&sandbox, &["--kill-after", "0.5s"], script)
        .spawn()
        .unwrap();
    let pid = wait_for_pid(&sandbox.path("pid"));
    send(&child, Signal::TERM);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
    assert!(!is_alive(pid));
    assert_eq!(status(&sandbox), "harness_abort");
}

#[test]
fn a_signal_that_was_ignored_before_stays_ignored() {
    let sandbox = Sandbox::with_store();
    let program = assert_cmd::cargo::cargo_bin!("lineage");
    let script = format!(
        "trap '' HUP; exec {} run -- sh -c 'echo $$ > pid; sleep 1; echo val_loss=1'",
        program.display()
    );
    let mut command = sandbox.command("sh");
    command.args(["-c", &script]).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    wait_for_pid(&sandbox.path("pid"));
    send(&child, Signal::HUP);
    assert!(child.wait().unwrap().success());
    assert_eq!(status(&sandbox), "baseline");
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
fn a_trial_is_listed_while_it_runs() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "auto", "--metric", "3"]);
    let flags = [
        "--hypothesis",
        "raise beta2",
        "--specialist",
        "opt",
        "--job-name",
        "job-1",
    ];
    let script = "echo $$ > pid; while [ ! -e go ]; do sleep 0.05; done; echo val_loss=2";
    let child = command(&sandbox, &flags, script).spawn().unwrap();
    wait_for_pid(&sandbox.path("pid"));
    let entries: Vec<_> = fs::read_dir(sandbox.path(".lineage/running"))
        .unwrap()
        .collect();
    assert_eq!(entries.len(), 1);
    let text = fs::read(entries[0].as_ref().unwrap().path()).unwrap();
    let entry: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(entry["hypothesis"], "raise beta2");
    assert_eq!(entry["specialist"], "opt");
    assert_eq!(entry["parent_exp"], "000");
    assert_eq!(entry["job_name"], "job-1");
    assert_eq!(entry["pid"], child.id());
    fs::write(sandbox.path("go"), "").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(running(&sandbox), 0);
}

#[test]
fn a_killed_run_is_said_and_removed_by_the_next_one_only() {
    let sandbox = Sandbox::with_store();
    let script = "echo $$ > pid; exec sleep 60";
    let mut child = command(&sandbox, &["--job-name", "job-1"], script)
        .spawn()
        .unwrap();
    let pid = wait_for_pid(&sandbox.path("pid"));
    send(&child, Signal::KILL);
    let _ = kill_process(pid, Signal::KILL);
    let before = sandbox.tree(".lineage/running");
    sandbox.ok(&["stats"]);
    assert_eq!(
        (running(&sandbox), sandbox.tree(".lineage/running")),
        (1, before)
    );
    child.wait().unwrap();
    let output = run(&sandbox, &[], "echo val_loss=1");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.starts_with("warning: a trial of job job-1, started at "),
        "{stderr}"
    );
    assert!(stderr.contains("was killed and is not logged"), "{stderr}");
    assert_eq!(running(&sandbox), 0);
}

#[test]
fn sixteen_runs_at_once_are_all_logged() {
    let sandbox = Sandbox::with_store();
    let mut children = Vec::new();
    for number in 0..16 {
        let script = format!("sleep 0.1; echo val_loss=1.{number:02}");
        children.push(
            command(&sandbox, &["--snapshot", "work"], &script)
                .spawn()
                .unwrap(),
        );
    }
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let rows = sandbox.rows();
    let mut ids: Vec<_> = rows.iter().map(|row| row[0].clone()).collect();
    ids.sort();
    let expected: Vec<_> = (0..16).map(|id| format!("{id:03}")).collect();
    assert_eq!(ids, expected);
    assert_eq!(rows.iter().filter(|row| row[8] == "baseline").count(), 1);
    assert_eq!(running(&sandbox), 0);
}

#[test]
fn kills_at_random_instants_leave_a_healthy_log_and_no_stale_trial() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/a", "1");
    let flags = ["--snapshot", "work", "--hypothesis", "x"];
    for number in 0..50 {
        let mut child = command(&sandbox, &flags, "echo val_loss=1")
            .spawn()
            .unwrap();
        // From before the first instruction to after the last.
        sleep(Duration::from_micros(600 * number));
        let _ = child.kill();
        child.wait().unwrap();
    }
    let output = run(&sandbox, &flags, "echo val_loss=0.5");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(running(&sandbox), 0);
    // Killed between the two, a snapshot may be left without its row; nothing else may be wrong.
    for line in sandbox
        .ok_or_findings(&["check", "--format", "jsonl"])
        .lines()
    {
        assert!(line.contains("snapshot_of_none"), "{line}");
    }
    assert_eq!(
        status(&sandbox),
        if sandbox.rows().len() == 1 {
            "baseline"
        } else {
            "keep"
        }
    );
}
