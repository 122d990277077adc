//! A clock that runs backwards, other time zones and languages, numbers at their ends, long ids: the same bytes everywhere.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{
    Form, Outcome,
    scene::{self, SOON, Scene, said},
};

const ENVIRONMENTS: [(&str, &str); 6] = [
    ("LC_ALL", "C"),
    ("LC_ALL", "de_DE.UTF-8"),
    ("LC_ALL", "tr_TR.UTF-8"),
    ("LANG", "ar_EG.UTF-8"),
    ("TZ", "Asia/Kathmandu"),
    ("TZ", "Pacific/Apia"),
];

/// Id, score, time: the clock goes backwards, over leap seconds and leap days.
const ROWS: [(&str, &str, &str); 8] = [
    ("", "2e9", "2026-03-01T00:00:00Z"),
    ("", "1999999999.5", "2026-02-28T23:59:60Z"),
    ("998", "1e-300", "2024-02-29T12:00:00+05:45"),
    ("", "1e-301", "1999-12-31T23:59:59Z"),
    ("", "-1.50", "1970-01-01T00:00:00Z"),
    ("1000000", "-2e-9", "1969-12-31T23:59:59Z"),
    ("", "-1.5000000001", "0001-01-01T00:00:00Z"),
    ("", "+7", "2026-03-01T00:00:01Z"),
];

const READERS: [&[&str]; 8] = [
    &["tail", "-n", "100"],
    &["tail", "-n", "100", "--format", "jsonl"],
    &["best", "--format", "json"],
    &["chain"],
    &["tree"],
    &["stats"],
    &["render", "--for", "opt"],
    &["show", "1000001"],
];

pub(crate) fn run(_: &Form) -> Result<Outcome> {
    let plain = answers(None)?;
    for variable in ENVIRONMENTS {
        let here = answers(Some(variable))?;
        let differs = plain
            .iter()
            .zip(&here)
            .position(|(plain, here)| plain != here);
        ensure!(
            differs.is_none(),
            "with {variable:?} {:?} differs",
            differs.and_then(|at| READERS.get(at))
        );
    }
    let ids = [
        "000", "001", "998", "999", "1000", "1000000", "1000001", "1000002",
    ];
    check(&plain, &ids)?;
    Ok(Outcome::Held(format!(
        "{} rows with scores from 2e9 to 1e-301 and ids to {} in {} environments: {} readers and the log to the byte alike",
        ROWS.len(),
        ids[ids.len() - 1],
        ENVIRONMENTS.len() + 1,
        READERS.len(),
    )))
}

/// What the readers print, then the log, of rows written in this environment.
fn answers(variable: Option<(&str, &str)>) -> Result<Vec<Vec<u8>>> {
    let scene = Scene::new()?;
    let answer = |args: &[&str]| -> Result<Vec<u8>> {
        let mut command: Command = scene.lineage(args);
        command.envs(variable);
        let output = scene::run(command, SOON)?;
        ensure!(
            output.status.success(),
            "{}: {}",
            args.join(" "),
            said(&output)
        );
        Ok(output.stdout)
    };
    for (id, score, time) in ROWS {
        answer(&[
            "append",
            "--status",
            "auto",
            "--exp-id",
            id,
            "--metric",
            score,
            "--timestamp",
            time,
        ])?;
    }
    let mut answers = READERS
        .into_iter()
        .map(answer)
        .collect::<Result<Vec<_>>>()?;
    answers.push(scene.bytes()?);
    Ok(answers)
}

fn check(answers: &[Vec<u8>], ids: &[&str]) -> Result<()> {
    let log = String::from_utf8(answers.last().context("the log")?.clone())?;
    let cell = |column: usize| {
        log.lines()
            .skip(1)
            .map(move |line| line.split('\t').nth(column).unwrap_or_default())
    };
    ensure!(cell(0).eq(ids.iter().copied()), "the ids: {log}");
    ensure!(
        cell(9).eq(ROWS.map(|(_, score, _)| score)),
        "the scores are not as they were given: {log}"
    );
    let keeps = [
        "baseline", "keep", "keep", "keep", "keep", "discard", "keep", "discard",
    ];
    ensure!(cell(8).eq(keeps), "the statuses: {log}");
    let best = String::from_utf8_lossy(&answers[2]);
    ensure!(best.contains("\"1000001\""), "the best: {best}");
    Ok(())
}
