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
            "",
            "id\tscore\tstatus\tscore\n1\t5\tkeep\t7\n",
            "two columns named score differ: choose score or score_2 with --metric",
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
