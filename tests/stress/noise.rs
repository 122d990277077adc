//! Files that are no log, or one that somebody ruined: every command ends, in bounded time and memory, with an exit status
//! of its own.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{
    Form, Outcome,
    scene::{self, SOON, Scene, cores, ended_well, is_there, said, share},
    seed::Seed,
};

/// No command may ask the system for more memory than this.
const MEMORY: &str = "--as=536870912";

pub(crate) const COMMANDS: [&[&str]; 8] = [
    &["best"],
    &["tail", "-n", "50"],
    &["chain"],
    &["tree"],
    &["stats"],
    &["render", "--for", "opt"],
    &["show", "7"],
    &[
        "append", "--status", "auto", "--metric", "1", "--notes", "after",
    ],
];

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    let logs = form.pick(60, 3000);
    let scenes = (0..cores())
        .map(|_| Scene::new())
        .collect::<Result<Vec<_>>>()?;
    for command in [&COMMANDS[7..], &COMMANDS[..6]].concat() {
        scenes[0].ok(command)?; // so that it is the log that a command refuses below
    }
    share(scenes.len(), scenes.len(), |thread| {
        for number in (thread..logs).step_by(scenes.len()) {
            let log = log(&mut Seed::new(form.seed, number));
            fs::write(scenes[thread].log(), log)?;
            try_all(&scenes[thread], SOON).with_context(|| format!("log {number}"))?;
        }
        Ok(())
    })?;
    Ok(Outcome::Held(format!(
        "{logs} random logs (seed {}), {} commands each: exit 0, 1 or 2, none over {} s{}",
        form.seed,
        COMMANDS.len(),
        SOON.as_secs(),
        memory().map_or("", |_| " or 512 MiB"),
    )))
}

/// The wrapper that bounds a command's memory, where there is one.
fn memory() -> Option<[&'static str; 2]> {
    is_there("prlimit").then_some(["prlimit", MEMORY])
}

/// Runs every command on the log as it is.
pub(crate) fn try_all(scene: &Scene, limit: Duration) -> Result<()> {
    let wrapper = memory();
    let wrapper = wrapper.as_ref().map_or(&[][..], |wrapper| &wrapper[..]);
    let check: &[&[&str]] = if Scene::has_check() {
        &[&["check"]]
    } else {
        &[]
    };
    for command in COMMANDS.iter().chain(check) {
        let output = scene::run(scene.under(wrapper, command), limit)?;
        ensure!(
            ended_well(&output),
            "lineage {}: {}",
            command.join(" "),
            said(&output)
        );
    }
    Ok(())
}

/// Bytes, or cells and quotes and line ends thrown together, with a header that holds or not.
fn log(seed: &mut Seed) -> Vec<u8> {
    let words: [&[u8]; 24] = [
        b"\t",
        b"\t",
        b"\t",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\"",
        b"\"\"",
        b"\0",
        b"\xff\xfe",
        b"\xe2\x80\xa8",
        b"\x1b[31m",
        b"keep",
        b"baseline",
        b"crash",
        b"7",
        b"exp_007",
        b"000",
        b"1.5",
        b"NaN",
        b"1e400",
        b" ",
        b"-0.001",
    ];
    let headers: [&[u8]; 5] = [
        b"exp_id\tparent_exp\tstatus\tcore_metric\tdelta_vs_best\tnotes\n",
        b"\xef\xbb\xbfexp_id\tstatus\tcore_metric\r\n",
        b"\"exp_id\"\t\"status\"\tval_bpb\tval_bpb\n",
        b"exp_id\tstatus\n",
        b"",
    ];
    let mut log = seed.pick(&headers).to_vec();
    let length = seed.size(1, 60_000);
    let plain = seed.below(4) == 0;
    while log.len() < length {
        if plain {
            log.push(seed.byte());
        } else if seed.below(8) == 0 {
            log.extend(row(seed));
        } else {
            log.extend_from_slice(seed.pick(&words));
        }
    }
    log
}

/// A row that is right for the first header, whose trials may be each other's parents.
fn row(seed: &mut Seed) -> Vec<u8> {
    let (id, parent) = (seed.below(50), seed.below(50));
    let status = seed.pick(&[
        "keep",
        "baseline",
        "discard",
        "crash",
        "size_blocked",
        "odd",
    ]);
    format!("\n{id:03}\t{parent:03}\t{status}\t1.{id}\t-0.{parent}\t\"say \"\"x\"\"\"\n")
        .into_bytes()
}
