//! What the trials say about a column that may be the score: whether keeps beat the best before them, and discards do not.

use crate::log::{
    Direction::{self, Maximize, Minimize},
    Status,
};

/// The chance that a keep beats the best before it in the true score, and that a discard does not.
const FIT: f64 = 0.9;
/// The chance of a trial that could not be compared. A fit is likelier than none, so that a sparse column does not win.
const UNKNOWN: f64 = 0.75;
/// The chance that a keep beats the best before it in any other column.
const CHANCE: f64 = 0.2;
/// Below this ratio of likelihoods the names decide.
pub(crate) const CLEAR_RATIO: f64 = 20.0;

pub(crate) const DIRECTIONS: [Direction; 2] = [Minimize, Maximize];

#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// Keeps and discards that were compared with the best keep before them.
    pub(crate) keeps: u32,
    pub(crate) discards: u32,
    /// For minimize and maximize: the best keep, keeps that beat it, and discards that do not.
    best: [Option<f64>; 2],
    pub(crate) beaten: [u32; 2],
    not_beaten: [u32; 2],
    pub(crate) missing: u32,
    missing_keeps: u32,
    pub(crate) scored: u32,
    /// Scored trials with a verdict that is not a failure.
    pub(crate) rated: u32,
    negative: u32,
    /// Steps down and up from one value to the next.
    steps: [u32; 2],
    lowest: f64,
    highest: f64,
    sum: f64,
    /// Scores below and above the mean of those before them.
    pub(crate) drift: [u32; 2],
    pub(crate) first: Option<f64>,
    pub(crate) last: Option<f64>,
    last_keep: Option<f64>,
    /// The lowest and the highest of the keeps and of the discards, and how many there are.
    ranges: [Option<(f64, f64, u32)>; 2],
    /// How often the column of differences has the difference to each of several references.
    deltas: u32,
    delta_hits: [u32; 5],
}

pub(crate) fn index_of(direction: Direction) -> usize {
    usize::from(direction == Maximize)
}

impl Evidence {
    pub(crate) fn observe(&mut self, status: Status, value: Option<f64>, delta: Option<f64>) {
        let Some(value) = value else {
            let is_rated = matches!(status, Status::Keep | Status::Discard | Status::Baseline);
            self.missing += u32::from(is_rated);
            self.missing_keeps += u32::from(status == Status::Keep);
            return;
        };
        let is_decision = matches!(status, Status::Keep | Status::Discard);
        if let Some(delta) = delta.filter(|delta| *delta != 0.0) {
            self.observe_delta(value, delta);
        }
        self.rated += u32::from(is_decision || status == Status::Baseline);
        self.observe_value(value);
        match status {
            // It starts the measure, or starts it again.
            Status::Baseline => self.best = [Some(value); 2],
            Status::Keep | Status::Discard => self.compare(value, status == Status::Keep),
            _ => return,
        }
        if status != Status::Discard {
            self.last_keep = Some(value);
        }
    }

    fn observe_value(&mut self, value: f64) {
        if let Some(last) = self.last {
            let mean = self.sum / f64::from(self.scored);
            self.drift[0] += u32::from(value < mean);
            self.drift[1] += u32::from(value > mean);
            self.steps[0] += u32::from(value < last);
            self.steps[1] += u32::from(value > last);
            self.lowest = self.lowest.min(value);
            self.highest = self.highest.max(value);
        } else {
            (self.first, self.lowest, self.highest) = (Some(value), value, value);
        }
        self.sum += value;
        self.scored += 1;
        self.negative += u32::from(value < 0.0);
        self.last = Some(value);
    }

    fn compare(&mut self, value: f64, is_keep: bool) {
        if self.best[0].is_some() {
            self.keeps += u32::from(is_keep);
            self.discards += u32::from(!is_keep);
        }
        let range = self.ranges[usize::from(is_keep)].get_or_insert((value, value, 0));
        *range = (range.0.min(value), range.1.max(value), range.2 + 1);
        for (at, direction) in DIRECTIONS.into_iter().enumerate() {
            let beats = self.best[at].map(|best| direction.better(value, best));
            self.beaten[at] += u32::from(is_keep && beats == Some(true));
            self.not_beaten[at] += u32::from(!is_keep && beats == Some(false));
            if is_keep && beats != Some(false) {
                self.best[at] = Some(value);
            }
        }
    }

    fn observe_delta(&mut self, value: f64, delta: f64) {
        if self.first.is_none() {
            return;
        }
        let [lowest, highest] = self.best;
        let references = [self.last, self.last_keep, lowest, highest, self.first];
        self.deltas += 1;
        for (hits, reference) in self.delta_hits.iter_mut().zip(references) {
            let difference = reference.map_or(f64::NAN, |reference| (value - reference).abs());
            let tolerance = 0.006 * delta.abs() + 1e-9 * value.abs();
            *hits += u32::from((difference - delta.abs()).abs() <= tolerance);
        }
    }

    /// Whether a column of differences has those of this column.
    pub(crate) fn has_differences(&self) -> bool {
        let most = self.delta_hits.iter().max().copied().unwrap_or(0);
        most == self.deltas && most > 0 || most >= 2 && most * 10 >= self.deltas * 8
    }

    /// Whether several values are between 0 and 1, as those of most scores.
    pub(crate) fn is_share(&self) -> bool {
        self.scored > 2 && self.lowest >= 0.0 && self.highest <= 1.0
    }

    pub(crate) fn is_always_negative(&self) -> bool {
        self.scored > 0 && self.negative == self.scored
    }

    fn fits(&self, at: usize) -> u32 {
        if self.separates() == Some(at) {
            return self.keeps + self.discards;
        }
        self.beaten[at] + self.not_beaten[at]
    }

    /// The direction in which all of several keeps are better than all of several discards.
    pub(crate) fn separates(&self) -> Option<usize> {
        let [
            Some((discard_min, discard_max, discards)),
            Some((keep_min, keep_max, keeps)),
        ] = self.ranges
        else {
            return None;
        };
        if keeps.min(discards) < 3 {
            return None;
        }
        let is_lower = keep_max < discard_min;
        (is_lower || keep_min > discard_max).then_some(usize::from(!is_lower))
    }

    /// How likely the trials are if this is the score, but at least as if keeps beat the best by chance. `doubt` is for the direction against the name.
    pub(crate) fn log_likelihood(&self, named: Option<Direction>, doubt: f64) -> f64 {
        let likelihoods = DIRECTIONS.map(|direction| {
            let fits = f64::from(self.fits(index_of(direction)));
            let misfits = f64::from(self.keeps + self.discards) - fits;
            let is_against = named.is_some_and(|named| named != direction);
            let doubt = if is_against { doubt } else { 0.0 };
            fits * FIT.ln() + misfits * (1.0 - FIT).ln() - doubt
        });
        let compared = self.keeps + self.discards;
        let unknown = (self.missing + self.rated).saturating_sub(compared + self.missing_keeps);
        let chance = f64::from(self.keeps) * CHANCE.ln() + f64::from(self.discards) * FIT.ln();
        let likeliest = likelihoods[0].max(likelihoods[1]).max(chance);
        likeliest + f64::from(unknown) * UNKNOWN.ln() + f64::from(self.missing_keeps) * CHANCE.ln()
    }

    /// Whether the value only rises or only falls, in several steps.
    pub(crate) fn is_sorted(&self) -> bool {
        self.steps.contains(&0) && self.steps[0] + self.steps[1] > 3
    }

    /// Whether the rows are sorted by the value, with few repetitions. A setting may be sorted with many.
    pub(crate) fn is_sorted_finely(&self) -> bool {
        self.is_sorted() && (self.steps[0] + self.steps[1]) * 10 >= self.scored * 7
    }

    /// The direction in which the values clearly drift, and the sentence that says so.
    pub(crate) fn trend(&self) -> Option<(Direction, String)> {
        let [down, up] = self.drift;
        let (most, all) = (down.max(up), down + up);
        let direction = if up > down { Maximize } else { Minimize };
        let sentence = format!("{most} of {all} scores are on that side of the mean before them");
        is_clear(most, all).then_some((direction, sentence))
    }

    /// Whether all keeps have the same value.
    pub(crate) fn is_guard(&self) -> bool {
        self.keeps > 0 && self.best[0] == self.best[1] && self.beaten == [0, 0]
    }

    /// Trials that speak for one direction only: for minimize, for maximize. Discards between the two bests fit both.
    pub(crate) fn votes(&self) -> [u32; 2] {
        let [down, up] = [self.fits(0), self.fits(1)];
        let common = (down + up).saturating_sub(self.keeps + self.discards);
        let common = common.min(down).min(up);
        [down - common, up - common]
    }

    /// The direction in which several keeps beat the best before them, if none does in the other.
    pub(crate) fn improved_by_keeps(&self) -> Option<(Direction, String)> {
        let [down, up] = self.beaten;
        let is_clear = down.max(up) > 1 && down.min(up) == 0;
        let direction = if up > down { Maximize } else { Minimize };
        is_clear.then(|| (direction, self.describe_keeps(direction)))
    }

    fn describe_keeps(&self, direction: Direction) -> String {
        let (beaten, keeps) = (self.beaten[index_of(direction)], self.keeps);
        format!("{beaten} of {keeps} keeps beat the best before them")
    }

    /// The direction that most trials speak for, and the sentence that says so.
    pub(crate) fn likelier(&self) -> (Direction, String) {
        let [down, up] = self.votes();
        let direction = if up > down { Maximize } else { Minimize };
        let sentence = if self.separates().is_some() {
            "all keeps are better than all discards".to_owned()
        } else {
            self.describe_keeps(direction)
        };
        (direction, sentence)
    }
}

/// Whether a majority is clear: chance rarely makes it (sign test).
pub(crate) fn is_clear(most: u32, votes: u32) -> bool {
    if votes > 1000 {
        return most * 10 > votes * 6;
    }
    votes > 0 && chance(most, votes) < 0.05
}

/// The chance of so many votes for one side, or more, if both were equally likely.
fn chance(most: u32, votes: u32) -> f64 {
    let mut probability = 0.5_f64.powi(i32::try_from(votes).unwrap_or(i32::MAX));
    let mut sum = 0.0;
    for hits in (most..=votes).rev() {
        sum += probability;
        probability *= f64::from(hits) / f64::from(votes - hits + 1);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_is_clear_if_chance_rarely_makes_it() {
        assert!(!is_clear(2, 2) && !is_clear(4, 4) && is_clear(5, 5));
        assert!(!is_clear(6, 10) && is_clear(9, 10));
        assert!((chance(5, 10) - 0.623).abs() < 0.001);
    }
}
