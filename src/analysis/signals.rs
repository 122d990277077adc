//! What the numbers say about the search itself. Each is said only when it holds.

use super::Outcome;

/// A sign that the search should be steered otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// The specialist's last trials all moved less than epsilon, or did not complete.
    AxisIsFlat { trials: usize, epsilon: Option<f64> },
    /// No keep for this many trials.
    NoKeep { trials: u64 },
    /// The last children of the best all failed to complete.
    ChildrenFail { children: usize },
    /// There are discards near zero whose baseline is no longer the best.
    NearMisses,
}

/// How many of a specialist's last trials must be flat, how many of the best's last children must fail.
const IN_A_ROW: usize = 5;

/// What the signals are read from.
pub struct Evidence<'a> {
    pub axis: &'a [Outcome],
    /// Below this a difference is noise; `None` where the log does not tell and no setting does.
    pub epsilon: Option<f64>,
    pub since_keep: u64,
    /// From how many trials without a keep on it is said.
    pub stuck_after: u64,
    /// How many of the best's last children all failed to complete.
    pub failed_children: usize,
    /// How many discards near zero there are whose baseline is no longer the best.
    pub near_misses: usize,
}

/// The signals that hold, in a fixed order.
pub fn signals(evidence: &Evidence) -> Vec<Signal> {
    let mut signals = Vec::new();
    let last = evidence
        .axis
        .len()
        .checked_sub(IN_A_ROW)
        .map(|from| &evidence.axis[from..]);
    if let Some(last) = last
        && last
            .iter()
            .all(|outcome| is_flat(*outcome, evidence.epsilon.unwrap_or(0.0)))
    {
        signals.push(Signal::AxisIsFlat {
            trials: IN_A_ROW,
            epsilon: evidence.epsilon,
        });
    }
    if evidence.since_keep >= evidence.stuck_after {
        signals.push(Signal::NoKeep {
            trials: evidence.since_keep,
        });
    }
    if evidence.failed_children >= IN_A_ROW {
        signals.push(Signal::ChildrenFail {
            children: evidence.failed_children,
        });
    }
    if evidence.near_misses > 0 {
        signals.push(Signal::NearMisses);
    }
    signals
}

fn is_flat(outcome: Outcome, epsilon: f64) -> bool {
    outcome.status.is_failure() || outcome.delta.is_some_and(|delta| delta.abs() < epsilon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Status;

    fn evidence(axis: &[Outcome]) -> Evidence<'_> {
        Evidence {
            axis,
            epsilon: Some(0.01),
            since_keep: 0,
            stuck_after: 20,
            failed_children: 0,
            near_misses: 0,
        }
    }

    fn outcome(status: Status, delta: f64) -> Outcome {
        Outcome {
            status,
            delta: status.is_completed().then_some(delta),
        }
    }

    #[test]
    fn an_axis_is_flat_after_five_that_did_not_move_or_complete() {
        let flat = [outcome(Status::Discard, 0.001), outcome(Status::Crash, 0.0)];
        let five = [flat, flat, flat].concat()[..5].to_vec();
        assert_eq!(
            signals(&evidence(&five)),
            [Signal::AxisIsFlat {
                trials: 5,
                epsilon: Some(0.01)
            }]
        );
        assert_eq!(signals(&evidence(&five[..4])), []);
        let moved = [&five[..4], &[outcome(Status::Discard, 0.5)]].concat();
        assert_eq!(signals(&evidence(&moved)), []);
    }

    #[test]
    fn the_other_signals_hold_from_their_thresholds_on() {
        let stuck = Evidence {
            since_keep: 20,
            failed_children: 5,
            ..evidence(&[])
        };
        assert_eq!(
            signals(&stuck),
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
        assert_eq!(signals(&not_yet), []);
    }
}
