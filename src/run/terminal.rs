//! The terminal's foreground: Ctrl-C and Ctrl-Z go to the process group that has it, and only that group may read.

use std::io::{self, IsTerminal, stdin};

use nix::sys::signal::{SigSet, Signal::SIGTTOU};
use rustix::process::{Pid, Signal, getpgrp, kill_current_process_group};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

/// The terminal, while the command has its foreground. Dropping it takes the foreground back.
pub(super) struct Foreground {
    command: Pid,
}

impl Foreground {
    /// Gives the foreground to the command's group, if this process has it. In a pipeline, another program may need it.
    pub(super) fn give_to(command: Pid) -> Option<Self> {
        let is_interactive = stdin().is_terminal() && io::stdout().is_terminal();
        if !is_interactive || tcgetpgrp(stdin()).ok()? != getpgrp() {
            return None;
        }
        set_foreground(command);
        Some(Self { command })
    }

    /// Stops this process together with the command, as Ctrl-Z is expected to, until a shell continues it.
    pub(super) fn suspend(&self) {
        set_foreground(getpgrp());
        let _ = kill_current_process_group(Signal::STOP);
        // Continued with `bg`, it stays without the foreground.
        if tcgetpgrp(stdin()).is_ok_and(|group| group == getpgrp()) {
            set_foreground(self.command);
        }
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        if tcgetpgrp(stdin()).is_ok_and(|group| group == self.command) {
            set_foreground(getpgrp());
        }
    }
}

/// A process in the background that does this gets SIGTTOU and stops, unless it blocks that signal.
fn set_foreground(group: Pid) {
    let blocked = SigSet::from(SIGTTOU);
    if blocked.thread_block().is_ok() {
        let _ = tcsetpgrp(stdin(), group);
        let _ = blocked.thread_unblock();
    }
}
