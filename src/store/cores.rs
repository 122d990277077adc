//! Two readers want two cores. Linux often starts a thread on the core of the one that started it and leaves it there, though
//! another core has nothing to do, for a time slice: as long as it takes to read a hundred thousand trials.

#[cfg(target_os = "linux")]
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// The core that the calling thread runs on.
#[cfg(target_os = "linux")]
pub(super) fn current() -> usize {
    sched_getcpu()
}

/// Takes the calling thread to another core, if it runs on this one and there is another. Where it may run is as it was.
#[cfg(target_os = "linux")]
pub(super) fn leave(core: usize) {
    if sched_getcpu() != core || core >= CpuSet::MAX_CPU {
        return;
    }
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let mut others = allowed;
    others.unset(core);
    // Where there is no other core, or moving is forbidden, this fails: the thread runs where it is.
    if sched_setaffinity(None, &others).is_ok() {
        let _ = sched_setaffinity(None, &allowed); // nothing to be done about it, and nothing lost
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn current() -> usize {
    0
}

#[cfg(not(target_os = "linux"))]
pub(super) fn leave(_: usize) {}
