//! Which direction is better: by a flag, the file, the name of the metric, or the trend of the keeps.

use super::{
    score::{NameRank, rank_name},
    table::ExternalLog,
    trials::ExternalTrials,
};
use crate::log::{Direction, direction_of_name, stated_direction};

/// A direction, and why it was chosen if that is a guess.
pub(super) type DirectionGuess = (Direction, Option<String>);

impl ExternalTrials {
    pub(super) fn find_direction(&self, wanted: Option<Direction>) -> DirectionGuess {
        let metric = self.metric();
        let declared = self.log.declared.direction;
        let applies = declared_metric_is_score(&self.log, self.roles.score);
        let known = wanted
            .or_else(|| stated_direction(metric))
            .or(declared.filter(|_| applies));
        if let Some(direction) = known {
            return (direction, None);
        }
        let (direction, mut reason) = match direction_of_name(metric) {
            Some(direction) => (direction, self.reason_by_name(direction)),
            None => self.guess_by_trend(),
        };
        if let (Some(declared), Some(other)) = (declared, &self.log.declared.name) {
            reason += &format!("; the file says {declared} of {other}");
        }
        (direction, Some(reason))
    }

    /// A keep should beat what was before it. Says so if none beats the first one, while two or more went further than all
    /// before them in the other direction.
    fn reason_by_name(&self, direction: Direction) -> String {
        let reason = "by its name".to_owned();
        let scores = self.kept_scores();
        let Some(&first) = scores.first().filter(|_| self.has_decisions()) else {
            return reason;
        };
        let (mut worst, mut steps) = (first, 0);
        for &score in &scores {
            if direction.better(score, first) {
                return reason;
            }
            if direction.opposite().better(score, worst) {
                (worst, steps) = (score, steps + 1);
            }
        }
        match steps {
            0 | 1 => reason,
            _ => format!(
                "{reason}, but no keep is {} than the first",
                direction.better_word()
            ),
        }
    }

    /// The direction of most steps from one keep to the next. Trials that only completed are not steps.
    fn guess_by_trend(&self) -> (Direction, String) {
        let (mut up, mut down) = (0, 0);
        if !self.roles.verdict.has_only_completions {
            for pair in self.kept_scores().windows(2) {
                up += usize::from(pair[1] > pair[0]);
                down += usize::from(pair[1] < pair[0]);
            }
        }
        let direction = if up > down {
            Direction::Maximize
        } else {
            Direction::Minimize
        };
        let reason = match (up + down, self.roles.verdict.verdict) {
            (0, _) => "by default".to_owned(),
            (steps, Some(_)) => format!("{} of {steps} steps between keeps", up.max(down)),
            (steps, None) => format!("{} of {steps} steps between scores", up.max(down)),
        };
        (direction, reason)
    }

    /// Whether a verdict decided about the keeps.
    fn has_decisions(&self) -> bool {
        self.roles.verdict.verdict.is_some() && !self.roles.verdict.has_only_completions
    }

    fn kept_scores(&self) -> Vec<f64> {
        let kept = self
            .trials
            .iter()
            .filter(|trial| trial.status.can_be_best());
        kept.filter_map(super::trials::ExternalTrial::value)
            .collect()
    }
}

/// Whether the direction that the file states is that of the score: it names no metric, this one, or one without a column while
/// the score is called `metric` or the like.
fn declared_metric_is_score(log: &ExternalLog, score: usize) -> bool {
    let Some(name) = &log.declared.name else {
        return true;
    };
    let columns = log.columns_named(name);
    let is_generic = rank_name(&log.names[score]) <= NameRank::Score;
    columns.contains(&score) || columns.is_empty() && is_generic
}
