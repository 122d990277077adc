//! Which lines of two texts differ.

use imara_diff::{Algorithm, Diff, Hunk, InternedInput, Token};

/// In texts with more pairs of equal lines, such as 200,000 lines of single digits, a comparison would take minutes.
/// All lines between the common start and the common end count as changed then.
const MAX_EQUAL_PAIRS: u64 = 200_000_000;

pub(super) fn diff_lines(input: &InternedInput<&[u8]>) -> Vec<Hunk> {
    if input.before == input.after {
        return Vec::new();
    }
    if count_equal_pairs(input) > MAX_EQUAL_PAIRS {
        return vec![change_middle(input)];
    }
    let mut diff = Diff::compute(Algorithm::Myers, input);
    diff.postprocess_lines(input);
    diff.hunks().collect()
}

/// The number of pairs of equal lines, which decides how long a comparison takes.
fn count_equal_pairs(input: &InternedInput<&[u8]>) -> u64 {
    let mut counts = vec![0; input.interner.num_tokens() as usize];
    for token in &input.before {
        counts[token.0 as usize] += 1;
    }
    let counts_in_before = input.after.iter().map(|token| counts[token.0 as usize]);
    counts_in_before.sum()
}

fn change_middle(input: &InternedInput<&[u8]>) -> Hunk {
    let (before, after) = (&input.before, &input.after);
    let start = count_equal(before.iter().zip(after));
    let rests = (before[start..].iter(), after[start..].iter());
    let end = count_equal(rests.0.rev().zip(rests.1.rev()));
    let range = |lines: &[Token]| to_u32(start)..to_u32(lines.len() - end);
    Hunk {
        before: range(before),
        after: range(after),
    }
}

fn count_equal<'t>(pairs: impl Iterator<Item = (&'t Token, &'t Token)>) -> usize {
    pairs.take_while(|(old, new)| old == new).count()
}

fn to_u32(lines: usize) -> u32 {
    u32::try_from(lines).expect("a text has fewer lines than its 32 MiB of bytes")
}
