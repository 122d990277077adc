//! A line of the log, parted into its cells.

use std::borrow::Cow;

use memchr::arch::all::memchr::One;

/// The cells of a line. Each begins one byte behind the end of the one before: behind a tab, or a space that stands for one.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    pub line: &'a [u8],
    ends: &'a [u32],
}

impl<'a> Cells<'a> {
    pub fn new(line: &'a [u8], ends: &'a [u32]) -> Self {
        Self { line, ends }
    }

    pub fn ends(&self) -> &'a [u32] {
        self.ends
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where a cell begins.
    #[inline]
    pub fn start(&self, column: usize) -> usize {
        column
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize + 1)
    }

    /// A cell as the line has it: one that is quoted still has its quotes.
    #[inline]
    pub fn get(&self, column: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(column)? as usize;
        Some(&self.line[self.start(column)..end])
    }

    pub fn last(&self) -> Option<&'a [u8]> {
        self.get(self.len().checked_sub(1)?)
    }

    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).filter_map(move |column| self.get(column))
    }
}

/// A place in a line that is short enough to be a row; what lies beyond 4 GiB is cut off.
pub fn short(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Where a byte stands first. Not as fast as it may be: to ask the processor what it can costs a virtual machine as much as to
/// read some hundred rows, and most commands read few cells in this way.
pub fn find_byte(byte: u8, bytes: &[u8]) -> Option<usize> {
    One::new(byte).find(bytes)
}

/// The value of a cell: what is in its quotes, if it has any.
#[inline]
pub fn value(raw: &[u8]) -> Cow<'_, [u8]> {
    match raw {
        [b'"', inner @ ..] => unquote(inner),
        _ => Cow::Borrowed(raw),
    }
}

/// The text of a cell; what is not UTF-8 as U+FFFD.
pub fn text(cell: &[u8]) -> Cow<'_, str> {
    // Twice as fast as to look for what is not UTF-8.
    std::str::from_utf8(cell).map_or_else(|_| String::from_utf8_lossy(cell), Cow::Borrowed)
}

/// Just behind the quote that closes the cell, from `at` inside of it; a doubled quote does not close.
pub fn closing_quote(line: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += find_byte(b'"', &line[at..])? + 1;
        if line.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// Whether a quoted cell goes on behind the quote that closes it: Python's `csv` reads on, and drops the quotes.
pub fn has_text_behind_quote(raw: &[u8]) -> bool {
    raw.starts_with(b"\"") && closing_quote(raw, 1).is_some_and(|after| after < raw.len())
}

/// What stands behind the quote that opens a cell, as Python's `csv` reads it: a doubled quote is a quote, what follows the
/// closing quote is taken as it is.
fn unquote(inner: &[u8]) -> Cow<'_, [u8]> {
    match find_byte(b'"', inner) {
        None => return Cow::Borrowed(inner),
        Some(at) if at + 1 == inner.len() => return Cow::Borrowed(&inner[..at]),
        Some(_) => {}
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = find_byte(b'"', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix(b"\"") {
            Some(after) => {
                out.push(b'"');
                rest = after;
            }
            None => break,
        }
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn quotes_are_read_as_python_reads_them() {
        for (raw, cell) in [
            (r#""""#, ""),
            (r#""a""#, "a"),
            (r#""a""b""#, r#"a"b"#),
            (r#""a"b"c"#, r#"ab"c"#),
            (r#""open"#, "open"),
            (r#""""""#, r#"""#),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&value(raw.as_bytes())),
                cell,
                "{raw}"
            );
        }
    }
}
