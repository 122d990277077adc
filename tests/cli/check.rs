use std::{
    fs,
    time::{Duration, SystemTime},
};

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

/// A sandbox whose log is these lines below the header.
fn with_lines(lines: &str) -> Sandbox {
    let sandbox = Sandbox::with_store();
    let header = sandbox.read_log();
    fs::write(sandbox.log(), header + lines).unwrap();
    sandbox
}

/// A row of a log of `val_loss`: its first and last cells are given.
fn row(id: &str, parent: &str, status: &str, score: &str, delta: &str) -> String {
    format!(
        "{id}\t2026-03-01T00:00:00Z\topt\t{parent}\t\topt\tx\t\t{status}\t{score}\t\t{delta}\t\t\t\t\t\n"
    )
}

#[test]
fn a_log_that_lineage_wrote_has_no_findings() {
    let sandbox = Sandbox::with_store();
    for score in ["3.2", "3.1", "3.05", "3.3", "1e-9", "2e9"] {
        sandbox.ok(&[
            "append",
            "--status",
            "auto",
            "--metric",
            score,
            "--hypothesis",
            "a \"b\"\n\tc\u{1b}",
        ]);
    }
    let transcript = sandbox.transcript(&["check"]);
    assert!(
        transcript.ends_with("results.tsv: 6 rows, no problems found\n= 0\n"),
        "{transcript}"
    );
}

#[test]
fn files_that_a_killed_writer_left_are_named_once_they_are_old() {
    let sandbox = Sandbox::with_store();
    let names = [
        ".lineage-new-x1",
        ".results.idx-x2",
        ".results.tsv.amend-x3",
    ];
    for name in names {
        sandbox.write(&format!(".lineage/{name}"), "");
    }
    assert_eq!(sandbox.ok(&["check"]), "");
    for other in [".lineage-newer", ".notes.amend-x", ".other.tsv.amend-x"] {
        sandbox.write(&format!(".lineage/{other}"), "");
    }
    for dir in [".lineage-new-dir", ".results.tsv.amend-dir"] {
        fs::create_dir(sandbox.path(".lineage").join(dir)).unwrap();
    }
    for entry in fs::read_dir(sandbox.path(".lineage")).unwrap() {
        let file = fs::File::open(entry.unwrap().path()).unwrap();
        let old = SystemTime::now() - Duration::from_hours(2);
        file.set_modified(old).unwrap();
    }
    let found = names.map(|name| {
        format!("[DIR]/.lineage/{name}: left by a writer that was killed; delete it\n")
    });
    let shown = sandbox.transcript(&["check"]);
    assert!(shown.contains(&found.concat()), "{shown}");
    assert!(shown.contains("3 problems in 0 rows"), "{shown}");
    assert!(shown.ends_with("= 1\n"), "{shown}");
    let shown = sandbox.transcript(&["check", "--repair", "copy.tsv"]);
    assert!(shown.contains("there is nothing to repair"), "{shown}");
}

#[test]
fn scores_times_and_statuses_are_checked() {
    let lines = row("000", "", "baseline", "3.2", "")
        + &row("001", "000", "keep", "3.1", "+0.100000")
        + &row("002", "001", "discard", "3.15", "+0.05")
        + &row("003", "001", "keep", "", "")
        + &row("004", "001", "size_blocked", "abc", "n/a")
        + &row("005", "001", "reverted", "3.0", "").replace("2026-03-01", "2026-02-01")
        + &row("006", "001", "crash", "", "").replace("2026-03-01T00:00:00Z", "soon")
        + &row("", "001", "crash", "", "");
    assert_snapshot!(with_lines(&lines).transcript(&["check"]));
}

#[test]
fn line_ends_and_a_mark_are_findings_only_where_they_are_odd() {
    let sandbox = with_lines(
        &(row("000", "", "baseline", "3.2", "")
            + &row("001", "000", "crash", "", "").replace('\n', "\r\n")),
    );
    assert_snapshot!(sandbox.transcript(&["check"]));
    let windows = sandbox
        .read_log()
        .replace("\r\n", "\n")
        .replace('\n', "\r\n");
    fs::write(sandbox.log(), &windows).unwrap();
    assert_eq!(sandbox.ok(&["check"]), "");
    fs::write(sandbox.log(), format!("\u{feff}{windows}")).unwrap();
    assert_snapshot!(sandbox.transcript(&["check", "-q"]));
}

#[test]
fn a_repaired_copy_has_every_trial_and_the_log_is_untouched() {
    let harness_row = "002\t2026-03-01T00:00:00Z\topt\t001\t001\topt\t\"the </hypothesis> <parameter name=\"\"notes\"\">leak\" +0.1 discard 3.15  +0.050000 60 70 job s/2 some notes with spaces\n";
    let quote = row("003", "001", "crash", "", "").replace("\tx\t", "\t\"an open quote\t");
    let lines = row("000", "", "baseline", "3.2", "")
        + &row("001", "000", "keep", "3.1", "-0.100000")
            .replace("\tx\t", "\t\"over\ntwo lines\"\t")
        + harness_row
        + "\n"
        + &quote
        + "004\ttorn";
    let sandbox = with_lines(&lines);
    let before = sandbox.read_log();
    assert_snapshot!(sandbox.transcript(&["check", "--repair", "mended.tsv"]));
    assert_eq!(sandbox.read_log(), before);
    assert_snapshot!(fs::read_to_string(sandbox.path("mended.tsv")).unwrap());
    let again = sandbox.transcript(&["check", "--repair", "mended.tsv"]);
    assert!(
        again.contains("mended.tsv already exists") && again.ends_with("= 1\n"),
        "an existing file is not overwritten: {again}"
    );
}

#[test]
fn a_column_without_a_name_stays_if_rows_have_it() {
    let head = "exp_id\tstatus\tcore_metric\tnotes";
    for (end, rows_end) in [("\t", "\t"), ("\t\t", "\t\t"), ("\t", "")] {
        let rows = format!("000\tbaseline\t1\tx{rows_end}\n001\tkeep\t0.5\ty{rows_end}\n");
        let sandbox = Sandbox::new();
        sandbox.write("log.tsv", format!("{head}{end}\r\n{rows}"));
        let read = ["--store", "log.tsv", "-q"];
        sandbox.transcript(&[&read[..], &["check", "--repair", "copy.tsv"]].concat());
        assert_eq!(
            sandbox.read("copy.tsv"),
            format!("{head}{rows_end}\n{rows}")
        );
    }
}

#[test]
fn repairing_twice_changes_nothing_more() {
    for case in [
        "damaged",
        "odd_parents",
        "hostile",
        "small",
        "foreign_columns",
    ] {
        let sandbox = Sandbox::new();
        let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(case)
            .join("results.tsv");
        let repair = |log: &str, out: &str| {
            let args = [
                "check",
                "--store",
                log,
                "--repair",
                out,
                "-q",
                "--direction",
                "minimize",
            ];
            let metric = if case == "foreign_columns" {
                &["--metric", "train_s"][..]
            } else {
                &[]
            };
            sandbox.transcript(&[&args[..], metric].concat());
            fs::read(sandbox.path(out)).unwrap()
        };
        let once = repair(fixture.to_str().unwrap(), "once.tsv");
        assert_eq!(repair("once.tsv", "twice.tsv"), once, "{case}");
    }
}

/// The mended copy of a log of these lines, and what `check` says of the log.
fn repaired(lines: &str) -> (String, String) {
    let sandbox = with_lines(lines);
    let found = sandbox.transcript(&["check", "--repair", "mended.tsv", "-q"]);
    let copy = fs::read_to_string(sandbox.path("mended.tsv")).unwrap();
    (found, copy.split_once('\n').unwrap().1.to_owned())
}

#[test]
fn a_row_too_long_is_said_wherever_its_long_cell_is_and_copied_whole() {
    let long = "A".repeat(17 * 1024 * 1024) + "END";
    for at in ["\tx\t", "\t\n"] {
        let row_1 = row("001", "000", "crash", "", "").replace(
            at,
            &at.replace('x', "").replacen('\t', &format!("\t{long}"), 1),
        );
        let lines = row("000", "", "baseline", "3.2", "")
            + "x\t\"open\n"
            + &row_1
            + &row("002", "000", "crash", "", "");
        let (found, copy) = repaired(&lines);
        assert!(
            found.contains("results.tsv:4: trial 001: line too long"),
            "{}",
            &found[..found.len().min(400)]
        );
        assert!(
            !found.contains("stands in line") && copy.contains("END") && copy.len() == lines.len(),
            "{} {}",
            copy.len(),
            lines.len()
        );
    }
}

#[test]
fn a_row_with_nothing_wrong_goes_over_to_the_byte() {
    let plain = row("000", "", "baseline", "3.2", "").replace("\tx\t", "\t\"needless quotes\"\t");
    assert_eq!(repaired(&plain).1, plain);
}

#[test]
fn what_stands_behind_a_closing_quote_is_said_and_kept() {
    let odd = row("000", "", "baseline", "3.2", "").replace("\tx\t", "\t\"fast\" mode\t");
    let (found, copy) = repaired(&odd);
    assert!(found.contains("text after a closing quote"), "{found}");
    assert!(copy.contains("\t\"\"\"fast\"\" mode\"\t"), "{copy}");
}

#[test]
fn the_good_cells_of_a_row_with_a_stray_quote_keep_their_values() {
    let odd = row("000", "", "crash", "", "")
        .replace("\tx\t", "\t\"say \"\"x\"\" a\"\t")
        .replace("\t\n", "\t\"oops\n");
    assert!(
        repaired(&odd).1.contains("\t\"say \"\"x\"\" a\"\t"),
        "{}",
        repaired(&odd).1
    );
}

#[test]
fn control_characters_around_an_id_are_no_part_of_it_in_the_copy() {
    let lines = row("000", "", "baseline", "3.2", "")
        + &row("001\r", "000", "keep", "\r3.1", "")
        + &row("002", "001", "crash", "", "");
    let (found, copy) = repaired(&lines);
    assert!(
        found.contains("trial 001: control character 0x0d"),
        "{found}"
    );
    assert!(
        copy.contains("\n001\t") && copy.contains("\t3.1\t") && !copy.contains("\\r"),
        "{copy}"
    );
}

#[test]
fn a_header_put_in_again_is_known_quoted_and_behind_a_mark() {
    let sandbox = Sandbox::with_store();
    let header = sandbox.read_log();
    let quoted = format!("\"{}\"\n", header.trim_end().replace('\t', "\"\t\""));
    fs::write(
        sandbox.log(),
        format!(
            "{header}{quoted}\u{feff}{header}{}",
            row("000", "", "crash", "", "")
        ),
    )
    .unwrap();
    let found = sandbox.transcript(&["check", "-q"]);
    assert_eq!(found.matches("repeated header").count(), 2, "{found}");
    assert_eq!(sandbox.ok(&["tail", "-q"]).lines().count(), 2);
}

#[test]
fn an_open_quote_does_not_swallow_a_row_that_begins_below_it() {
    let lines = row("000", "", "baseline", "3.2", "").replace("\t\n", "\t\"n\n")
        + &row("001", "000", "keep", "3.1", "-0.100000").replace("\tx\t", "\t\"two\nlines\"\t");
    let sandbox = with_lines(&lines);
    assert_eq!(sandbox.ok(&["best", "--field", "exp_id", "-q"]), "001\n");
}

#[test]
fn an_id_that_lost_its_end_is_none() {
    let mut lines: String = (0..20)
        .map(|n| row(&format!("{n:03}"), "", "crash", "", ""))
        .collect();
    lines += "179\t2026-03-01T00:00:00Z\topt\t01\n";
    let sandbox = with_lines(&lines);
    assert_eq!(
        sandbox.ok(&["chain", "179", "--field", "exp_id", "-q"]),
        "179\n"
    );
    fs::write(sandbox.log(), sandbox.read_log() + "17\n").unwrap();
    assert!(!sandbox.transcript(&["check"]).contains("stands in line"));
}

#[test]
fn trials_that_ran_side_by_side_contradict_nothing() {
    let beside = |id: &str, status: &str, score: &str, delta: &str| {
        row(id, "000", status, score, delta).replacen("\t000\t\t", "\t000\t000\t", 1)
    };
    let lines = row("000", "", "baseline", "5", "")
        + &beside("001", "keep", "4", "-1")
        + &beside("002", "keep", "3.5", "-1.5")
        + &beside("003", "discard", "6", "+1");
    assert!(
        with_lines(&lines)
            .transcript(&["check"])
            .ends_with("4 rows, no problems found\n= 0\n")
    );
}

#[test]
fn many_odd_parents_take_no_more_time_than_rows() {
    let lines: String = (0..30_000)
        .map(|n| row(&format!("c{n:x}a"), &format!("p{n:x}z"), "crash", "", ""))
        .collect();
    let started = std::time::Instant::now();
    let sandbox = with_lines(&lines);
    let _ = sandbox.transcript(&["check", "-q"]);
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn a_closed_pipe_stops_neither_the_copy_nor_the_exit_status() {
    let sandbox = with_lines("short\n");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("lineage"))
        .args(["check", "--repair", "mended.tsv"])
        .current_dir(sandbox.path("."))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(sandbox.path("mended.tsv").exists());
}

#[test]
fn a_repaired_copy_is_no_more_readable_than_the_log() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = with_lines("short\n");
    for mode in [0o600, 0o640, 0o644] {
        fs::set_permissions(sandbox.log(), fs::Permissions::from_mode(mode)).unwrap();
        let out = format!("copy-{mode:o}.tsv");
        let _ = sandbox.transcript(&["check", "--repair", &out, "-q"]);
        let copied = fs::metadata(sandbox.path(&out))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(copied & !mode, 0, "{copied:o}");
        assert_eq!(copied & 0o600, 0o600, "{copied:o}");
    }
    let left: Vec<_> = fs::read_dir(sandbox.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| !name.to_string_lossy().starts_with(".lineage-new-")),
        "{left:?}"
    );
}

#[test]
fn a_torn_row_is_one_problem_and_the_copy_says_what_to_do_with_it() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "crash"]);
    let log = sandbox.read_log();
    fs::write(sandbox.log(), format!("{log}\t2026")).unwrap();
    let shown = sandbox.transcript(&["check"]);
    assert!(shown.contains("1 problem in 2 rows"), "{shown}");
    let shown = sandbox.transcript(&["check", "--repair", "a copy.tsv"]);
    let command = "is unchanged: replace it while no writer runs: `mv 'a copy.tsv' ";
    assert!(shown.contains(command), "{shown}");
    let command = shown.rsplit('`').nth(1).unwrap();
    let command = command.replace("[DIR]", &sandbox.path(".").display().to_string());
    let moved = sandbox
        .command("sh")
        .args(["-c", &command])
        .status()
        .unwrap();
    assert!(moved.success());
    assert!(sandbox.read_log().ends_with("\t2026\n"));
    let clean = Sandbox::with_store();
    let shown = clean.transcript(&["check", "--repair", "copy.tsv"]);
    assert!(
        shown.contains("an identical copy: there is nothing to repair"),
        "{shown}"
    );
}

#[test]
fn sixteen_cells_of_a_row_may_span_lines() {
    for (spanning, problem) in [(16, "a cell spans 17 lines"), (17, "unclosed quote")] {
        let names: String = (0..spanning).map(|at| format!("\tc{at}")).collect();
        let log = format!("exp_id\tstatus\tcore_metric{names}\n0\tbaseline\t3")
            + &"\t\"a\nb\"".repeat(spanning)
            + "\n";
        let sandbox = Sandbox::new();
        sandbox.write("log.tsv", log);
        let found = sandbox.transcript(&["check", "--store", "log.tsv"]);
        assert!(
            found.contains(&format!("log.tsv:2: trial 000: {problem}\n")),
            "{found}"
        );
    }
}
