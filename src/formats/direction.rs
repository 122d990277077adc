//! Which way is better, and what a person should know of how that was found out.

use super::{Wanted, roles, writer::Writer};
use crate::trial::Direction;

impl Writer {
    /// Which way is better: flags, what the file says, the name, the trend of the keeps.
    pub(super) fn direction(&self, metric: &str, wanted: &Wanted) -> (Direction, Vec<String>) {
        let mut notes = Vec::new();
        if self.plan.verdict.is_none() {
            let none = "no column holds a verdict: every row with a score can be best; --map verdict=COLUMN names one";
            notes.push(none.to_owned());
        }
        let said = self.table.said.direction;
        let trend = || self.trend();
        let (direction, why) = match (wanted.direction.or(said), roles::better(metric)) {
            (Some(direction), _) => (direction, None),
            (None, Some(direction)) => (direction, Some("by its name".to_owned())),
            (None, None) => trend(),
        };
        let note = match (self.plan.guess, why) {
            (None, None) => return (direction, notes),
            (Some(guess), None) => format!("{metric}: taken for the score {guess}; --metric names another"),
            (None, Some(why)) => format!("{metric}: read as {direction} {why}; --direction says otherwise"),
            (Some(guess), Some(why)) => format!(
                "{metric}: taken for the score {guess}, read as {direction} {why}; --metric and --direction say otherwise"
            ),
        };
        notes.push(note);
        (direction, notes)
    }

    /// The way that most steps from one keep to the next have taken.
    fn trend(&self) -> (Direction, Option<String>) {
        let kept = self.trials.iter().filter(|trial| trial.status.can_be_best());
        let kept: Vec<f64> = kept.filter_map(|trial| Some(trial.score.as_ref()?.1)).collect();
        let up = kept.windows(2).filter(|pair| pair[1] > pair[0]).count();
        let down = kept.windows(2).filter(|pair| pair[1] < pair[0]).count();
        let direction = if up > down { Direction::Maximize } else { Direction::Minimize };
        let why = match up + down {
            0 => "by default".to_owned(),
            steps => format!("by the trend of the keeps ({} of {steps} steps)", up.max(down)),
        };
        (direction, Some(why))
    }
}
