//! What the run waits for: signals, and the ends of the command's output.

use std::{
    fs,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTIN},
    iterator::Signals,
};

use super::terminal::has_foreground;

pub(super) enum Event {
    /// A signal that is forwarded to the command.
    Signal(i32),
    /// A child has ended or was stopped.
    ChildChanged,
    /// A stream of the command has ended.
    StreamEnded,
}

pub(super) struct Events {
    pub(super) sender: Sender<Event>,
    pub(super) receiver: Receiver<Event>,
}

impl Events {
    /// Starts to catch signals. One that this process was told to ignore, as `nohup` does, stays ignored.
    pub(super) fn listen() -> Result<Self> {
        let (sender, receiver) = channel();
        let ignored = ignored_signals();
        let forwarded = [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter();
        let forwarded = forwarded.filter(|signal| ignored >> (signal - 1) & 1 == 0);
        // Ignored, SIGCHLD would let the system forget how children ended, and SIGTTIN, which `bash -ic` leaves ignored, would
        // let a command fail that reads from the terminal just before it gets the foreground.
        let caught = [SIGCHLD]
            .into_iter()
            .chain(has_foreground().then_some(SIGTTIN));
        let mut signals = Signals::new(forwarded.chain(caught)).context("cannot catch signals")?;
        let events = sender.clone();
        thread::spawn(move || {
            for signal in &mut signals {
                let event = match signal {
                    SIGCHLD | SIGTTIN => Event::ChildChanged,
                    signal => Event::Signal(signal),
                };
                if events.send(event).is_err() {
                    return;
                }
            }
        });
        Ok(Self { sender, receiver })
    }
}

/// The ignored signals as bits, the first signal lowest; none if the system does not say.
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines() {
        if let Some(bits) = line.strip_prefix("SigIgn:") {
            return u64::from_str_radix(bits.trim(), 16).unwrap_or(0);
        }
    }
    0
}
