//! A log cut at every byte of its last three rows, as by a writer that died: every whole row is read, the next append is
//! right, and nothing that was there changes.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::{
    Form, Outcome,
    scene::{self, SOON, Scene, cores, share},
};

const ROWS: [&str; 6] = [
    "plain",
    "say \"x\"",
    "Grüße, 世界 \u{1f600}",
    "\"",
    "an \"open quote",
    "the last, with a \t tab and a \n newline",
];

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    let bytes = whole()?;
    let starts: Vec<usize> = memchr::memchr_iter(b'\n', &bytes)
        .map(|at| at + 1)
        .collect();
    let from = starts[starts.len() - 4];
    let cuts: Vec<usize> = (from..bytes.len()).step_by(form.pick(7, 1)).collect();
    let check = Scene::has_check();
    share(cuts.len(), cores(), |at| {
        cut_at(&bytes, cuts[at], check).with_context(|| format!("cut at {}", cuts[at]))
    })?;
    Ok(Outcome::Held(format!(
        "{} cuts: every whole row was read, the next append was right{}",
        cuts.len(),
        if check {
            ", `check` named the torn row"
        } else {
            " (no `check` to try)"
        },
    )))
}

fn whole() -> Result<Vec<u8>> {
    let scene = Scene::new()?;
    for text in ROWS {
        scene.ok(&[
            "append",
            "--status",
            "auto",
            "--metric",
            "3",
            "--hypothesis",
            text,
            "--notes",
            text,
        ])?;
    }
    scene.bytes()
}

fn cut_at(bytes: &[u8], cut: usize, check: bool) -> Result<()> {
    let scene = Scene::new()?;
    let here = &bytes[..cut];
    fs::write(scene.log(), here)?;
    let tail = here
        .rsplit(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let whole = memchr::memchr_iter(b'\n', here).count() - 1;
    ensure!(
        scene.ids(&["tail"])?.len() == whole,
        "{whole} rows are whole, and not all are read"
    );

    let id = scene.ok(&["append", "--status", "crash", "--notes", "after", "-q"])?;
    let log = scene.bytes()?;
    ensure!(
        log.starts_with(here) && log.ends_with(b"\tafter\n"),
        "the log after the next append"
    );
    let ids = scene.ids(&["tail"])?;
    ensure!(
        ids.last().is_some_and(|last| last == id.trim_end()),
        "{id} was printed, and the last is {ids:?}"
    );
    let closed = tail.is_empty() || is_complete(tail);
    let wanted = whole + 1 + usize::from(!tail.is_empty() && closed);
    ensure!(
        ids.len() == wanted,
        "{} rows are read after the next append, not {wanted}",
        ids.len()
    );
    if check {
        check_names(&scene, whole + 2, closed)?;
    }
    Ok(())
}

/// Whether a last line has all its cells, each quote closed: it lacks its newline, and maybe the end of the notes.
fn is_complete(tail: &[u8]) -> bool {
    memchr::memchr_iter(b'\t', tail).count() == 16
        && memchr::memchr_iter(b'"', tail).count().is_multiple_of(2)
}

fn check_names(scene: &Scene, line: usize, clean: bool) -> Result<()> {
    let output = scene::run(scene.lineage(&["check"]), SOON)?;
    let found = String::from_utf8_lossy(&output.stdout).contains(&format!("results.tsv:{line}: "));
    let wanted = if clean {
        (Some(0), false)
    } else {
        (Some(1), true)
    };
    ensure!(
        (output.status.code(), found) == wanted,
        "`check`, line {line}: {}",
        scene::said(&output)
    );
    Ok(())
}
