//! Several `check --repair` at once, into the same and into different files beside each other: no copy has rows of
//! another store, and no file of others is changed.

use std::fs;

use crate::{
    Options, Outcome,
    harness::{TIMEOUT, assert_exits_normally, run as run_command, run_parallel},
    sandbox::Sandbox,
};

const AT_ONCE: usize = 6;

pub(crate) fn run(options: &Options) -> Outcome {
    let rounds = options.pick(5, 200);
    let sandbox = Sandbox::with_store();
    for store in 0..AT_ONCE {
        let rows: String = (0..200)
            .map(|n| format!("{n}\tcrash\tof store {store} \"\n"))
            .collect();
        let blank = "\n".repeat(store);
        sandbox.write(
            &format!("s{store}.tsv"),
            format!("exp_id\tstatus\tnotes\n{blank}{rows}"),
        );
    }
    sandbox.write("mine.tsv", "mine");
    let mut copies = 0;
    for _ in 0..rounds {
        let repair = |job: usize| {
            let (store, out) = (
                job / 2,
                if job.is_multiple_of(2) {
                    "same.tsv"
                } else {
                    "mine.tsv"
                },
            );
            let (log, own) = (format!("s{store}.tsv"), format!("copy{store}.tsv"));
            for out in [out, &own] {
                let args = ["--store", &log, "check", "--repair", out, "-q"];
                let output = run_command(sandbox.lineage(&args), TIMEOUT);
                assert_exits_normally(&output, out);
            }
        };
        run_parallel(2 * AT_ONCE, 2 * AT_ONCE, repair);
        for store in 0..AT_ONCE {
            check_copy(&sandbox, &format!("copy{store}.tsv"));
        }
        check_copy(&sandbox, "same.tsv");
        copies += AT_ONCE + 1;
        assert_eq!(sandbox.read("mine.tsv"), "mine");
    }
    Outcome::Passed(format!(
        "{copies} copies of {AT_ONCE} logs by {} processes at once: each has all rows of one log",
        2 * AT_ONCE
    ))
}

fn check_copy(sandbox: &Sandbox, name: &str) {
    let copy = sandbox.read(name);
    let first = copy.lines().nth(1).unwrap();
    let (_, store) = first.split_once("of store ").unwrap();
    assert_eq!(
        copy.matches(&format!("of store {store}")).count(),
        200,
        "{name}"
    );
    assert_eq!(copy.lines().count(), 201, "{name}");
    fs::remove_file(sandbox.path(name)).unwrap();
}
