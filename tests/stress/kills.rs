//! Kills appends of 0.7 to 300 kB at random moments: every printed trial is in the log once, and the
//! next append works.

use std::{
    fs,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Options, Outcome,
    harness::{describe, list_ids, run_parallel},
    random::Random,
    raw_log::{RawLog, sorted_ids},
    sandbox::Sandbox,
};

const WRITERS: usize = 4;
/// An append reads the log and these rows are large, so many appends need several logs.
const APPENDS_PER_LOG: usize = 100;

/// What the log has of an append.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Printed,
    /// Killed before the id was printed, but the whole row is in the log.
    Whole,
    /// As `Whole`, but the notes, which are the last cell, lack their end.
    Cut,
    /// No complete row: either nothing or a torn line.
    Missing,
}

struct Attempt {
    job: String,
    notes_length: usize,
    /// `None` if it was killed before it printed an id.
    printed: Option<String>,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let appends = options.pick(200, 20_000);
    let max_delay = max_delay();
    let mut fates = Vec::new();
    let mut torn = 0;
    for log in 0..appends / APPENDS_PER_LOG {
        torn += run_on_one_log(options.seed, log, max_delay, &mut fates);
    }
    let count = |fate| fates.iter().filter(|found| **found == fate).count();
    let (printed, whole, cut) = (count(Fate::Printed), count(Fate::Whole), count(Fate::Cut));
    let killed = appends - printed;
    assert!(
        printed > 0 && killed > 0,
        "{printed} printed, {killed} killed: the delay is wrong"
    );
    Outcome::Passed(format!(
        "{appends} appends of 0.7 to 300 kB by {WRITERS} writers, killed within {:.1} ms (seed {}): \
         {printed} printed, all in the log once; {killed} killed before that, of which {whole} are in \
         the log, {cut} with their notes cut short, {torn} torn; the next append always worked",
        max_delay.as_secs_f64() * 1e3,
        options.seed,
    ))
}

/// The time that one append of each writer takes, at least 3 ms.
fn max_delay() -> Duration {
    let sandbox = Sandbox::with_store();
    let time_append = |_| {
        let started = Instant::now();
        sandbox.ok(&["append", "--status", "crash"]);
        started.elapsed()
    };
    let fastest = (0..8).map(time_append).min().unwrap();
    (fastest * 4).max(Duration::from_millis(3))
}

/// Adds the fate of each append to `fates`, and returns the number of torn lines.
fn run_on_one_log(seed: u64, log: usize, max_delay: Duration, fates: &mut Vec<Fate>) -> usize {
    let sandbox = Sandbox::with_store();
    let attempts = run_parallel(APPENDS_PER_LOG, WRITERS, |number| {
        let mut random = Random::new(seed, log * APPENDS_PER_LOG + number);
        append_and_kill(&sandbox, &mut random, number, max_delay)
    });
    let started = Instant::now();
    let id = sandbox.ok(&["append", "--status", "crash", "--job-name", "next"]);
    let elapsed = started.elapsed();
    assert!(
        elapsed < Duration::from_secs(2),
        "the next append took {elapsed:?}"
    );
    let log = RawLog::parse(&fs::read(sandbox.log()).unwrap());
    sorted_ids(&log.column("exp_id"));
    let next = (log.torn_bytes, log.count("exp_id", id.trim_end()));
    assert_eq!(next, (0, 1), "the next append");
    let found: Vec<Fate> = attempts
        .iter()
        .map(|attempt| find_fate(&log, attempt))
        .collect();
    let missing = found.iter().filter(|fate| **fate == Fate::Missing).count();
    assert!(
        log.damaged <= missing,
        "{} torn lines of {missing} appends",
        log.damaged
    );
    assert_eq!(
        list_ids(&sandbox).len(),
        found.len() - missing + 1,
        "rows that `tail` lists"
    );
    fates.extend(found);
    log.damaged
}

fn append_and_kill(
    sandbox: &Sandbox,
    random: &mut Random,
    number: usize,
    max_delay: Duration,
) -> Attempt {
    let job = format!("job-{number}");
    let file = format!("notes-{number}");
    let notes_length = random.size(700, 300_000);
    sandbox.write(&file, "n".repeat(notes_length));
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_lineage"));
    command.args(["append", "--status", "crash", "--job-name", &job]);
    command.args(["--notes", &format!("@{file}")]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    thread::sleep(max_delay * u32::try_from(random.below(1000)).unwrap() / 1000);
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let was_killed = output.status.code().is_none();
    assert!(
        output.status.success() || was_killed,
        "append refused: {}",
        describe(&output)
    );
    let stdout = String::from_utf8(output.stdout).unwrap();
    let printed = stdout.strip_suffix('\n').map(str::to_owned);
    Attempt {
        job,
        notes_length,
        printed,
    }
}

fn find_fate(log: &RawLog, attempt: &Attempt) -> Fate {
    let rows = log.rows_of_job(&attempt.job);
    assert!(rows.len() <= 1, "{} rows of {}", rows.len(), attempt.job);
    let is_whole = rows
        .iter()
        .any(|(_, notes)| notes.len() == attempt.notes_length);
    if let Some(id) = &attempt.printed {
        assert!(
            is_whole && rows[0].0 == id,
            "{id} was printed but is not in the log"
        );
        return Fate::Printed;
    }
    match rows.len() {
        0 => Fate::Missing,
        _ if is_whole => Fate::Whole,
        _ => Fate::Cut,
    }
}
