//! Which candidate is the score: the likeliest; between equally likely ones the names decide, then what the columns hold.

use anyhow::{Result, bail};

use super::{
    choice::{BY_NAME, Candidate, Reason},
    direction::GENERIC,
    evidence::CLEAR_RATIO,
    interpretation::Interpretation,
};
use crate::{
    import::words::names::NameRank,
    log::{Direction, direction_of_name, has_word, matches_pattern, normalize_name},
};

/// In a log with fewer rows, no score is guessed from columns with unknown names.
const MIN_ROWS: u32 = 4;
/// The most candidates that a message lists.
const MAX_LISTED: usize = 12;
/// The first or last word of the name of a column that sums up others.
const SUMMARIES: &str = "average averaged avg mean overall total";
/// Metrics that say little without another. `_map50_b_` is that of boxes, as Ultralytics writes it.
const PARTS: &str = "precision recall sensitivity specificity _losses _wins _map50$ _map50_b_";

/// The index of a candidate and the reason, if it was not named.
type Pick = (usize, Option<Reason>);

pub(super) fn pick(
    log: &Interpretation,
    candidates: &[Candidate],
    is_wanted: bool,
) -> Result<Option<Pick>> {
    let is_sure =
        |one: &Candidate| is_wanted || one.rank == NameRank::Metric && one.evidence.scored > 0;
    if let Some(at) = candidates.iter().position(is_sure) {
        return Ok(Some((at, None)));
    }
    let contest = Contest { log, candidates };
    let usual = contest.find_usual();
    if let Some(at) = contest.find_with_differences(&usual) {
        let text = "the differences in the log are its own";
        return Ok(Some((at, Some(contest.explain(at, text)))));
    }
    let likeliest = contest.find_likeliest(&usual);
    let Some(best) = contest.find_best_name(&likeliest) else {
        return Ok(None);
    };
    let has_losers = likeliest.len() < usual.len();
    let (chosen, mut reason) = contest.decide(best, &likeliest, has_losers)?;
    let is_as_good = |&at: &usize| at != chosen && candidates[at].rank <= candidates[chosen].rank;
    if let Some(reason) = &mut reason {
        reason.is_guess |= usual.iter().any(is_as_good);
    }
    Ok(Some((chosen, reason)))
}

/// The candidates of a log, each known by its index.
struct Contest<'a> {
    log: &'a Interpretation,
    candidates: &'a [Candidate],
}

impl Contest<'_> {
    fn has_decisions(&self) -> bool {
        self.log.verdicts.has_decisions
    }

    fn name(&self, at: usize) -> &str {
        &self.log.table.names[self.candidates[at].column]
    }

    /// The candidates that are filled like a score, that are not derived from others, and in which keeps differ, if there are any.
    fn find_usual(&self) -> Vec<usize> {
        let one = |at: &usize| &self.candidates[*at];
        let mut usual: Vec<usize> = (0..self.candidates.len()).collect();
        // One in how many rows must have a value, and the worst rank of a name.
        let steps = if self.has_decisions() {
            &[(2, NameRank::Parameter)][..]
        } else {
            &[
                (2, NameRank::Known),
                (4, NameRank::Known),
                (4, NameRank::Vague),
            ]
        };
        for &(share, worst) in steps {
            prefer(&mut usual, |at| {
                one(at).rank <= worst && self.is_filled(one(at), share)
            });
        }
        prefer(&mut usual, |at| one(at).rank < NameRank::Derived);
        if self.has_decisions() {
            prefer(&mut usual, |at| !one(at).evidence.is_guard());
        }
        usual
    }

    /// Whether a candidate has a value in at least one in `rows` of the rows that need one, or in as many as any other candidate.
    fn is_filled(&self, candidate: &Candidate, rows: u32) -> bool {
        let rated = self.candidates.iter().map(|one| one.evidence.rated);
        let most = rated.max().unwrap_or(0);
        let evidence = &candidate.evidence;
        let all = most.max(evidence.rated + evidence.missing);
        evidence.rated * rows >= all || evidence.rated == most
    }

    /// The only candidate whose differences are in the log.
    fn find_with_differences(&self, usual: &[usize]) -> Option<usize> {
        let has_differences = |at: &&usize| self.candidates[**at].evidence.has_differences();
        only(usual.iter().filter(has_differences))
    }

    fn find_likeliest(&self, usual: &[usize]) -> Vec<usize> {
        if !self.has_decisions() {
            return usual.to_vec();
        }
        let likelihoods: Vec<f64> = usual.iter().map(|&at| self.log_likelihood(at)).collect();
        let top = likelihoods.iter().copied().fold(f64::MIN, f64::max);
        let is_close = |likelihood: f64| likelihood > top - CLEAR_RATIO.ln() + 1e-9;
        let rated = usual.iter().zip(likelihoods);
        rated
            .filter(|(_, likelihood)| is_close(*likelihood))
            .map(|(&at, _)| at)
            .collect()
    }

    fn log_likelihood(&self, at: usize) -> f64 {
        let candidate = &self.candidates[at];
        // Such names say little about the direction.
        let is_uncertain = matches!(candidate.rank, NameRank::Score | NameRank::Combined);
        let doubt = if is_uncertain { 0.5 } else { 2.0 } * CLEAR_RATIO.ln();
        let is_cost = candidate.rank > NameRank::Unknown; // what a trial has used
        let handicap = if is_cost { CLEAR_RATIO.ln() } else { 0.0 };
        let evidence = &candidate.evidence;
        evidence.log_likelihood(candidate.direction_of_name, doubt) - handicap
    }

    /// The candidate with the best name, else the first in the header.
    fn find_best_name(&self, likeliest: &[usize]) -> Option<usize> {
        let key = |at: &usize| (self.candidates[*at].rank, self.candidates[*at].column);
        likeliest.iter().copied().min_by_key(key)
    }

    /// Decides between candidates with names as good as the best, and says why.
    fn decide(&self, best: usize, likeliest: &[usize], has_losers: bool) -> Result<Pick> {
        let chosen = &self.candidates[best];
        let has_evidence = self.has_decisions() && chosen.evidence.keeps > 0;
        let is_equal = |at: &usize| self.candidates[*at].rank == chosen.rank;
        let equal: Vec<usize> = likeliest.iter().copied().filter(is_equal).collect();
        if let Some(sorted) = self.find_sorted(&equal) {
            return Ok((sorted, Some(Reason::guess("the rows are sorted by it"))));
        }
        if has_losers && has_evidence {
            let text = chosen.evidence.likelier().1;
            let mut reason = self.explain(best, text);
            reason.is_guess |= likeliest.iter().any(|&at| self.is_rival(at, best));
            return Ok((best, Some(reason)));
        }
        if chosen.rank < NameRank::Unknown {
            let whole = self.find_whole(best, &equal);
            let summary = self.find_summary(whole, &equal);
            let best = summary
                .or_else(|| self.find_generic(&equal))
                .unwrap_or(whole);
            return Ok((best, Some(self.describe_name(best, &equal, likeliest))));
        }
        if equal.len() == 1 || has_evidence {
            return Ok((best, Some(Reason::guess("the likeliest column of numbers"))));
        }
        self.guess(chosen.rank, &equal)
    }

    /// The only one of several columns with equally good names by which the rows of a log without decisions are sorted.
    fn find_sorted(&self, equal: &[usize]) -> Option<usize> {
        if self.has_decisions() || equal.len() < 2 {
            return None;
        }
        let is_sorted = |at: &&usize| self.candidates[**at].evidence.is_sorted_finely();
        only(equal.iter().filter(is_sorted))
    }

    /// A reason that decides, so that the column is a guess only if its name does not say that it is a metric.
    fn explain(&self, at: usize, text: impl Into<String>) -> Reason {
        Reason {
            text: text.into(),
            is_guess: self.candidates[at].rank > NameRank::Known,
        }
    }

    fn describe_name(&self, best: usize, equal: &[usize], likeliest: &[usize]) -> Reason {
        let is_other_metric =
            |at: &usize| !self.has_decisions() && self.candidates[*at].rank <= NameRank::Known;
        let is_like_it = |at: &usize| {
            let is_rival = self.repeats_name(*at, best) || self.is_rival(*at, best);
            equal.contains(at) || is_rival || is_other_metric(at)
        };
        let like_it = likeliest.iter().copied().filter(is_like_it);
        let names: Vec<&str> = like_it.map(|at| self.name(at)).take(MAX_LISTED).collect();
        match names.len() {
            1 => self.explain(best, BY_NAME),
            _ => Reason::guess(format!("by its name, out of {}", names.join(" "))),
        }
    }

    /// Whether a column with an unknown name fits the decisions as well and comes earlier in the header. The score often comes
    /// first.
    fn is_rival(&self, at: usize, other: usize) -> bool {
        let (one, other) = (&self.candidates[at], &self.candidates[other]);
        self.has_decisions() && one.rank == NameRank::Unknown && one.column < other.column
    }

    /// Whether the header has the name of another candidate twice.
    fn repeats_name(&self, at: usize, other: usize) -> bool {
        let rest = self.name(at).strip_prefix(self.name(other));
        let number = rest.and_then(|rest| rest.strip_prefix('_'));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    }

    /// The candidate or, if that is only a part such as `precision`, the first whole metric of which higher is better.
    fn find_whole(&self, best: usize, equal: &[usize]) -> usize {
        let is_part = |at: usize| {
            let name = normalize_name(self.name(at));
            matches_pattern(PARTS, &name) && !name.contains("average_precision")
        };
        let is_higher =
            |at: usize| self.candidates[at].direction_of_name == Some(Direction::Maximize);
        let mut others = equal.iter().copied().filter(|_| is_part(best));
        others
            .find(|&at| !is_part(at) && is_higher(at))
            .unwrap_or(best)
    }

    /// The mean or sum of a candidate and several others: `score_avg` beside `score_a` and `score_b`, `total_score` beside
    /// `a_score` and `b_score`.
    fn find_summary(&self, best: usize, equal: &[usize]) -> Option<usize> {
        let best = normalize_name(self.name(best));
        let names = equal.iter().map(|&at| normalize_name(self.name(at)));
        let names: Vec<String> = names.collect();
        let sums_up = |fits: &dyn Fn(&String) -> bool| {
            fits(&best) && names.iter().filter(|name| fits(name)).count() > 2
        };
        let is_summary = |name: &String| {
            let (before, after) = name.rsplit_once('_').unwrap_or_default();
            let (first, rest) = name.split_once('_').unwrap_or_default();
            has_word(SUMMARIES, after) && sums_up(&|other| other.starts_with(before))
                || has_word(SUMMARIES, first)
                    && sums_up(&|other| other.ends_with(rest) || other.starts_with(rest))
        };
        let at = names.iter().position(is_summary)?;
        Some(equal[at])
    }

    /// The only one that is called a score, but not of what: `research_score` beside `win_rate`.
    fn find_generic(&self, equal: &[usize]) -> Option<usize> {
        let is_generic = |at: &&usize| {
            let name = normalize_name(self.name(**at));
            let rest = name.replace("score", "");
            matches_pattern(GENERIC, &name) && direction_of_name(&rest).is_none()
        };
        only(equal.iter().filter(is_generic))
    }

    /// Guesses between equally good names. Of unknown names, settings usually come before results, and repeat their values.
    fn guess(&self, rank: NameRank, equal: &[usize]) -> Result<Pick> {
        let is_measured =
            |at: &usize| self.log.columns.all[self.candidates[*at].column].is_diverse();
        let measured: Vec<usize> = equal.iter().copied().filter(is_measured).collect();
        let has_few_rows = self.candidates[equal[0]].evidence.scored < MIN_ROWS;
        let names = |list: &[usize]| {
            let names: Vec<&str> = list.iter().map(|&at| self.name(at)).collect();
            names.join(" ")
        };
        match (rank, measured.last()) {
            (NameRank::Unknown, Some(&last)) if !has_few_rows => Ok((
                last,
                Some(Reason::guess(format!("the last of {}", names(&measured)))),
            )),
            (NameRank::Milliseconds | NameRank::Seconds | NameRank::Size, _) => Ok((
                equal[0],
                Some(Reason::guess(format!("the first of {}", names(equal)))),
            )),
            _ => bail!(self.describe_equal(equal)),
        }
    }

    fn describe_equal(&self, equal: &[usize]) -> String {
        let describe = |&at: &usize| {
            let evidence = &self.candidates[at].evidence;
            match (evidence.first, evidence.last) {
                (Some(first), Some(last)) => format!("{} ({first} … {last})", self.name(at)),
                _ => self.name(at).to_owned(),
            }
        };
        let names: Vec<String> = equal.iter().take(MAX_LISTED).map(describe).collect();
        format!(
            "several columns may be the score: {}; choose one with --metric",
            names.join(" ")
        )
    }
}

/// Keeps the candidates of a kind, if there are any.
pub(super) fn prefer(candidates: &mut Vec<usize>, is_preferred: impl Fn(&usize) -> bool) {
    if candidates.iter().any(&is_preferred) {
        candidates.retain(is_preferred);
    }
}

/// The item, if there is only one.
fn only<'i>(mut items: impl Iterator<Item = &'i usize>) -> Option<usize> {
    let first = items.next().copied();
    first.filter(|_| items.next().is_none())
}
