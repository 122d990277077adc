//! The cells of one line: tab-separated and quoted as Python's `csv` module quotes them, but a quote opens only at the
//! start of a cell.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use crate::text::escape_controls;

/// A line and where each of its cells ends. A cell starts one byte after the end of the cell before it.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    pub line: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Cells<'a> {
    pub fn new(line: &'a [u8], ends: &'a [usize]) -> Self {
        Self { line, ends }
    }

    pub fn ends(&self) -> &'a [usize] {
        self.ends
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn start(&self, column: usize) -> usize {
        if column == 0 {
            0
        } else {
            self.ends[column - 1] + 1
        }
    }

    /// The bytes of a cell, with its quotes if it is quoted.
    pub fn get(&self, column: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(column)?;
        Some(&self.line[self.start(column)..end])
    }

    pub fn last(&self) -> Option<&'a [u8]> {
        self.get(self.len().checked_sub(1)?)
    }

    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).filter_map(move |column| self.get(column))
    }
}

/// Splits a line into cells and fills `ends`. Returns where the last cell starts if its quote is never closed; that cell
/// has no end then.
pub fn split_line(line: &[u8], ends: &mut Vec<usize>) -> Option<usize> {
    split_cells(line, b'\t', ends)
}

/// Like `split_line`, with any separator.
pub fn split_cells(line: &[u8], separator: u8, ends: &mut Vec<usize>) -> Option<usize> {
    ends.clear();
    let mut start = 0;
    for end in memchr_iter(separator, line) {
        if line[start] == b'"' {
            return split_quoted(line, separator, start, 0, ends);
        }
        ends.push(end);
        start = end + 1;
    }
    if line.get(start) == Some(&b'"') {
        return split_quoted(line, separator, start, 0, ends);
    }
    ends.push(line.len());
    None
}

/// Splits the cells from a quoted one at `start` on. The first `read` bytes are known to hold no closing quote.
pub(super) fn split_quoted(
    line: &[u8],
    separator: u8,
    mut start: usize,
    read: usize,
    ends: &mut Vec<usize>,
) -> Option<usize> {
    loop {
        let is_quoted = line.get(start) == Some(&b'"');
        let quote_end = if is_quoted {
            match closing_quote(line, read.max(start + 1)) {
                Some(after) => after,
                None => return Some(start),
            }
        } else {
            start
        };
        match memchr(separator, &line[quote_end..]) {
            Some(len) => {
                ends.push(quote_end + len);
                start = quote_end + len + 1;
            }
            None => {
                ends.push(line.len());
                return None;
            }
        }
    }
}

/// The index after the quote that closes a cell, searched from `at` inside the cell. A doubled quote does not close.
pub(super) fn closing_quote(line: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr(b'"', &line[at..])? + 1;
        if line.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// Whether text follows the closing quote of a cell. Python's `csv` reads on and drops the quotes.
pub fn has_text_after_quote(cell: &[u8]) -> bool {
    cell.starts_with(b"\"") && closing_quote(cell, 1).is_some_and(|after| after < cell.len())
}

/// The value of a cell: without quotes if it is quoted.
pub fn unquote(cell: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = cell.strip_prefix(b"\"") else {
        return Cow::Borrowed(cell);
    };
    match memchr(b'"', inner) {
        None => return Cow::Borrowed(inner),
        Some(at) if at + 1 == inner.len() => return Cow::Borrowed(&inner[..at]),
        Some(_) => {}
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr(b'"', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(after) = rest.strip_prefix(b"\"") else {
            break;
        };
        out.push(b'"');
        rest = after;
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// Bytes as text; bytes that are not UTF-8 become U+FFFD.
pub fn decode(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        // Twice as fast as `from_utf8_lossy` for valid text.
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        },
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// A text as a cell: control characters become visible, so no cell spans lines; quotes as Python's `csv` writes them.
pub fn encode(text: &str) -> Cow<'_, str> {
    let text = escape_controls(text);
    if text.contains('"') {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text
    }
}

/// A whole line, with its newline.
pub fn encode_row<S: AsRef<str>>(cells: &[S]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| encode(cell.as_ref())).collect();
    cells.join("\t") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> (Vec<&str>, bool) {
        let mut ends = Vec::new();
        let open = split_line(line.as_bytes(), &mut ends);
        let mut start = 0;
        let mut texts = Vec::new();
        for end in ends {
            texts.push(&line[start..end]);
            start = end + 1;
        }
        (texts, open.is_some())
    }

    #[test]
    fn a_quote_counts_only_at_the_start_of_a_cell() {
        assert_eq!(split("a\tb \"x\tc"), (vec!["a", "b \"x", "c"], false));
        assert_eq!(split("a\t\"b\tc\"\td"), (vec!["a", "\"b\tc\"", "d"], false));
        assert_eq!(
            split("a\t\"b\"\"c\"\td"),
            (vec!["a", "\"b\"\"c\"", "d"], false)
        );
        assert_eq!(split("a\t\"b\tc"), (vec!["a"], true));
        assert_eq!(split(""), (vec![""], false));
        assert_eq!(split("a\t"), (vec!["a", ""], false));
    }

    #[test]
    fn quotes_are_read_as_python_reads_them() {
        for (cell, value) in [
            (r#""""#, ""),
            (r#""a""#, "a"),
            (r#""a""b""#, r#"a"b"#),
            (r#""a"b"c"#, r#"ab"c"#),
            (r#""open"#, "open"),
            (r#""""""#, r#"""#),
        ] {
            let unquoted = unquote(cell.as_bytes());
            assert_eq!(String::from_utf8_lossy(&unquoted), value, "{cell}");
        }
    }
}
