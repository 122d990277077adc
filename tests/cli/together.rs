//! Many writers at once: every printed id is in the log exactly once, ids are dense, there is one header.

use std::{collections::HashSet, fs, thread, time::Instant};

use fs4::FileExt;

use crate::sandbox::Sandbox;

const WRITERS: usize = 16;
const EACH: usize = 12;

fn append_from_all(sandbox: &Sandbox) -> Vec<String> {
    thread::scope(|scope| {
        let write = |writer: usize| {
            scope.spawn(move || -> Vec<String> {
                let line = |n: usize| {
                    format!(
                        "append --status auto --metric {} --specialist w{writer}",
                        1000 - n
                    )
                };
                (0..EACH)
                    .map(|n| {
                        sandbox
                            .ok(&line(n).split(' ').collect::<Vec<_>>())
                            .trim()
                            .to_owned()
                    })
                    .collect()
            })
        };
        let writers: Vec<_> = (0..WRITERS).map(write).collect();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect()
    })
}

#[test]
fn sixteen_writers_lose_nothing() {
    let sandbox = Sandbox::with_store();
    let mut printed = append_from_all(&sandbox);
    printed.sort_by_key(|id| id.parse::<u32>().unwrap());
    let wanted: Vec<String> = (0..WRITERS * EACH).map(|id| format!("{id:03}")).collect();
    assert_eq!(printed, wanted);
    let written: Vec<String> = sandbox.rows().iter().map(|row| row[0].clone()).collect();
    assert_eq!(written, wanted);
}

#[test]
fn the_first_append_of_sixteen_writes_one_header() {
    let sandbox = Sandbox::with_store();
    fs::remove_file(sandbox.log()).unwrap();
    let printed: HashSet<String> = append_from_all(&sandbox).into_iter().collect();
    assert_eq!(printed.len(), WRITERS * EACH);
    let log = sandbox.read_log();
    assert_eq!(
        log.lines()
            .filter(|line| line.starts_with("exp_id"))
            .count(),
        1
    );
    assert_eq!(log.lines().count(), WRITERS * EACH + 1);
}

#[test]
fn a_lock_held_for_ever_is_waited_for_no_longer_than_asked() {
    let sandbox = Sandbox::with_store();
    let held = fs::File::open(sandbox.log()).unwrap();
    FileExt::lock(&held).unwrap();
    let before = sandbox.read_log();
    let started = Instant::now();
    let output = sandbox
        .lineage(&["append", "--status", "crash", "--lock-timeout", "0.3"])
        .output()
        .unwrap();
    assert!(started.elapsed().as_secs_f64() >= 0.3);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("has been locked") && stderr.contains("{\"status\":\"crash\""),
        "{stderr}"
    );
    assert!(
        !cfg!(target_os = "linux")
            || stderr.contains(&format!("by process {}", std::process::id())),
        "{stderr}"
    );
    assert_eq!(sandbox.read_log(), before);
    assert_eq!(
        sandbox.ok(&["tail", "--format", "jsonl", "-q"]),
        "",
        "readers wait for nobody"
    );
}

#[test]
fn the_lock_of_a_log_that_was_replaced_is_not_enough() {
    let sandbox = Sandbox::with_store();
    let held = fs::File::open(sandbox.log()).unwrap();
    FileExt::lock(&held).unwrap();
    thread::scope(|scope| {
        let appended = scope.spawn(|| sandbox.ok(&["append", "--status", "crash"]));
        thread::sleep(std::time::Duration::from_millis(200));
        let copy = sandbox.path("copy.tsv");
        fs::copy(sandbox.log(), &copy).unwrap();
        fs::rename(&copy, sandbox.log()).unwrap();
        drop(held);
        assert_eq!(appended.join().unwrap(), "000\n");
    });
    assert_eq!(
        sandbox.rows().len(),
        1,
        "the row is in the file that is at the path"
    );
}

#[test]
fn what_a_signal_interrupts_is_tried_again() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 1");
    sandbox.ok(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "1",
        "--snapshot",
        "work",
    ]);
    for (call, command) in [
        ("flock", "append --status crash"),
        ("copy_file_range", "checkout 0 out"),
        ("copy_file_range", "amend 0 --notes x --why y"),
        ("rename", "amend 0 --notes z --why y"),
        ("renameat2", "init s"),
        ("renameat2", "render --for x --save"),
    ] {
        let mut strace = sandbox.command("strace");
        let inject = format!("inject={call}:error=EINTR:when=1");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &inject]);
        strace
            .arg(env!("CARGO_BIN_EXE_lineage"))
            .args(command.split(' '));
        let Ok(output) = strace.output() else {
            crate::sandbox::skipped("no strace");
            return;
        };
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{call}, {command}: {stderr}");
    }
}
