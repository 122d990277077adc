//! What Linux says about processes in `/proc`. Other systems have no such file system: nothing is known there.

use std::{fs, path::Path};

/// One process, from `/proc/PID/stat`.
pub(crate) struct ProcessStat {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    /// Its process group.
    pub(crate) group: u32,
    /// When it started, in ticks since the system did.
    pub(crate) start: u64,
    /// It has ended, but its parent has not asked how.
    pub(crate) is_zombie: bool,
}

pub(crate) fn read_process(pid: u32) -> Option<ProcessStat> {
    let path = Path::new("/proc").join(pid.to_string()).join("stat");
    let stat = fs::read(path).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // `PID (NAME) STATE PARENT GROUP …`, and the name may contain anything.
    let (_, after_name) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = after_name.split(' ').collect();
    Some(ProcessStat {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
        is_zombie: matches!(*fields.first()?, "Z" | "X"),
    })
}

pub(crate) fn list_processes() -> Vec<ProcessStat> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(read_process).collect()
}
