//! Which lines of two texts differ.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, Hunk, InternedInput, Token};

/// Texts with more pairs of equal lines, such as 200,000 lines of single digits, would take minutes.
/// They are compared block by block.
pub(super) const MAX_EQUAL_PAIRS: u64 = 200_000_000;

const BLOCK_LINES: usize = 2048;

pub(super) fn diff_lines(input: &InternedInput<&[u8]>) -> Vec<Hunk> {
    if count_equal_pairs(input) > MAX_EQUAL_PAIRS {
        return diff_blocks(input);
    }
    let mut diff = Diff::compute(Algorithm::Myers, input);
    diff.postprocess_lines(input);
    diff.hunks().collect()
}

/// The number of pairs of equal lines, which decides how long a comparison takes.
pub(super) fn count_equal_pairs(input: &InternedInput<&[u8]>) -> u64 {
    let mut counts = vec![0; input.interner.num_tokens() as usize];
    for token in &input.before {
        counts[token.0 as usize] += 1;
    }
    let counts_in_before = input.after.iter().map(|token| counts[token.0 as usize]);
    counts_in_before.sum()
}

/// Compares what is left between the common start and end block by block. A line that moved to another
/// block counts as changed.
fn diff_blocks(input: &InternedInput<&[u8]>) -> Vec<Hunk> {
    let (before, after) = (&input.before, &input.after);
    let start = count_equal(before.iter().zip(after));
    let end = count_equal(
        before[start..]
            .iter()
            .rev()
            .zip(after[start..].iter().rev()),
    );
    let (old_end, new_end) = (before.len() - end, after.len() - end);
    let (mut old_at, mut new_at) = (start, start);
    let mut hunks = Vec::new();
    while old_at < old_end || new_at < new_end {
        let old = old_at..old_end.min(old_at + BLOCK_LINES);
        let new = new_at..new_end.min(new_at + BLOCK_LINES);
        let (old_lines, new_lines) = (&before[old.clone()], &after[new.clone()]);
        let mut diff = Diff::default();
        let num_tokens = input.interner.num_tokens();
        diff.compute_with(Algorithm::Myers, old_lines, new_lines, num_tokens);
        hunks.extend(diff.hunks().map(|hunk| Hunk {
            before: shift_range(&hunk.before, old_at),
            after: shift_range(&hunk.after, new_at),
        }));
        (old_at, new_at) = (old.end, new.end);
    }
    hunks
}

fn count_equal<'t>(pairs: impl Iterator<Item = (&'t Token, &'t Token)>) -> usize {
    pairs.take_while(|(old, new)| old == new).count()
}

fn shift_range(range: &Range<u32>, by: usize) -> Range<u32> {
    let by = u32::try_from(by).expect("a text has fewer lines than its 32 MiB of bytes");
    range.start + by..range.end + by
}
