//! Two things at once, on two cores.

use std::{sync::Mutex, thread};

#[cfg(target_os = "linux")]
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// Does both at once; where no thread is to be had, one after the other.
pub(crate) fn both<A, B: Send>(first: impl FnOnce() -> A, second: impl FnOnce() -> B + Send) -> (A, B) {
    let second = Mutex::new(Some(second));
    let do_second = || second.lock().ok().and_then(|mut second| second.take()).map(|second| second());
    let (core, done) = (current(), Mutex::new(None));
    let first = thread::scope(|scope| {
        let elsewhere = || {
            leave(core);
            let second = do_second();
            *done.lock().expect("nobody panics with it") = second;
        };
        // If there is a thread, it is waited for until it has done its work, not until the system is done with it.
        let _ = thread::Builder::new().spawn_scoped(scope, elsewhere);
        thread::yield_now(); // so that it can leave, where it was put on this core
        first()
    });
    let done = done.into_inner().expect("nobody panics with it");
    (first, done.or_else(do_second).expect("it was done by one of the two"))
}

/// The core that the calling thread runs on.
#[cfg(target_os = "linux")]
fn current() -> usize {
    sched_getcpu()
}

/// Takes the calling thread to another core, if it runs on this one and there is another. Linux often starts a thread on the
/// core of the one that started it and leaves it there, though another core has nothing to do, for a time slice: as long as it
/// takes to read a hundred thousand trials.
#[cfg(target_os = "linux")]
fn leave(core: usize) {
    if sched_getcpu() != core || core >= CpuSet::MAX_CPU {
        return;
    }
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let mut others = allowed;
    others.unset(core);
    // Where there is no other core, or moving is forbidden, this fails: the thread runs where it is.
    if sched_setaffinity(None, &others).is_ok() {
        let _ = sched_setaffinity(None, &allowed); // where it may run is as it was
    }
}

#[cfg(not(target_os = "linux"))]
fn current() -> usize {
    0
}

#[cfg(not(target_os = "linux"))]
fn leave(_: usize) {}
