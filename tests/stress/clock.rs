//! A clock that runs backwards, other time zones and locales, extreme numbers and long ids: the same
//! bytes in every environment.

use std::fs;

use crate::{
    Options, Outcome,
    harness::{TIMEOUT, describe, run as run_command},
    sandbox::Sandbox,
};

const ENVIRONMENTS: [(&str, &str); 6] = [
    ("LC_ALL", "C"),
    ("LC_ALL", "de_DE.UTF-8"),
    ("LC_ALL", "tr_TR.UTF-8"),
    ("LANG", "ar_EG.UTF-8"),
    ("TZ", "Asia/Kathmandu"),
    ("TZ", "Pacific/Apia"),
];

/// The given id, the id and status that follow, the score, and the time, with leap seconds and days.
const ROWS: [[&str; 5]; 8] = [
    ["", "000", "baseline", "2e9", "2026-03-01T00:00:00Z"],
    ["", "001", "keep", "1999999999.5", "2026-02-28T23:59:60Z"],
    ["998", "998", "keep", "1e-300", "2024-02-29T12:00:00+05:45"],
    ["", "999", "keep", "1e-301", "1999-12-31T23:59:59Z"],
    ["", "1000", "keep", "-1.50", "1970-01-01T00:00:00Z"],
    [
        "1000000",
        "1000000",
        "discard",
        "-2e-9",
        "1969-12-31T23:59:59Z",
    ],
    [
        "",
        "1000001",
        "keep",
        "-1.5000000001",
        "0001-01-01T00:00:00Z",
    ],
    ["", "1000002", "discard", "+7", "2026-03-01T00:00:01Z"],
];

const READERS: [&[&str]; 8] = [
    &["best", "--format", "json"],
    &["tail", "-n", "100"],
    &["tail", "-n", "100", "--format", "jsonl"],
    &["chain"],
    &["tree"],
    &["stats"],
    &["render", "--for", "opt"],
    &["show", "1000001"],
];

pub(crate) fn run(_: &Options) -> Outcome {
    let expected = collect_output(None);
    check(&expected);
    for variable in ENVIRONMENTS {
        for (found, expected) in collect_output(Some(variable)).iter().zip(&expected) {
            assert_eq!(found, expected, "with {variable:?}");
        }
    }
    Outcome::Passed(format!(
        "{} rows with scores from 2e9 to 1e-301 and ids to 1000002 in {} environments: log and {} \
         readers the same to the byte",
        ROWS.len(),
        ENVIRONMENTS.len() + 1,
        READERS.len(),
    ))
}

/// The log written in this environment, and what each reader prints about it.
fn collect_output(variable: Option<(&str, &str)>) -> Vec<String> {
    let sandbox = Sandbox::with_store();
    let run_here = |args: &[&str]| {
        let mut command = sandbox.lineage(args);
        command.envs(variable);
        let output = run_command(command, TIMEOUT);
        assert!(output.status.success(), "{args:?}: {}", describe(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    for [given_id, _, _, score, time] in ROWS {
        let args = [
            "append", "--status", "auto", "--exp-id", given_id, "--metric", score,
        ];
        run_here(&[&args[..], &["--timestamp", time]].concat());
    }
    let mut outputs = vec![fs::read_to_string(sandbox.log()).unwrap()];
    outputs.extend(READERS.map(run_here));
    outputs
}

fn check(outputs: &[String]) {
    let rows: Vec<Vec<&str>> = outputs[0]
        .lines()
        .skip(1)
        .map(|row| row.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), ROWS.len());
    for (row, [_, id, status, score, _]) in rows.iter().zip(ROWS) {
        assert_eq!([row[0], row[8], row[9]], [id, status, score]);
    }
    assert!(outputs[1].contains("\"1000001\""), "best: {}", outputs[1]);
}
