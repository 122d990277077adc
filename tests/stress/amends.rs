//! Sixteen processes append and amend at once, many of them killed at random moments: no trial is lost, and an amendment
//! is made whole or not at all.

use std::{
    fs,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Options, Outcome,
    harness::{describe, run_parallel},
    random::Random,
    raw_log::{RawLog, sorted_ids},
    sandbox::Sandbox,
};

const WRITERS: usize = 16;

/// A trial that was logged, and what became of its amendment.
struct Amended {
    id: String,
    /// Whether the command ended with success; a killed one may have made the change or not.
    is_confirmed: bool,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let jobs = WRITERS * options.pick(6, 200);
    let sandbox = Sandbox::with_store();
    let max_delay = max_delay(&sandbox);
    let results = run_parallel(jobs, WRITERS, |job| {
        let mut random = Random::new(options.seed, job);
        append_and_amend(&sandbox, &mut random, job, max_delay)
    });
    let amended: Vec<Amended> = results.into_iter().flatten().collect();
    let confirmed = amended.iter().filter(|trial| trial.is_confirmed).count();
    let killed = jobs - confirmed;
    assert!(
        confirmed > 0 && killed > 0,
        "{confirmed} confirmed, {killed} killed: the delay is wrong"
    );
    let made = check(&sandbox, &amended);
    Outcome::Passed(format!(
        "{jobs} appends and amendments by {WRITERS} writers, killed within {:.1} ms (seed {}): every printed id is in the \
         log once, {confirmed} confirmed amendments and {} of {} killed ones are made, each with its old row on record",
        max_delay.as_secs_f64() * 1e3,
        options.seed,
        made - confirmed,
        amended.len() - confirmed,
    ))
}

/// Four times what one write of each writer takes: enough for most of them to end.
fn max_delay(sandbox: &Sandbox) -> Duration {
    let time_append = |_| {
        let started = Instant::now();
        sandbox.ok(&["append", "--status", "crash", "--notes", "old"]);
        started.elapsed()
    };
    let fastest = (0..8).map(time_append).min().expect("eight");
    fastest * 4 * u32::try_from(WRITERS).expect("few")
}

/// Appends a trial and amends it; either may be killed. `None` if no id was printed.
fn append_and_amend(
    sandbox: &Sandbox,
    random: &mut Random,
    job: usize,
    max_delay: Duration,
) -> Option<Amended> {
    let job = format!("job-{job}");
    let append = [
        "append",
        "--status",
        "crash",
        "--notes",
        "old",
        "--job-name",
        &job,
    ];
    let (printed, _) = run_and_kill(sandbox, random, &append, max_delay);
    let id = printed.strip_suffix('\n')?.to_owned();
    let why = format!("reason of {id}");
    let amend = ["amend", &id, "--notes", "new", "--why", &why];
    let (_, is_confirmed) = run_and_kill(sandbox, random, &amend, max_delay);
    Some(Amended { id, is_confirmed })
}

/// Runs a command that is killed after a random time, and returns what it printed and whether it succeeded.
fn run_and_kill(
    sandbox: &Sandbox,
    random: &mut Random,
    args: &[&str],
    max_delay: Duration,
) -> (String, bool) {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_lineage"));
    let command = command.args(args).stdin(Stdio::null());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(max_delay * u32::try_from(random.below(1000)).unwrap() / 1000);
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let is_killed = output.status.code().is_none();
    assert!(
        output.status.success() || is_killed,
        "{args:?}: {}",
        describe(&output)
    );
    (
        String::from_utf8(output.stdout).unwrap(),
        output.status.success(),
    )
}

/// Returns how many amendments were made.
fn check(sandbox: &Sandbox, amended: &[Amended]) -> usize {
    let id = sandbox.ok(&["append", "--status", "crash"]);
    sandbox.ok(&["amend", id.trim_end(), "--notes", "new", "--why", "last"]);
    let log = RawLog::parse(&fs::read(sandbox.log()).unwrap());
    let old_rows = RawLog::parse(&fs::read(sandbox.path(".lineage/amended.tsv")).unwrap());
    sorted_ids(&log.column("exp_id"));
    let rows: Vec<_> = log
        .column("exp_id")
        .into_iter()
        .zip(log.column("notes"))
        .collect();
    let mut made = 0;
    for trial in amended {
        let notes = rows
            .iter()
            .find(|(id, _)| *id == trial.id)
            .map(|(_, notes)| *notes);
        let notes =
            notes.unwrap_or_else(|| panic!("{} was printed but is not in the log", trial.id));
        assert!(
            notes == "new" || notes == "old" && !trial.is_confirmed,
            "{}: {notes}",
            trial.id
        );
        if notes == "new" {
            made += 1;
            assert_eq!(
                old_rows.count("why", &format!("reason of {}", trial.id)),
                1,
                "{}",
                trial.id
            );
        }
    }
    made
}
