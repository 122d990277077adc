//! Which scores are better: as a flag or the file states it, else by the name of the score and the evidence of the trials.

use super::{
    choice::{BY_NAME, Candidate, Reason},
    columns::Column,
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
        Role, direction_of_name, has_word, matches_pattern, normalize_name, stated_direction,
    },
};

/// Names that say that a column is the score, but not of what.
pub(super) const GENERIC: &str = "_score_ _metric_ _objective_ _primary_ _fitness_";
/// What Optuna calls the score, which it minimizes by default. Other names that say nothing are mostly of scores.
const OPTUNA_SCORES: &str = "value values_0";

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

/// A direction, and the sentence that says why.
type Guess = (Direction, String);

fn guess_direction(log: &Interpretation, chosen: &Candidate) -> Guess {
    let evidence = &chosen.evidence;
    if let Some(said) = direction_by_name(log, chosen) {
        return weigh_name(log, chosen, said);
    }
    let found = if log.verdicts.has_decisions {
        direction_by_decisions(evidence)
    } else {
        direction_by_values(log, evidence)
    };
    found.unwrap_or_else(|| default_direction(log, chosen))
}

/// The direction in which keeps beat the best, if none does in the other and not clearly most trials speak for that; else that of
/// most trials.
fn direction_by_decisions(evidence: &Evidence) -> Option<Guess> {
    let [down, up] = evidence.votes();
    let keeps = evidence.improved_by_keeps();
    if keeps.is_some() && !is_clear(down.max(up), down + up) {
        return keeps;
    }
    (down != up).then(|| evidence.likelier())
}

/// The direction of a log without decisions.
fn direction_by_values(log: &Interpretation, evidence: &Evidence) -> Option<Guess> {
    let share = (Maximize, "by default for scores between 0 and 1".to_owned());
    let share = evidence.is_share().then_some(share);
    let trend = evidence.trend().filter(|_| is_in_order(log, evidence));
    trend.or(share)
}

/// Whether the rows are in the order of the trials, as far as known: their times do not fall, and if they are sorted by the
/// score, then ids, parents, commits or times say that it came so.
fn is_in_order(log: &Interpretation, evidence: &Evidence) -> bool {
    let column = |role| Some(&log.columns.all[log.roles.column(role)?]);
    let falls = |time: &Column| time.falling * 20 > time.rising + time.falling;
    let is_counted = |id: &Column| !id.is_numeric() || id.is_counter();
    let commits = log.table.columns_in("commit hash short_hash sha");
    let mut columns = log.columns.all.iter();
    let says_order = column(Role::Id).is_some_and(is_counted)
        || log.roles.has(Role::Parent)
        || !commits.is_empty()
        || columns.any(|time| time.rising > time.falling);
    !column(Role::Time).is_some_and(falls) && (says_order || !evidence.is_sorted())
}

fn default_direction(log: &Interpretation, chosen: &Candidate) -> Guess {
    let (votes, drift) = (chosen.evidence.votes(), chosen.evidence.drift);
    let evidence = match (log.verdicts.has_decisions, votes, drift) {
        (true, [0, 0], _) => "no keep or discard speaks for one".to_owned(),
        (true, [down, up], _) => {
            format!("keeps and discards that fit only lower: {down}, only higher: {up}")
        }
        (false, _, [down, up]) => {
            format!("scores below the mean before them: {down}, above: {up}")
        }
    };
    let name = normalize_name(&log.table.names[chosen.column]);
    let is_of_optuna = has_word(OPTUNA_SCORES, &name);
    let direction = if is_of_optuna { Minimize } else { Maximize };
    (direction, format!("by default; {evidence}"))
}

/// What the name says, unless the trials say clearly otherwise.
fn weigh_name(log: &Interpretation, chosen: &Candidate, (direction, reason): Guess) -> Guess {
    let (evidence, at) = (&chosen.evidence, index_of(direction));
    if is_refuted(log, chosen, at) {
        let (other, sentence) = evidence.likelier();
        if other != direction {
            return (other, format!("{sentence}, against its name"));
        }
    }
    let [with, against] = [evidence.beaten[at], evidence.beaten[1 - at]];
    if log.verdicts.has_decisions && with == 0 && against > 1 {
        let better = direction.better_word();
        let doubt = format!("{reason}, but no keep is {better} than the first");
        return (direction, doubt);
    }
    (direction, reason)
}

/// Whether keeps and discards clearly speak against the direction that a name says.
fn is_refuted(log: &Interpretation, chosen: &Candidate, at: usize) -> bool {
    let evidence = &chosen.evidence;
    let votes = evidence.votes();
    let [with, against] = [evidence.beaten[at], evidence.beaten[1 - at]];
    // A name such as `score` says less than others, and keeps say more where others are discarded.
    let enough = match is_generic(&log.table, chosen) {
        true if evidence.discards > 0 => 2,
        true => 3,
        false => 5,
    };
    let is_against = with == 0 && against >= enough;
    // Discards alone do not refute a name.
    let has_keeps = against > with || evidence.separates().is_some();
    let is_outvoted = has_keeps && is_clear(votes[1 - at], votes[0] + votes[1]);
    log.verdicts.has_decisions && (is_against || is_outvoted)
}

/// What the name says. A quantity that cannot be negative but always is, is a negated loss.
fn direction_by_name(log: &Interpretation, chosen: &Candidate) -> Option<Guess> {
    let stated = log.table.declared.name.as_deref();
    let is_of_score = |stated: &&str| {
        let is_unclear = chosen.direction_of_name.is_none() && log.table.find(stated).is_none();
        is_unclear || is_generic(&log.table, chosen)
    };
    let stated = stated.filter(is_of_score);
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
