//! The edge: the only place that knows stdout, stderr and the terminal. stdout is data, stderr is talk.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::Result;

use crate::view::{Look, text::printable};

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
        Self { look: Look { width: width(), color }, quiet, color_on_stderr }
    }

    /// Prints data, whole.
    pub fn print(&self, text: &str) -> Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Closed.into()),
            Err(error) => Err(anyhow::Error::new(error).context("cannot write to stdout")),
        }
    }

    /// For data that comes piece by piece.
    pub fn pages(&self) -> Pages<'_> {
        Pages { ui: self, page: String::new() }
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

    /// Something for a script to keep that cannot go to stdout.
    pub fn aside(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}"); // there is nobody left to tell
    }

    fn say(&self, kind: &str, style: Style, text: &str) {
        let look = Look { width: None, color: self.color_on_stderr };
        self.aside(&format!("{} {}", look.paint(style, &format!("{kind}:")), printable(text)));
    }
}

/// Data that is printed piece by piece, with a write for many of them.
pub struct Pages<'u> {
    ui: &'u Ui,
    page: String,
}

impl Pages<'_> {
    pub fn add(&mut self, piece: &str) -> Result<()> {
        self.page += piece;
        if self.page.len() < PAGE {
            return Ok(());
        }
        let printed = self.ui.print(&self.page);
        self.page.clear();
        printed
    }

    /// Prints what is left.
    pub fn end(self) -> Result<()> {
        self.ui.print(&self.page)
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
