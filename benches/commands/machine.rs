//! Where the figures come from: the machine, and the versions of what was measured.

use std::{env, fs, path::Path, process::Command, thread};

use anyhow::Result;

use crate::{
    peers::Peers,
    programs::{Floors, LINEAGE, rustc, said},
};

/// A line for each fact.
pub(super) fn facts(dir: &Path, floors: &Floors, peers: &Peers) -> Result<Vec<String>> {
    let size = fs::metadata(LINEAGE)?.len().div_ceil(10_000);
    let mut versions = vec![
        format!(
            "{} ({}.{:02} MB)",
            said(Command::new(LINEAGE).arg("--version"))?,
            size / 100,
            size % 100
        ),
        said(rustc().arg("--version"))?,
    ];
    versions.extend(peers.versions.iter().cloned());
    let mut facts = vec![machine(dir), versions.join("; ")];
    if let Err(error) = &floors.empty_static {
        facts.push(format!("missing: a static empty program: {error:#}"));
    }
    facts.extend(
        peers
            .missing
            .iter()
            .map(|missing| format!("missing: {missing}")),
    );
    Ok(facts)
}

fn machine(dir: &Path) -> String {
    let field = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap_or("unknown");
        value.trim_start_matches([' ', '\t', ':']).to_owned()
    };
    let memory = field("/proc/meminfo", "MemTotal")
        .trim_end_matches(" kB")
        .parse::<u64>();
    let memory = memory.map_or("unknown".to_owned(), |kib| format!("{} GiB", kib >> 20));
    format!(
        "{} cores ({}), memory {memory}, {} {}, {}",
        thread::available_parallelism().map_or(1, usize::from),
        field("/proc/cpuinfo", "model name"),
        env::consts::OS,
        field("/proc/sys/kernel/osrelease", ""),
        file_system(dir),
    )
}

/// The kind of file system, which decides what a flush costs.
fn file_system(dir: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|mount| {
        let mut words = mount.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let holding = mounts.filter(|(point, _)| dir.starts_with(point));
    holding
        .max_by_key(|(point, _)| point.len())
        .map_or("unknown file system", |(_, kind)| kind)
        .to_owned()
}
