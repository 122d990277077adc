//! What the numbers say about the search itself.

use super::Outcome;

/// A sign that the search should try something else.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// The specialist's last trials all moved less than epsilon or failed.
    NoProgress { trials: usize, epsilon: Option<f64> },
    /// No keep for this many trials.
    NoKeep { trials: u64 },
    /// The last children of the best all failed.
    ChildrenFail { children: usize },
    /// There are near misses whose baseline is no longer the best.
    NearMisses,
}

/// How many trials in a row a signal needs.
const IN_A_ROW: usize = 5;

/// What the signals are derived from.
pub struct Evidence<'a> {
    /// The specialist's last outcomes, newest last.
    pub outcomes: &'a [Outcome],
    /// Smaller differences are noise; `None` if neither the log nor a setting tells.
    pub epsilon: Option<f64>,
    pub since_keep: u64,
    /// From how many trials without a keep on it is a signal.
    pub stuck_after: u64,
    pub failed_children: usize,
    pub near_misses: usize,
}

/// The signals that hold, in a fixed order.
pub fn find_signals(evidence: &Evidence) -> Vec<Signal> {
    let mut signals = Vec::new();
    let epsilon = evidence.epsilon;
    if let Some(last) = evidence.outcomes.last_chunk::<IN_A_ROW>()
        && last.iter().all(|outcome| has_no_progress(outcome, epsilon))
    {
        let trials = IN_A_ROW;
        signals.push(Signal::NoProgress { trials, epsilon });
    }
    if evidence.since_keep >= evidence.stuck_after {
        let trials = evidence.since_keep;
        signals.push(Signal::NoKeep { trials });
    }
    if evidence.failed_children >= IN_A_ROW {
        let children = evidence.failed_children;
        signals.push(Signal::ChildrenFail { children });
    }
    if evidence.near_misses > 0 {
        signals.push(Signal::NearMisses);
    }
    signals
}

fn has_no_progress(outcome: &Outcome, epsilon: Option<f64>) -> bool {
    let is_noise = |delta: f64| delta.abs() < epsilon.unwrap_or(0.0);
    outcome.status.is_failure() || outcome.delta.is_some_and(is_noise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Status;

    fn find(outcomes: &[Outcome], since_keep: u64, failed_children: usize) -> Vec<Signal> {
        find_signals(&Evidence {
            outcomes,
            epsilon: Some(0.01),
            since_keep,
            stuck_after: 20,
            failed_children,
            near_misses: 0,
        })
    }

    #[test]
    fn signals_hold_from_their_thresholds_on() {
        let outcome = |status, delta| Outcome {
            offset: 0,
            status,
            delta,
        };
        let (flat, crash) = (
            outcome(Status::Discard, Some(0.001)),
            outcome(Status::Crash, None),
        );
        let outcomes = [flat, crash, flat, crash, flat];
        assert_eq!(find(&outcomes[1..], 19, 4), []);
        let (trials, epsilon) = (5, Some(0.01));
        let no_progress = Signal::NoProgress { trials, epsilon };
        assert_eq!(find(&outcomes, 19, 4), [no_progress]);
        let moved = [&outcomes[1..], &[outcome(Status::Discard, Some(0.5))]].concat();
        let (no_keep, children) = (Signal::NoKeep { trials: 20 }, 5);
        let fail = Signal::ChildrenFail { children };
        assert_eq!(find(&moved, 20, 5), [no_keep, fail]);
    }
}
