//! How one row is written and split: tab-separated, quoted as Python's `csv` module does, one physical line a trial.

use std::borrow::Cow;

use wide::u8x16;

use crate::trial::{closing_quote, find_byte, short};

/// As many bytes as a mask has bits.
const BLOCK: usize = 64;

/// An open quote at the end of the bytes seen so far: where its cell starts, and how far it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    cell: usize,
    read: usize,
}

/// Splits a line at its tabs: puts into `ends` where each of its cells ends. Returns the open quote, if its last cell has one
/// (it then has no end): with more bytes the split goes on from there (`resume`). A quote opens only at the start of a cell.
pub(super) fn split(line: &[u8], ends: &mut Vec<u32>, resume: Option<Open>) -> Option<Open> {
    if resume.is_none() {
        tabs(line, ends);
    }
    split_quoted(line, ends, resume)
}

/// Puts the places of all tabs up to the first newline into `ends`. Returns the place of that. Cells are short: their tabs, and
/// the end of the line, are found many at a time, which takes half as long as a search for each.
pub(super) fn tabs(bytes: &[u8], ends: &mut Vec<u32>) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut start = 0;
    for block in blocks {
        if let Some(at) = tabs_of(block, start, ends) {
            return Some(start + at);
        }
        start += BLOCK;
    }
    let mut padded = [0; BLOCK];
    padded[..rest.len()].copy_from_slice(rest);
    tabs_of(&padded, start, ends).map(|at| start + at)
}

/// The same for a block that begins at `start`.
#[inline]
fn tabs_of(block: &[u8; BLOCK], start: usize, ends: &mut Vec<u32>) -> Option<usize> {
    let mut found = separators(block);
    while found != 0 {
        let at = found.trailing_zeros() as usize;
        if block[at] == b'\n' {
            return Some(at);
        }
        ends.push(short(start + at));
        found &= found - 1;
    }
    None
}

/// One bit for each byte of a block, set where it is a tab or a newline.
fn separators(block: &[u8; BLOCK]) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    let separators = |part: usize| {
        let bytes = u8x16::new(parts[part]);
        u64::from((bytes.simd_eq(u8x16::splat(b'\t')) | bytes.simd_eq(u8x16::splat(b'\n'))).to_bitmask())
    };
    separators(0) | separators(1) << 16 | separators(2) << 32 | separators(3) << 48
}

/// The rest of `split`, for a line whose tabs are in `ends`: those inside of quotes end no cell.
pub(super) fn split_quoted(line: &[u8], ends: &mut Vec<u32>, resume: Option<Open>) -> Option<Open> {
    let (mut start, mut read) = match resume {
        Some(open) => (open.cell, open.read),
        None => {
            ends.push(short(line.len()));
            let quoted = first_quoted(line, ends)?;
            (quoted, quoted)
        }
    };
    loop {
        let quoted = line.get(start) == Some(&b'"');
        let search = if quoted {
            match closing_quote(line, read.max(start + 1)) {
                Some(after) => after,
                None => return Some(Open { cell: start, read: line.len() }),
            }
        } else {
            start
        };
        let end = find_byte(b'\t', &line[search..]).map(|at| search + at);
        ends.push(short(end.unwrap_or(line.len())));
        start = end? + 1;
        read = start;
    }
}

/// Where the first cell with a quote starts; it and what follows are taken out of `ends`.
fn first_quoted(line: &[u8], ends: &mut Vec<u32>) -> Option<usize> {
    if line.first() == Some(&b'"') {
        ends.clear();
        return Some(0);
    }
    let quoted = ends.iter().position(|&end| line.get(end as usize + 1) == Some(&b'"'))?;
    ends.truncate(quoted + 1);
    Some(ends[quoted] as usize + 1)
}

/// A text as a cell: no cell spans lines, control characters become visible, quotes as Python's `csv` writes them.
pub fn encode(text: &str) -> Cow<'_, str> {
    let text = escape_controls(text);
    if text.contains('"') { format!("\"{}\"", text.replace('"', "\"\"")).into() } else { text }
}

/// Tab, newline and carriage return as `\t`, `\n`, `\r`; every other ASCII control character as `\x1b`.
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| b.is_ascii_control()) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.into()
}

/// A whole line, with its newline.
pub fn encode_row<S: AsRef<str>>(cells: &[S]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| encode(cell.as_ref())).collect();
    cells.join("\t") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> (Vec<&str>, bool) {
        let mut ends = Vec::new();
        let open = split(line.as_bytes(), &mut ends, None);
        let starts = [0].into_iter().chain(ends.iter().map(|&end| end as usize + 1));
        (starts.zip(&ends).map(|(start, &end)| &line[start..end as usize]).collect(), open.is_some())
    }

    #[test]
    fn a_quote_counts_only_at_the_start_of_a_cell() {
        assert_eq!(texts("a\tb \"x\tc"), (vec!["a", "b \"x", "c"], false));
        assert_eq!(texts("a\t\"b\tc\"\td"), (vec!["a", "\"b\tc\"", "d"], false));
        assert_eq!(texts("a\t\"b\"\"c\"\td"), (vec!["a", "\"b\"\"c\"", "d"], false));
        assert_eq!(texts("a\t\"b\tc"), (vec!["a"], true));
        assert_eq!(texts(""), (vec![""], false));
        assert_eq!(texts("a\t"), (vec!["a", ""], false));
    }

    #[test]
    fn a_tab_is_found_wherever_it_stands() {
        for len in 0..3 * BLOCK {
            let line: String = (0..len).map(|at| if at * at % 7 == 2 { '\t' } else { 'x' }).collect();
            assert_eq!(texts(&line), (line.split('\t').collect(), false));
            let quoted = format!("{line}\t\"a\tb\"\tc");
            assert_eq!(texts(&quoted).0, line.split('\t').chain(["\"a\tb\"", "c"]).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_split_goes_on_where_it_stopped() {
        let whole = b"a\t\"b\"\"\nc\"\td";
        let mut ends = Vec::new();
        let open = split(&whole[..6], &mut ends, None);
        assert!(open.is_some());
        assert!(split(whole, &mut ends, open).is_none());
        assert_eq!(ends, [1, 9, 11]);
    }

    #[test]
    fn a_cell_never_spans_lines() {
        assert_eq!(encode("a\tb\nc\rd\x1b[31m\x7f\0"), "a\\tb\\nc\\rd\\x1b[31m\\x7f\\x00");
        assert_eq!(encode("say \"x\""), "\"say \"\"x\"\"\"");
        assert_eq!(encode("C:\\new"), "C:\\new");
    }
}
