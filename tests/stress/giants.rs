//! One cell of a hundred megabytes, a chain of a million trials, a cycle of a hundred thousand: every command ends, in
//! bounded time and memory.

use std::{
    fs::File,
    io::{BufWriter, Write},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::{
    Form, Outcome,
    noise::{COMMANDS, try_all},
    scene::Scene,
};

const LIMIT: Duration = Duration::from_mins(1);

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    let (megabytes, chain, cycle) = form.pick((20, 10_000, 1_000), (100, 1_000_000, 100_000));
    let cell = tried("a giant cell", |log| giant_cell(log, megabytes))?;
    let long = tried("a long chain", |log| trials(log, chain, None))?;
    let round = tried("a long cycle", |log| trials(log, cycle, Some(cycle - 1)))?;
    Ok(Outcome::Held(format!(
        "{} commands each within 512 MiB: a cell of {megabytes} MB {cell:.1} s, a chain of {chain} {long:.1} s, a cycle of \
         {cycle} {round:.1} s",
        COMMANDS.len(),
    )))
}

/// Writes a log and runs all commands on it: how many seconds they take together.
fn tried(what: &str, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<f64> {
    let scene = Scene::new()?;
    let mut log = BufWriter::new(File::create(scene.log())?);
    writeln!(log, "exp_id\tparent_exp\tstatus\tcore_metric\tnotes")?;
    write(&mut log)?;
    log.flush()?;
    drop(log);
    let started = Instant::now();
    try_all(&scene, LIMIT).with_context(|| what.to_owned())?;
    Ok(started.elapsed().as_secs_f64())
}

fn giant_cell(log: &mut dyn Write, megabytes: usize) -> std::io::Result<()> {
    write!(log, "000\t\tbaseline\t3\tfirst\n001\t000\tkeep\t2\t\"")?;
    let megabyte = vec![b'x'; 1_000_000];
    for _ in 0..megabytes {
        log.write_all(&megabyte)?;
    }
    write!(log, "\"\n002\t001\tkeep\t1\tlast\n")
}

/// Trials that each stem from the one before; the first from `root`.
fn trials(log: &mut dyn Write, count: usize, root: Option<usize>) -> std::io::Result<()> {
    for id in 0..count {
        let parent = id
            .checked_sub(1)
            .or(root)
            .map_or_else(String::new, |parent| format!("{parent:03}"));
        let status = if id == 0 { "baseline" } else { "keep" };
        writeln!(log, "{id:03}\t{parent}\t{status}\t{}\tn", 2 * count - id)?;
    }
    Ok(())
}
