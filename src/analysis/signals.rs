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

    fn evidence(outcomes: &[Outcome]) -> Evidence<'_> {
        Evidence {
            outcomes,
            epsilon: Some(0.01),
            since_keep: 0,
            stuck_after: 20,
            failed_children: 0,
            near_misses: 0,
        }
    }

    fn outcome(status: Status, delta: f64) -> Outcome {
        Outcome {
            offset: 0,
            status,
            delta: status.is_completed().then_some(delta),
        }
    }

    #[test]
    fn five_trials_without_progress_are_a_signal() {
        let flat = [outcome(Status::Discard, 0.001), outcome(Status::Crash, 0.0)];
        let five = [flat, flat, flat].concat()[..5].to_vec();
        assert_eq!(
            find_signals(&evidence(&five)),
            [Signal::NoProgress {
                trials: 5,
                epsilon: Some(0.01)
            }]
        );
        assert_eq!(find_signals(&evidence(&five[..4])), []);
        let moved = [&five[..4], &[outcome(Status::Discard, 0.5)]].concat();
        assert_eq!(find_signals(&evidence(&moved)), []);
    }

    #[test]
    fn the_other_signals_hold_from_their_thresholds_on() {
        let stuck = Evidence {
            since_keep: 20,
            failed_children: 5,
            ..evidence(&[])
        };
        assert_eq!(
            find_signals(&stuck),
            [
                Signal::NoKeep { trials: 20 },
                Signal::ChildrenFail { children: 5 }
            ]
        );
        let not_yet = Evidence {
            since_keep: 19,
            failed_children: 4,
            ..evidence(&[])
        };
        assert_eq!(find_signals(&not_yet), []);
    }
}
