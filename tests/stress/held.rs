//! A lock held for ever by a process that is stopped: the wait ends when it should, nothing is written, the holder is named.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::{
    Form, Outcome,
    scene::{self, Scene, is_there, said, signal},
};

const HOLD: &str = "import fcntl, sys, time; log = open(sys.argv[1], 'a'); fcntl.flock(log, fcntl.LOCK_EX); \
                    print('held', flush=True); time.sleep(600)";

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    if !is_there("python3") {
        return Ok(Outcome::Skipped("no Python to hold the lock".to_owned()));
    }
    let timeouts = form.pick(&[0.5][..], &[0.0, 0.2, 1.0, 5.0][..]);
    let scene = Scene::new()?;
    scene.ok(&["append", "--status", "auto", "--metric", "3"])?;
    let holder = Holder::start(&scene)?;
    signal("-STOP", holder.0.id())?;
    let mut late = Duration::ZERO;
    for &timeout in timeouts {
        late = late.max(refused_after(&scene, timeout, holder.0.id())?);
    }
    ensure!(scene.ids(&["tail"])?.len() == 1, "readers wait for nobody");
    drop(holder);
    scene.ok(&["append", "--status", "crash"])?;
    Ok(Outcome::Held(format!(
        "a stopped holder, {} waits of up to {} s: exit 1 no more than {} ms late, nothing written, the holder named, and \
         the next append worked when it was gone",
        timeouts.len(),
        timeouts[timeouts.len() - 1],
        late.as_millis(),
    )))
}

/// How much later than asked for.
fn refused_after(scene: &Scene, timeout: f64, holder: u32) -> Result<Duration> {
    let before = scene.bytes()?;
    let started = Instant::now();
    let args = [
        "append",
        "--status",
        "crash",
        "--lock-timeout",
        &timeout.to_string(),
    ];
    let output = scene::run(scene.lineage(&args), Duration::from_secs(20))?;
    let (taken, asked) = (started.elapsed(), Duration::from_secs_f64(timeout));
    ensure!(
        taken >= asked && taken < asked + Duration::from_secs(2),
        "waited {taken:?}, not {asked:?}"
    );
    ensure!(
        output.status.code() == Some(1) && scene.bytes()? == before,
        "not refused: {}",
        said(&output)
    );
    let named = said(&output).contains(&format!("by process {holder}"));
    ensure!(
        named || !cfg!(target_os = "linux"),
        "the holder, {holder}, is not named: {}",
        said(&output)
    );
    Ok(taken.saturating_sub(asked))
}

/// A process that holds the lock; killed when it is dropped.
struct Holder(Child);

impl Holder {
    fn start(scene: &Scene) -> Result<Self> {
        let mut command = Command::new("python3");
        command
            .args(["-c", HOLD])
            .arg(scene.log())
            .stdout(Stdio::piped());
        let mut holder = Self(command.spawn()?);
        let mut line = String::new();
        BufReader::new(holder.0.stdout.take().expect("a pipe")).read_line(&mut line)?;
        ensure!(line == "held\n", "Python does not get the lock");
        Ok(holder)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may be gone
        let _ = self.0.wait();
    }
}
