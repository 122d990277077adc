//! What the words of a verdict mean.

use Verdict::{Completed, Status as Is, Stopped};

use std::{collections::HashMap, sync::LazyLock};

use super::number::is_empty_word;
use crate::log::{Status, has_word, normalize};

/// What a cell says about the outcome of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Status(Status),
    /// That it completed: a keep only if no row of the log is called one.
    Completed,
    /// That it was ended: a discard if it has a score and others are kept, else a crash.
    Stopped,
}

impl Verdict {
    pub(super) fn is_good(self) -> bool {
        matches!(self, Completed | Is(Status::Keep | Status::Baseline))
    }

    /// Whether the trial did not come to its end.
    pub(super) fn is_failure(self) -> bool {
        match self {
            Is(status) => status.is_failure() || status.is_ignored(),
            Stopped => true,
            Completed => false,
        }
    }
}

/// How the cells of a verdict column speak: in words, or as flags with a meaning of yes and of no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictKind {
    Words,
    Flags(Verdict, Verdict),
}

pub(super) const KEPT: VerdictKind = VerdictKind::Flags(Is(Status::Keep), Is(Status::Discard));
pub(super) const PASSED: VerdictKind = VerdictKind::Flags(Completed, Is(Status::Disqualified));

/// Columns that may hold the verdict, the best first: a decision outranks a status, which may only say that a trial ran.
#[rustfmt::skip]
const VERDICT_NAMES: [(VerdictKind, &str); 5] = [
    (VerdictKind::Words, "decision verdict"),
    (KEPT, "accepted kept keep promoted accept is_kept was_kept retained"),
    (VerdictKind::Words, "keep_discard keep_or_discard status outcome result state"),
    (KEPT, "selected improved is_best"),
    (PASSED, "correctness correct passed valid success ok feasible is_feasible is_valid"),
];

/// Columns that may retract what the verdict says, or are the verdict if there is no other.
#[rustfmt::skip]
const VETO_NAMES: [(VerdictKind, &str); 4] = [
    (VerdictKind::Flags(Is(Status::Discard), Completed), "reverted rolled_back"),
    (VerdictKind::Flags(Completed, Is(Status::Discard)), "committed"),
    (VerdictKind::Flags(Is(Status::Crash), Completed), "crashed failed is_buggy"),
    (VerdictKind::Words, "error"),
];

/// The words of verdicts. Any other word stays as it is written, and is never best.
#[rustfmt::skip]
pub const VERDICT_WORDS: [(Verdict, &str); 12] = [
    (Is(Status::Baseline), "baseline base seed initial"),
    (Is(Status::Keep), "keep kept new_best newbest best promote promoted accept accepted accepted_1 improved \
        improvement improve better retain retained win winner adopt adopted merge merged advance"),
    (Is(Status::Discard), "discard discarded revert reverted reject rejected accepted_0 drop dropped rollback \
        rolled_back no_improvement not_improved did_not_improve failed_to_improve no_gain worse not_better regressed \
        regression neutral no_op noop no_change unchanged abandon abandoned undo undone not_kept lose pruned"),
    (Is(Status::Crash), "crash crashed error errored oom out_of_memory cuda_oom exception nan diverged \
        metric_error runtime_error broken segfault"),
    (Stopped, "fail failed failure killed stopped terminated"),
    (Is(Status::TrainBudgetOverrun), "train_budget_overrun timeout timed_out time_out train_timeout over_budget \
        budget_exceeded"),
    (Is(Status::EvalBudgetOverrun), "eval_budget_overrun eval_timeout eval_timed_out"),
    (Is(Status::SizeBlocked), "size_blocked too_large too_big oversize oversized size_limit"),
    (Is(Status::PreflightCrash), "preflight_crash preflight preflight_failed import_error syntax_error compile_error \
        build_error build_failed hook_blocked lint_failed"),
    (Is(Status::Disqualified), "disqualified checks_failed check_failed gate_failed guard_failed rail_block \
        rail_blocked guardrail blocked infeasible invalid incorrect wrong test_failed tests_failed"),
    (Is(Status::HarnessAbort), "harness_abort abort aborted cancelled canceled interrupted infra_error skip skipped"),
    (Completed, "ok success successful succeeded pass passed done complete completed finished ran feasible"),
];

/// Words of an explanation that retract a keep, besides other verdicts, unless a word of `DENIALS` precedes them.
const RETRACTIONS: &str = "invalidated superseded removed reversed reverts withdrawn retracted revoked leak leaked \
     leaks cheat cheated crashes";
const DENIALS: &str = "not never no without t";
/// Words that begin an explanation: `reverted to c1`, `crash in the loader`.
const EXPLAINS: &str =
    "to from back as over for by at in on due because since after before than vs with while until";
/// Marks that begin an explanation.
const MARKS: [&str; 14] = [
    "(", "[", ":", ";", ",", "—", "–", "→", "->", "/", " - ", "+", "|", ". ",
];
/// A verdict may have so many words besides those that are known.
const MAX_WORDS: usize = 5;

const YES: &str = "1 1.0 true yes y t ✓ ✔ ✅";
const NO: &str = "0 0.0 false no n f ✗ ✘ ❌";
/// Those that say yes or no even in a column of words.
const YES_IN_WORDS: &str = "1 ✓ ✔ ✅";
const NO_IN_WORDS: &str = "0 ✗ ✘ ❌";

/// The names of verdict columns, the best first.
pub(super) fn verdict_names() -> impl Iterator<Item = (&'static str, VerdictKind)> {
    each_name(&VERDICT_NAMES)
}

pub(super) fn veto_names() -> impl Iterator<Item = (&'static str, VerdictKind)> {
    each_name(&VETO_NAMES)
}

fn each_name(
    table: &'static [(VerdictKind, &'static str)],
) -> impl Iterator<Item = (&'static str, VerdictKind)> {
    let names = |(kind, names): &'static (VerdictKind, &'static str)| {
        names.split(' ').map(|name| (name, *kind))
    };
    table.iter().flat_map(names)
}

/// The kind of the verdict column with this normalized name.
pub(super) fn verdict_kind(name: &str) -> Option<VerdictKind> {
    verdict_names()
        .find(|(own, _)| *own == name)
        .map(|(_, kind)| kind)
}

/// The kind of the column with this normalized name, if it may hold the verdict or retract it.
pub(super) fn verdict_name_kind(name: &str) -> Option<VerdictKind> {
    let mut known = verdict_names().chain(veto_names());
    known.find(|(own, _)| *own == name).map(|(_, kind)| kind)
}

pub(super) fn is_yes_or_no(cell: &str) -> bool {
    let cell = cell.to_lowercase();
    has_word(YES, &cell) || has_word(NO, &cell)
}

/// What a cell of a verdict column means; `None` if the tables do not have it, or if it doubts itself.
pub fn parse_verdict(cell: &str, kind: VerdictKind) -> Option<Verdict> {
    let lower = cell.trim().to_lowercase();
    let is_yes = has_word(YES, &lower);
    if is_yes || has_word(NO, &lower) {
        return match kind {
            VerdictKind::Flags(yes, no) => Some(if is_yes { yes } else { no }),
            VerdictKind::Words if has_word(YES_IN_WORDS, &lower) => Some(Is(Status::Keep)),
            VerdictKind::Words if has_word(NO_IN_WORDS, &lower) => Some(Is(Status::Discard)),
            VerdictKind::Words => None,
        };
    }
    let end = MARKS.iter().filter_map(|mark| lower.find(mark)).min();
    let (head, explanation) = lower.split_at(end.unwrap_or(lower.len()));
    let (verdict, word) = match find_verdict(head) {
        Some(found) => found,
        None => (find_part(head)?, head.to_owned()),
    };
    if verdict.is_good() && is_retracted(&lower, head, explanation) {
        return None;
    }
    if kind == PASSED && verdict == Stopped && word.starts_with("fail") {
        Some(Is(Status::Disqualified))
    } else {
        Some(verdict)
    }
}

/// The first word of a verdict: what it was before an explanation.
pub(super) fn first_word(cell: &str) -> &str {
    let is_end = |c: char| !c.is_alphanumeric() && c != '_';
    cell.split(is_end).next().unwrap_or_default()
}

static VERDICT_OF_WORD: LazyLock<HashMap<&str, Verdict>> = LazyLock::new(|| {
    let rows = VERDICT_WORDS.iter();
    rows.flat_map(|(verdict, words)| words.split_whitespace().map(|word| (word, *verdict)))
        .collect()
});

fn verdict_of_word(word: &str) -> Option<Verdict> {
    VERDICT_OF_WORD.get(word).copied()
}

/// The verdict that a text is, or begins with before a word that explains it.
fn find_verdict(text: &str) -> Option<(Verdict, String)> {
    let text = normalize(text);
    let words: Vec<&str> = text.split('_').collect();
    for len in (1..=words.len()).rev() {
        let head = words[..len].join("_");
        let is_whole = len == words.len() || has_word(EXPLAINS, words[len]);
        if let Some(verdict) = verdict_of_word(&head).filter(|_| is_whole) {
            return Some((verdict, head));
        }
    }
    None
}

/// The verdict of a text of which one word is known: `server_failed` is a crash, `reverted_worse` a discard, and
/// `keep_simpler` a keep.
fn find_part(text: &str) -> Option<Verdict> {
    let text = normalize(text);
    let words: Vec<&str> = text.split('_').collect();
    if words.len() > MAX_WORDS {
        return None;
    }
    let mut found = None;
    for (at, word) in words.iter().enumerate() {
        let is_denied = at > 0 && has_word(DENIALS, words[at - 1]);
        let verdict = match verdict_of_word(word) {
            Some(Stopped) => Some(Is(Status::Crash)),
            None if word.ends_with("error") || word.ends_with("exception") => {
                Some(Is(Status::Crash))
            }
            verdict => verdict,
        };
        match verdict.filter(|_| !is_denied) {
            Some(verdict) if verdict.is_failure() => return Some(verdict),
            Some(verdict @ Is(Status::Discard)) => found = Some(verdict),
            Some(verdict @ Is(_)) if at == 0 => found = found.or(Some(verdict)),
            Some(Completed) if at + 1 == words.len() => found = found.or(Some(Completed)),
            _ => {}
        }
    }
    found
}

/// Whether the explanation of a keep retracts or doubts it: another verdict, `not` before a keep, a plain no.
fn is_retracted(cell: &str, head: &str, explanation: &str) -> bool {
    let parts = explanation.split(|c: char| "([{:;,—–→>/|)]}".contains(c));
    for part in parts.map(str::trim) {
        // `pass (0)` counts something, `keep: 0` answers.
        let is_count = part.starts_with('0') && !explanation.starts_with(':');
        if part == "?" || has_word(NO, part) && !is_count {
            return true;
        }
    }
    let text = normalize(cell);
    let words: Vec<&str> = text.split('_').collect();
    let retracts = |at| {
        let is_denied = at > 0 && has_word(DENIALS, words[at - 1]);
        begins_with_retraction(&words[at..], is_denied)
    };
    head.trim_end().ends_with('?') || (0..words.len()).any(retracts)
}

fn begins_with_retraction(words: &[&str], is_denied: bool) -> bool {
    (1..=words.len().min(4)).any(|len| {
        let word = words[..len].join("_");
        match verdict_of_word(&word) {
            Some(Is(Status::Keep)) => is_denied,
            Some(Is(Status::Baseline) | Completed) => false,
            Some(_) => !is_denied,
            None => has_word(RETRACTIONS, &word) && !is_denied,
        }
    })
}

/// Whether a keep or a baseline was retracted by its own words.
pub(super) fn is_retracted_keep(cell: &str, kind: VerdictKind) -> bool {
    let first = parse_verdict(first_word(cell), VerdictKind::Words);
    let was_kept = matches!(first, Some(Is(Status::Keep | Status::Baseline)));
    was_kept && parse_verdict(cell, kind).is_none()
}

/// Whether a cell has a word that the tables do not have.
pub(super) fn is_unknown_word(cell: &str, kind: VerdictKind) -> bool {
    !is_empty_word(cell) && parse_verdict(cell, kind).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_may_retract_a_keep() {
        let parse = |cell| parse_verdict(cell, VerdictKind::Words);
        assert_eq!(parse("KEEP (reworked)"), Some(Is(Status::Keep)));
        assert_eq!(parse("keep (never reverted)"), Some(Is(Status::Keep)));
        assert_eq!(parse("keep (rolled back)"), None);
        assert_eq!(parse("keep?"), None);
        assert_eq!(parse("reverted to c1"), Some(Is(Status::Discard)));
        assert_eq!(parse("curriculum"), None);
    }
}
