//! The edge: the only place that knows stdout, stderr and the terminal. stdout is data, stderr is talk.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::view::{Look, text::printable};

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
        Self { look: Look { width: width(), color }, quiet, color_on_stderr }
    }

    /// Prints data, whole.
    pub fn print(&self, text: &str) -> Result<()> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Prints data piece by piece.
    pub fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let mut out = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Closed.into()),
            Err(error) => Err(anyhow::Error::new(error).context("cannot write to stdout")),
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
        Progress { what, bar: None, begun: Instant::now(), quiet: self.quiet }
    }

    /// Something for a script to keep that cannot go to stdout.
    pub fn aside(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}"); // there is nobody left to tell
    }

    fn say(&self, kind: &str, style: Style, text: &str) {
        let look = Look { width: None, color: self.color_on_stderr };
        self.aside(&format!("{} {}", look.paint(style, &format!("{kind}:")), printable(text)));
    }
}

/// How far something is, on a terminal, once it has taken long enough to be wondered at; elsewhere nothing.
pub struct Progress {
    what: &'static str,
    bar: Option<ProgressBar>,
    begun: Instant,
    quiet: bool,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_millis(500);

    pub fn at(&mut self, done: u64, total: u64) {
        if self.quiet || self.begun.elapsed() < Self::PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% {eta} left");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
            ProgressBar::new(total).with_style(style).with_message(self.what) // on stderr, and only on a terminal
        });
        bar.set_length(total);
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Columns of the terminal; `None` where stdout is none. `COLUMNS` overrides what the terminal says, and a width that
/// cannot be right (a pseudo-terminal may say 0) is clamped.
fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let named = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let asked = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = named.or_else(asked).filter(|&width| width > 0).unwrap_or(80);
    Some(width.clamp(40, 160))
}
