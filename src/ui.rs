//! The terminal: results go to stdout, messages to stderr. No other module prints.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use anstream::AutoStream;
use anstream::stream::RawStream;
use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};
use clap::ColorChoice;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use crate::output::{BOLD, Look};
use crate::text::{escape_hidden, printable};

const CHUNK: usize = 64 * 1024;

/// A command that finishes sooner shows no progress.
const PROGRESS_DELAY: Duration = Duration::from_millis(500);

/// Where output goes and how it looks.
pub struct Ui {
    pub look: Look,
    /// The same for a patch. `CLICOLOR_FORCE` does not colour it in a pipe: `git apply` would reject it.
    pub patch_look: Look,
    /// The columns that the terminal really has.
    pub columns: Option<usize>,
    /// The look of stderr, without its width.
    pub stderr_look: Look,
    is_quiet: bool,
    /// Global flags for the commands that messages suggest.
    flags: String,
}

/// The reader of stdout has closed it, which is not a failure.
#[derive(Debug, thiserror::Error)]
#[error("stdout is closed")]
pub struct Closed;

impl Ui {
    pub fn new(color: ColorChoice, is_quiet: bool, flags: String) -> Self {
        let columns = terminal_columns();
        let look = Look {
            width: columns.map(|columns| columns.clamp(40, 160)),
            color: has_color(color, &io::stdout()),
        };
        let is_forced = color == ColorChoice::Always || io::stdout().is_terminal();
        let patch_look = Look {
            color: look.color && is_forced,
            ..look
        };
        Self {
            look,
            patch_look,
            columns,
            stderr_look: Look {
                width: None,
                color: has_color(color, &io::stderr()),
            },
            is_quiet,
            flags,
        }
    }

    pub fn print(&self, text: &str) -> Result<()> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    pub fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let mut out = io::stdout().lock();
        match write(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Closed.into()),
            result => result.context("cannot write to stdout"),
        }
    }

    /// Waits, but no longer than somebody reads stdout.
    pub fn wait(&self, time: Duration) -> Result<()> {
        let stdout = io::stdout();
        let mut fds = [PollFd::new(&stdout, PollFlags::empty())]; // reports only that the other end is closed
        let timeout = Timespec::try_from(time)?;
        match rustix::event::poll(&mut fds, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => Ok(()),
            Ok(_) => Err(Closed.into()),
            Err(error) => Err(error).context("cannot wait for stdout"),
        }
    }

    pub fn printer(&self) -> Printer<'_> {
        Printer {
            ui: self,
            buffer: String::new(),
        }
    }

    /// Prints a note for a person, unless `--quiet` is given.
    pub fn note(&self, text: &str) {
        if !self.is_quiet {
            self.print_message("note", BOLD, text);
        }
    }

    /// Prints lines of advice for the user of a command, unless `--quiet` is given. They must be made visible.
    pub fn advise(&self, lines: &str) {
        if !self.is_quiet {
            self.aside(lines.trim_end());
        }
    }

    pub fn note_all(&self, texts: &[String]) {
        for text in texts {
            self.note(text);
        }
    }

    pub fn warn_all(&self, texts: &[String]) {
        for text in texts {
            self.warn(text);
        }
    }

    pub fn warn(&self, text: &str) {
        self.print_message("warning", AnsiColor::Yellow.on_default().bold(), text);
    }

    pub fn error(&self, text: &str) {
        self.print_message("error", AnsiColor::Red.on_default().bold(), text);
    }

    /// Prints a line for a script to stderr. One write, so that lines of several processes do not mix.
    pub fn aside(&self, line: &str) {
        let line = format!("{line}\n");
        let _ = io::stderr().write_all(line.as_bytes());
    }

    /// Shows the progress of something that may take long, on a terminal only.
    pub fn progress(&self, what: &'static str) -> Progress {
        let is_shown = !self.is_quiet && io::stderr().is_terminal();
        Progress {
            what,
            started: is_shown.then(Instant::now),
            percent: None,
        }
    }

    fn print_message(&self, kind: &str, style: Style, text: &str) {
        let kind = self.stderr_look.paint(style, &format!("{kind}:"));
        let text = self.complete_commands(text);
        self.aside(&format!("{kind} {}", printable(&escape_hidden(&text))));
    }

    /// Adds the global flags to the commands that a message suggests, so that they work when copied. `init` and
    /// `import` name their store themselves.
    pub fn complete_commands(&self, text: &str) -> String {
        if self.flags.is_empty() {
            return text.to_owned();
        }
        let flags = format!("`lineage {} ", self.flags);
        let mut text = text.replace("`lineage ", &flags);
        for command in ["init", "import"] {
            text = text.replace(&format!("{flags}{command}"), &format!("`lineage {command}"));
        }
        text
    }
}

/// Prints a long result in chunks, so that it is never held in memory.
pub struct Printer<'u> {
    ui: &'u Ui,
    buffer: String,
}

impl Printer<'_> {
    pub fn add(&mut self, text: &str) -> Result<()> {
        self.buffer.push_str(text);
        if self.buffer.len() < CHUNK {
            return Ok(());
        }
        let printed = self.ui.print(&self.buffer);
        self.buffer.clear();
        printed
    }

    pub fn finish(self) -> Result<()> {
        self.ui.print(&self.buffer)
    }
}

/// A progress line on the terminal. It disappears when this is dropped.
pub struct Progress {
    what: &'static str,
    /// `None` if nothing is shown.
    started: Option<Instant>,
    percent: Option<u64>,
}

impl Progress {
    pub fn at(&mut self, done: u64, total: u64) {
        let Some(started) = self.started else {
            return;
        };
        let percent = done.saturating_mul(100).checked_div(total);
        if percent != self.percent && started.elapsed() >= PROGRESS_DELAY {
            self.percent = percent;
            let percent = percent.unwrap_or(0);
            let _ = write!(io::stderr(), "\r{} {percent}%\x1b[K", self.what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.percent.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// Whether to use colour on a stream; the environment and the stream decide if the flag does not.
fn has_color(flag: ColorChoice, stream: &impl RawStream) -> bool {
    match flag {
        ColorChoice::Auto => AutoStream::choice(stream) != anstream::ColorChoice::Never,
        flag => flag == ColorChoice::Always,
    }
}

/// The columns of the terminal; `None` if stdout is not one. `COLUMNS` overrides what the terminal says. A
/// pseudo-terminal may say 0.
fn terminal_columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let columns = std::env::var("COLUMNS").ok();
    let width = match columns.and_then(|columns| columns.parse().ok()) {
        Some(columns) => columns,
        None => terminal_size::terminal_size().map_or(0, |(width, _)| usize::from(width.0)),
    };
    Some(if width == 0 { 80 } else { width })
}
