//! `lineage run`: signals, trials in progress, many runs at once, and kills.

use std::{
    fs,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, RandomState},
    io::{self, Write},
    process::{Child, Stdio},
    thread::sleep,
    time::Duration,
};

use rustix::process::{Signal, kill_process};

use crate::run_sandbox::{
    command, is_alive, run_output, running, send, status, wait_for, wait_for_pid,
};
use crate::sandbox::{Sandbox, skipped};

/// Whether this process was started with the signal ignored, as `nohup` does: what it starts ignores it, too.
fn is_ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = u64::from_str_radix(mask.unwrap_or_default().trim(), 16).unwrap_or(0);
    mask >> (signal.as_raw() - 1) & 1 == 1
}

fn expect_interrupted(sandbox: &Sandbox, child: Child, signal: Signal, name: &str) {
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(128 + signal.as_raw()));
    assert_eq!(status(sandbox), "harness_abort");
    assert!(
        sandbox
            .read_log()
            .contains(&format!("interrupted by SIG{name}"))
    );
    fs::remove_file(sandbox.path("pid")).unwrap();
}

#[test]
fn signals_are_forwarded_and_the_trial_is_a_harness_abort() {
    let sandbox = Sandbox::with_store();
    for (signal, name) in [
        (Signal::INT, "INT"),
        (Signal::TERM, "TERM"),
        (Signal::HUP, "HUP"),
    ] {
        if is_ignored(signal) {
            skipped(&format!("SIG{name} is ignored here"));
            continue;
        }
        let script =
            format!("trap 'echo got {name} > got; exit 7' {name}; echo $$ > pid; sleep 60 & wait");
        let child = command(&sandbox, &[], &script).spawn().unwrap();
        wait_for_pid(&sandbox.path("pid"));
        send(&child, signal);
        expect_interrupted(&sandbox, child, signal, name);
        assert_eq!(sandbox.read("got"), format!("got {name}\n"));
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
    let listed = sandbox.ok(&["tail", "--running", "--format", "jsonl"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["job_name"], "job-1");
    assert_eq!(listed["pid"], child.id());
    let table = sandbox.ok(&["tail", "--running"]);
    assert!(
        table.lines().nth(1).unwrap().contains("raise beta2"),
        "{table}"
    );
    assert!(sandbox.ok(&["stats"]).contains("running    1"));
    let stats = sandbox.ok(&["stats", "--format", "json"]);
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(stats["in_progress"], 1);
    assert!(
        sandbox
            .ok(&["render", "--for", "opt"])
            .contains("In progress")
    );
    fs::write(sandbox.path("go"), "").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(running(&sandbox), 0);
    assert_eq!(sandbox.ok(&["tail", "--running"]), "");
    assert!(!sandbox.ok(&["stats"]).contains("running"));
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
    let output = run_output(&sandbox, &[], "echo val_loss=1");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.starts_with("warning: a trial of job job-1, started at "),
        "{stderr}"
    );
    assert!(stderr.contains("was killed and is not logged"), "{stderr}");
    assert_eq!(running(&sandbox), 0);
}

#[test]
fn a_stale_trial_of_another_host_is_said_and_removed() {
    let sandbox = Sandbox::with_store();
    let entry = |heartbeat| {
        serde_json::json!({
            "hypothesis": "raise beta2", "started": "2026-01-01T00:00:00Z", "heartbeat": heartbeat,
            "host": "node-7", "pid": 42, "pid_start": 1,
        })
    };
    let dir = ".lineage/running";
    fs::create_dir(sandbox.path(dir)).unwrap();
    sandbox.write(
        &format!("{dir}/node-7-42-1.json"),
        entry("2026-01-01T01:00:00Z").to_string(),
    );
    let alive = format!("{dir}/node-7-43-1.json");
    let now = jiff::Timestamp::now().to_string();
    sandbox.write(&alive, entry(&now).to_string());
    let output = run_output(&sandbox, &[], "echo val_loss=1");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let text = "warning: a trial 'raise beta2', started at 2026-01-01T00:00:00Z by process 42 on node-7, last sent a \
                heartbeat at 2026-01-01T01:00:00Z and is not logged\n";
    assert!(stderr.starts_with(text), "{stderr}");
    assert_eq!(running(&sandbox), 1);
    assert!(sandbox.path(&alive).exists());
}

/// A run that is killed while it lists its trial leaves a file that another run of the same host removes at once.
#[test]
fn a_list_entry_that_was_not_finished_is_removed() {
    let sandbox = Sandbox::with_store();
    let script =
        "for entry in .lineage/running/*.json; do : > \"${entry%-*-*}-999999999-1.torn\"; done";
    run_output(&sandbox, &[], script);
    assert_eq!(running(&sandbox), 1);
    run_output(&sandbox, &[], "echo val_loss=1");
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
    let seed = RandomState::new().hash_one(());
    let _ = writeln!(io::stdout(), "seed {seed}");
    for number in 0..50 {
        let mut child = command(&sandbox, &flags, "echo val_loss=1")
            .spawn()
            .unwrap();
        // From before the first instruction to after the last.
        let delay = BuildHasherDefault::<DefaultHasher>::new().hash_one((seed, number)) % 30_000;
        sleep(Duration::from_micros(delay));
        let _ = child.kill();
        child.wait().unwrap();
    }
    let output = run_output(&sandbox, &flags, "echo val_loss=0.5");
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

#[test]
fn a_signal_after_the_end_of_one_run_ends_the_next() {
    let sandbox = Sandbox::with_store();
    let script = "echo val_loss=1; echo x >> runs; sleep 60 & echo $$ > pid";
    let child = command(&sandbox, &["--repeat", "3"], script)
        .spawn()
        .unwrap();
    let pid = wait_for_pid(&sandbox.path("pid"));
    wait_for("the end of the command", || !is_alive(pid));
    sleep(Duration::from_millis(100));
    send(&child, Signal::TERM);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143));
    assert_eq!(status(&sandbox), "harness_abort");
}

#[test]
fn a_run_killed_before_its_trial_is_logged_is_said() {
    let sandbox = Sandbox::with_store();
    let script = "echo $$ > pid; while [ ! -e go ]; do sleep 0.02; done; echo val_loss=1";
    let mut child = command(&sandbox, &[], script).spawn().unwrap();
    let pid = wait_for_pid(&sandbox.path("pid"));
    let log = fs::File::open(sandbox.path(".lineage/results.tsv")).unwrap();
    log.lock().unwrap();
    sandbox.write("go", "");
    wait_for("the end of the command", || !is_alive(pid));
    sleep(Duration::from_millis(500));
    send(&child, Signal::KILL);
    child.wait().unwrap();
    drop(log);
    let output = run_output(&sandbox, &[], "echo val_loss=1");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("was killed and is not logged"), "{stderr}");
}

#[test]
fn signals_of_a_scheduler_end_the_trial_or_are_passed_on_to_the_command() {
    let sandbox = Sandbox::with_store();
    for (signal, name) in [(Signal::XCPU, "XCPU"), (Signal::ALARM, "ALRM")] {
        let script = "echo $$ > pid; sleep 60 & wait";
        let child = command(&sandbox, &[], script).spawn().unwrap();
        wait_for_pid(&sandbox.path("pid"));
        send(&child, signal);
        expect_interrupted(&sandbox, child, signal, name);
    }
    // A helper of the command would be killed by the signal.
    let script = "sleep 60 & trap 'kill $!; echo val_loss=1; exit 0' USR1; trap 'echo more; : > more' USR2; echo $$ > pid; wait; wait";
    let child = command(&sandbox, &[], script).spawn().unwrap();
    wait_for_pid(&sandbox.path("pid"));
    send(&child, Signal::USR2);
    wait_for("the handler of USR2", || sandbox.path("more").exists());
    send(&child, Signal::USR1);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"more\nval_loss=1\n");
    assert_eq!(status(&sandbox), "baseline");
}
