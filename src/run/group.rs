//! The processes of a command: its process group, and on Linux all its descendants, because one that calls `setsid`
//! leaves the group.

use std::{collections::HashSet, process};

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, kill_process, kill_process_group,
    test_kill_process_group, wait,
};

use crate::store::{ProcessStat, list_processes};

/// Makes this process the parent of descendants whose own parent ends, and returns the children that it already has. They
/// do not belong to the command.
pub(super) fn become_subreaper() -> HashSet<u32> {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid())); // without it, only the group is known
    let own = process::id();
    let children = list_processes().into_iter();
    let children = children.filter(|process| process.parent == own);
    children.map(|process| process.pid).collect()
}

pub(super) struct Group {
    pub(super) leader: Pid,
    /// Children of this process that are older than the command.
    others: HashSet<u32>,
    /// Its number may then be the number of another process.
    is_leader_gone: bool,
}

impl Group {
    pub(super) fn new(leader: Pid, others: HashSet<u32>) -> Self {
        Self {
            leader,
            others,
            is_leader_gone: false,
        }
    }

    /// Sends a signal to every process of the command.
    pub(super) fn signal(&self, signal: Signal) {
        if !self.is_leader_gone || !cfg!(target_os = "linux") {
            let _ = kill_process_group(self.leader, signal);
        }
        for process in self.descendants() {
            let has_signal = !self.is_leader_gone && to_pid(process.group) == Some(self.leader);
            if let Some(pid) = to_pid(process.pid).filter(|_| !has_signal) {
                let _ = kill_process(pid, signal);
            }
        }
    }

    /// Sends a signal to the command alone: its helpers may not expect it.
    pub(super) fn pass_on(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal)
            && !self.is_leader_gone
        {
            let _ = kill_process(self.leader, signal);
        }
    }

    /// Whether a process of the command is alive.
    pub(super) fn has_members(&self) -> bool {
        if cfg!(target_os = "linux") {
            return !self.descendants().is_empty();
        }
        test_kill_process_group(self.leader).is_ok()
    }

    /// Asks how children ended. Returns how the leader ended or was stopped, if it did.
    pub(super) fn reap(&mut self) -> Option<WaitStatus> {
        let mut leader = None;
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG | WaitOptions::UNTRACED) {
            if pid == self.leader {
                self.is_leader_gone = !status.stopped();
                leader = Some(status);
            }
        }
        leader
    }

    fn descendants(&self) -> Vec<ProcessStat> {
        let mut rest = list_processes();
        rest.retain(|process| !process.is_zombie && !self.others.contains(&process.pid));
        let mut known = HashSet::from([process::id()]);
        let mut found = Vec::new();
        loop {
            let is_child = |process: &mut ProcessStat| known.contains(&process.parent);
            let children: Vec<_> = rest.extract_if(.., is_child).collect();
            if children.is_empty() {
                return found;
            }
            known.extend(children.iter().map(|process| process.pid));
            found.extend(children);
        }
    }
}

fn to_pid(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}
