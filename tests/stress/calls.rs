//! Every system call of an append, from opening the log on, fails or is its last: `strace` puts the fault at the N-th call,
//! N = 1, 2, … until the append passes untouched.

use std::{collections::BTreeMap, fs, process::Output, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{
    Form, Outcome,
    scene::{Scene, cores, is_there, run as run_within, said, share},
    seen::{Seen, numbers},
};

/// Calls whose failure is the disk's or the lock's; a program that gets no memory may end as it likes.
const CAN_FAIL: [&str; 9] = [
    "openat",
    "statx",
    "newfstatat",
    "pread64",
    "read",
    "flock",
    "write",
    "fdatasync",
    "fsync",
];
const ERRORS: [&str; 4] = ["ENOSPC", "EIO", "EINTR", "ENOLCK"];
const APPEND: [&str; 8] = [
    "append",
    "--once",
    "--job-name",
    "job",
    "--status",
    "crash",
    "--lock-timeout",
    "0.3",
];
/// A process that spins is ended by the system after 10 s of its own time.
const SPIN: &str = "--cpu=10";
const LIMIT: Duration = Duration::from_secs(30);

/// What the append finds.
#[derive(Clone, Copy, Debug)]
enum Start {
    Rows,
    NoLog,
    TornHeader,
    TornRow,
    /// The trial that is about to be appended, but for its newline.
    NoNewline,
}

/// `write:error=EIO` and where, in an append that finds `start`.
struct Fault {
    start: Start,
    call: String,
    /// How many calls of this name there are before the log is opened.
    skipped: usize,
    effect: String,
    /// `+`: this call and all later ones.
    lasting: &'static str,
}

#[derive(Default)]
struct Tally {
    faults: usize,
    as_before: usize,
    whole: usize,
    torn: usize,
}

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    if !is_there("strace") || !is_there("prlimit") {
        return Ok(Outcome::Skipped("no strace or no prlimit".to_owned()));
    }
    let all = [
        Start::Rows,
        Start::NoLog,
        Start::TornHeader,
        Start::TornRow,
        Start::NoNewline,
    ];
    let mut faults = Vec::new();
    for &start in form.pick(&all[..1], &all[..]) {
        faults.extend(faults_of(start, form.long)?);
    }
    let tallies = share(faults.len(), cores(), |at| at_each_call(&faults[at]))?;
    cannot_be_undone()?;
    let sum = |part: fn(&Tally) -> usize| tallies.iter().map(part).sum::<usize>();
    Ok(Outcome::Held(format!(
        "{} faults at the calls of an append ({} kinds): {} left the log as it was, {} the row whole, {} a torn one; \
         --once again never doubled it, the next append always worked",
        sum(|tally| tally.faults),
        faults.len(),
        sum(|tally| tally.as_before),
        sum(|tally| tally.whole),
        sum(|tally| tally.torn),
    )))
}

/// The faults worth a try: of every call that an untouched append makes from opening the log on.
fn faults_of(start: Start, long: bool) -> Result<Vec<Fault>> {
    let scene = scene(start)?;
    let (_, trace) = append(&scene, &["-e", "trace=all"])?;
    let mut calls: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut open = false;
    for line in trace.lines() {
        let call = line
            .split(' ')
            .find_map(|word| word.split_once('('))
            .map_or("", |(call, _)| call);
        open |= line.contains("results.tsv\", O_RDWR");
        let (before, after) = calls.entry(call).or_default();
        *(if open { after } else { before }) += 1;
    }
    ensure!(open, "strace shows no opening of the log: {trace}");
    let mut faults = Vec::new();
    for (call, (skipped, after)) in calls {
        let chosen = long || ["statx", "newfstatat", "flock", "write", "fdatasync"].contains(&call);
        if after == 0 || call.is_empty() || call == "exit_group" || !chosen {
            continue;
        }
        let mut add = |effect: &str, lasting| {
            faults.push(Fault {
                start,
                call: call.to_owned(),
                skipped,
                effect: effect.to_owned(),
                lasting,
            });
        };
        add("signal=KILL", "");
        for error in ERRORS.iter().filter(|_| CAN_FAIL.contains(&call)) {
            add(&format!("error={error}"), "");
        }
        if CAN_FAIL.contains(&call) {
            add("error=EIO", "+");
        }
    }
    Ok(faults)
}

fn at_each_call(fault: &Fault) -> Result<Tally> {
    let mut tally = Tally::default();
    let Fault {
        start,
        call,
        skipped,
        effect,
        lasting,
    } = fault;
    for n in skipped + 1.. {
        let inject = format!("inject={call}:{effect}:when={n}{lasting}");
        let scene = scene(*start)?;
        let before = fs::read(scene.log()).unwrap_or_default();
        let (output, trace) = append(&scene, &["-e", &format!("trace={call}"), "-e", &inject])?;
        if !trace.contains("INJECTED") && !trace.contains("SIGKILL") {
            break;
        }
        tally.faults += 1;
        let context = || format!("{start:?}, {inject}: {}", said(&output));
        match check(&scene, &before, &output, fault).with_context(context)? {
            After::AsBefore => tally.as_before += 1,
            After::Whole => tally.whole += 1,
            After::Torn => tally.torn += 1,
        }
    }
    Ok(tally)
}

enum After {
    AsBefore,
    Whole,
    Torn,
}

/// The log after a fault, after the same append again, and after another one.
fn check(scene: &Scene, before: &[u8], output: &Output, fault: &Fault) -> Result<After> {
    let after = fs::read(scene.log()).unwrap_or_default();
    ensure!(
        after.starts_with(before),
        "what was in the log is not there any more"
    );
    let seen = Seen::new(&after)?;
    let whole = seen.count("job_name", "job") == 1;
    let code = output.status.code();
    ensure!(matches!(code, None | Some(0 | 1)), "a strange exit status");
    ensure!(
        code != Some(0) || whole && output.stdout.ends_with(b"\n"),
        "exit 0, and no row or no id"
    );
    ensure!(
        output.stdout.is_empty() || whole,
        "an id is printed, and the row is not in the log"
    );
    ensure!(
        code != Some(1) || whole || after == before,
        "a failed write was not taken back"
    );
    let lost_sync =
        fault.call == "fdatasync" && fault.effect != "signal=KILL" && fault.effect != "error=EINTR";
    let says =
        String::from_utf8_lossy(&output.stderr).contains("written, but not known to be on disk");
    ensure!(
        !lost_sync || whole && says && code == Some(1),
        "a failed flush is not said"
    );

    let retried = scene.ok(&APPEND)?;
    ensure!(
        Seen::new(&scene.bytes()?)?.count("job_name", "job") == 1,
        "the retry left the row without its newline"
    );
    scene.ok(&["append", "--status", "crash", "--job-name", "next"])?;
    let last = Seen::new(&scene.bytes()?)?;
    numbers(&last.column("exp_id"))?;
    ensure!(
        last.tail == 0 && last.count("exp_id", retried.trim_end()) == 1,
        "the retry printed {retried}"
    );
    ensure!(
        last.count("job_name", "job") == 1 && last.count("job_name", "next") == 1,
        "not once after a retry"
    );
    Ok(if after == before {
        After::AsBefore
    } else if whole {
        After::Whole
    } else {
        After::Torn
    })
}

/// A disk that is full in the middle of a row, and refuses to shorten the file: said, and closed by the next append.
fn cannot_be_undone() -> Result<()> {
    let scene = scene(Start::Rows)?;
    let before = scene.bytes()?;
    let room = format!("--fsize={}", before.len() + 50);
    let wrapper = [
        "prlimit",
        &room,
        "strace",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "inject=ftruncate:error=EPERM",
    ];
    let output = run_within(scene.under(&wrapper, &APPEND), LIMIT)?;
    let after = scene.bytes()?;
    let torn = after.len() == before.len() + 50 && after.starts_with(&before);
    ensure!(
        said(&output).contains("cannot undo it") && torn,
        "{}",
        said(&output)
    );
    scene.ok(&APPEND)?;
    ensure!(
        Seen::new(&scene.bytes()?)?.count("job_name", "job") == 1,
        "the retry is not in the log"
    );
    Ok(())
}

fn scene(start: Start) -> Result<Scene> {
    let scene = Scene::new()?;
    let header = scene.bytes()?;
    scene.ok(&[
        "append",
        "--status",
        "auto",
        "--metric",
        "3",
        "--notes",
        "say \"x\"",
    ])?;
    scene.ok(&[
        "append",
        "--status",
        "discard",
        "--metric",
        "4",
        "--job-name",
        "other",
    ])?;
    let rows = scene.bytes()?;
    match start {
        Start::Rows => {}
        Start::NoLog => fs::remove_file(scene.log())?,
        Start::TornHeader => fs::write(scene.log(), &header[..header.len() / 2])?,
        Start::TornRow => fs::write(scene.log(), &rows[..rows.len() - 20])?,
        Start::NoNewline => {
            scene.ok(&APPEND)?;
            let rows = scene.bytes()?;
            fs::write(scene.log(), &rows[..rows.len() - 1])?;
        }
    }
    Ok(scene)
}

/// An append under `strace`: what came of it, and the calls.
fn append(scene: &Scene, flags: &[&str]) -> Result<(Output, String)> {
    let wrapper = [&["prlimit", SPIN, "strace", "-f", "-o", "trace"], flags].concat();
    let output = run_within(scene.under(&wrapper, &APPEND), LIMIT)?;
    Ok((
        output,
        fs::read_to_string(scene.path("trace")).context("strace wrote nothing")?,
    ))
}
