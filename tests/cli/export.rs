//! The way back: a whole log in the form of another tool.

use std::{fs, process::Command};

use crate::sandbox::{Sandbox, skipped};

fn store() -> Sandbox {
    let sandbox = Sandbox::with_store();
    for (status, score, hypothesis) in [
        ("baseline", "3.0", "as it is"),
        ("keep", "2.9", "a \"quoted\"\ttext, with a comma"),
        ("crash", "", "# not a comment"),
        ("size_blocked", "2.0", ""),
        ("harness_abort", "", "never shown"),
        ("discard", "2.95", "narrower"),
    ] {
        sandbox.ok(&[
            "append",
            "--status",
            status,
            "--metric",
            score,
            "--hypothesis",
            hypothesis,
            "--timestamp",
            "2026-01-01T00:00:00Z",
            "--notes",
            "n",
        ]);
    }
    sandbox
}

#[test]
fn every_form_has_every_trial() {
    let sandbox = store();
    for form in ["tsv", "csv", "jsonl", "karpathy", "tree"] {
        insta::assert_snapshot!(form, sandbox.transcript(&["export", "--format", form]));
    }
    let export = sandbox
        .ok(&["export"])
        .replace("\tval_loss minimize\n", "\n");
    assert_eq!(
        export.replace("\tmetric_direction\n", "\n"),
        sandbox.read_log()
    );
}

#[test]
fn what_is_exported_can_be_read_again() {
    let sandbox = store();
    for form in ["tsv", "csv", "jsonl", "karpathy"] {
        fs::write(
            sandbox.path("out"),
            sandbox.ok(&["export", "--format", form]),
        )
        .unwrap();
        let flags = if form == "karpathy" {
            "val_bpb"
        } else {
            "core_metric"
        };
        let args = [
            "best",
            "--store",
            "out",
            "-q",
            "--metric",
            flags,
            "--direction",
            "minimize",
            "--field",
            "metric",
        ];
        assert_eq!(sandbox.ok(&args), "2.9\n", "{form}");
        let trials = sandbox.ok(&[
            "tail", "-n", "9", "--store", "out", "-q", "--metric", flags, "--format", "jsonl",
        ]);
        assert_eq!(
            trials.lines().count(),
            if form == "karpathy" { 5 } else { 6 },
            "{form}"
        );
    }
}

#[test]
fn every_form_is_read_in_place_as_the_log_itself() {
    let sandbox = Sandbox::new();
    let log = "exp_id\tparent_exp\thypothesis\tstatus\tcore_metric\tval_bpb\tdelta_vs_best\tscore\n\
        000\t\tas it is\tbaseline\t0.2\t1.2\t\t9\n\
        001\t000\twider\tkeep\t0.3\t1.3\t+0.1\t8\n\
        002\texp_001\tdeeper\tKEPT\t0.4\t1.1\t+0.1\t7\n\
        003\t001\ta, \"b\"\tdiscard\t0.1\t1.0\t-0.2\t6\n";
    fs::write(sandbox.path("log"), log).unwrap();
    let ask = |store: &str| {
        let answer = |args: &[&str]| sandbox.ok(&[args, &["--store", store, "-q"]].concat());
        [
            answer(&["best", "--top", "9", "--format", "csv"]).replace('+', ""), // JSON has no +0.1
            answer(&["stats"]),
            answer(&["tree"]),
            answer(&[
                "best",
                "--metric",
                "score",
                "--direction",
                "maximize",
                "--field",
                "exp_id",
            ]),
        ]
    };
    let own = ask("log");
    assert!(own[0].contains("\n001,") && own[3] == "000\n", "{own:?}");
    for form in ["tsv", "csv", "jsonl"] {
        fs::write(
            sandbox.path("out"),
            sandbox.ok(&["export", "--store", "log", "-q", "--format", form]),
        )
        .unwrap();
        assert_eq!(ask("out"), own, "{form}");
    }
}

#[test]
fn the_notebook_reads_the_karpathy_form() {
    let sandbox = store();
    fs::write(
        sandbox.path("results.tsv"),
        sandbox.ok(&["export", "--format", "karpathy", "-q"]),
    )
    .unwrap();
    let script = "import csv\n\
        rows = list(csv.DictReader(open('results.tsv', newline=''), delimiter='\\t'))\n\
        assert all(None not in row and None not in row.values() for row in rows), rows\n\
        kept = [float(row['val_bpb']) for row in rows if row['status'].strip().upper() == 'KEEP']\n\
        assert all(float(row['memory_gb']) >= 0 and float(row['val_bpb']) >= 0 for row in rows)\n\
        print(len(rows), min(kept), rows[1]['description'])";
    match Command::new("python3")
        .args(["-c", script])
        .current_dir(sandbox.path("."))
        .output()
    {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            let printed = String::from_utf8_lossy(&output.stdout);
            assert_eq!(printed.trim(), "5 2.9 a \"quoted\"\\ttext, with a comma");
        }
        Err(_) => skipped("this system has no python3"),
    }
}

#[test]
fn an_export_is_read_in_the_direction_of_its_log() {
    let sandbox = Sandbox::new();
    // The keeps went the other way than the name says: only the name tells an export what the import knew.
    sandbox.write(
        "log",
        "commit\taccuracy\tstatus\texpected_delta\na\t0.9\tbaseline\t\nb\t0.8\tkeep\t+0.45\nc\t0.7\tkeep\t\n",
    );
    sandbox.ok(&["import", "log", "-q"]);
    for format in ["tsv", "csv", "jsonl"] {
        let text = sandbox.ok(&["export", "--format", format]);
        assert!(text.contains("+0.45"), "{text}");
        sandbox.write("export", text);
        assert_eq!(
            sandbox.ok(&["best", "--store", "export", "-q", "--field", "metric"]),
            "0.9\n",
            "{format}"
        );
        let said = sandbox.transcript(&["best", "--store", "export"]);
        assert!(!said.contains("assuming"), "{said}");
        assert_eq!(
            sandbox.ok(&["tail", "--store", "export", "-q", "--format", "tsv"]),
            sandbox.ok(&["tail", "--format", "tsv"])
        );
    }
}

#[test]
fn only_a_whole_export_states_metric_and_direction() {
    let sandbox = store();
    let states = |flags: &[&str]| {
        let export = |format| sandbox.ok(&[&["export", "--format", format], flags].concat());
        let is_stated = export("csv").contains("metric_direction");
        assert_eq!(export("jsonl").contains("bestDirection"), is_stated);
        is_stated
    };
    assert!(states(&[]));
    for part in [
        ["--since", "001"],
        ["--status", "keep"],
        ["--columns", "exp_id,core_metric"],
    ] {
        assert!(!states(&part), "{part:?}");
    }
}

/// The names of columns come from a file, too.
#[test]
fn no_name_of_a_column_reaches_a_terminal_as_an_escape_code() {
    let sandbox = Sandbox::new();
    let header = "exp_id\tstatus\tcore_metric\tx\u{1b}]0;title\u{7}\u{9b}31m|`y`\n";
    sandbox.write(
        "log.tsv",
        header.to_owned() + "0\tkeep\t1\ta\n1\tdiscard\t2\tb\n",
    );
    let mut answers = Vec::new();
    for format in ["table", "json", "jsonl", "tsv", "csv", "md"] {
        answers.push(vec!["tail", "--format", format]);
        answers.push(vec!["best", "--format", format]);
    }
    for format in ["tsv", "csv", "jsonl"] {
        answers.push(vec!["export", "--format", format]);
    }
    answers.push(vec!["show", "0"]);
    answers.push(vec!["diff", "0", "1", "--columns"]);
    answers.push(vec!["render", "--for", "opt"]);
    for args in answers {
        let args = [&args[..], &["--store", "log.tsv"]].concat();
        let shown = sandbox.transcript(&args);
        let is_raw = |c: char| c.is_control() && !"\n\t".contains(c);
        assert!(!shown.contains(is_raw), "{args:?}: {shown:?}");
        assert!(shown.ends_with("= 0\n"), "{args:?}: {shown}");
    }
}

#[test]
fn formulas_are_exported_as_they_are_unless_a_spreadsheet_reads_them() {
    let sandbox = Sandbox::new();
    let log = "exp_id\tstatus\tcore_metric\t=name\tnotes\n0\tkeep\t-1.5\t=1+1\t@sum\n1\tdiscard\t+2\t-cmd|'a'\t+a\n";
    sandbox.write("log.tsv", log);
    let export =
        |flags: &[&str]| sandbox.ok(&[&["export", "--store", "log.tsv", "-q"], flags].concat());
    let plain = export(&["--format", "csv"]);
    assert!(plain.contains("0,keep,-1.5,=1+1,@sum"), "{plain}");
    let safe = "exp_id,status,core_metric,'=name,notes\n000,keep,-1.5,'=1+1,'@sum\n001,discard,+2,'-cmd|'a','+a\n";
    assert_eq!(export(&["--format", "csv", "--safe"]), safe);
    assert!(export(&["--safe"]).contains("\t'=1+1\t'@sum\n"));
    let refused = sandbox.transcript(&[
        "export", "--store", "log.tsv", "--format", "jsonl", "--safe",
    ]);
    assert!(refused.ends_with("= 2\n"), "{refused}");
}
