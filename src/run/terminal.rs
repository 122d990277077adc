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
use signal_hook::consts::{SIGTTIN, SIGTTOU};

/// Without a shell that could continue it, stopping this process fails; then the command is not continued without a break.
const PAUSE: Duration = Duration::from_millis(50);

/// The terminal, while the command has its foreground. Dropping it takes the foreground back.
pub(super) struct Foreground {
    command: Pid,
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

    /// For a command that reads from the terminal in a pipeline or in the background.
    pub(super) fn when_read_by(command: Pid) -> Option<Self> {
        has_terminal().then_some(Self { command })
    }

    /// The command was stopped: by Ctrl-Z, or because it used the terminal without having its foreground. Returns when it is
    /// to be continued.
    pub(super) fn handle_stop(&self, signal: i32) {
        // If the command used the terminal just before it got the foreground, it can go on at once.
        let is_early = matches!(signal, SIGTTIN | SIGTTOU) && is_foreground(self.command);
        if !is_early && !is_foreground(getpgrp()) {
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
        thread::sleep(PAUSE); // the command may read again at once
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        if is_foreground(self.command) {
            set_foreground(getpgrp());
        }
    }
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
