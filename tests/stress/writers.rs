//! Sixteen processes append to one log at once, next to Python writers that take the same lock.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{
    Options, Outcome,
    harness::{is_installed, list_ids, run_parallel},
    raw_log::{RawLog, sorted_ids},
    sandbox::Sandbox,
};

const WRITERS: usize = 16;

/// A writer in another program, with ids of its own.
struct Peer {
    name: &'static str,
    id_prefix: &'static str,
    process: Child,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let each = options.pick(15, 500);
    let sandbox = Sandbox::with_store();
    let mut peers = start_peers(options.long, &sandbox.path(".lineage"), each);
    let printed = run_parallel(WRITERS, WRITERS, |writer| {
        append_all(&sandbox, writer, each)
    });
    for peer in &mut peers {
        assert!(peer.process.wait().unwrap().success(), "{}", peer.name);
    }
    check(&sandbox, &printed.concat(), &peers, each);
    let names: String = peers
        .iter()
        .map(|peer| format!(" + {} {each}", peer.name))
        .collect();
    Outcome::Passed(format!(
        "{WRITERS} x {each} appends{names}: every printed id is in the log once, ids without gaps, \
         no torn line, 1 header",
    ))
}

fn append_all(sandbox: &Sandbox, writer: usize, count: usize) -> Vec<String> {
    let specialist = format!("w{writer}");
    let append = |number: usize| {
        let score = (9000 - number).to_string();
        let notes = "n".repeat(number * 7 % 3000);
        let mut args = vec!["append", "--status", "auto", "--metric", &score];
        args.extend(["--specialist", &specialist, "--notes", &notes]);
        sandbox.ok(&args).trim_end().to_owned()
    };
    (0..count).map(append).collect()
}

fn check(sandbox: &Sandbox, printed: &[String], peers: &[Peer], each: usize) {
    let log = RawLog::parse(&fs::read(sandbox.log()).unwrap());
    assert_eq!(
        (log.damaged, log.torn_bytes),
        (0, 0),
        "damaged lines, torn bytes"
    );
    let expected: Vec<u64> = (0..(WRITERS * each) as u64).collect();
    let printed: Vec<&str> = printed.iter().map(String::as_str).collect();
    assert_eq!(sorted_ids(&printed), expected, "printed ids");
    assert_eq!(
        sorted_ids(&log.column("exp_id")),
        expected,
        "ids in the log"
    );
    for peer in peers {
        let ids = log.column("exp_id");
        let rows = ids
            .iter()
            .filter(|id| id.starts_with(peer.id_prefix))
            .count();
        assert_eq!(rows, each, "rows of {}", peer.name);
    }
    assert_eq!(
        list_ids(sandbox).len(),
        (WRITERS + peers.len()) * each,
        "rows that `tail` lists"
    );
}

fn start_peers(long: bool, store: &Path, count: usize) -> Vec<Peer> {
    let start = |name, id_prefix, python: &Path, script: &str| {
        let mut command = Command::new(python);
        command.arg(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/stress")
                .join(script),
        );
        let process = command.arg(store).arg(count.to_string()).spawn().unwrap();
        Peer {
            name,
            id_prefix,
            process,
        }
    };
    let mut peers = Vec::new();
    if is_installed("python3") {
        peers.push(start(
            "Python with flock",
            "py-",
            Path::new("python3"),
            "flock_writer.py",
        ));
    }
    if long && let Some(python) = install_fieldkit() {
        peers.push(start("fieldkit", "fk-", &python, "fieldkit_writer.py"));
    }
    peers
}

/// A Python with fieldkit, in a virtual environment below `target/`; `None` if it cannot be installed.
fn install_fieldkit() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_BIN_EXE_lineage"))
        .parent()?
        .parent()?;
    let venv = target.join("stress/venv");
    let python = venv.join("bin/python");
    let succeeds = |program: &Path, args: &[&str]| {
        let status = Command::new(program)
            .args(args)
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    let is_ready = || succeeds(&python, &["-c", "import fieldkit.lineage"]);
    if !is_ready() {
        succeeds(
            Path::new("python3"),
            &["-m", "venv", &venv.to_string_lossy()],
        );
        succeeds(
            &python,
            &[
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-cache-dir",
                "fieldkit",
            ],
        );
    }
    is_ready().then_some(python)
}
