//! The edge: the only place that knows stdout, stderr and the terminal. stdout is data, stderr is talk.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::Result;

use crate::output::{Look, text::printable};

/// This much is written at once.
const PAGE: usize = 64 * 1024;

/// Where output goes, and how it may look.
pub struct Ui {
    /// What stdout can show.
    pub look: Look,
    quiet: bool,
    color_on_stderr: bool,
}

/// stdout is closed: whoever read it has had enough, which is fine.
#[derive(Debug)]
pub struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stdout is closed")
    }
}

impl std::error::Error for Closed {}

impl Ui {
    pub fn new(color: ColorChoice, quiet: bool) -> Self {
        let colored = |choice| match color {
            ColorChoice::Auto => choice != ColorChoice::Never,
            chosen => chosen != ColorChoice::Never,
        };
        let color = colored(AutoStream::choice(&io::stdout()));
        let color_on_stderr = colored(AutoStream::choice(&io::stderr()));
        Self {
            look: Look {
                width: width(),
                color,
            },
            quiet,
            color_on_stderr,
        }
    }

    /// Prints data, whole.
    pub fn print(&self, text: &str) -> Result<()> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Prints bytes as they come.
    pub fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let mut out = io::stdout().lock();
        match write(&mut out).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Closed.into()),
            Err(error) => Err(anyhow::Error::new(error).context("cannot write to stdout")),
        }
    }

    /// For data that comes piece by piece.
    pub fn pages(&self) -> Pages<'_> {
        Pages {
            ui: self,
            page: Vec::new(),
        }
    }

    /// Says something that a person may want to know; `--quiet` silences it.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.say("note", Style::new().bold(), text);
        }
    }

    /// Says something that should be looked at, quiet or not.
    pub fn warn(&self, text: &str) {
        self.say("warning", AnsiColor::Yellow.on_default().bold(), text);
    }

    pub fn error(&self, text: &str) {
        self.say("error", AnsiColor::Red.on_default().bold(), text);
    }

    /// The progress of something that may take long.
    pub fn progress(&self, what: &'static str) -> Progress {
        let begun = (!self.quiet && io::stderr().is_terminal()).then(Instant::now);
        Progress {
            what,
            begun,
            shown: None,
        }
    }

    /// Something for a script to keep that cannot go to stdout.
    pub fn aside(&self, line: &str) {
        let line = format!("{line}\n"); // in one write, so that lines of programs side by side stay whole
        let _ = io::stderr().lock().write_all(line.as_bytes()); // there is nobody left to tell
    }

    fn say(&self, kind: &str, style: Style, text: &str) {
        let look = Look {
            width: None,
            color: self.color_on_stderr,
        };
        self.aside(&format!(
            "{} {}",
            look.paint(style, &format!("{kind}:")),
            printable(text)
        ));
    }
}

/// How far something is, on a terminal, once it has taken long enough to be wondered at; elsewhere nothing.
pub struct Progress {
    what: &'static str,
    /// `None` where nobody looks.
    begun: Option<Instant>,
    /// The percentage that the line says.
    shown: Option<u64>,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_millis(500);

    pub fn at(&mut self, done: u64, total: u64) {
        if self
            .begun
            .is_none_or(|begun| begun.elapsed() < Self::PATIENCE)
        {
            return;
        }
        let percent = done.saturating_mul(100).checked_div(total);
        if self.shown != percent {
            self.shown = percent;
            let _ = write!(
                io::stderr(),
                "\r{} {}%\x1b[K",
                self.what,
                percent.unwrap_or(0)
            );
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K"); // the line is free for what comes next
        }
    }
}

/// Data that is printed piece by piece, with a write for many of them.
pub struct Pages<'u> {
    ui: &'u Ui,
    page: Vec<u8>,
}

impl Pages<'_> {
    pub fn add(&mut self, piece: &str) -> Result<()> {
        self.add_with(|page| page.extend_from_slice(piece.as_bytes()))
    }

    /// Adds what `write` puts behind what the page has.
    pub fn add_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        write(&mut self.page);
        if self.page.len() < PAGE {
            return Ok(());
        }
        let printed = self.ui.stream(|out| out.write_all(&self.page));
        self.page.clear();
        printed
    }

    /// Prints what is left.
    pub fn end(self) -> Result<()> {
        self.ui.stream(|out| out.write_all(&self.page))
    }
}

/// Columns of the terminal; `None` where stdout is none. `COLUMNS` overrides what the terminal says, and a width that
/// cannot be right (a pseudo-terminal may say 0) is clamped.
fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let named = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let asked = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = named
        .or_else(asked)
        .filter(|&width| width > 0)
        .unwrap_or(80);
    Some(width.clamp(40, 160))
}
