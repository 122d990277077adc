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
    pub(crate) fn is_good(self) -> bool {
        matches!(self, Completed | Is(Status::Keep | Status::Baseline))
    }

    /// Whether the trial did not come to its end.
    pub(crate) fn is_failure(self) -> bool {
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

pub(crate) const KEPT: VerdictKind = VerdictKind::Flags(Is(Status::Keep), Is(Status::Discard));
pub(crate) const PASSED: VerdictKind = VerdictKind::Flags(Completed, Is(Status::Disqualified));

/// Columns that may hold the verdict, the best first: a decision outranks a status, which may only say that a trial ran.
#[rustfmt::skip]
pub(crate) const VERDICT_NAMES: [(VerdictKind, &str); 5] = [
    (VerdictKind::Words, "decision verdict"),
    (KEPT, "accepted kept keep promoted accept is_kept was_kept retained"),
    (VerdictKind::Words, "keep_discard keep_or_discard status outcome result state"),
    (KEPT, "selected improved is_best"),
    (PASSED, "correctness correct passed valid success ok feasible is_feasible is_valid"),
];

/// Columns that may retract what the verdict says, or are the verdict if there is no other.
#[rustfmt::skip]
pub(crate) const VETO_NAMES: [(VerdictKind, &str); 4] = [
    (VerdictKind::Flags(Is(Status::Discard), Completed), "reverted rolled_back"),
    (VerdictKind::Flags(Completed, Is(Status::Discard)), "committed"),
    (VerdictKind::Flags(Is(Status::Crash), Completed), "crashed failed is_buggy"),
    (VerdictKind::Words, "error"),
];

/// The words of verdicts. Any other word stays as it is written, and is never best.
#[rustfmt::skip]
pub const VERDICT_WORDS: [(Verdict, &str); 12] = [
    (Is(Status::Baseline), "baseline base seed initial"),
    (Is(Status::Keep), "keep kept new_best newbest best promote promoted accept accepted accepted_1 approve approved improved \
        improvement improve better retain retained win winner adopt adopted merge merged advance committed"),
    (Is(Status::Discard), "discard discarded revert reverted reject rejected accepted_0 drop dropped rollback \
        rolled_back no_improvement not_improved did_not_improve failed_to_improve no_gain worse not_better regressed \
        regression neutral no_op noop no_change unchanged same no_difference no_significant_difference not_significant no_effect abandon abandoned undo undone not_kept lose loss pruned"),
    (Is(Status::Crash), "crash crashed error errored oom out_of_memory cuda_oom exception nan diverged \
        metric_error runtime_error broken segfault"),
    (Stopped, "fail failed failure killed stopped terminated"),
    (Is(Status::TrainBudgetOverrun), "train_budget_overrun timeout timed_out time_out train_timeout over_budget \
        budget_exceeded"),
    (Is(Status::EvalBudgetOverrun), "eval_budget_overrun eval_timeout eval_timed_out"),
    (Is(Status::SizeBlocked), "size_blocked too_large too_big oversize oversized size_limit size_violation"),
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

/// Ray Tune writes this of every trial that came to its end; others write it of trials that did not.
pub(crate) const RAY_COMPLETED: &str = "TERMINATED";

const YES: &str = "1 1.0 true yes y t ✓ ✔ ✅";
/// Follows a mark that is shown in colour.
const EMOJI_STYLE: char = '\u{fe0f}';
const NO: &str = "0 0.0 false no n f ✗ ✘ ❌";

/// The kind of the column with this normalized name, if it may hold the verdict.
pub(crate) fn verdict_kind(name: &str) -> Option<VerdictKind> {
    kind_in(&VERDICT_NAMES, name)
}

/// The kind of the column with this normalized name, if it may hold the verdict or retract it.
pub(crate) fn verdict_or_veto_kind(name: &str) -> Option<VerdictKind> {
    verdict_kind(name).or_else(|| kind_in(&VETO_NAMES, name))
}

fn kind_in(table: &[(VerdictKind, &str)], name: &str) -> Option<VerdictKind> {
    let row = table.iter().find(|(_, names)| has_word(names, name))?;
    Some(row.0)
}

pub(crate) fn is_yes_or_no(cell: &str) -> bool {
    let cell = cell.to_lowercase();
    has_word(YES, &cell) || has_word(NO, &cell)
}

fn parse_flag(word: &str, kind: VerdictKind) -> Option<Verdict> {
    let is_yes = has_word(YES, word);
    if !is_yes && !has_word(NO, word) {
        return None;
    }
    let (yes, no) = match kind {
        VerdictKind::Flags(yes, no) => (yes, no),
        // Marks and digits are flags in any column.
        VerdictKind::Words if word.is_ascii() && word != "0" && word != "1" => return None,
        VerdictKind::Words => (Is(Status::Keep), Is(Status::Discard)),
    };
    Some(if is_yes { yes } else { no })
}

/// What a cell of a verdict column means; `None` if the tables do not have it, or if it doubts itself.
pub fn parse_verdict(cell: &str, kind: VerdictKind) -> Option<Verdict> {
    let lower = cell.trim().to_lowercase().replace(EMOJI_STYLE, "");
    if is_yes_or_no(&lower) {
        return parse_flag(&lower, kind);
    }
    if let Some((mark, rest)) = split_mark(&lower) {
        return parse_marked(mark, rest, kind);
    }
    let end = MARKS.iter().filter_map(|mark| lower.find(mark)).min();
    let (head, explanation) = lower.split_at(end.unwrap_or(lower.len()));
    let text = normalize(head);
    let words: Vec<&str> = text.split('_').collect();
    let flag = parse_flag(head.trim(), kind).filter(|_| kind != VerdictKind::Words);
    let verdict = flag
        .or_else(|| find_whole(&words))
        .or_else(|| find_part(&words))?;
    if verdict.is_good() && is_retracted(&lower, head, explanation) {
        return None;
    }
    let is_gate = kind == PASSED && verdict == Stopped && text.starts_with("fail");
    Some(if is_gate {
        Is(Status::Disqualified)
    } else {
        verdict
    })
}

/// A mark that means yes or no at either end of a cell, and the rest.
fn split_mark(cell: &str) -> Option<(&str, &str)> {
    let (first, last) = (cell.chars().next()?, cell.chars().next_back()?);
    let is_mark = |c: char| !c.is_ascii() && is_yes_or_no(c.encode_utf8(&mut [0; 4]));
    if is_mark(last) {
        let (rest, mark) = cell.split_at(cell.len() - last.len_utf8());
        return Some((mark, rest));
    }
    is_mark(first).then(|| cell.split_at(first.len_utf8()))
}

/// The verdict of the words beside a mark (`❌ crash`), else that of the mark (`保留✔`).
fn parse_marked(mark: &str, rest: &str, kind: VerdictKind) -> Option<Verdict> {
    let by_mark = parse_flag(mark, kind)?;
    match parse_verdict(rest, VerdictKind::Words) {
        Some(verdict) if by_mark.is_good() || !verdict.is_good() => Some(verdict),
        None if by_mark.is_good() && doubts_mark(rest) => None,
        _ => Some(by_mark),
    }
}

/// Whether the words beside a good mark have another mark, retract it or say that the trial has not ended.
fn doubts_mark(rest: &str) -> bool {
    let text = normalize(rest);
    let mut words = text.split('_').filter(|word| !word.is_empty());
    let is_no = |c: char| !c.is_ascii() && has_word(NO, c.encode_utf8(&mut [0; 4]));
    rest.contains(is_no) || words.any(is_empty_word) || is_retracted(rest, "", "")
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
fn find_whole(words: &[&str]) -> Option<Verdict> {
    let mut lengths = (1..=words.len()).rev();
    lengths.find_map(|len| {
        let is_whole = len == words.len() || has_word(EXPLAINS, words[len]);
        verdict_of_word(&words[..len].join("_")).filter(|_| is_whole)
    })
}

/// The verdict of a text of which one word is known: `server_failed` is a crash, `reverted_worse` a discard, and
/// `keep_simpler` a keep.
fn find_part(words: &[&str]) -> Option<Verdict> {
    if words.len() > MAX_WORDS || words.contains(&"or") {
        return None;
    }
    let mut found = None;
    for (at, word) in words.iter().enumerate() {
        if at > 0 && has_word(DENIALS, words[at - 1]) {
            continue;
        }
        let verdict = match verdict_of_word(word) {
            None if word.ends_with("error") || word.ends_with("exception") => Is(Status::Crash),
            None => continue,
            Some(Stopped) => Is(Status::Crash),
            Some(verdict) => verdict,
        };
        match verdict {
            _ if verdict.is_failure() => return Some(verdict),
            Is(Status::Discard) => found = Some(verdict),
            Is(_) if at == 0 => found = found.or(Some(verdict)),
            Completed if at + 1 == words.len() => found = found.or(Some(verdict)),
            _ => {}
        }
    }
    found
}

/// Whether the explanation of a keep retracts or doubts it: another verdict, `not` before a keep, a plain no.
fn is_retracted(cell: &str, head: &str, explanation: &str) -> bool {
    let is_answer = explanation.starts_with(':'); // `pass (0)` counts something, `keep: 0` answers
    let mut parts = explanation.split(|c: char| "([{:;,—–→>/|)]}".contains(c));
    let denies =
        |part: &str| part == "?" || has_word(NO, part) && (is_answer || !part.starts_with('0'));
    if head.trim_end().ends_with('?') || parts.any(|part| denies(part.trim())) {
        return true;
    }
    let text = normalize(cell);
    let words: Vec<&str> = text.split('_').collect();
    (0..words.len()).any(|at| {
        let is_denied = at > 0 && has_word(DENIALS, words[at - 1]);
        (1..=(words.len() - at).min(4))
            .any(|len| retracts(&words[at..at + len].join("_"), is_denied))
    })
}

fn retracts(word: &str, is_denied: bool) -> bool {
    match verdict_of_word(word) {
        Some(Is(Status::Keep)) => is_denied,
        Some(Is(Status::Baseline) | Completed) => false,
        Some(_) => !is_denied,
        None => has_word(RETRACTIONS, word) && !is_denied,
    }
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
        assert_eq!(parse("❌ lr too high"), Some(Is(Status::Discard)));
        assert_eq!(parse("✔\u{fe0f} broke 1.0!"), Some(Is(Status::Keep)));
        assert_eq!(parse("❌ best so far was 3"), Some(Is(Status::Discard)));
        for doubtful in ["✅ keep (reverted)", "✅ running", "✓ compiled, ✗ slower"] {
            assert_eq!(parse(doubtful), None, "{doubtful}");
        }
        assert_eq!(parse("yes (best so far)"), None);
        let parse = |cell| parse_verdict(cell, KEPT);
        assert_eq!(parse("yes (best so far)"), Some(Is(Status::Keep)));
        assert_eq!(parse("yes (reverted)"), None);
        assert_eq!(parse("no (reverted)"), Some(Is(Status::Discard)));
    }
}
