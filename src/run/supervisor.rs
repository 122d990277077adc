//! Watches one running command: forwards signals, gives it the terminal, stops it after its time, and notes how it ended.

use std::{
    io::PipeWriter,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rustix::process::{Signal, WaitStatus};
use signal_hook::consts::{SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGTTIN, SIGTTOU};

use super::{
    RunningEntry,
    group::Group,
    signals::{Event, Events},
    terminal::{Foreground, give_foreground},
};

/// The end of a process that is not a child of this one sends no signal, so it is looked for this often.
const PAUSE: Duration = Duration::from_millis(50);

/// The longest wait without an event, so that the heartbeat of the trial, once a minute, is on time.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// How long to wait for processes that even SIGKILL does not end, because the kernel is busy with them.
const MAX_DYING: Duration = Duration::from_secs(5);

/// How the command itself ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Exited(i32),
    Killed(i32),
    /// It could not be started, with the exit status that shells use for that.
    NotStarted(i32, String),
}

/// Why the command was stopped before its own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    TimedOut,
    /// By this signal.
    Interrupted(i32),
}

/// One running command.
pub(super) struct Supervisor {
    pub(super) group: Group,
    pub(super) foreground: Option<Foreground>,
    /// Whether the command is stopped because it used the terminal in the background.
    pub(super) waits_for_terminal: bool,
    pub(super) has_warned: bool,
    /// Dropped when the command has ended and, if it was stopped, all that it has started has ended too.
    pub(super) end_sender: Option<PipeWriter>,
    pub(super) open_streams: usize,
    pub(super) ending: Option<Ending>,
    /// When the command itself ended, once it has.
    pub(super) ended: Instant,
    pub(super) stop: Option<Stop>,
    /// Whether the command is to end, by `stop` or by `late_signal`.
    pub(super) is_stopped: Arc<AtomicBool>,
    pub(super) late_signal: Option<i32>,
    pub(super) deadline: Option<Instant>,
    pub(super) kill_at: Option<Instant>,
    pub(super) give_up_at: Option<Instant>,
    pub(super) kill_after: Duration,
}

impl Supervisor {
    /// Waits until the command and its output have ended.
    pub(super) fn watch(
        &mut self,
        events: &Events,
        entry: &mut Option<RunningEntry>,
        warn: &dyn Fn(&str),
    ) {
        while self.open_streams > 0 || self.end_sender.is_some() {
            match events.receiver.recv_timeout(self.pause()) {
                Ok(Event::StreamEnded) => self.open_streams -= 1,
                Ok(Event::Signal(signal)) => self.interrupt(signal),
                Ok(Event::PassedOn(signal)) => self.group.pass_on(signal),
                Ok(Event::ChildChanged) | Err(_) => {} // or time has passed
            }
            if let Some(status) = self.group.reap() {
                self.note_status(status);
            }
            self.give_terminal(warn);
            if let Some(entry) = entry {
                entry.beat();
            }
            self.enforce_deadlines();
            let is_nothing_left = || !self.group.has_members() || self.has_given_up();
            if self.ending.is_some() && (self.stop.is_none() || is_nothing_left()) {
                self.end_sender = None;
            }
        }
    }

    /// The longest time to wait for an event.
    fn pause(&self) -> Duration {
        if self.stop.is_some() || self.ending.is_some() {
            return PAUSE;
        }
        // A shell that brings this process to the foreground need not send a signal.
        let max = if self.waits_for_terminal {
            MAX_PAUSE / 10
        } else {
            MAX_PAUSE
        };
        match self.deadline {
            Some(deadline) => max.min(deadline.saturating_duration_since(Instant::now())),
            None => max,
        }
    }

    fn note_status(&mut self, status: WaitStatus) {
        if let Some(code) = status.exit_status() {
            self.note_terminal_signal(code - 128); // how a shell exits if a signal ended its command
            self.note_end(Ending::Exited(code));
        } else if let Some(signal) = status.terminating_signal() {
            self.note_terminal_signal(signal);
            self.note_end(Ending::Killed(signal));
        } else if let Some(signal) = status.stopping_signal() {
            if [SIGTTIN, SIGTTOU].contains(&signal) {
                self.waits_for_terminal = true;
            } else if let Some(foreground) = &self.foreground {
                foreground.handle_stop();
                self.group.signal(Signal::CONT);
            }
        }
    }

    /// Gives the terminal to a command that waits for it, as soon as this process has it.
    fn give_terminal(&mut self, warn: &dyn Fn(&str)) {
        if !self.waits_for_terminal {
            return;
        }
        let command = self.group.leader;
        if give_foreground(command) {
            self.waits_for_terminal = false;
            self.foreground
                .get_or_insert_with(|| Foreground { command });
            self.group.signal(Signal::CONT);
        } else if !self.has_warned {
            self.has_warned = true;
            warn("the command reads from the terminal in the background; give it `< /dev/null`");
        }
    }

    /// Only the command, which has the terminal, gets the signals of Ctrl-C and Ctrl-\. If one ends it, it was interrupted.
    fn note_terminal_signal(&mut self, signal: i32) {
        if self.foreground.is_some() && self.stop.is_none() && [SIGINT, SIGQUIT].contains(&signal) {
            self.begin_stop(Stop::Interrupted(signal));
        }
    }

    fn note_end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        self.ended = Instant::now();
        self.foreground = None;
        self.waits_for_terminal = false;
        // A shell's background jobs ignore SIGINT.
        if let Some(Stop::Interrupted(signal)) = self.stop
            && signal != SIGTERM
        {
            self.terminate(SIGTERM);
        }
    }

    /// From here on, the command is to end; what is left of it is killed after a while.
    fn begin_stop(&mut self, stop: Stop) {
        self.stop.get_or_insert(stop);
        self.is_stopped.store(true, Relaxed);
        let kill_at = Instant::now() + self.kill_after;
        self.kill_at.get_or_insert(kill_at);
    }

    /// Forwards a signal; the first one says how the trial ended. After the end of the command, it is kept for the next run
    /// of `--repeat`.
    fn interrupt(&mut self, signal: i32) {
        if self.ending.is_none() || self.stop.is_some() {
            self.begin_stop(Stop::Interrupted(signal));
            self.terminate(signal);
        } else {
            self.late_signal = Some(signal);
            self.is_stopped.store(true, Relaxed);
        }
    }

    fn terminate(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal) {
            self.group.signal(signal);
            self.group.signal(Signal::CONT); // a stopped process cannot end
        }
    }

    /// Stops the command when its time is over, and kills what is left after the grace period.
    fn enforce_deadlines(&mut self) {
        let now = Instant::now();
        if self.stop.is_none() && self.ending.is_none() && is_over(self.deadline, now) {
            self.begin_stop(Stop::TimedOut);
            self.terminate(SIGTERM);
        }
        if is_over(self.kill_at, now) {
            self.give_up_at.get_or_insert_with(|| now + MAX_DYING);
            self.group.signal(Signal::KILL);
        }
        if self.ending.is_none() && self.has_given_up() {
            self.note_end(Ending::Killed(SIGKILL));
        }
    }

    fn has_given_up(&self) -> bool {
        is_over(self.give_up_at, Instant::now())
    }
}

fn is_over(end: Option<Instant>, now: Instant) -> bool {
    end.is_some_and(|end| now >= end)
}
