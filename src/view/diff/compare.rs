//! Which lines of two texts differ.

use imara_diff::{Algorithm, Diff, Hunk, InternedInput, Token};

/// So many common lines in a row are searched as they are.
const MANY: usize = 4096;

/// So often a line is there that does not say where it belongs.
const COMMON: u32 = 64;

/// Between so many lines one is put that is there only once.
const MILESTONE: usize = 1024;

pub(super) fn length(tokens: usize) -> u32 {
    u32::try_from(tokens).expect("fewer lines than bytes")
}

/// What differs, line by line.
pub(super) fn compare(input: &InternedInput<&[u8]>) -> Vec<Hunk> {
    let (before, after) = (&input.before[..], &input.after[..]);
    let same = before
        .iter()
        .zip(after)
        .take_while(|(old, new)| old == new)
        .count();
    let (before, after) = (&before[same..], &after[same..]);
    let same_end = before
        .iter()
        .rev()
        .zip(after.iter().rev())
        .take_while(|(old, new)| old == new)
        .count();
    let (before, after) = (
        &before[..before.len() - same_end],
        &after[..after.len() - same_end],
    );
    if has_common_run(input, before, after) || has_common_run(input, after, before) {
        return compare_with_milestones(input.interner.num_tokens(), before, after, length(same));
    }
    let mut diff = Diff::compute(Algorithm::Histogram, input);
    diff.postprocess_lines(input);
    diff.hunks().collect()
}

/// Whether one side has many lines in a row, none of which says where it belongs on the other: common there, or not there.
fn has_common_run(input: &InternedInput<&[u8]>, side: &[Token], other: &[Token]) -> bool {
    let mut counts = vec![0; input.interner.num_tokens() as usize];
    for token in other {
        counts[token.0 as usize] += 1;
    }
    let says_where = |token: &Token| (1..COMMON).contains(&counts[token.0 as usize]);
    let runs = side.split(says_where);
    let common = |run: &[Token]| {
        run.iter()
            .filter(|token| counts[token.0 as usize] > 0)
            .count()
    };
    runs.into_iter()
        .any(|run| run.len() > MANY && common(run) > MANY)
}

/// The same for many common lines: the search looks at a whole run of them for each of them. So a line that is met only once is
/// put in here and there, on both sides, and left out again of what was found.
fn compare_with_milestones(first: u32, old: &[Token], new: &[Token], from: u32) -> Vec<Hunk> {
    let with_milestones = |tokens: &[Token]| -> Vec<Token> {
        let chunks = tokens.chunks(MILESTONE).zip(first..);
        chunks
            .flat_map(|(chunk, milestone)| chunk.iter().copied().chain([Token(milestone)]))
            .collect()
    };
    let (before, after) = (with_milestones(old), with_milestones(new));
    let milestones = length(before.len().max(after.len()) / MILESTONE) + 1;
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Histogram, &before, &after, first + milestones);
    let unchanged = |tokens: &[Token], is_changed: &dyn Fn(u32) -> bool| -> Vec<u32> {
        let lines = tokens.iter().zip(0..).filter(|(token, _)| token.0 < first);
        lines
            .zip(0..)
            .filter(|((_, at), _)| !is_changed(*at))
            .map(|(_, line)| line)
            .collect()
    };
    let unchanged_old = unchanged(&before, &|at| diff.is_removed(at));
    let unchanged_new = unchanged(&after, &|at| diff.is_added(at));
    let ends = (length(old.len()), length(new.len()));
    let mut hunks = Vec::new();
    let mut at = (0, 0);
    for (old, new) in unchanged_old.into_iter().zip(unchanged_new).chain([ends]) {
        if (old, new) != at {
            hunks.push(Hunk {
                before: from + at.0..from + old,
                after: from + at.1..from + new,
            });
        }
        at = (old + 1, new + 1);
    }
    hunks
}
