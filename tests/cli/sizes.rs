//! Time and memory grow with the input and with what is shown, not with their product.

use std::{
    fs,
    io::Write,
    time::{Duration, Instant},
};

use crate::sandbox::Sandbox;

/// The shortest of three runs.
fn time(sandbox: &Sandbox, args: &[&str]) -> Duration {
    let run = || {
        let started = Instant::now();
        sandbox.ok(args);
        started.elapsed()
    };
    (0..3).map(|_| run()).min().unwrap()
}

/// Four times the input may take at most eight times as long, besides the start of the process.
fn assert_linear(name: &str, write: impl Fn(usize) -> String, sizes: [usize; 2], args: &[&str]) {
    let sandbox = Sandbox::new();
    let [small, large] = sizes.map(|size| {
        sandbox.write(name, write(size));
        time(&sandbox, args)
    });
    assert!(
        large < small * 8 + Duration::from_millis(200),
        "{name}: {small:?}, {large:?}"
    );
}

#[test]
fn stray_quotes_in_a_wide_log_take_linear_time() {
    let wide: String = (0..1500).map(|n| format!("\tc{n}")).collect();
    let write = |lines| {
        format!(
            "exp_id\tstatus\tcore_metric{wide}\n{}",
            "b\"\t\"c\n".repeat(lines)
        )
    };
    assert_linear(
        "w.tsv",
        write,
        [2500, 10_000],
        &["--store", "w.tsv", "best", "-q"],
    );
}

#[test]
fn plain_lines_below_open_quotes_take_linear_time() {
    let lines = "a\tkeep\t\"x\n".to_owned() + &"plain\n".repeat(20);
    let write = |size| format!("exp_id\tstatus\tcore_metric\tnotes\n{}", lines.repeat(size));
    assert_linear(
        "q.tsv",
        write,
        [500, 2000],
        &["--store", "q.tsv", "best", "-q"],
    );
}

#[test]
fn many_fields_in_a_line_of_json_take_linear_time() {
    let write = |fields| {
        let fields: String = (0..fields)
            .map(|n| format!(",\"metrics_{n}\":{n}.5"))
            .collect();
        let run = |id, loss| {
            format!("{{\"run\":{id},\"val_loss\":{loss},\"status\":\"keep\"{fields}}}\n")
        };
        run(1, 3) + &run(2, 2)
    };
    assert_linear(
        "f.jsonl",
        write,
        [1000, 4000],
        &["--store", "f.jsonl", "best", "-q"],
    );
}

#[test]
fn many_columns_of_an_external_log_take_linear_time() {
    let write = |columns| {
        let names: String = (0..columns).map(|n| format!(",config_{n}")).collect();
        let cells: String = (0..columns).map(|n| format!(",{n}.5")).collect();
        format!(
            "run,val_loss,status{names}\n1,3,keep{cells}\n2,2,keep{cells}\n3,4,discard{cells}\n"
        )
    };
    assert_linear(
        "c.csv",
        write,
        [1000, 4000],
        &["--store", "c.csv", "best", "-q"],
    );
}

#[test]
fn long_cells_in_json_take_linear_time() {
    let write = |size| {
        format!(
            "{{\"status\":\"crash\",\"notes\":\"{}\"}}",
            "\\u00e9\\\"".repeat(size)
        )
    };
    let sandbox = Sandbox::with_store();
    let [small, large] = [20_000, 80_000].map(|size| {
        let started = Instant::now();
        let shown = sandbox.transcript_with_stdin(&["append", "--json", "-q"], write(size));
        assert!(shown.ends_with("= 0\n"));
        started.elapsed()
    });
    assert!(
        large < small * 8 + Duration::from_millis(200),
        "{small:?}, {large:?}"
    );
}

#[test]
fn render_holds_only_what_it_shows() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline", "--metric", "1"]);
    let row = |n: usize| {
        let notes = format!("start{n} {} Error: end{n}", "x".repeat(4_000_000));
        format!("{n:03}\t2026-03-01T00:00:00Z\ts\t000\t000\ts\th\t\tcrash\t\t\t\t\t\t\t\t{notes}\n")
    };
    let mut log = fs::OpenOptions::new()
        .append(true)
        .open(sandbox.log())
        .unwrap();
    for n in 1..40 {
        log.write_all(row(n).as_bytes()).unwrap();
    }
    // A limit, since the memory used by a child counts that of this process before it started.
    let program = env!("CARGO_BIN_EXE_lineage");
    let script = format!("ulimit -d 80000 && exec {program} render --for s -q");
    let output = sandbox
        .command("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    let prompt = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(prompt.contains("as of trial 039"), "{prompt}");
}
