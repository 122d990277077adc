//! A cell of a hundred megabytes, a chain of a million trials, a cycle of a hundred thousand: every
//! command ends, in bounded time and memory.

use std::{
    fs::File,
    io::{BufWriter, Result, Write},
    time::{Duration, Instant},
};

use crate::{
    Options, Outcome,
    noise::{COMMANDS, run_all_commands},
    sandbox::Sandbox,
};

const TIMEOUT: Duration = Duration::from_mins(1);

pub(crate) fn run(options: &Options) -> Outcome {
    let (megabytes, chain, cycle) = options.pick((20, 10_000, 1_000), (100, 1_000_000, 100_000));
    let cell_time = time_commands("giant cell", |log| write_giant_cell(log, megabytes));
    let chain_time = time_commands("long chain", |log| write_trials(log, chain, None));
    let cycle_time = time_commands("long cycle", |log| {
        write_trials(log, cycle, Some(cycle - 1))
    });
    Outcome::Passed(format!(
        "{} commands each within 512 MiB: a cell of {megabytes} MB {cell_time:.1} s, a chain of {chain} \
         {chain_time:.1} s, a cycle of {cycle} {cycle_time:.1} s",
        COMMANDS.len(),
    ))
}

/// Writes a log and runs all commands on it; returns the seconds that they take together.
fn time_commands(name: &str, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> f64 {
    let sandbox = Sandbox::with_store();
    let mut log = BufWriter::new(File::create(sandbox.log()).unwrap());
    writeln!(log, "exp_id\tparent_exp\tstatus\tcore_metric\tnotes").unwrap();
    write(&mut log).unwrap();
    log.into_inner().unwrap();
    let started = Instant::now();
    run_all_commands(&sandbox, TIMEOUT, name);
    started.elapsed().as_secs_f64()
}

fn write_giant_cell(log: &mut dyn Write, megabytes: usize) -> Result<()> {
    write!(log, "000\t\tbaseline\t3\tfirst\n001\t000\tkeep\t2\t\"")?;
    let megabyte = vec![b'x'; 1_000_000];
    for _ in 0..megabytes {
        log.write_all(&megabyte)?;
    }
    write!(log, "\"\n002\t001\tkeep\t1\tlast\n")
}

/// Trials of which each is the parent of the next; `root` is the parent of the first.
fn write_trials(log: &mut dyn Write, count: usize, root: Option<usize>) -> Result<()> {
    for id in 0..count {
        let parent = id.checked_sub(1).or(root);
        let parent = parent
            .map(|parent| format!("{parent:03}"))
            .unwrap_or_default();
        let status = if id == 0 { "baseline" } else { "keep" };
        writeln!(log, "{id:03}\t{parent}\t{status}\t{}\tn", 2 * count - id)?;
    }
    Ok(())
}
