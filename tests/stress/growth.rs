//! Inputs of growing size in the shapes that have been slow: four times the input takes no more than eight times as long.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use crate::{Options, Outcome, harness::run as run_command, sandbox::Sandbox};

/// A log of `size` somethings.
type Shape = (&'static str, fn(usize) -> String, usize);

const SHAPES: [Shape; 6] = [
    ("quotes.tsv", stray_quotes, 1250),
    ("open.tsv", open_quotes, 500),
    ("wide.csv", wide_csv, 400),
    ("fields.jsonl", many_fields, 1250),
    ("chain.tsv", chain, 5000),
    ("twice.tsv", repeated_ids, 5000),
];

pub(crate) fn run(options: &Options) -> Outcome {
    let sandbox = Sandbox::with_store();
    let mut figures = Vec::new();
    for (name, make, size) in SHAPES {
        let [small, large] = [size, 4 * size].map(|size| {
            sandbox.write(name, make(size * options.pick(1, 16)));
            let started = Instant::now();
            for command in ["best", "tree", "stats", "check"] {
                run_command(
                    sandbox.lineage(&["--store", name, command, "-q"]),
                    Duration::from_mins(1),
                );
            }
            started.elapsed()
        });
        assert!(
            large < small * 8 + Duration::from_millis(500),
            "{name}: {small:?}, four times as large {large:?}"
        );
        figures.push(format!(
            "{name} {:.1}",
            large.as_secs_f64() / small.as_secs_f64()
        ));
    }
    Outcome::Passed(format!(
        "four times the input takes so many times as long: {}",
        figures.join(", ")
    ))
}

fn stray_quotes(size: usize) -> String {
    let names: String = (0..1500).map(|n| format!("\tc{n}")).collect();
    format!(
        "exp_id\tstatus\tcore_metric{names}\n{}",
        "b\"\t\"c\n".repeat(size)
    )
}

fn open_quotes(size: usize) -> String {
    let lines = "a\tkeep\t\"x\n".to_owned() + &"plain\n".repeat(20);
    format!("exp_id\tstatus\tcore_metric\tnotes\n{}", lines.repeat(size))
}

fn wide_csv(size: usize) -> String {
    let names: Vec<String> = (0..size).map(|n| format!("c{n}")).collect();
    let row = "1,".repeat(size - 1) + "1\n";
    format!("iteration,val_loss,{}\n1,2,{row}2,1,{row}", names.join(","))
}

fn many_fields(size: usize) -> String {
    let fields: String = (0..size).map(|n| format!(",\"k{n}\":{n}")).collect();
    format!("{{\"status\":\"keep\",\"val_loss\":1.0{fields}}}\n")
}

fn chain(size: usize) -> String {
    let mut log = "exp_id\tstatus\tcore_metric\tparent_exp\n0\tbaseline\t1e9\t\n".to_owned();
    for n in 1..size {
        let _ = writeln!(log, "{n}\tkeep\t{}\t{}", size - n, n - 1);
    }
    log
}

fn repeated_ids(size: usize) -> String {
    let row = "7\tkeep\t1\t7\n8\tkeep\t1\t7\n";
    format!(
        "exp_id\tstatus\tcore_metric\tparent_exp\n{}",
        row.repeat(size / 2)
    )
}
