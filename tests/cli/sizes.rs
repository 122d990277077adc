//! Time and memory grow with the input and with what is shown, not with their product.

use std::{
    fs,
    io::Write,
    time::{Duration, Instant},
};

use crate::sandbox::Sandbox;

/// The shortest of three runs.
fn time(run: impl Fn()) -> Duration {
    let run = || {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    (0..3).map(|_| run()).min().unwrap()
}

/// Four times the input may take at most eight times as long, besides the start of the process.
fn assert_linear(name: &str, write: impl Fn(usize) -> String, sizes: [usize; 2], args: &[&str]) {
    assert_linear_in(&Sandbox::new(), name, write, sizes, args);
}

fn assert_linear_in(
    sandbox: &Sandbox,
    name: &str,
    write: impl Fn(usize) -> String,
    sizes: [usize; 2],
    args: &[&str],
) {
    let [small, large] = sizes.map(|size| {
        sandbox.write(name, write(size));
        time(|| {
            let shown = sandbox.transcript_with_stdin(args, sandbox.read(name));
            assert!(!shown.ends_with("= 1\n"), "{shown}");
        })
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
fn a_list_of_objects_in_one_line_takes_linear_time() {
    let write = |runs| {
        let run = |id| format!("{{\"run\":{id},\"val_loss\":{id}.5,\"status\":\"keep\"}}");
        let runs: Vec<String> = (0..runs).map(run).collect();
        format!("[{}]", runs.join(", "))
    };
    let best = ["--store", "l.json", "best", "-q"];
    assert_linear("l.json", write, [5000, 20_000], &best);
}

#[test]
fn many_unknown_statuses_are_counted_in_linear_time() {
    let write = |rows| {
        let rows: String = (0..rows).map(|n| format!("{n}\tword{n}\t1\n")).collect();
        format!("exp_id\tstatus\tcore_metric\n{rows}")
    };
    let stats = ["--store", "s.tsv", "stats", "-q"];
    assert_linear("s.tsv", write, [2000, 8000], &stats);
}

#[test]
fn many_columns_are_imported_in_linear_time() {
    let write = |columns| {
        let names: String = (0..columns).map(|n| format!(",c{n}")).collect();
        let row = |id| format!("{id},keep,{id}{}\n", ",x".repeat(columns));
        let rows: String = (1..=20).map(row).collect();
        format!("exp_id,status,core_metric{names}\n{rows}")
    };
    let import = ["import", "i.csv", "--into", "s", "--dry-run", "-q"];
    assert_linear("i.csv", write, [1000, 4000], &import);
}

#[test]
fn many_keys_of_a_trial_are_logged_in_linear_time() {
    let write = |keys| {
        let keys: String = (0..keys).map(|n| format!(",\"c{n}\":1")).collect();
        format!("{{\"status\":\"crash\"{keys}}}\n").repeat(10)
    };
    let columns: Vec<String> = (0..4000).map(|n| format!("c{n}")).collect();
    let append = ["--store", "s", "append", "--json", "-q"];
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "s", "--columns", &columns.join(",")]);
    assert_linear_in(&sandbox, "k.jsonl", write, [1000, 4000], &append);
}

#[test]
fn changed_rows_are_recognized_in_linear_time() {
    let write = |rows| {
        let row = |n: usize| match n % 2 {
            0 => format!("{},idea {n} abc\n", 9_000_000 - n),
            _ => format!("{n},other {n}\n"),
        };
        let rows: String = (0..rows).map(row).collect();
        format!("val_loss,description\n{rows}")
    };
    let sandbox = Sandbox::new();
    let original: String = (0..8000)
        .map(|n| format!("{},idea {n} abc\n", 9_000_000 - n))
        .collect();
    sandbox.write("r.csv", format!("val_loss,description\n{original}"));
    sandbox.ok(&["import", "r.csv", "--into", "s", "-q"]);
    let import = ["import", "r.csv", "--into", "s", "--dry-run", "-q"];
    assert_linear_in(&sandbox, "r.csv", write, [2000, 8000], &import);
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

#[test]
fn a_run_of_dashes_is_read_in_linear_time() {
    let sandbox = Sandbox::with_store();
    let dashes = "-".repeat(500_000);
    let json = format!("{{\"status\":\"crash\",\"hypothesis\":\"{dashes}\"}}");
    sandbox
        .lineage(&["append", "--json"])
        .write_stdin(json)
        .assert()
        .success();
    let started = Instant::now();
    sandbox.ok(&["similar", "raise beta2 to 0.98", "-q"]);
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}
