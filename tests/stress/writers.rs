//! Sixteen processes append to one log at once, and writers in Python beside them that take the same lock.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command},
};

use anyhow::{Context, Result, ensure};

use crate::{
    Form, Outcome,
    scene::{PROGRAM, Scene, companion, is_there, share},
    seen::{Seen, numbers},
};

const WRITERS: usize = 16;

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    let each = form.pick(15, 500);
    let scene = Scene::new()?;
    let peers = Peers::start(form.long, &scene.path(".lineage"), each)?;
    let printed = share(WRITERS, WRITERS, |writer| append_all(&scene, writer, each))?.concat();
    let peers = peers.finish()?;
    check(&scene, &printed, &peers, each)?;
    let names: Vec<_> = peers
        .iter()
        .map(|(name, _)| format!(" + {name} {each}"))
        .collect();
    Ok(Outcome::Held(format!(
        "{WRITERS} x {each} appends{}, {} printed, all in the log once, 0 torn, 1 header, ids dense",
        if names.is_empty() {
            " (no Python: no other writer)".to_owned()
        } else {
            names.concat()
        },
        printed.len(),
    )))
}

fn append_all(scene: &Scene, writer: usize, each: usize) -> Result<Vec<String>> {
    let append = |number: usize| {
        let (score, specialist) = (format!("{}", 9000 - number), format!("w{writer}"));
        let notes = "n".repeat(number * 7 % 3000);
        let args = [
            "append",
            "--status",
            "auto",
            "--metric",
            &score,
            "--specialist",
            &specialist,
            "--notes",
            &notes,
        ];
        Ok(scene.ok(&args)?.trim_end().to_owned())
    };
    (0..each).map(append).collect()
}

fn check(scene: &Scene, printed: &[String], peers: &[(&str, &str)], each: usize) -> Result<()> {
    let seen = Seen::new(&scene.bytes()?)?;
    ensure!(
        seen.damaged == 0 && seen.tail == 0,
        "{} torn lines, {} bytes behind the last",
        seen.damaged,
        seen.tail
    );
    let wanted: Vec<u64> = (0..(WRITERS * each) as u64).collect();
    let printed: Vec<&str> = printed.iter().map(String::as_str).collect();
    ensure!(
        numbers(&printed)? == wanted,
        "the printed ids are not 0..{}",
        wanted.len()
    );
    ensure!(
        numbers(&seen.column("exp_id"))? == wanted,
        "the ids in the log are not 0..{}",
        wanted.len()
    );
    for (name, prefix) in peers {
        let rows = seen
            .column("exp_id")
            .iter()
            .filter(|id| id.starts_with(prefix))
            .count();
        ensure!(rows == each, "{rows} of {each} rows of {name}");
    }
    let shown = scene.ids(&["tail", "-n", "1000000"])?.len();
    ensure!(
        shown == (WRITERS + peers.len()) * each,
        "readers see {shown} rows"
    );
    Ok(())
}

/// Writers in Python: their names, the first letters of their ids, their processes.
struct Peers(Vec<(&'static str, &'static str, Child)>);

impl Peers {
    fn start(long: bool, store: &Path, count: usize) -> Result<Self> {
        let mut peers = Vec::new();
        if is_there("python3") {
            peers.push((
                "flock(2) from Python",
                "py-",
                start(Path::new("python3"), "flock_writer.py", store, count)?,
            ));
        }
        if let Some(python) = long.then(fieldkit).flatten() {
            peers.push((
                "fieldkit",
                "fk-",
                start(&python, "fieldkit_writer.py", store, count)?,
            ));
        }
        Ok(Self(peers))
    }

    fn finish(self) -> Result<Vec<(&'static str, &'static str)>> {
        let finish = |(name, prefix, mut child): (_, _, Child)| {
            let status = child.wait()?;
            ensure!(status.success(), "{name}: {status}");
            Ok((name, prefix))
        };
        self.0.into_iter().map(finish).collect()
    }
}

fn start(python: &Path, script: &str, store: &Path, count: usize) -> Result<Child> {
    let mut command = Command::new(python);
    command
        .arg(companion(script))
        .arg(store)
        .arg(count.to_string());
    command
        .spawn()
        .with_context(|| format!("{} does not start", python.display()))
}

/// A Python that has fieldkit, in an environment of its own; `None` where it cannot be had.
fn fieldkit() -> Option<PathBuf> {
    let target = Path::new(PROGRAM).parent()?.parent()?;
    let (venv, python) = (
        target.join("stress/venv"),
        target.join("stress/venv/bin/python"),
    );
    let works = |program: &Path, args: &[&str]| {
        Command::new(program)
            .args(args)
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let has_it = || works(&python, &["-c", "import fieldkit.lineage"]);
    let made = || {
        works(
            Path::new("python3"),
            &["-m", "venv", &venv.to_string_lossy()],
        )
    };
    let installed = || works(&python, &["-m", "pip", "install", "--quiet", "fieldkit"]);
    (has_it() || made() && installed() && has_it()).then_some(python)
}
