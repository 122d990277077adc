//! Changes one byte of a log: no command panics or hangs, and only the row with that byte can be lost,
//! or two rows if the byte was a newline.

use std::fs;

use crate::{
    Options, Outcome,
    harness::{
        TIMEOUT, assert_exits_normally, count_cores, list_ids, run as run_command, run_parallel,
    },
    random::Random,
    sandbox::Sandbox,
};

const ROWS: usize = 30;
const COMMANDS: [&[&str]; 9] = [
    &["best"],
    &["tail"],
    &["chain"],
    &["tree"],
    &["stats"],
    &["render", "--for", "opt"],
    &["show", "004"],
    &["tree", "--format", "jsonl", "-q"],
    &["check"],
];

pub(crate) fn run(options: &Options) -> Outcome {
    let flips = options.pick(150, 10_000);
    let original = write_log(options.seed);
    for command in COMMANDS {
        original.ok(command);
    }
    let bytes = fs::read(original.log()).unwrap();
    let ids = list_ids(&original);
    let threads = count_cores();
    let lost = run_parallel(threads, threads, |thread| {
        let sandbox = Sandbox::with_store();
        let numbers = (thread..flips).step_by(threads);
        let check = |number| {
            check_flip(
                &sandbox,
                &mut Random::new(options.seed, number),
                &bytes,
                &ids,
            )
        };
        numbers.map(check).sum::<usize>()
    });
    Outcome::Passed(format!(
        "{flips} bytes changed in a log of {} (seed {}), {} commands each: no panic, none over {} s, \
         {} rows became unreadable, each of them changed",
        bytes.len(),
        options.seed,
        COMMANDS.len() + 1,
        TIMEOUT.as_secs(),
        lost.iter().sum::<usize>(),
    ))
}

/// A log with all kinds of quotes, in which trials have parents.
fn write_log(seed: u64) -> Sandbox {
    let texts = [
        "plain",
        "say \"x\"",
        "\"quoted\"",
        "\"",
        "Grüße 世界",
        "a\tb\nc",
        "C:\\new",
        "",
    ];
    let sandbox = Sandbox::with_store();
    let mut random = Random::new(seed, usize::MAX);
    for number in 0..ROWS {
        let parent = random.below(number.max(1)).to_string();
        let score = format!("3.0{:03}", random.below(1000));
        let mut args = vec!["append", "--status", "auto", "--metric", &score];
        args.extend([
            "--hypothesis",
            random.pick(&texts),
            "--notes",
            random.pick(&texts),
        ]);
        args.extend(["--specialist", random.pick(&["opt", "arch", "data"])]);
        args.extend(["--timestamp", "2026-03-01T00:00:00Z"]);
        if number > 0 {
            args.extend(["--parent", &parent]);
        }
        sandbox.ok(&args);
    }
    sandbox
}

/// Changes one bit or one byte, and returns how many rows were lost.
fn check_flip(sandbox: &Sandbox, random: &mut Random, bytes: &[u8], ids: &[String]) -> usize {
    let offset = random.below(bytes.len());
    let is_bit = random.below(2) == 0;
    let mask = if is_bit {
        1 << random.below(8)
    } else {
        random.byte().max(1)
    };
    let mut flipped = bytes.to_vec();
    flipped[offset] ^= mask;
    let context = format!("byte {offset} changed to {:#04x}", flipped[offset]);
    fs::write(sandbox.log(), &flipped).unwrap();
    for command in COMMANDS {
        let output = run_command(sandbox.lineage(command), TIMEOUT);
        assert_exits_normally(&output, &format!("{context}: {command:?}"));
    }
    let line = memchr::memchr_iter(b'\n', &bytes[..offset]).count();
    if line == 0 {
        return 0; // a log with a damaged header may be refused
    }
    let may_be_lost = if bytes[offset] == b'\n' {
        line - 1..line + 1
    } else {
        line - 1..line
    };
    let found = list_ids(sandbox);
    for (row, id) in ids.iter().enumerate() {
        assert!(
            may_be_lost.contains(&row) || found.contains(id),
            "{context}: row {id} is lost"
        );
    }
    ids.len().saturating_sub(found.len())
}
