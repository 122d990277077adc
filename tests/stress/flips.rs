//! One byte of a log changed, anywhere: no command panics or hangs, and no row is lost but the one that was hit; two where
//! a newline was hit or made.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::{
    Form, Outcome,
    scene::{self, SOON, Scene, cores, ended_well, said, share},
    seed::Seed,
};

const ROWS: usize = 30;
const COMMANDS: [&[&str]; 8] = [
    &["best"],
    &["tail"],
    &["chain"],
    &["tree"],
    &["stats"],
    &["render", "--for", "opt"],
    &["show", "004"],
    &["tree", "--format", "jsonl", "-q"],
];

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    let flips = form.pick(150, 10_000);
    let whole = log(form.seed)?;
    let ids: Vec<String> = whole.ids(&["tail", "-n", "1000"])?;
    COMMANDS
        .iter()
        .try_for_each(|command| whole.ok(command).map(drop))?;
    let bytes = whole.bytes()?;
    let threads = cores();
    let scenes = (0..threads)
        .map(|_| Scene::new())
        .collect::<Result<Vec<_>>>()?;
    let lost = share(threads, threads, |thread| {
        let mut lost = 0;
        for number in (thread..flips).step_by(threads) {
            let mut seed = Seed::new(form.seed, number);
            let flip = Flip::new(&mut seed, &bytes);
            lost += flip
                .check(&scenes[thread], &bytes, &ids)
                .with_context(|| format!("{flip:?}"))?;
        }
        Ok(lost)
    })?;
    Ok(Outcome::Held(format!(
        "{flips} bytes changed in a log of {} (seed {}), {} commands each: no panic, none over {} s, {} rows could not be \
         read, each of them hit",
        bytes.len(),
        form.seed,
        COMMANDS.len() + 1 + usize::from(Scene::has_check()),
        SOON.as_secs(),
        lost.iter().sum::<usize>(),
    )))
}

/// A log with quotes of all kinds, in which trials stem from each other.
fn log(seed: u64) -> Result<Scene> {
    let scene = Scene::new()?;
    let texts = [
        "plain",
        "say \"x\"",
        "\"quoted\"",
        "\"",
        "Grüße 世界",
        "a\tb\nc",
        "C:\\new",
        "",
    ];
    let mut seed = Seed::new(seed, usize::MAX);
    for number in 0..ROWS {
        let parent = seed.below(number.max(1)).to_string();
        let score = format!("3.0{:03}", seed.below(1000));
        let mut args = vec![
            "append",
            "--status",
            "auto",
            "--metric",
            &score,
            "--hypothesis",
            seed.pick(&texts),
        ];
        args.extend([
            "--notes",
            seed.pick(&texts),
            "--specialist",
            seed.pick(&["opt", "arch", "data"]),
        ]);
        args.extend(["--timestamp", "2026-03-01T00:00:00Z"]);
        if number > 0 {
            args.extend(["--parent", &parent]);
        }
        scene.ok(&args)?;
    }
    Ok(scene)
}

#[derive(Debug)]
struct Flip {
    at: usize,
    byte: u8,
}

impl Flip {
    /// One bit, or another byte.
    fn new(seed: &mut Seed, bytes: &[u8]) -> Self {
        let at = seed.below(bytes.len());
        let mask = if seed.below(2) == 0 {
            1 << seed.below(8)
        } else {
            seed.byte().max(1)
        };
        Self {
            at,
            byte: bytes[at] ^ mask,
        }
    }

    /// How many rows were lost.
    fn check(&self, scene: &Scene, bytes: &[u8], ids: &[String]) -> Result<usize> {
        let mut flipped = bytes.to_vec();
        flipped[self.at] = self.byte;
        fs::write(scene.log(), &flipped)?;
        for command in COMMANDS {
            let output = scene::run(scene.lineage(command), SOON)?;
            ensure!(
                ended_well(&output),
                "lineage {}: {}",
                command.join(" "),
                said(&output)
            );
        }
        if Scene::has_check() {
            let output = scene::run(scene.lineage(&["check"]), SOON)?;
            ensure!(ended_well(&output), "lineage check: {}", said(&output));
        }
        let line = memchr::memchr_iter(b'\n', &bytes[..self.at]).count();
        if line == 0 {
            return Ok(0); // the header rules: what it cannot be read by is refused
        }
        let shown = scene.ids(&["tail", "-n", "1000"])?;
        let may_go = if bytes[self.at] == b'\n' {
            line - 1..line + 1
        } else {
            line - 1..line
        };
        let lost = |(row, id): &(usize, &String)| !may_go.contains(row) && !shown.contains(id);
        let innocent = ids.iter().enumerate().find(lost);
        ensure!(
            innocent.is_none(),
            "row {} was not hit, and is lost",
            innocent.map_or("", |(_, id)| id)
        );
        Ok(ids.len().saturating_sub(shown.len()))
    }
}
