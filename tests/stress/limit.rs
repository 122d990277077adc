//! A row that ends at any byte because a file may grow no longer (`RLIMIT_FSIZE`): the log stays as it was, and the trial
//! that is on stderr can be fed back.

use anyhow::{Context, Result, ensure};

use crate::{
    Form, Outcome,
    scene::{self, SOON, Scene, cores, is_there, said, share},
};

/// A row that cannot be written.
pub(crate) const REFUSED: [&str; 11] = [
    "append",
    "--status",
    "auto",
    "--metric",
    "2.50",
    "--hypothesis",
    "say \"x\" in\ttwo\nlines",
    "--notes",
    "Grüße, and enough text to make the row as long as rows are: what broke, where, and what to try instead of it",
    "--timestamp",
    "2026-03-01T00:00:00Z",
];

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    if !is_there("prlimit") {
        return Ok(Outcome::Skipped("no prlimit".to_owned()));
    }
    let start = with_rows()?.bytes()?.len();
    let row = with_refused()?.len() - start;
    let rooms: Vec<usize> = (0..row).step_by(form.pick(40, 1)).collect();
    share(rooms.len(), cores(), |at| {
        let scene = with_rows()?;
        let limit = format!("--fsize={}", start + rooms[at]);
        refuse_and_feed_back(&scene, &["prlimit", &limit], || Ok(()))
            .with_context(|| format!("room for {}", rooms[at]))
    })?;
    Ok(Outcome::Held(format!(
        "room for 0 to {} of {row} bytes, {} sizes: the log byte for byte as before, exit 1, the trial on stderr fed back",
        row - 1,
        rooms.len(),
    )))
}

fn with_rows() -> Result<Scene> {
    let scene = Scene::new()?;
    add_rows(&scene)?;
    Ok(scene)
}

pub(crate) fn add_rows(scene: &Scene) -> Result<()> {
    let time = ["--timestamp", "2026-03-01T00:00:00Z"];
    scene.ok(&[&["append", "--status", "auto", "--metric", "3"][..], &time].concat())?;
    scene
        .ok(&[
            &["append", "--status", "crash", "--notes", "out of memory"][..],
            &time,
        ]
        .concat())
        .map(|_| ())
}

/// The log that an append with room leaves.
pub(crate) fn with_refused() -> Result<Vec<u8>> {
    let scene = with_rows()?;
    scene.ok(&REFUSED)?;
    scene.bytes()
}

/// Appends where there is no room, makes room, and appends what was on stderr.
pub(crate) fn refuse_and_feed_back(
    scene: &Scene,
    wrapper: &[&str],
    make_room: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let before = scene.bytes()?;
    let output = scene::run(scene.under(wrapper, &REFUSED), SOON)?;
    ensure!(
        output.status.code() == Some(1) && output.stdout.is_empty(),
        "not refused: {}",
        said(&output)
    );
    ensure!(scene.bytes()? == before, "the log is not as it was before");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = stderr
        .lines()
        .find(|line| line.starts_with('{'))
        .context("no JSON on stderr")?;
    make_room()?;
    let output =
        scene::run_with_stdin(scene.lineage(&["append", "--json"]), json.as_bytes(), SOON)?;
    ensure!(
        output.status.success(),
        "what was on stderr is not taken: {}",
        said(&output)
    );
    let (now, wanted) = (scene.bytes()?, with_refused()?);
    ensure!(
        now.starts_with(&before) && last_row(&now) == last_row(&wanted),
        "the row fed back is not the row refused"
    );
    Ok(())
}

/// The last row, without its id.
fn last_row(log: &[u8]) -> &[u8] {
    let row = log
        .split(|&byte| byte == b'\n')
        .rev()
        .nth(1)
        .unwrap_or_default();
    &row[memchr::memchr(b'\t', row).unwrap_or_default()..]
}
