//! A stopped process holds the lock: an append gives up on time, writes nothing, and names the holder.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    Options, Outcome,
    harness::{describe, is_installed, list_ids, run as run_command},
    sandbox::Sandbox,
};

const HOLD: &str = "import fcntl, sys, time
log = open(sys.argv[1], 'a')
fcntl.flock(log, fcntl.LOCK_EX)
print('held', flush=True)
time.sleep(600)";

pub(crate) fn run(options: &Options) -> Outcome {
    if !is_installed("python3") {
        return Outcome::Skipped("python3, which holds the lock, is not installed");
    }
    let timeouts = options.pick(&[0.5][..], &[0.0, 0.2, 1.0, 5.0][..]);
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "auto", "--metric", "3"]);
    let holder = LockHolder::start(&sandbox);
    holder.stop();
    let delays = timeouts
        .iter()
        .map(|&timeout| measure_delay(&sandbox, timeout, holder.0.id()));
    let max_delay = delays.max().unwrap();
    assert_eq!(
        list_ids(&sandbox).len(),
        1,
        "readers do not wait for the lock"
    );
    drop(holder);
    sandbox.ok(&["append", "--status", "crash"]);
    Outcome::Passed(format!(
        "a stopped holder, {} timeouts of up to {} s: exit 1 at most {} ms late, nothing written, the \
         holder named, and the next append worked",
        timeouts.len(),
        timeouts[timeouts.len() - 1],
        max_delay.as_millis(),
    ))
}

/// How long after its timeout an append ends.
fn measure_delay(sandbox: &Sandbox, timeout: f64, holder: u32) -> Duration {
    let before = fs::read(sandbox.log()).unwrap();
    let started = Instant::now();
    let args = [
        "append",
        "--status",
        "crash",
        "--lock-timeout",
        &timeout.to_string(),
    ];
    let output = run_command(sandbox.lineage(&args), Duration::from_secs(20));
    let (elapsed, timeout) = (started.elapsed(), Duration::from_secs_f64(timeout));
    let is_on_time = elapsed >= timeout && elapsed < timeout + Duration::from_secs(2);
    assert!(is_on_time, "waited {elapsed:?} instead of {timeout:?}");
    assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
    assert_eq!(fs::read(sandbox.log()).unwrap(), before, "the log changed");
    let is_named = describe(&output).contains(&format!("by process {holder}"));
    assert!(
        is_named || !cfg!(target_os = "linux"),
        "not {holder}: {}",
        describe(&output)
    );
    elapsed.saturating_sub(timeout)
}

/// A process that holds the lock; killed on drop.
struct LockHolder(Child);

impl LockHolder {
    fn start(sandbox: &Sandbox) -> Self {
        let mut command = Command::new("python3");
        command
            .args(["-c", HOLD])
            .arg(sandbox.log())
            .stdout(Stdio::piped());
        let mut holder = Self(command.spawn().unwrap());
        let mut line = String::new();
        BufReader::new(holder.0.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "held\n");
        holder
    }

    fn stop(&self) {
        let status = Command::new("kill")
            .args(["-STOP", &self.0.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for LockHolder {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended
        let _ = self.0.wait();
    }
}
