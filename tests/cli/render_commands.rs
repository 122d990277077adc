//! The commands that a prompt suggests work as they are printed.

use std::{fs, path::Path};

use pulldown_cmark::{Event, Parser};

use crate::sandbox::{Sandbox, skipped};

/// The commands in a prompt, wherever they are.
fn suggested(page: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for event in Parser::new(page) {
        if let Event::Code(text) = event
            && text.starts_with("lineage ")
        {
            commands.push(text.into_string());
        }
    }
    commands
}

/// Runs each command of a prompt in a shell: it must print something.
fn run_all(sandbox: &Sandbox, page: &str) {
    for command in suggested(page) {
        let mut shell = sandbox.command("sh");
        let line = command.replacen("lineage", "exec \"$LINEAGE\"", 1);
        let program = env!("CARGO_BIN_EXE_lineage");
        let output = shell.env("LINEAGE", program).args(["-c", &line]).output();
        let output = output.unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {stderr}");
        assert!(!output.stdout.is_empty(), "{command} prints nothing");
    }
}

/// Every command that the prompt suggests, as it is printed.
#[test]
fn suggested_commands_work_as_printed() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 1\n");
    let keep = |score: &str| {
        let status = [
            "append",
            "--status",
            "keep",
            "--specialist",
            "opt",
            "--snapshot",
            "work",
            "-q",
        ];
        sandbox.ok(&[&status[..], &["--metric", score, "--hypothesis", "an idea"]].concat())
    };
    keep("9");
    sandbox.write("work/train.py", "lr = 2\n");
    keep("8");
    sandbox.ok(&[
        "append",
        "--status",
        "crash",
        "--hypothesis",
        "another",
        "-q",
    ]);
    fs::rename(sandbox.path(".lineage"), sandbox.path("a store")).unwrap();
    let page = sandbox.ok(&[
        "render",
        "--for",
        "opt",
        "-q",
        "--store",
        "a store",
        "--direction",
        "minimize",
    ]);
    let commands = suggested(&page);
    for name in [
        "show", "similar", "chain", "tree", "stats", "tail", "checkout", "diff",
    ] {
        let start = format!("lineage {name}");
        assert!(
            commands.iter().any(|command| command.starts_with(&start)),
            "no {name}: {page}"
        );
    }
    run_all(&sandbox, &page);
    assert_eq!(sandbox.read("trial-001/train.py"), "lr = 2\n");
}

/// If not all trials of the reader are shown, the prompt has a command that lists them, unless the name cannot be typed.
#[test]
fn a_command_lists_the_trials_of_the_reader() {
    for (name, command) in [
        ("opt", Some("lineage tail -n 50 --specialist opt")),
        ("my opt", Some("lineage tail -n 50 --specialist 'my opt'")),
        ("opt\u{202e}", None),
    ] {
        let sandbox = Sandbox::with_store();
        let mut log = "exp_id\tspecialist\tstatus\tval_loss\thypothesis\n".to_owned();
        for trial in 0..6 {
            log += &format!("{trial}\t{name}\tkeep\t{}\tidea {trial}\n", 9 - trial);
        }
        sandbox.write(".lineage/results.tsv", log);
        let page = sandbox.ok(&["render", "--for", name, "-q"]);
        let commands = suggested(&page);
        let mut own = commands
            .iter()
            .filter(|command| command.contains("--specialist"));
        assert_eq!(own.next().map(String::as_str), command, "{page}");
        run_all(&sandbox, &page);
    }
}

/// Stores and external logs, also in a prompt that is so short that it names the commands for what it leaves out.
#[test]
fn the_commands_of_every_fixture_and_of_real_logs_work() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut logs = Vec::new();
    for dir in ["fixtures", "../shared/data/cxcscmu", "../shared/data/wild"] {
        match fs::read_dir(root.join(dir)) {
            Ok(entries) => logs.extend(entries.map(|entry| entry.unwrap().path())),
            Err(_) => skipped(&format!("no {dir}")),
        }
    }
    let mut seen = 0;
    for log in logs {
        let sandbox = Sandbox::new();
        if log.join("lineage.toml").exists() {
            for file in ["results.tsv", "lineage.toml"] {
                fs::create_dir_all(sandbox.path("a store")).unwrap();
                fs::copy(log.join(file), sandbox.path("a store").join(file)).unwrap();
            }
        } else if log.join("results.tsv").exists() {
            fs::copy(log.join("results.tsv"), sandbox.path("a store")).unwrap();
        } else if log.is_file() {
            fs::copy(&log, sandbox.path("a store")).unwrap();
        }
        let flags = ["--store", "a store", "--max-bytes", "9000", "-q"];
        let render = [&["render", "--for", "opt"], &flags[..]].concat();
        let output = sandbox.lineage(&render).output().unwrap();
        if output.status.success() {
            let page = String::from_utf8(output.stdout).unwrap();
            run_all(&sandbox, &page);
            seen += suggested(&page).len();
        }
    }
    assert!(seen > 100, "only {seen} commands");
}

/// A failed trial with a better score than the best, wherever a person sees it.
#[test]
fn every_table_marks_the_score_of_a_failed_trial() {
    let sandbox = Sandbox::with_store();
    let names = "exp_id\tparent_exp\tspecialist\thypothesis\tstatus\tval_loss\n";
    let rows = "0\t\topt\tstart\tbaseline\t9\n1\t0\topt\twider\tsize_blocked\t7.25\n2\t1\topt\twider\tdiscard\t9.5\n";
    sandbox.write(".lineage/results.tsv", format!("{names}{rows}"));
    for command in [
        "tail",
        "tail --full",
        "tail --status size_blocked",
        "tree",
        "chain 2",
        "show 1",
        "search wider",
        "render --for opt",
    ] {
        let args: Vec<&str> = command.split(' ').collect();
        let shown = sandbox.ok(&args);
        assert!(shown.contains("7.25 (invalid)"), "{command}: {shown}");
        assert_eq!(
            shown.matches("7.25").count(),
            shown.matches("7.25 (invalid)").count(),
            "{command}: {shown}"
        );
        assert!(!shown.contains("9.5 (invalid)"), "{command}: {shown}");
    }
    let records = sandbox.ok(&["tail", "--format", "tsv"]);
    assert!(!records.contains("invalid"), "{records}");
}
