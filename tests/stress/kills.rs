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
    /// The same, but the end of the notes is missing: they are the last cell, so such a row has all its cells.
    cut: usize,
    torn: usize,
}

struct Attempt {
    job: String,
    /// How long its notes are.
    notes: usize,
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
        all.cut += tally.cut;
        all.torn += tally.torn;
    }
    ensure!(
        all.printed > 0 && all.killed > 0,
        "{} printed, {} killed: nothing was tried",
        all.printed,
        all.killed
    );
    Ok(Outcome::Held(format!(
        "{appends} appends of 0.7 to 300 kB by {WRITERS} writers, killed within {:.1} ms (seed {}): {} printed, all in the \
         log once; {} killed before that, of these {} in the log whole, {} with their notes cut short, {} torn; the next append always \
         worked",
        window.as_secs_f64() * 1e3,
        form.seed,
        all.printed,
        all.killed,
        all.unsaid,
        all.cut,
        all.torn,
    )))
}

/// 3 ms, or as long as an append of each writer takes where that is longer.
fn window() -> Result<Duration> {
    let scene = Scene::new()?;
    let append = |_| {
        let started = Instant::now();
        scene
            .ok(&["append", "--status", "crash"])
            .map(|_| started.elapsed())
    };
    let fastest = (0..8)
        .map(append)
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .min()
        .unwrap_or_default();
    Ok((fastest * u32::try_from(WRITERS)?).max(Duration::from_millis(3)))
}

fn one_log(seed: u64, log: usize, window: Duration) -> Result<Tally> {
    let scene = Scene::new()?;
    let attempts = share(ON_ONE_LOG, WRITERS, |number| {
        let mut seed = Seed::new(seed, log * ON_ONE_LOG + number);
        killed_append(&scene, &mut seed, number, window)
    })?;
    let started = Instant::now();
    let id = scene.ok(&["append", "--status", "crash", "--job-name", "next"])?;
    ensure!(
        started.elapsed() < Duration::from_secs(2),
        "the next append took {:?}",
        started.elapsed()
    );
    let tally = check(&Seen::new(&scene.bytes()?)?, &attempts, id.trim_end())?;
    let shown = scene.ids(&["tail", "-n", "1000000"])?.len();
    ensure!(
        shown == tally.printed + tally.unsaid + tally.cut + 1,
        "readers see {shown} rows"
    );
    Ok(tally)
}

fn killed_append(
    scene: &Scene,
    seed: &mut Seed,
    number: usize,
    window: Duration,
) -> Result<Attempt> {
    let (job, file, notes) = (
        format!("job-{number}"),
        format!("notes-{number}"),
        seed.size(700, 300_000),
    );
    fs::write(scene.path(&file), "n".repeat(notes))?;
    let args = [
        "append",
        "--status",
        "crash",
        "--job-name",
        &job,
        "--notes",
        &format!("@{file}"),
    ];
    let mut child = scene
        .lineage(&args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let micros = u64::try_from(window.as_micros())?;
    thread::sleep(Duration::from_micros(seed.next() % micros));
    child.kill()?;
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success() || output.status.code().is_none(),
        "an append was refused: {}",
        said(&output)
    );
    let printed = String::from_utf8(output.stdout)?;
    Ok(Attempt {
        job,
        notes,
        printed: printed.strip_suffix('\n').map(str::to_owned),
    })
}

fn check(seen: &Seen, attempts: &[Attempt], next: &str) -> Result<Tally> {
    numbers(&seen.column("exp_id"))?;
    ensure!(
        seen.tail == 0 && seen.count("exp_id", next) == 1,
        "the next append, {next}, is not in the log"
    );
    let mut tally = Tally {
        torn: seen.damaged,
        ..Tally::default()
    };
    for Attempt {
        job,
        notes,
        printed,
    } in attempts
    {
        let rows = seen.rows_of(job, ["exp_id", "notes"]);
        ensure!(rows.len() <= 1, "{} rows of {job}", rows.len());
        let whole = rows.iter().any(|[_, kept]| kept.len() == *notes);
        if let Some(id) = printed {
            let here = whole && rows[0][0] == id;
            ensure!(
                here,
                "{id} was printed for {job} and is not in the log as it was given"
            );
            tally.printed += 1;
        } else {
            tally.killed += 1;
            tally.unsaid += usize::from(whole);
            tally.cut += rows.len() - usize::from(whole);
        }
    }
    ensure!(
        tally.unsaid + tally.cut + tally.torn <= tally.killed,
        "{} torn rows of {} killed",
        tally.torn,
        tally.killed
    );
    Ok(tally)
}
