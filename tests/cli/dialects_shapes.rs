//! Shapes that files have besides rows under a header: types of lines, lists that were not finished, names that stand twice.

use std::{fmt::Write, fs, time::Instant};

use crate::{
    dialects::{all, best},
    sandbox::Sandbox,
};

#[test]
fn lines_of_another_type_that_are_trials_are_read_or_said() {
    let verdicts = "{\"type\":\"baseline\",\"iter\":0,\"score\":0.9,\"decision\":\"keep\"}\n\
        {\"type\":\"mutation\",\"iter\":1,\"score\":0.95,\"decision\":\"keep\"}\n\
        {\"type\":\"experiment\",\"iter\":2,\"score\":0.92,\"decision\":\"keep\"}\n";
    let scores = "{\"type\":\"mlp\",\"val_loss\":0.9}\n{\"type\":\"cnn\",\"val_loss\":0.7}\n";
    let steps = "{\"type\":\"step\",\"val_loss\":0.1}\n{\"type\":\"run\",\"val_loss\":0.7}\n{\"type\":\"hook\"}\n";
    all(&[
        ("001 0.95", verdicts, ""),
        ("001 0.7", scores, ""),
        (
            "000 0.7",
            steps,
            "a line of type 'step' with a score is not a run",
        ),
        (
            "",
            "{\"type\":\"hook\"}\n{\"type\":\"start\"}\n",
            "a line of type 'hook' is not a run, a line of type 'start'",
        ),
    ]);
}

#[test]
fn lists_are_read_however_they_end_and_wherever_they_are() {
    let runs =
        "{\"iter\":1,\"zorp\":0.9,\"kept\":true},\n {\"iter\":2,\"zorp\":0.7,\"kept\":true},\n";
    let list = format!("[\n {runs}");
    let object = format!(
        "{{\"metric\":\"zorp\",\"direction\":\"maximize\",\"runs\":[{}]}}",
        runs.trim_end().trim_end_matches(',')
    );
    for (log, found) in [
        (list.clone(), "002 0.7"),
        (format!("{list}]\n"), "002 0.7"),
        (format!("{list} {{\"iter\":3,\"zo"), "002 0.7"),
        (object.replace('\n', ""), "001 0.9"),
        (object, "001 0.9"),
    ] {
        assert_eq!(best(&log, &[]).0, found, "{log}");
    }
    let one =
        "{\"iter\":1,\"val_loss\":0.5,\"history\":[{\"val_loss\":0.1}],\"status\":\"keep\"}\n";
    assert_eq!(best(one, &[]).0, "001 0.5");
}

#[test]
fn what_cannot_be_a_log_is_said_at_once() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("dir")).unwrap();
    assert!(
        sandbox
            .transcript(&["import", "dir"])
            .contains("dir is a directory; name the log in it")
    );
    assert!(
        sandbox
            .transcript(&["import", "/dev/zero"])
            .contains("/dev/zero is not a regular file")
    );
    fs::write(sandbox.path("zeros"), vec![0; 1 << 20]).unwrap();
    assert!(
        sandbox
            .transcript(&["import", "zeros"])
            .contains("NUL bytes")
    );
}

#[test]
fn old_line_ends_and_crashes_alone_are_a_log() {
    all(&[
        (
            "001 0.8",
            "id\tval_bpb\tstatus\r0\t0.9\tkeep\r1\t0.8\tkeep\r",
            "",
        ),
        (
            " null",
            "id\tval_bpb\tstatus\n0\t0\tcrash\n1\t\tcrash\n",
            "no best trial yet",
        ),
        (
            " null",
            "id\tval_bpb\tstatus\n0\t\tcrash\n",
            "no best trial yet",
        ),
        (
            "001 0.5",
            "id\tscore\tstatus\n1\t5/10\tkeep\n2\t6/12\tkeep\n",
            "",
        ),
        (
            "001 5",
            "id\tscore\tstatus\tscore\n1\t5\tkeep\t7\n",
            "by its name, out of score score_2; override with --metric",
        ),
        ("001 5", "id\tscore\tstatus\tscore\n1\t5\tkeep\t5\n", ""),
    ]);
}

#[test]
fn many_columns_take_no_long_time() {
    let equal = format!("score\tstatus{}\n1\tkeep\n", "\tx".repeat(20_000));
    let differing: String = (0..20_000).fold("score\tstatus".to_owned(), |mut all, at| {
        let _ = write!(all, "\tx{at}");
        all
    }) + "\n1\tkeep\n";
    let sparse: String = (0..3000)
        .map(|at| format!("{{\"score\":{at},\"status\":\"keep\",\"k{at}\":1}}\n"))
        .collect();
    let start = Instant::now();
    for log in [equal, differing] {
        assert_eq!(best(log, &[]).0, "000 1");
    }
    assert_eq!(best(&sparse, &[]).0, "2999 2999");
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), sparse).unwrap();
    let row = sandbox.ok(&["best", "--store", "log", "-q", "--field", "more_fields"]);
    assert_eq!(row, "k2999: 1\n");
}

#[test]
fn a_text_that_held_the_separator_is_put_together_again() {
    let log =
        "id,description,acc,status\n1,base,0.5,keep\n2,lr up, wd down,0.7,keep\n3,x,0.6,keep\n";
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), log).unwrap();
    assert_eq!(
        sandbox.ok(&["best", "--store", "log", "-q", "--field", "hypothesis"]),
        "lr up, wd down\n"
    );
    all(&[
        ("002 0.7", log, ""),
        (
            "002 0.7",
            "id,zzz,acc,status\n1,a,0.5,keep\n2,b,c,0.7,keep\n",
            "line 3: 5 cells under 4 columns; fitted by what the columns hold",
        ),
        (
            "y 1",
            "id\tloss\tstatus\nx\t2\tkeep\nid\tloss\tstatus\tnotes\ny\t1\tkeep\tn\tm\n",
            "line 4: 5 cells under 4 columns; the last cell has the rest; quote texts that contain the separator",
        ),
        (
            "002 0.7",
            "id,acc,status,description\n1,0.5,keep,a,b\n2,0.7,keep,a,b,c\n",
            "",
        ),
    ]);
    fs::write(
        sandbox.path("log"),
        log.replace("lr up, wd down", "\"lr up, wd down\""),
    )
    .unwrap();
    sandbox.ok(&["import", "log", "-q"]);
}

#[test]
fn lines_of_a_log_that_begins_with_the_newest_row_are_those_of_the_file() {
    let log = "time,change,val_loss,status\n2026-01-03T10:00:00Z,wider,2.1,keep\n\
        2026-01-02T10:00:00Z,deeper,2.4,zonk\n\n2026-01-01T10:00:00Z,base,2.3,keep\n";
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), log).unwrap();
    let said = sandbox.transcript(&["check", "--store", "log"]);
    assert!(
        said.contains("log:3: trial 001: unknown status 'zonk'"),
        "{said}"
    );
}

#[test]
fn half_characters_and_repeated_numbers_are_said() {
    let half = "{\"id\":1,\"val_loss\":2,\"note\":\"a \\ud83d b\",\"status\":\"keep\"}\n";
    all(&[("001 2", half, "halves of surrogate pairs became U+FFFD: 1")]);
    for (name, one, two) in [
        ("iteration", "1", "2"),
        ("step", "1", "2"),
        ("n", "1", "2"),
        ("#", "1", "2"),
        ("run", "fox", "owl"),
    ] {
        let log =
            format!("{name}\tval_loss\tstatus\n{one}\t3\tkeep\n{two}\t2.5\tkeep\n{one}\t2\tkeep\n");
        let (found, said) = best(&log, &[]);
        assert_eq!(found, "002 2", "{log}{said}");
        let note = format!("{name} is not the id, because its values are repeated");
        assert!(said.contains(&note), "{log}{said}");
    }
}

#[test]
fn a_cell_that_was_joined_leaves_no_column() {
    let log = "id,acc,status,description\n1,0.5,keep,a,b\n2,0.7,keep,a\n3,0.6,keep,c\n";
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), log).unwrap();
    let row = sandbox.ok(&["show", "1", "--store", "log", "-q", "--format", "json"]);
    assert!(row.contains("a,b") && !row.contains("column_5"), "{row}");
}

#[test]
fn in_a_log_of_17_columns_the_score_is_the_column_whose_differences_it_has() {
    let log = "exp_id\tparent_exp\tbaseline_exp\tstatus\tcore_metric\tval_bpb\tdelta_vs_best\ttrain_s\taccuracy\n\
        000\t\t\tbaseline\t\t\t\t4.10\t0.9401\n001\t000\t000\tkeep\t\t\t-0.20\t3.90\t0.9402\n\
        002\t001\t001\tdiscard\t\t\t+0.30\t4.20\t0.9412\n";
    all(&[(
        "001 3.90",
        log,
        "assuming train_s (lower is better): the differences in the log are its own",
    )]);
}

#[test]
fn a_log_with_an_empty_core_metric_has_its_scores_in_val_bpb() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "results.tsv",
        "exp_id\tparent_exp\tbaseline_exp\tstatus\tcore_metric\tval_bpb\tdelta_vs_best\thypothesis\n\
         001\t\t\tbaseline\t\t1.20\t\ta\n002\t001\t001\tkeep\t\t1.15\t-0.05\tb\n\
         003\t002\t002\tdiscard\t\t1.18\t+0.03\tc\n004\t002\t002\tkeep\t\t1.10\t-0.05\td\n",
    );
    let run = |line: &str| {
        let words: Vec<&str> = line.split(' ').chain(["--store", "."]).collect();
        sandbox.ok(&words)
    };
    assert_eq!(run("best --field val_bpb"), "1.10\n");
    run("check"); // exits 0 without problems
    run("append --status auto --metric 1.05 --hypothesis e");
    assert_eq!(run("show 005 --field parent_exp"), "004\n");
    assert_eq!(run("show 005 --field status"), "keep\n");
    run("append --status discard --metric 1.2");
    assert_eq!(run("best --field exp_id"), "005\n");
    assert_eq!(run("show 004 --field metric"), "1.10\n");
    assert!(
        sandbox
            .read("results.tsv")
            .contains("\t005\tdiscard\t\t1.2\t")
    );
}
