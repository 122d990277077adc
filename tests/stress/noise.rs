//! Random files and badly damaged logs: every command ends by itself, in bounded time and memory.

use std::{fs, time::Duration};

use crate::{
    Options, Outcome,
    harness::{TIMEOUT, assert_exits_normally, count_cores, is_installed, run_parallel, run_under},
    random::Random,
    sandbox::Sandbox,
};

/// The address space of a command is limited to 512 MiB.
const MEMORY_LIMIT: [&str; 2] = ["prlimit", "--as=536870912"];

const APPEND: &[&str] = &[
    "append", "--status", "auto", "--metric", "1", "--notes", "after",
];

/// The append comes after the readers, because it closes a torn row.
pub(crate) const COMMANDS: [&[&str]; 9] = [
    &["show", "7"],
    &["best"],
    &["tail", "-n", "50"],
    &["chain"],
    &["tree"],
    &["stats"],
    &["render", "--for", "opt"],
    APPEND,
    &["check"],
];

#[rustfmt::skip]
const WORDS: [&[u8]; 24] = [
    b"\t", b"\t", b"\t", b"\n", b"\n", b"\r\n", b"\r", b"\"", b"\"\"", b"\0", b"\xff\xfe", b"\xe2\x80\xa8",
    b"\x1b[31m", b"keep", b"baseline", b"crash", b"7", b"exp_007", b"000", b"1.5", b"NaN", b"1e400", b" ", b"-0.001",
];

const HEADERS: [&[u8]; 5] = [
    b"exp_id\tparent_exp\tstatus\tcore_metric\tdelta_vs_best\tnotes\n",
    b"\xef\xbb\xbfexp_id\tstatus\tcore_metric\r\n",
    b"\"exp_id\"\t\"status\"\tval_bpb\tval_bpb\n",
    b"exp_id\tstatus\n",
    b"",
];

pub(crate) fn run(options: &Options) -> Outcome {
    let logs = options.pick(60, 3000);
    let sandbox = Sandbox::with_store();
    sandbox.ok(APPEND);
    for command in &COMMANDS[1..] {
        sandbox.ok(command); // so that only the log can be the reason for a failure below
    }
    let threads = count_cores();
    run_parallel(threads, threads, |thread| {
        let sandbox = Sandbox::with_store();
        for number in (thread..logs).step_by(threads) {
            let log = random_log(&mut Random::new(options.seed, number));
            fs::write(sandbox.log(), log).unwrap();
            run_all_commands(&sandbox, TIMEOUT, &format!("log {number}"));
        }
    });
    Outcome::Passed(format!(
        "{logs} random logs (seed {}), {} commands each: exit 0, 1 or 2, none over {} s{}",
        options.seed,
        COMMANDS.len(),
        TIMEOUT.as_secs(),
        if memory_limit().is_empty() {
            ""
        } else {
            " or 512 MiB"
        },
    ))
}

fn memory_limit() -> &'static [&'static str] {
    if is_installed("prlimit") {
        &MEMORY_LIMIT
    } else {
        &[]
    }
}

pub(crate) fn run_all_commands(sandbox: &Sandbox, timeout: Duration, context: &str) {
    for command in COMMANDS {
        let output = run_under(sandbox, memory_limit(), command, timeout);
        assert_exits_normally(&output, &format!("{context}: {command:?}"));
    }
}

/// A header, maybe a bad one, then either random bytes or random cells, quotes and line ends.
fn random_log(random: &mut Random) -> Vec<u8> {
    let mut log = random.pick(&HEADERS).to_vec();
    let length = random.size(1, 60_000);
    let is_binary = random.below(4) == 0;
    while log.len() < length {
        if is_binary {
            log.push(random.byte());
        } else if random.below(8) == 0 {
            log.extend(random_row(random));
        } else {
            log.extend_from_slice(random.pick(&WORDS));
        }
    }
    log
}

/// A valid row for the first header; trials may be parents of each other.
fn random_row(random: &mut Random) -> Vec<u8> {
    let (id, parent) = (random.below(50), random.below(50));
    let status = random.pick(&[
        "keep",
        "baseline",
        "discard",
        "crash",
        "size_blocked",
        "odd",
    ]);
    let row = format!("\n{id:03}\t{parent:03}\t{status}\t1.{id}\t-0.{parent}\t\"say \"\"x\"\"\"\n");
    row.into_bytes()
}
