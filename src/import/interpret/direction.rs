//! Which scores are better: as a flag or the file states it, else by the name of the score and the evidence of the trials.

use super::{
    choice::{BY_NAME, Candidate, Reason},
    evidence::{Evidence, index_of, is_clear},
    interpretation::Interpretation,
};
use crate::{
    import::{
        parse::table::Table,
        words::names::{NOT_NEGATIVE, NameRank},
    },
    log::{
        Direction::{self, Maximize, Minimize},
        direction_of_name, has_word, matches_pattern, normalize_name, stated_direction,
    },
};

/// Names that say that a column is the score, but not of what.
pub(super) const GENERIC: &str = "_score_ _metric_ _objective_ _primary_";
/// What Optuna calls the score, which it minimizes by default. Other names that say nothing are mostly of scores.
const OPTUNA_SCORES: &str = "value values_0";
const HEIRS: &str = "choices of the next parent fit";
const BY_SHARE: &str = "by default for scores between 0 and 1";

pub(super) fn choose_direction(
    log: &Interpretation,
    chosen: &Candidate,
) -> (Direction, Option<Reason>) {
    let declared = &log.table.declared;
    let applies = declared_metric_is_score(&log.table, chosen);
    let stated = stated_direction(&log.table.names[chosen.column]);
    let known = log.options.direction.or(stated);
    if let Some(direction) = known.or(declared.direction.filter(|_| applies)) {
        return (direction, None);
    }
    let (direction, mut text) = guess_direction(log, chosen);
    if let (Some(declared), Some(other)) = (declared.direction, &declared.name) {
        text += &format!("; the file says {declared} of {other}");
    }
    let is_vague = !log.verdicts.has_decisions && is_generic(&log.table, chosen);
    let is_guess = text != BY_NAME || is_vague;
    (direction, Some(Reason { text, is_guess }))
}

fn guess_direction(log: &Interpretation, chosen: &Candidate) -> (Direction, String) {
    let (evidence, has_decisions) = (&chosen.evidence, log.verdicts.has_decisions);
    let votes = if has_decisions {
        evidence.votes()
    } else {
        [0, 0]
    };
    let (most, all) = (votes[0].max(votes[1]), votes[0] + votes[1]);
    let (likely, sentence) = evidence.likelier();
    if evidence.is_sorted() && log.has_ranks() {
        return direction_of_order(evidence);
    }
    if let Some(said) = direction_by_name(log, chosen) {
        return weigh_name(log, chosen, said);
    }
    if most * 2 > all {
        return (likely, sentence);
    }
    if has_decisions && let Some(improved) = evidence.improved_by_keeps() {
        return improved;
    }
    if !has_decisions {
        if evidence.is_sorted() && !log.is_in_order() {
            if evidence.is_share() {
                return (Maximize, BY_SHARE.to_owned());
            }
            return direction_of_order(evidence);
        }
        let sentence = "scores are on that side of the mean before them";
        let drift = clear_trend(evidence.drift, sentence);
        let drift = drift.filter(|_| log.is_chronological());
        if let Some(trend) = clear_trend(evidence.heirs, HEIRS).or(drift) {
            return trend;
        }
        if evidence.is_share() {
            return (Maximize, BY_SHARE.to_owned());
        }
    }
    let evidence = match (has_decisions, all) {
        (true, 0) => "no keep or discard speaks for one".to_owned(),
        (true, _) => {
            let [down, up] = votes;
            format!("keeps and discards that fit only lower: {down}, only higher: {up}")
        }
        _ => {
            let [down, up] = evidence.drift;
            format!("scores below the mean before them: {down}, above: {up}")
        }
    };
    let name = normalize_name(&log.table.names[chosen.column]);
    let direction = if has_word(OPTUNA_SCORES, &name) {
        Minimize
    } else {
        Maximize
    };
    (direction, format!("by default; {evidence}"))
}

/// A table that was sorted by its scores mostly begins with the best.
fn direction_of_order(evidence: &Evidence) -> (Direction, String) {
    let is_falling = evidence.first > evidence.last;
    let direction = if is_falling { Maximize } else { Minimize };
    (
        direction,
        "the first row of a sorted table is the best".to_owned(),
    )
}

/// What the name says, unless the trials say clearly otherwise.
fn weigh_name(
    log: &Interpretation,
    chosen: &Candidate,
    (direction, reason): (Direction, String),
) -> (Direction, String) {
    let (evidence, at) = (&chosen.evidence, index_of(direction));
    let trend = if is_refuted(log, chosen, at) {
        Some(evidence.likelier())
    } else {
        clear_trend(evidence.heirs, HEIRS).filter(|_| !log.verdicts.has_decisions)
    };
    match trend.filter(|(other, _)| *other != direction) {
        Some((other, sentence)) => (other, format!("{sentence}, against its name")),
        None => {
            let doubt = doubt_of_name(log, chosen, direction);
            (direction, reason + &doubt)
        }
    }
}

/// Whether keeps and discards clearly speak against the direction that a name says.
fn is_refuted(log: &Interpretation, chosen: &Candidate, at: usize) -> bool {
    let evidence = &chosen.evidence;
    let votes = evidence.votes();
    let [with, against] = [evidence.beaten[at], evidence.beaten[1 - at]];
    let is_vague = is_generic(&log.table, chosen) && with == 0 && against > 2;
    // Discards alone do not refute a name.
    let has_keeps = against > with || evidence.separates().is_some();
    let is_outvoted = has_keeps && is_clear(votes[1 - at], votes[0] + votes[1]);
    log.verdicts.has_decisions && (is_vague || is_outvoted)
}

/// The direction that clearly more of the votes are for.
fn clear_trend([down, up]: [u32; 2], sentence: &str) -> Option<(Direction, String)> {
    let (most, all) = (down.max(up), down + up);
    let direction = if up > down { Maximize } else { Minimize };
    is_clear(most, all).then(|| (direction, format!("{most} of {all} {sentence}")))
}

/// What the trials say against the direction that the name says, too weakly to turn it round.
fn doubt_of_name(log: &Interpretation, chosen: &Candidate, direction: Direction) -> String {
    let (evidence, at) = (&chosen.evidence, index_of(direction));
    let (against, all) = (evidence.drift[1 - at], evidence.drift.iter().sum());
    if log.verdicts.has_decisions && evidence.beaten[at] == 0 && evidence.beaten[1 - at] > 1 {
        let better = direction.better_word();
        return format!(", but no keep is {better} than the first");
    }
    if !log.verdicts.has_decisions && is_generic(&log.table, chosen) && is_clear(against, all) {
        let better = direction.opposite().better_word();
        return format!(", but {against} of {all} are {better} than the mean before them");
    }
    String::new()
}

/// What the name says. A quantity that cannot be negative but always is, is a negated loss.
fn direction_by_name(log: &Interpretation, chosen: &Candidate) -> Option<(Direction, String)> {
    let stated = log.table.declared.name.as_deref();
    let stated = stated.filter(|_| is_generic(&log.table, chosen));
    let stated = stated.and_then(direction_of_name);
    let direction = stated.or(chosen.direction_of_name)?;
    let name = normalize_name(&log.table.names[chosen.column]);
    let is_negated = direction == Minimize && chosen.evidence.is_always_negative();
    if is_negated && matches_pattern(NOT_NEGATIVE, &name) {
        return Some((Maximize, "by its name, and always negative".to_owned()));
    }
    Some((direction, BY_NAME.to_owned()))
}

/// Whether the direction that the file states is that of the score: it names no metric, this one, or one without a column while
/// the score is called `metric` or the like.
fn declared_metric_is_score(table: &Table, score: &Candidate) -> bool {
    let Some(name) = &table.declared.name else {
        return true;
    };
    match table.find(name) {
        Some(column) => column == score.column,
        None => is_generic(table, score),
    }
}

/// Whether the name says that it is the score, but not of what: `metric`, `holdout_score`.
fn is_generic(table: &Table, score: &Candidate) -> bool {
    let name = normalize_name(&table.names[score.column]);
    score.rank <= NameRank::Score || matches_pattern(GENERIC, &name)
}
