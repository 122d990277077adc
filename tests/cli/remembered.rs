//! What is remembered beside the log changes no answer: not when it is missing, damaged, old or another log's, nor whatever
//! happens to the log itself.

use std::{
    fs::{self, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use proptest::{prelude::*, test_runner::Config};

use crate::sandbox::Sandbox;

const SPECIALISTS: [&str; 3] = ["opt", "tok", ""];
const STATUSES: [&str; 7] = ["keep", "discard", "crash", "size_blocked", "harness_abort", "keep", "discard"];

fn index(sandbox: &Sandbox) -> PathBuf {
    sandbox.path(".lineage/results.idx")
}

/// A store whose log is long enough to be worth remembering. Some trials name a parent that never was, some ids stand twice,
/// some are no numbers, some rows are damaged.
fn long_store(odd: bool) -> Sandbox {
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
enum Event {
    Append {
        status: usize,
        score: u32,
        parent: Option<u32>,
        specialist: usize,
        id: Option<u32>,
        rows: usize,
    },
    /// Two trials, each unless the log has one of its job.
    Once(u32, u32),
    /// Bytes behind the last row, by a writer that knows nothing of what is remembered.
    Foreign(Vec<u8>),
    /// Another byte in the place of one, of the log or of the index.
    FlipLog(usize, u8),
    FlipIndex(usize, u8),
    /// Another score or status of the same length in the next row that has one.
    Edit(usize),
    CutLog(usize),
    CutIndex(usize),
    /// Another file with the same bytes.
    Replace,
    /// What was there at the beginning.
    Restore {
        log: bool,
        index: bool,
    },
    RemoveIndex,
}

fn event() -> impl Strategy<Value = Event> {
    let append = (
        0..6_usize,
        0..400_u32,
        prop::option::of(0..230_u32),
        0..3_usize,
        prop::option::weighted(0.1, 215..300_u32),
        1..4_usize,
    );
    let append = append.prop_map(|(status, score, parent, specialist, id, rows)| Event::Append {
        status,
        score,
        parent,
        specialist,
        id,
        rows,
    });
    let row = "(401\t\topt\t219\t\t\th\t\tkeep\t0.5\t0.5\t-0.1\t1\t1\t\t\tn\n|torn\t1|\n|x\n)";
    prop_oneof![
        8 => append,
        4 => (0..12_u32, 0..12_u32).prop_map(|(one, other)| Event::Once(one, other)),
        2 => row.prop_map(|row| Event::Foreign(row.into_bytes())),
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

fn happen_to_write(sandbox: &Sandbox, bytes: &[u8]) {
    OpenOptions::new().append(true).open(sandbox.log()).unwrap().write_all(bytes).unwrap();
}

fn overwrite(path: PathBuf, at: usize, change: impl FnOnce(u8) -> u8) {
    let Ok(mut file) = OpenOptions::new().read(true).write(true).open(path) else { return };
    let mut byte = [0];
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    if file.read(&mut byte).unwrap() == 1 {
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(&[change(byte[0])]).unwrap();
    }
}

fn edit(sandbox: &Sandbox, from: usize) {
    let log = fs::read(sandbox.log()).unwrap();
    let (word, byte) = if from.is_multiple_of(2) { ("\tkeep\t", b'K') } else { ("\tkeep\t1", b'0') };
    let rest = log.get(from..).unwrap_or_default();
    if let Some(at) = memchr::memmem::find(rest, word.as_bytes()) {
        overwrite(sandbox.log(), from + at + if byte == b'K' { 1 } else { 6 }, |_| byte);
    }
}

fn cut(path: PathBuf, len: usize) {
    if let Ok(file) = OpenOptions::new().write(true).open(path) {
        file.set_len((len as u64).min(file.metadata().unwrap().len())).unwrap();
    }
}

/// The files as they were at the beginning.
struct Before {
    log: Vec<u8>,
    index: Vec<u8>,
}

fn happen(event: &Event, sandbox: &Sandbox, before: &Before) {
    match event {
        Event::Append { status, score, parent, specialist, id, rows } => {
            append(sandbox, &trials(STATUSES[*status], *score, *parent, SPECIALISTS[*specialist], *id, *rows));
        }
        Event::Once(one, other) => once(sandbox, &[*one, *other]),
        Event::Foreign(bytes) => happen_to_write(sandbox, bytes),
        Event::FlipLog(at, byte) => overwrite(sandbox.log(), *at, |_| *byte),
        Event::FlipIndex(at, byte) => overwrite(index(sandbox), *at, |_| *byte),
        Event::Edit(at) => edit(sandbox, *at),
        Event::CutLog(len) => cut(sandbox.log(), *len),
        Event::CutIndex(len) => cut(index(sandbox), *len),
        Event::Replace => {
            fs::copy(sandbox.log(), sandbox.path("copy")).unwrap();
            fs::rename(sandbox.path("copy"), sandbox.log()).unwrap();
        }
        Event::Restore { log, index: also } => {
            if *log {
                fs::write(sandbox.log(), &before.log).unwrap();
            }
            if *also {
                fs::write(index(sandbox), &before.index).unwrap();
            }
        }
        Event::RemoveIndex => {
            let _ = fs::remove_file(index(sandbox));
        }
    }
}

/// Trials as JSON lines.
fn trials(status: &str, score: u32, parent: Option<u32>, specialist: &str, id: Option<u32>, rows: usize) -> String {
    let trial = |n: usize| {
        let score = f64::from(score) * 0.01 - f64::from(u32::try_from(n).unwrap()) * 0.001;
        let parent = parent.map(|parent| format!(r#","parent":"{parent}""#)).unwrap_or_default();
        let id = id.map(|id| format!(r#","exp_id":"{}""#, id as usize + n)).unwrap_or_default();
        format!(
            r#"{{"status":"{status}","metric":{score},"specialist":"{specialist}","timestamp":"2026-05-02T00:00:00Z","total_s":"0.1"{parent}{id}}}"#
        ) + "\n"
    };
    (0..rows).map(trial).collect()
}

fn once(sandbox: &Sandbox, jobs: &[u32]) {
    let trial =
        |job: &u32| format!(r#"{{"status":"crash","timestamp":"2026-05-02T00:00:00Z","job_name":"job-{job}"}}"#) + "\n";
    append_with(sandbox, &["append", "--json", "--once"], &jobs.iter().map(trial).collect::<String>());
}

fn append(sandbox: &Sandbox, trials: &str) {
    append_with(sandbox, &["append", "--json"], trials);
}

/// Appends, and compares with the same append to a copy of the log of which nothing is remembered.
fn append_with(sandbox: &Sandbox, args: &[&str], trials: &str) {
    let twin = Sandbox::with_store();
    fs::copy(sandbox.log(), twin.log()).unwrap();
    let expected = twin.transcript_with_stdin(args, trials);
    let found = sandbox.transcript_with_stdin(args, trials);
    assert_eq!(found, expected, "{trials}");
    assert!(fs::read(sandbox.log()).unwrap() == fs::read(twin.log()).unwrap(), "{trials}");
}

/// Every command, with what is remembered and without.
fn compare(sandbox: &Sandbox, event: &Event) {
    let commands: [&[&str]; 12] = [
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
        &["render", "--for", "opt", "--as-of", "200", "--direction", "maximize"],
        &["tail", "-n", "3"],
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

proptest! {
    #![proptest_config(Config { cases: 12, failure_persistence: None, ..Config::default() })]
    #[test]
    fn nothing_that_is_remembered_changes_an_answer(odd: bool, events in prop::collection::vec(event(), 1..9)) {
        let sandbox = long_store(odd);
        append(&sandbox, &trials("discard", 300, None, "opt", None, 1));
        let before = Before { log: fs::read(sandbox.log()).unwrap(), index: fs::read(index(&sandbox)).unwrap() };
        for event in events {
            happen(&event, &sandbox, &before);
            compare(&sandbox, &event);
        }
    }
}

#[test]
fn an_edit_that_leaves_the_length_as_it_was_is_noticed() {
    let sandbox = long_store(false);
    append(&sandbox, &trials("discard", 300, None, "opt", None, 1));
    for from in [1001, 60_001, 0] {
        edit(&sandbox, from);
        compare(&sandbox, &Event::Edit(from));
        append(&sandbox, &trials("discard", 300, None, "opt", None, 1));
        compare(&sandbox, &Event::Edit(from));
    }
}

#[test]
fn a_job_is_known_whoever_wrote_it_and_whatever_became_of_what_is_remembered() {
    for odd in [false, true] {
        let sandbox = long_store(odd);
        once(&sandbox, &[1]);
        for step in 0..6_usize {
            once(&sandbox, &[2, 1]);
            match step {
                0 => overwrite(index(&sandbox), 524_288 + 220 * 16 + 9, |byte| !byte),
                1 => cut(index(&sandbox), 524_288 + 100 * 16),
                2 => happen_to_write(&sandbox, b"500\t\t\t\t\t\t\t\tcrash\t\t\t\t\t\tjob-30\t\tn\n"),
                3 => happen_to_write(&sandbox, b"name\t\t\t\t\t\t\t\tcrash\t\t\t\t\t\tjob-31\t\tn\n"),
                _ => {}
            }
            once(&sandbox, &[7, 8, u32::try_from(step).unwrap() + 20]);
            once(&sandbox, &[30, 31][..step.saturating_sub(1).min(2)]);
        }
        let jobs = sandbox.rows().into_iter().filter(|row| row.len() == 17 && row[14].starts_with("job-")).count();
        assert_eq!(jobs, 12, "1, 2, 7, 8, six of their own, and 30 and 31 from elsewhere");
    }
}

#[test]
fn a_short_log_has_nothing_beside_it_and_a_log_read_in_place_never() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "crash"]);
    assert!(!index(&sandbox).exists());
    let long = long_store(false);
    let bare = long.path("bare.tsv");
    fs::copy(long.log(), &bare).unwrap();
    long.ok(&["append", "--status", "crash", "--store", &bare.to_string_lossy()]);
    assert!(!long.path("bare.idx").exists());
    assert!(!index(&long).exists());
}

#[test]
fn a_new_best_has_the_chain_and_the_children_that_a_scan_finds() {
    let sandbox = long_store(false);
    let event = Event::Replace;
    for (status, score, parent) in [
        ("keep", 90, None),
        ("discard", 300, None),
        ("crash", 0, None),
        ("keep", 80, Some(17)),
        ("keep", 70, Some(225)),
        ("crash", 0, None),
    ] {
        append(&sandbox, &trials(status, score, parent, "tok", None, 2));
        compare(&sandbox, &event);
    }
}

#[test]
fn a_parent_that_comes_at_last_completes_the_chain_of_the_best() {
    let sandbox = long_store(false);
    let log =
        sandbox.read_log().replace("\n17\t2026-05-01T00:17:00Z\topt\t", "\n17\t2026-05-01T00:17:00Z\topt\t221 was ");
    let best = "300\t\topt\t222\t\t\th\t\tkeep\t0.1\t0.1\t\t1\t1\t\t\tn\n";
    fs::write(sandbox.log(), log.replacen("\n200\t", &format!("\n{best}200\t"), 1)).unwrap();
    for id in [220, 221, 222, 223] {
        append(&sandbox, &trials("discard", 300, Some(5), "opt", Some(id), 1));
        compare(&sandbox, &Event::Replace);
    }
    assert!(sandbox.ok(&["chain", "--field", "exp_id"]).ends_with("005\n222\n300\n"));
}

#[test]
fn what_is_no_index_stays_and_nothing_is_left_behind() {
    let sandbox = long_store(false);
    for mine in [true, false] {
        if mine {
            fs::write(index(&sandbox), "mine").unwrap();
        } else {
            fs::remove_file(index(&sandbox)).unwrap();
            fs::create_dir(index(&sandbox)).unwrap();
        }
        append(&sandbox, &trials("keep", 90, None, "tok", None, 2));
        assert!(if mine { fs::read(index(&sandbox)).unwrap() == b"mine" } else { index(&sandbox).is_dir() });
        assert!(!sandbox.path(".lineage/results.idx-new").exists());
        assert!(sandbox.ok(&["best", "--field", "metric"]).starts_with("0.89"));
    }
}

#[cfg(unix)]
#[test]
fn an_index_is_as_private_as_its_log_and_no_larger_than_it() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let sandbox = long_store(false);
    fs::set_permissions(sandbox.log(), fs::Permissions::from_mode(0o600)).unwrap();
    append(&sandbox, &trials("crash", 0, None, "opt", Some(20_250_101), 1));
    let (log, kept) = (fs::metadata(sandbox.log()).unwrap(), fs::metadata(index(&sandbox)).unwrap());
    assert_eq!(kept.mode() & 0o777, 0o600);
    assert!(kept.blocks() <= log.blocks(), "{} blocks", kept.blocks());
    compare(&sandbox, &Event::Replace);
}

/// Somebody who takes no lock writes while an append is between two of its steps.
#[cfg(target_os = "linux")]
#[test]
fn a_row_that_comes_between_the_steps_of_an_append_is_seen() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        crate::sandbox::skipped("no strace");
        return;
    }
    let sandbox = long_store(false);
    append(&sandbox, &trials("discard", 300, None, "opt", None, 1));
    let steps = (3..11).map(|step| format!("pread64:delay_exit=60000:when={step}"));
    for (n, step) in steps.chain(["write:delay_enter=60000:when=1".to_owned()]).enumerate() {
        let mut traced = Command::new("strace")
            .args(["-f", "-o", "/dev/null", "-e", &format!("inject={step}")])
            .arg(assert_cmd::cargo::cargo_bin!("lineage"))
            .args(["append", "--status", "discard", "--metric", "1.9", "--store"])
            .arg(sandbox.path(".lineage"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(35));
        let row = format!("{}\t\topt\t0\t\t\th\t\tkeep\t0.{}\t\t\t1\t1\t\t\tn\n", 900 + n, 90 - n);
        happen_to_write(&sandbox, row.as_bytes());
        traced.wait().unwrap();
        compare(&sandbox, &Event::Foreign(row.into_bytes()));
    }
}

#[test]
fn writers_killed_at_any_instant_leave_nothing_that_is_believed_and_wrong() {
    let sandbox = long_store(false);
    let mut micros = 300;
    for round in 0..60 {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("lineage"))
            .args(["append", "--status", "keep", "--metric", &format!("{}", 1.0 - f64::from(round) * 0.001)])
            .args(["--lock-timeout", "5", "--notes", &"killed ".repeat(700), "--store"])
            .arg(sandbox.path(".lineage"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(micros));
        let _ = child.kill();
        child.wait().unwrap();
        micros = if micros > 12_000 { 300 } else { micros + 217 };
        let event = Event::Replace;
        if round % 6 == 5 {
            compare(&sandbox, &event);
        }
    }
    append(&sandbox, &trials("keep", 1, None, "tok", None, 1));
    compare(&sandbox, &Event::RemoveIndex);
}
