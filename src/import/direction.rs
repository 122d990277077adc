//! Which scores are better: as a flag or the file states it, else by the name of the score and the evidence of the trials.

use super::{
    choice::BY_NAME,
    evidence::{index_of, is_clear},
    interpret::Interpretation,
    names::{NOT_NEGATIVE, NameRank},
    score::Candidate,
    table::Table,
};
use crate::log::{
    Direction::{self, Maximize, Minimize},
    direction_of_name, matches_pattern, normalize_name, stated_direction,
};

/// Names that say that a column is the score, but not of what.
const GENERIC: &str = "_score_ _metric_ _objective_ _primary_";

pub(super) fn choose_direction(
    log: &Interpretation,
    chosen: &Candidate,
) -> (Direction, Option<String>) {
    let declared = &log.table.declared;
    let applies = declared_metric_is_score(&log.table, chosen);
    let stated = stated_direction(&log.table.names[chosen.column]);
    let known = log.options.direction.or(stated);
    if let Some(direction) = known.or(declared.direction.filter(|_| applies)) {
        return (direction, None);
    }
    let (direction, mut reason) = guess_direction(log, chosen);
    if let (Some(declared), Some(other)) = (declared.direction, &declared.name) {
        reason += &format!("; the file says {declared} of {other}");
    }
    (direction, Some(reason))
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
    if let Some((direction, reason)) = direction_by_name(log, chosen) {
        let at = index_of(direction);
        let is_vague = is_generic(&log.table, chosen);
        let is_refuted = is_vague && evidence.beaten[at] == 0 && evidence.beaten[1 - at] > 2;
        if direction != likely && (is_clear(most, all) || has_decisions && is_refuted) {
            return (likely, format!("{sentence}, against its name"));
        }
        return (direction, reason + &doubt_of_name(log, chosen, direction));
    }
    let beats_none = evidence.keeps > 0 && evidence.beaten[index_of(likely)] == 0;
    if most * 2 > all && !beats_none {
        return (likely, sentence);
    }
    // An improvement is positive in either direction.
    let has_plain_differences = log.table.columns_in("improvement gain").is_empty();
    let trends: [(bool, [u32; 2], &str); 3] = [
        (
            has_decisions,
            evidence.after_keep,
            "trials fit the keep before them",
        ),
        (
            has_decisions && has_plain_differences,
            evidence.signs,
            "differences have the sign of their verdict",
        ),
        (
            !has_decisions && log.is_chronological(),
            evidence.drift,
            "scores are on that side of the mean before them",
        ),
    ];
    for (applies, [down, up], sentence) in trends {
        let (most, all) = (down.max(up), down + up);
        if applies && is_clear(most, all) {
            let direction = if up > down { Maximize } else { Minimize };
            return (direction, format!("{most} of {all} {sentence}"));
        }
    }
    if !has_decisions && evidence.is_share() {
        return (Maximize, "by default for scores between 0 and 1".to_owned());
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
    (Minimize, format!("by default; {evidence}"))
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
