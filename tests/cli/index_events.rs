//! A store with an index, what may happen to it, and the comparison with the same store without an index.

use std::{
    fs::{self, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use proptest::prelude::*;

use crate::sandbox::Sandbox;

const SPECIALISTS: [&str; 3] = ["opt", "tok", ""];
const STATUSES: [&str; 7] = [
    "keep",
    "discard",
    "crash",
    "size_blocked",
    "harness_abort",
    "keep",
    "discard",
];

pub(crate) fn index(sandbox: &Sandbox) -> PathBuf {
    sandbox.path(".lineage/results.idx")
}

/// A store whose log is long enough for an index. If `odd`, some trials name a missing parent, some ids occur twice, some
/// are not numbers, and some rows are damaged.
pub(crate) fn long_store(odd: bool) -> Sandbox {
    let sandbox = Sandbox::with_store();
    let mut log = sandbox.read_log();
    let notes = "all of it went as it was planned, and came to nothing; ".repeat(12);
    for n in 0..220_u32 {
        let id = match n {
            40 if odd => "7".to_owned(),
            50..55 if odd => format!("name{n}"),
            _ => n.to_string(),
        };
        let parent = match n {
            0 => String::new(),
            60 if odd => "9999".to_owned(),
            61 if odd => "230".to_owned(),
            _ => (n - 1 - n % 5 % n).to_string(),
        };
        let status = STATUSES[(n * 7 % 11 % 7) as usize];
        let score = 2.0 - f64::from(n) * 0.001 + f64::from(n % 7) * 0.002;
        let specialist = SPECIALISTS[(n % 3) as usize];
        log += &format!(
            "{id}\t2026-05-01T00:{:02}:00Z\t{specialist}\t{parent}\t{parent}\t{specialist}\thypothesis {n}\t-0.001\t{status}\t{score}\t{score}\t{:+}\t1\t60.{n}\t\t\t{notes}\n",
            n % 60,
            score - 1.9,
        );
        if odd && n % 70 == 3 {
            log += "torn\t1\n\nand \"an open\t\"quote\n";
        }
    }
    fs::write(sandbox.log(), log).unwrap();
    sandbox
}

/// What happens to a store.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Append {
        status: usize,
        score: u32,
        parent: Option<u32>,
        specialist: usize,
        id: Option<u32>,
        rows: usize,
    },
    /// Two trials, each only if the log has none of the same job.
    Once(u32, u32),
    /// Bytes after the last row, written by a program that does not know the index.
    External(Vec<u8>),
    /// One byte of the log or of the index is replaced.
    FlipLog(usize, u8),
    FlipIndex(usize, u8),
    /// Another score or status of the same length in the next row that has one.
    Edit(usize),
    CutLog(usize),
    CutIndex(usize),
    /// Another file with the same bytes.
    Replace,
    /// The files as they were at the beginning.
    Restore {
        log: bool,
        index: bool,
    },
    RemoveIndex,
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let append = (
        0..6_usize,
        0..400_u32,
        prop::option::of(0..230_u32),
        0..3_usize,
        prop::option::weighted(0.1, 215..300_u32),
        1..4_usize,
    );
    let append = append.prop_map(
        |(status, score, parent, specialist, id, rows)| Event::Append {
            status,
            score,
            parent,
            specialist,
            id,
            rows,
        },
    );
    let row = "(401\t\topt\t219\t\t\th\t\tkeep\t0.5\t0.5\t-0.1\t1\t1\t\t\tn\n|torn\t1|\n|x\n)";
    prop_oneof![
        8 => append,
        4 => (0..12_u32, 0..12_u32).prop_map(|(one, other)| Event::Once(one, other)),
        2 => row.prop_map(|row| Event::External(row.into_bytes())),
        1 => (0..200_000_usize, any::<u8>()).prop_map(|(at, byte)| Event::FlipLog(at, byte)),
        2 => (0..20_000_usize, any::<u8>()).prop_map(|(at, byte)| Event::FlipIndex(at, byte)),
        1 => (524_288..528_400_usize, any::<u8>()).prop_map(|(at, byte)| Event::FlipIndex(at, byte)),
        2 => (0..100_000_usize).prop_map(Event::Edit),
        1 => (150_000..200_000_usize).prop_map(Event::CutLog),
        1 => (0..526_000_usize).prop_map(Event::CutIndex),
        1 => Just(Event::Replace),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(log, index)| Event::Restore { log, index }),
        1 => Just(Event::RemoveIndex),
    ]
}

pub(crate) fn append_bytes(sandbox: &Sandbox, bytes: &[u8]) {
    OpenOptions::new()
        .append(true)
        .open(sandbox.log())
        .unwrap()
        .write_all(bytes)
        .unwrap();
}

pub(crate) fn overwrite(path: PathBuf, at: usize, change: impl FnOnce(u8) -> u8) {
    let Ok(mut file) = OpenOptions::new().read(true).write(true).open(path) else {
        return;
    };
    let mut byte = [0];
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    if file.read(&mut byte).unwrap() == 1 {
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(&[change(byte[0])]).unwrap();
    }
}

pub(crate) fn edit(sandbox: &Sandbox, from: usize) {
    let log = fs::read(sandbox.log()).unwrap();
    let (word, byte) = if from.is_multiple_of(2) {
        ("\tkeep\t", b'K')
    } else {
        ("\tkeep\t1", b'0')
    };
    let rest = log.get(from..).unwrap_or_default();
    if let Some(at) = memchr::memmem::find(rest, word.as_bytes()) {
        overwrite(
            sandbox.log(),
            from + at + if byte == b'K' { 1 } else { 6 },
            |_| byte,
        );
    }
}

pub(crate) fn cut(path: PathBuf, len: usize) {
    if let Ok(file) = OpenOptions::new().write(true).open(path) {
        file.set_len((len as u64).min(file.metadata().unwrap().len()))
            .unwrap();
    }
}

/// The files as they were at the beginning.
pub(crate) struct Before {
    pub(crate) log: Vec<u8>,
    pub(crate) index: Vec<u8>,
}

pub(crate) fn apply(event: &Event, sandbox: &Sandbox, before: &Before) {
    match event {
        Event::Append {
            status,
            score,
            parent,
            specialist,
            id,
            rows,
        } => {
            append(
                sandbox,
                &trials(
                    STATUSES[*status],
                    *score,
                    *parent,
                    SPECIALISTS[*specialist],
                    *id,
                    *rows,
                ),
            );
        }
        Event::Once(one, other) => append_once(sandbox, &[*one, *other]),
        Event::External(bytes) => append_bytes(sandbox, bytes),
        Event::FlipLog(at, byte) => overwrite(sandbox.log(), *at, |_| *byte),
        Event::FlipIndex(at, byte) => overwrite(index(sandbox), *at, |_| *byte),
        Event::Edit(at) => edit(sandbox, *at),
        Event::CutLog(len) => cut(sandbox.log(), *len),
        Event::CutIndex(len) => cut(index(sandbox), *len),
        Event::Replace => {
            fs::copy(sandbox.log(), sandbox.path("copy")).unwrap();
            fs::rename(sandbox.path("copy"), sandbox.log()).unwrap();
        }
        Event::Restore {
            log,
            index: has_index,
        } => {
            if *log {
                fs::write(sandbox.log(), &before.log).unwrap();
            }
            if *has_index {
                fs::write(index(sandbox), &before.index).unwrap();
            }
        }
        Event::RemoveIndex => {
            let _ = fs::remove_file(index(sandbox));
        }
    }
}

/// Trials as JSON lines.
pub(crate) fn trials(
    status: &str,
    score: u32,
    parent: Option<u32>,
    specialist: &str,
    id: Option<u32>,
    rows: usize,
) -> String {
    let trial = |n: usize| {
        let score = f64::from(score) * 0.01 - f64::from(u32::try_from(n).unwrap()) * 0.001;
        let parent = parent
            .map(|parent| format!(r#","parent":"{parent}""#))
            .unwrap_or_default();
        let id = id
            .map(|id| format!(r#","exp_id":"{}""#, id as usize + n))
            .unwrap_or_default();
        format!(
            r#"{{"status":"{status}","metric":{score},"specialist":"{specialist}","timestamp":"2026-05-02T00:00:00Z","total_s":"0.1"{parent}{id}}}"#
        ) + "\n"
    };
    (0..rows).map(trial).collect()
}

pub(crate) fn append_once(sandbox: &Sandbox, jobs: &[u32]) {
    let trial = |job: &u32| {
        format!(r#"{{"status":"crash","timestamp":"2026-05-02T00:00:00Z","job_name":"job-{job}"}}"#)
            + "\n"
    };
    append_with(
        sandbox,
        &["append", "--json", "--once"],
        &jobs.iter().map(trial).collect::<String>(),
    );
}

pub(crate) fn append(sandbox: &Sandbox, trials: &str) {
    append_with(sandbox, &["append", "--json"], trials);
}

/// Appends, and compares with the same append to a copy of the log without an index.
pub(crate) fn append_with(sandbox: &Sandbox, args: &[&str], trials: &str) {
    let twin = Sandbox::with_store();
    fs::copy(sandbox.log(), twin.log()).unwrap();
    let expected = twin.transcript_with_stdin(args, trials);
    let found = sandbox.transcript_with_stdin(args, trials);
    assert_eq!(found, expected, "{trials}");
    assert!(
        fs::read(sandbox.log()).unwrap() == fs::read(twin.log()).unwrap(),
        "{trials}"
    );
}

/// Compares every command that reads the log with and without the index. `diff` and `checkout` find a trial as `show` does.
pub(crate) fn compare(sandbox: &Sandbox, event: &Event) {
    let commands: [&[&str]; 15] = [
        &["best"],
        &["best", "--top", "30", "--format", "tsv"],
        &["stats", "--format", "json"],
        &["stats", "--by", "specialist"],
        &["chain"],
        &["chain", "219"],
        &["chain", "name52"],
        &["show", "7"],
        &["show", "221"],
        &["render", "--for", "opt"],
        &[
            "render",
            "--for",
            "opt",
            "--as-of",
            "200",
            "--direction",
            "maximize",
        ],
        &["tail", "-n", "3"],
        &["tree", "--status", "keep"],
        &["check"],
        &["export"],
    ];
    let away = sandbox.path("away");
    for args in commands {
        let with = sandbox.transcript(args);
        let is_there = fs::rename(index(sandbox), &away).is_ok();
        let without = sandbox.transcript(args);
        if is_there {
            fs::rename(&away, index(sandbox)).unwrap();
        }
        assert_eq!(with, without, "{args:?} after {event:?}");
    }
}
