//! What the run waits for: signals, and the ends of the command's output.

use std::{
    fs,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{
        SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTIN, SIGUSR1, SIGUSR2, SIGXCPU,
    },
    iterator::Signals,
};

use super::terminal::has_terminal;

/// Signals that end the command.
const ENDING: [i32; 6] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGXCPU];

/// Signals that mean what the command takes them for: a scheduler may send one before the end, for a checkpoint.
const PASSED_ON: [i32; 2] = [SIGUSR1, SIGUSR2];

pub(super) enum Event {
    /// A signal that ends the command.
    Signal(i32),
    /// A signal that only the command handles.
    PassedOn(i32),
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
        let forwarded = ENDING.into_iter().chain(PASSED_ON);
        let forwarded = forwarded.filter(|signal| ignored >> (signal - 1) & 1 == 0);
        // Ignored, SIGCHLD would let the system forget how children ended, and SIGTTIN, which `bash -ic` leaves ignored, would
        // let a command fail that reads from the terminal just before it gets the foreground.
        let caught = [SIGCHLD]
            .into_iter()
            .chain(has_terminal().then_some(SIGTTIN));
        let mut signals = Signals::new(forwarded.chain(caught)).context("cannot catch signals")?;
        let events = sender.clone();
        thread::spawn(move || {
            for signal in &mut signals {
                let event = match signal {
                    SIGCHLD | SIGTTIN => Event::ChildChanged,
                    signal if PASSED_ON.contains(&signal) => Event::PassedOn(signal),
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
