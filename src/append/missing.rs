//! What has to be written before a row, so that it is a line of its own.

use std::{fs::File, io, path::Path};

use anyhow::{Context, Result, ensure};

use crate::files::cannot;
use crate::log::{Extent, lines::MAX_ROW, read_file_at};

/// The length of a log, and what has to be written before a row: a header, the rest of a torn header, the newline of the
/// last line, or nothing. An incomplete last row is ended, not repaired.
pub(super) fn find_missing<'h>(
    path: &Path,
    file: &File,
    header: &'h str,
) -> Result<(u64, &'h str)> {
    let (shown, context) = (path.display(), cannot("read", path));
    let Extent { len, complete, .. } = Extent::measure(path, file).with_context(context)?;
    let rest = len - complete.unwrap_or(0);
    ensure!(
        rest <= MAX_ROW as u64,
        "cannot append to {shown}: it ends in {rest} bytes without a newline, more than any row has; cut them off"
    );
    if len > 0 && rest == 0 {
        return Ok((len, ""));
    }
    if complete == Some(0) && len < header.len() as u64 {
        let mut torn = vec![0; header.len()];
        let read = read_file_at(file, &mut torn, 0).with_context(context)?;
        if header.as_bytes().starts_with(&torn[..read]) {
            return Ok((len, &header[read..]));
        }
    }
    Ok((len, "\n"))
}

/// The rest of the last line ending of a log with carriage returns.
pub(super) fn end_carriage_return(file: &File, len: u64) -> io::Result<&'static str> {
    let mut last = [0];
    read_file_at(file, &mut last, len - 1)?;
    Ok(if last == *b"\r" { "\n" } else { "\r\n" })
}
