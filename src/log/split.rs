//! How one row is written and split: tab-separated, quoted as Python's `csv` module does, one physical line a trial.

use std::borrow::Cow;

use fearless_simd::{Level, dispatch, prelude::*, u8x64};

use super::{closing_quote, find_byte, short};

/// As many bytes as a mask has bits.
const BLOCK: usize = 64;

/// An open quote at the end of the bytes seen so far: where its cell starts, and how far it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    cell: usize,
    read: usize,
}

/// What `tabs` has found besides their places.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    /// How many tabs there are, also those for whose places there was no room.
    pub(crate) tabs: usize,
    /// Where the first newline is.
    pub(crate) newline: Option<usize>,
    /// Whether a cell may begin with a quote.
    pub(crate) is_quoted: bool,
}

/// Splits a line at its tabs: puts into `ends` where each of its cells ends. Returns the open quote, if its last cell has one
/// (it then has no end): with more bytes the split goes on from there (`resume`). A quote opens only at the start of a cell.
pub(crate) fn split(line: &[u8], ends: &mut Vec<u32>, resume: Option<Open>) -> Option<Open> {
    if resume.is_none() {
        let found = tabs(Level::baseline(), line, ends);
        close(line, found, ends);
        if !found.is_quoted {
            return None;
        }
    }
    split_quoted(line, ends, resume)
}

/// Adds the end of the last cell of a line, and takes away what stands in `ends` behind it.
pub(crate) fn close(line: &[u8], found: Found, ends: &mut Vec<u32>) {
    ends.truncate(found.tabs);
    ends.push(short(line.len()));
}

/// Puts the places of all tabs up to the first newline into `ends`, over what stands there and without a care for what stands
/// behind. Cells are short: their tabs, and the end of the line, are found many at a time, which takes a third of the time of a
/// search for each.
#[inline]
pub(crate) fn tabs(level: Level, bytes: &[u8], ends: &mut Vec<u32>) -> Found {
    let found = dispatch!(level, simd => tabs_by(simd, bytes, ends));
    if found.tabs <= ends.len() {
        return found;
    }
    ends.resize(found.tabs + 1, 0); // the first line of so many cells
    dispatch!(level, simd => tabs_by(simd, bytes, ends))
}

#[inline(always)]
fn tabs_by<S: Simd>(simd: S, bytes: &[u8], ends: &mut [u32]) -> Found {
    let mut search = Search {
        ends,
        tabs: 0,
        is_behind: 0,
        is_quoted: bytes.first() == Some(&b'"'),
    };
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut start = 0;
    for block in blocks {
        if let Some(newline) = search.tabs_of(simd, block, start) {
            return search.end(Some(newline));
        }
        start += BLOCK;
    }
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let newline = search.tabs_of(simd, &last, start);
    search.end(newline)
}

/// The tabs found so far.
struct Search<'e> {
    ends: &'e mut [u32],
    tabs: usize,
    /// 1 where the block before ends with a tab.
    is_behind: u64,
    is_quoted: bool,
}

impl Search<'_> {
    /// Those of the block that begins at `start`, up to the first newline. Where that is.
    #[inline(always)]
    fn tabs_of<S: Simd>(&mut self, simd: S, block: &[u8; BLOCK], start: usize) -> Option<usize> {
        let bytes = u8x64::from_slice(simd, block);
        let found = bytes.simd_eq(b'\t') | bytes.simd_eq(b'\n');
        let quotes = bytes.simd_eq(b'"');
        if self.is_behind == 0 && !found.any_true() {
            return None; // most of a text
        }
        let mut found = found.to_bitmask();
        if quotes.any_true() {
            self.is_quoted |= quotes.to_bitmask() & (found << 1 | self.is_behind) != 0;
        }
        self.is_behind = found >> (BLOCK - 1);
        let short_start = short(start);
        while found != 0 {
            let at = found.trailing_zeros();
            if block[at as usize] == b'\n' {
                return Some(start + at as usize);
            }
            if let Some(end) = self.ends.get_mut(self.tabs) {
                *end = short_start | at; // a block begins at a multiple of its length
            }
            self.tabs += 1;
            found &= found - 1;
        }
        None
    }

    #[inline(always)]
    fn end(self, newline: Option<usize>) -> Found {
        Found {
            tabs: self.tabs,
            newline,
            is_quoted: self.is_quoted,
        }
    }
}

/// The rest of `split`, for a line that is split at all of its tabs: those inside of quotes end no cell.
pub(crate) fn split_quoted(line: &[u8], ends: &mut Vec<u32>, resume: Option<Open>) -> Option<Open> {
    let (mut start, mut read) = match resume {
        Some(open) => (open.cell, open.read),
        None => {
            let quoted = first_quoted(line, ends)?;
            (quoted, quoted)
        }
    };
    loop {
        let quoted = line.get(start) == Some(&b'"');
        let search = if quoted {
            match closing_quote(line, read.max(start + 1)) {
                Some(after) => after,
                None => {
                    return Some(Open {
                        cell: start,
                        read: line.len(),
                    });
                }
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
    let quoted = ends
        .iter()
        .position(|&end| line.get(end as usize + 1) == Some(&b'"'))?;
    ends.truncate(quoted + 1);
    Some(ends[quoted] as usize + 1)
}

/// A text as a cell: no cell spans lines, control characters become visible, quotes as Python's `csv` writes them.
pub fn encode(text: &str) -> Cow<'_, str> {
    let text = escape_controls(text);
    if text.contains('"') {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text
    }
}

pub use crate::text::escape_controls;

/// A whole line, with its newline.
pub fn encode_row<S: AsRef<str>>(cells: &[S]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| encode(cell.as_ref())).collect();
    cells.join("\t") + "\n"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(line: &str) -> (Vec<&str>, bool) {
        let mut ends = Vec::new();
        let open = split(line.as_bytes(), &mut ends, None);
        let starts = [0]
            .into_iter()
            .chain(ends.iter().map(|&end| end as usize + 1));
        (
            starts
                .zip(&ends)
                .map(|(start, &end)| &line[start..end as usize])
                .collect(),
            open.is_some(),
        )
    }

    #[test]
    fn a_quote_counts_only_at_the_start_of_a_cell() {
        assert_eq!(texts("a\tb \"x\tc"), (vec!["a", "b \"x", "c"], false));
        assert_eq!(texts("a\t\"b\tc\"\td"), (vec!["a", "\"b\tc\"", "d"], false));
        assert_eq!(
            texts("a\t\"b\"\"c\"\td"),
            (vec!["a", "\"b\"\"c\"", "d"], false)
        );
        assert_eq!(texts("a\t\"b\tc"), (vec!["a"], true));
        assert_eq!(texts(""), (vec![""], false));
        assert_eq!(texts("a\t"), (vec!["a", ""], false));
    }

    #[test]
    fn a_tab_is_found_wherever_it_stands() {
        for len in 0..3 * BLOCK {
            let line: String = (0..len)
                .map(|at| if at * at % 7 == 2 { '\t' } else { 'x' })
                .collect();
            assert_eq!(texts(&line), (line.split('\t').collect(), false));
            let quoted = format!("{line}\t\"a\tb\"\tc");
            assert_eq!(
                texts(&quoted).0,
                line.split('\t')
                    .chain(["\"a\tb\"", "c"])
                    .collect::<Vec<_>>()
            );
        }
    }

    proptest! {
        #[test]
        fn tabs_are_the_same_to_every_processor(text in "[ab\t\"\n]{0,8}([a ]{0,70}[ab\t\"\n]{0,3}){0,4}", room in 0..20_usize) {
            let newline = text.find('\n');
            let line = &text[..newline.unwrap_or(text.len())];
            let places: Vec<_> = line.match_indices('\t').map(|(at, _)| u32::try_from(at).unwrap()).collect();
            for level in [Level::baseline(), Level::new()] {
                let mut ends = vec![7; room];
                let found = tabs(level, text.as_bytes(), &mut ends);
                prop_assert_eq!((found.newline, &ends[..found.tabs]), (newline, &places[..]));
                let is_quoted = line.starts_with('"') || line.contains("\t\"");
                prop_assert!(found.is_quoted || !is_quoted);
            }
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
        assert_eq!(
            encode("a\tb\nc\rd\x1b[31m\x7f\0"),
            "a\\tb\\nc\\rd\\x1b[31m\\x7f\\x00"
        );
        assert_eq!(encode("say \"x\""), "\"say \"\"x\"\"\"");
        assert_eq!(encode("C:\\new"), "C:\\new");
    }
}
