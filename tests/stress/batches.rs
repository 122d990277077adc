//! Kills `append --json` while others read: every reader and the next append see the whole batch or nothing of it.

use std::{
    fs::File,
    process::{Child, Stdio},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{Options, Outcome, harness::list_ids, random::Random, sandbox::Sandbox};

const BATCH: usize = 300;

pub(crate) fn run(options: &Options) -> Outcome {
    let kills = options.pick(20, 1000);
    let sandbox = Sandbox::with_store();
    let line = format!(
        "{{\"status\":\"crash\",\"notes\":\"{}\"}}\n",
        "n".repeat(3000)
    );
    sandbox.write("batch.jsonl", line.repeat(BATCH));
    let duration = time_batch(&sandbox);
    let (is_done, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    let whole = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                let trials = list_ids(&sandbox).len();
                assert_eq!(trials % BATCH, 0, "a reader sees {trials} trials");
                reads.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut random = Random::new(options.seed, 0);
        let whole = (0..kills)
            .filter(|_| append_and_kill(&sandbox, &mut random, duration))
            .count();
        is_done.store(true, Ordering::Relaxed);
        whole
    });
    sandbox.ok(&["append", "--status", "crash"]);
    assert_eq!(list_ids(&sandbox).len() % BATCH, 1, "after the next append");
    sandbox.ok(&["check"]);
    Outcome::Passed(format!(
        "{kills} batches of {BATCH} trials killed at random moments beside {} reads (seed {}): {whole} are in the log, \
         no part of another",
        reads.into_inner(),
        options.seed
    ))
}

/// How long a batch takes that is not killed.
fn time_batch(sandbox: &Sandbox) -> Duration {
    let started = Instant::now();
    let mut child = start_batch(sandbox);
    assert!(child.wait().unwrap().success());
    started.elapsed()
}

fn start_batch(sandbox: &Sandbox) -> Child {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_lineage"));
    command.args(["append", "--json", "-q"]);
    command.stdin(File::open(sandbox.path("batch.jsonl")).unwrap());
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Whether the batch is in the log.
fn append_and_kill(sandbox: &Sandbox, random: &mut Random, duration: Duration) -> bool {
    let before = list_ids(sandbox).len();
    let mut child = start_batch(sandbox);
    thread::sleep(duration * u32::try_from(random.below(1200)).unwrap() / 1000);
    child.kill().unwrap();
    child.wait().unwrap();
    let after = list_ids(sandbox).len();
    assert!(
        after == before || after == before + BATCH,
        "{before} trials, then {after}"
    );
    after > before
}
