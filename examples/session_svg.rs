//! Turns the output of a terminal on stdin into an SVG on stdout: `make pictures` draws the README's session with it.

use std::io::{self, Read, Write};

use anstyle_svg::Term;

fn main() -> io::Result<()> {
    let mut session = String::new();
    io::stdin().read_to_string(&mut session)?;
    let picture = Term::new().min_width_px(720).render_svg(&session);
    io::stdout().write_all(picture.as_bytes())
}
