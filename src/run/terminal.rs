//! The terminal's foreground: Ctrl-C and Ctrl-Z go to the process group that has it, and only that group may read.

use std::{
    io::{stdin, stdout},
    thread,
    time::Duration,
};

use nix::sys::signal::SigSet;
use rustix::fs::{FileType, fstat};
use rustix::process::{Pid, Signal, getpgrp, kill_current_process_group};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

/// How long it may take until a signal that this process sends to itself stops it.
const PAUSE: Duration = Duration::from_millis(50);

/// The terminal, while the command has its foreground. Dropping it takes the foreground back.
pub(super) struct Foreground {
    pub(super) command: Pid,
}

impl Foreground {
    /// Gives the foreground to the command's group, if this process has it. In a pipeline, another program may need it.
    pub(super) fn give_to(command: Pid) -> Option<Self> {
        if !has_foreground() {
            return None;
        }
        set_foreground(command);
        Some(Self { command })
    }

    /// The command was stopped, as by Ctrl-Z. Returns when it is to be continued.
    pub(super) fn handle_stop(&self) {
        if !is_foreground(getpgrp()) {
            self.suspend();
        }
        if is_foreground(getpgrp()) {
            set_foreground(self.command);
        }
    }

    /// Stops this process too, as a shell expects, until the shell continues it. Without a shell that could, SIGTSTP does nothing.
    fn suspend(&self) {
        if is_foreground(self.command) {
            set_foreground(getpgrp());
        }
        let _ = kill_current_process_group(Signal::TSTP);
        thread::sleep(PAUSE);
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        if is_foreground(self.command) {
            set_foreground(getpgrp());
        }
    }
}

/// Gives the foreground to a command that was stopped because it used the terminal: in a pipeline, or just before it got the
/// foreground. False in the background, where it has to wait.
pub(super) fn give_foreground(command: Pid) -> bool {
    if is_foreground(getpgrp()) {
        set_foreground(command);
    }
    is_foreground(command)
}

/// Whether stdin is the terminal of this process.
pub(super) fn has_terminal() -> bool {
    tcgetpgrp(stdin()).is_ok()
}

/// Whether this process has the terminal, and not only a part of it in a pipeline.
fn has_foreground() -> bool {
    let is_pipe =
        fstat(stdout()).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo);
    !is_pipe && is_foreground(getpgrp())
}

fn is_foreground(group: Pid) -> bool {
    tcgetpgrp(stdin()).is_ok_and(|foreground| foreground == group)
}

/// A process in the background that does this gets SIGTTOU and stops, unless it blocks that signal.
fn set_foreground(group: Pid) {
    let blocked = SigSet::from(nix::sys::signal::SIGTTOU);
    if blocked.thread_block().is_ok() {
        let _ = tcsetpgrp(stdin(), group);
        let _ = blocked.thread_unblock();
    }
}
