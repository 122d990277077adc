//! Appends killed at random moments, rows of 0.7 to 300 kB: what was printed is in the log once, and the next append works.

use std::{
    fs,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::{
    Form, Outcome,
    scene::{Scene, said, share},
    seed::Seed,
    seen::{Seen, numbers},
};

const WRITERS: usize = 4;
/// Appends to one log: an append reads the log, and these rows are large.
const ON_ONE_LOG: usize = 100;

/// What became of appends.
#[derive(Default)]
struct Tally {
    printed: usize,
    killed: usize,
    /// Killed before the id was printed, with the row in the log all the same.
    unsaid: usize,
    torn: usize,
}

struct Attempt {
    job: String,
    /// `None` where it was killed before that.
    printed: Option<String>,
}

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    let appends = form.pick(200, 20_000);
    let window = window()?;
    let mut all = Tally::default();
    for log in 0..appends / ON_ONE_LOG {
        let tally = one_log(form.seed, log, window)?;
        all.printed += tally.printed;
        all.killed += tally.killed;
        all.unsaid += tally.unsaid;
        all.torn += tally.torn;
    }
    ensure!(all.printed > 0 && all.killed > 0, "{} printed, {} killed: nothing was tried", all.printed, all.killed);
    Ok(Outcome::Held(format!(
        "{appends} appends of 0.7 to 300 kB by {WRITERS} writers, killed within {:.1} ms (seed {}): {} printed, all in the \
         log once; {} killed before that, of these {} in the log whole and {} torn; the next append always worked",
        window.as_secs_f64() * 1e3,
        form.seed,
        all.printed,
        all.killed,
        all.unsaid,
        all.torn,
    )))
}

/// 3 ms, or as long as an append by each of the writers takes, one after the other.
fn window() -> Result<Duration> {
    let scene = Scene::new()?;
    let started = Instant::now();
    for _ in 0..WRITERS {
        scene.ok(&["append", "--status", "crash"])?;
    }
    Ok(started.elapsed().max(Duration::from_millis(3)))
}

fn one_log(seed: u64, log: usize, window: Duration) -> Result<Tally> {
    let scene = Scene::new()?;
    let attempts = share(ON_ONE_LOG, WRITERS, |number| {
        let mut seed = Seed::new(seed, log * ON_ONE_LOG + number);
        killed_append(&scene, &mut seed, number, window)
    })?;
    let started = Instant::now();
    let id = scene.ok(&["append", "--status", "crash", "--job-name", "next"])?;
    ensure!(started.elapsed() < Duration::from_secs(2), "the next append took {:?}", started.elapsed());
    let tally = check(&Seen::new(&scene.bytes()?)?, &attempts, id.trim_end())?;
    let shown = scene.ids(&["tail", "-n", "1000000"])?.len();
    ensure!(shown == tally.printed + tally.unsaid + 1, "readers see {shown} rows");
    Ok(tally)
}

fn killed_append(scene: &Scene, seed: &mut Seed, number: usize, window: Duration) -> Result<Attempt> {
    let (job, notes) = (format!("job-{number}"), format!("notes-{number}"));
    fs::write(scene.path(&notes), "n".repeat(seed.size(700, 300_000)))?;
    let args = ["append", "--status", "crash", "--job-name", &job, "--notes", &format!("@{notes}")];
    let mut child = scene.lineage(&args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let micros = u64::try_from(window.as_micros())?;
    thread::sleep(Duration::from_micros(seed.next() % micros));
    child.kill()?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success() || output.status.code().is_none(), "an append was refused: {}", said(&output));
    let printed = String::from_utf8(output.stdout)?;
    Ok(Attempt { job, printed: printed.strip_suffix('\n').map(str::to_owned) })
}

fn check(seen: &Seen, attempts: &[Attempt], next: &str) -> Result<Tally> {
    numbers(&seen.column("exp_id"))?;
    ensure!(seen.tail == 0 && seen.count("exp_id", next) == 1, "the next append, {next}, is not in the log");
    let mut tally = Tally { torn: seen.damaged, ..Tally::default() };
    for Attempt { job, printed } in attempts {
        let rows = seen.count("job_name", job);
        ensure!(rows <= 1, "{rows} rows of {job}");
        match printed {
            Some(id) => {
                let here = seen.column("exp_id").into_iter().zip(seen.column("job_name"));
                let once = here.filter(|row| *row == (id.as_str(), job.as_str())).count() == 1;
                ensure!(once, "{id} was printed for {job} and is not in the log");
                tally.printed += 1;
            }
            None => {
                tally.killed += 1;
                tally.unsaid += rows;
            }
        }
    }
    ensure!(tally.unsaid + tally.torn <= tally.killed, "{} torn rows of {} killed", tally.torn, tally.killed);
    Ok(tally)
}
