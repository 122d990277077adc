//! Which scores a picture shows.

use std::str::FromStr;

use crate::analysis::{Point, Progress};
use crate::log::{Direction, Number};

/// A score is wild if it is so many times farther from the others than these are from each other.
const WILD: f64 = 10.0;

/// Which scores the picture shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ScoreRange {
    /// From the best to a little beyond the baseline.
    #[default]
    Auto,
    All,
    Between(f64, f64),
}

impl FromStr for ScoreRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => return Ok(Self::Auto),
            "all" => return Ok(Self::All),
            _ => {}
        }
        let bounds = text
            .split_once(':')
            .and_then(|(a, b)| Some((Number::value_of(a)?, Number::value_of(b)?)));
        match bounds {
            Some((a, b)) if a < b || b < a => Ok(Self::Between(a.min(b), a.max(b))),
            _ => Err("expected auto, all, or two numbers as A:B".to_owned()),
        }
    }
}

/// The lowest and the highest score to show.
pub(super) fn choose_range(
    range: ScoreRange,
    searches: &[&Progress],
    direction: Direction,
) -> (f64, f64) {
    let (mut low, mut high) = match range {
        ScoreRange::Between(a, b) => return (a, b),
        ScoreRange::All => extent(&drawn_scores(searches)),
        ScoreRange::Auto => interesting_range(searches, direction),
    };
    if low > high {
        return (0.0, 1.0); // no scores
    }
    if high - low <= f64::EPSILON * high.abs().max(low.abs()) {
        let around = if low == 0.0 { 1.0 } else { low.abs() * 0.05 };
        (low, high) = (low - around, high + around);
    }
    let margin = high * 0.08 - low * 0.08; // the difference alone may be infinite
    ((low - margin).max(f64::MIN), (high + margin).min(f64::MAX))
}

/// From the best to the baseline, but so far that half of the trials that completed are seen, unless they are far away.
fn interesting_range(searches: &[&Progress], direction: Direction) -> (f64, f64) {
    let mut shown = Vec::new();
    for search in searches {
        let points = search.points.iter();
        let keeps = points.filter(|point| point.status.can_be_best());
        shown.extend(keeps.filter_map(|point| point.score));
        shown.extend(search.tally.baseline.as_ref().map(|(score, _)| *score));
    }
    let mut scores = drawn_scores(searches);
    scores.sort_by(f64::total_cmp);
    if scores.is_empty() || shown.is_empty() {
        return extent(&trim_outliers(scores));
    }
    let (low, high) = drop_wild(shown, &scores);
    let is_low_best = direction.better(0.0, 1.0);
    let best = if is_low_best { low } else { high };
    let (middle, span) = (scores[scores.len() / 2], high - low);
    let has_room = span == 0.0 || (middle - best).abs() <= 3.0 * span;
    if has_room {
        return (low.min(middle), high.max(middle));
    }
    (low, high)
}

/// The extent of the scores to show without those that are so far from the others that these would look equal.
fn drop_wild(mut shown: Vec<f64>, sorted: &[f64]) -> (f64, f64) {
    let last = sorted.len() - 1;
    let middle = sorted[sorted.len() / 2];
    let spread = sorted[last - last / 4] - sorted[last / 4];
    let distance = |score: f64| (score - middle).abs();
    shown.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
    let (mut low, mut high) = (shown[0], shown[0]);
    let scale = spread.max(distance(low));
    for score in shown {
        let (gap, scale) = ((low - score).max(score - high), scale.max(high - low));
        if scale > 0.0 && gap > WILD * scale {
            break;
        }
        (low, high) = (low.min(score), high.max(score));
    }
    (low, high)
}

/// The scores, which are sorted, without those that are far from the middle half.
fn trim_outliers(mut scores: Vec<f64>) -> Vec<f64> {
    let Some(last) = scores.len().checked_sub(1) else {
        return scores;
    };
    let (lower, upper) = (scores[last / 4], scores[last - last / 4]);
    let reach = 3.0 * (upper - lower);
    scores.retain(|score| (lower - reach..=upper + reach).contains(score));
    scores
}

fn drawn_scores(searches: &[&Progress]) -> Vec<f64> {
    let points = searches.iter().flat_map(|search| &search.points);
    points.filter_map(Point::drawn_score).collect()
}

/// The smallest and the largest value; infinities the wrong way round if there is none.
pub(super) fn extent(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_numbers_in_any_order() {
        assert_eq!("2:1".parse(), Ok(ScoreRange::Between(1.0, 2.0)));
        assert_eq!("auto".parse(), Ok(ScoreRange::Auto));
        for bad in ["1", "1:1", "a:b", ""] {
            assert!(bad.parse::<ScoreRange>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wild_score_is_left_out_and_a_steep_start_is_not() {
        let scores = [1.90, 1.95, 1.96, 1.97, 1.98, 900.0];
        assert_eq!(drop_wild(vec![900.0, 1.95, 1.90], &scores), (1.90, 1.95));
        let scores = [-900.0, 1.95, 1.96, 1.97, 1.98, 2.0];
        assert_eq!(drop_wild(vec![2.0, 1.95, -900.0], &scores), (1.95, 2.0));
        let scores = [1.0, 1.1, 1.2, 1.3, 1.5, 2.0];
        assert_eq!(drop_wild(vec![2.0, 1.5, 1.1, 1.0], &scores), (1.0, 2.0));
        assert_eq!(drop_wild(vec![2.0, 1.0], &[1.0, 2.0]), (1.0, 2.0));
    }
}
