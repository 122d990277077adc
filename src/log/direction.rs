//! Which way is better, if neither a flag nor the settings say it.

use std::{collections::HashMap, sync::Arc};

use anyhow::Result;

use super::{Direction, ExpId, Log, Role, Row, STANDARD, Status, direction_of_name};

/// How many votes are counted; no more than decide the question.
const MAX_VOTES: i32 = 32;
/// So many changes of the baseline decide at once if all agree.
const ENOUGH_CHANGES: i32 = 3;

/// What the rows say about the direction.
#[derive(Default)]
struct Votes {
    /// The scores of trials that may have been the best.
    scores: HashMap<ExpId, f64>,
    baseline: Option<ExpId>,
    /// How often the baseline moved to a lower, and to a higher score: a move is an improvement.
    moves: [i32; 2],
    /// How often it stayed at a lower, and at a higher score than that of a keep.
    stays: [i32; 2],
    last_eligible: Option<(ExpId, f64)>,
    /// Keeps with a lower and with a higher score than the best before them.
    keeps: [i32; 2],
}

impl Votes {
    fn observe(&mut self, row: &Row) {
        let baseline = ExpId::parse(&row.text(Role::Baseline)).filter(|_| row.damage.is_none());
        if let Some(next) = baseline.filter(|next| Some(next) != self.baseline.as_ref()) {
            let last = self.baseline.as_ref().and_then(|id| self.scores.get(id));
            if let (Some(last), Some(score)) = (last, self.scores.get(&next)) {
                self.moves[0] += i32::from(score < last);
                self.moves[1] += i32::from(score > last);
            }
            self.baseline = Some(next);
        } else if let Some((id, score)) = self.last_eligible.take()
            && let Some(best) = self.baseline.as_ref().filter(|best| **best != id)
            && let Some(best) = self.scores.get(best)
        {
            self.stays[0] += i32::from(*best < score);
            self.stays[1] += i32::from(*best > score);
        }
        if let (Some(id), Some(score)) = (row.id(), row.eligible_score()) {
            self.last_eligible = Some((id.clone(), score));
            self.scores.insert(id, score);
        }
        if row.status() == Status::Keep
            && let Some(delta) = row.number_in(Role::Delta)
        {
            self.keeps[0] += i32::from(delta < 0.0);
            self.keeps[1] += i32::from(delta > 0.0);
        }
    }

    /// Whether the direction decides which trial is the best.
    fn has_choice(&self) -> bool {
        let mut scores = self.scores.values();
        let first = scores.next();
        scores.any(|score| Some(score) != first)
    }

    /// The direction if the baseline never moved, but stayed at the better score several times. Once or twice, the next trial
    /// may have begun before the keep.
    fn direction_of_stays(&self) -> Option<Direction> {
        let [lower, higher] = self.stays;
        let is_clear = lower.max(higher) >= ENOUGH_CHANGES && lower.min(higher) == 0;
        is_clear.then(|| lower_if(lower > higher))
    }

    fn is_decided(&self) -> bool {
        let [down, up] = self.moves;
        (down - up).abs() >= ENOUGH_CHANGES || self.keeps[0] + self.keeps[1] >= MAX_VOTES * 8
    }
}

impl Log {
    /// Infers the direction from the baseline: where it moves, the new one beat the old one, and where it stays in spite of a
    /// keep, it is the better one. Without either, from a copy of the score under a telling name, else from the keeps: their `delta_vs_best` has the sign of an improvement.
    pub(super) fn infer_direction(&mut self) -> Result<()> {
        let votes = self.count_votes()?;
        let [down, up] = votes.moves;
        if down != up {
            self.set_direction(lower_if(down > up), false);
            self.note_doubt(votes.moves, "new baselines");
        } else if let Some(direction) = votes.direction_of_stays() {
            self.set_direction(direction, false);
        } else if let Some(direction) = self.find_named_copy()? {
            self.set_direction(direction, false);
        } else {
            let [down, up] = votes.keeps;
            self.set_direction(lower_if(down >= up), down == up);
            if votes.has_choice() {
                self.note_doubt(votes.keeps, "keeps");
            }
        }
        Ok(())
    }

    fn set_direction(&mut self, direction: Direction, is_assumed: bool) {
        let schema = Arc::make_mut(&mut self.schema);
        schema.direction = direction;
        schema.direction_is_assumed = is_assumed;
    }

    /// Says what is assumed, unless more than two thirds of the votes agree.
    fn note_doubt(&mut self, votes: [i32; 2], what: &str) {
        let (most, all) = (votes[0].max(votes[1]), votes[0] + votes[1]);
        let reason = match all - most {
            _ if all == 0 => "by default; the keeps have no delta_vs_best".to_owned(),
            against if against == most => format!("by default; the {what} disagree"),
            against if most > 2 * against => return,
            _ => format!("{most} of {all} {what}"),
        };
        let (better, metric) = (self.schema.direction.better_word(), &self.schema.metric);
        self.notes.push(format!(
            "assuming {better} {metric} is better ({reason}); override with --direction"
        ));
    }

    fn count_votes(&self) -> Result<Votes> {
        let mut votes = Votes::default();
        let mut rows = self.rows();
        while !votes.is_decided()
            && let Some(row) = rows.next()?
        {
            votes.observe(&row);
        }
        Ok(votes)
    }

    /// A column with the same cells as `core_metric` whose name tells the direction, as an import writes it.
    fn find_named_copy(&self) -> Result<Option<Direction>> {
        let names = self.schema.names();
        let score = match self.schema.column(Role::Score) {
            Some(column) if names[column] == "core_metric" => column,
            _ => return Ok(None),
        };
        let mut copies = Vec::new();
        for (column, name) in names.iter().enumerate() {
            if let (false, Some(direction)) =
                (STANDARD.contains(&name.as_str()), direction_of_name(name))
            {
                copies.push((column, direction));
            }
        }
        let mut has_scores = false;
        let mut rows = self.rows();
        while !copies.is_empty()
            && let Some(row) = rows.next()?
        {
            let cell = row.text_at(score);
            has_scores |= !cell.is_empty();
            copies.retain(|&(column, _)| row.text_at(column) == cell);
        }
        let copy = copies.first().filter(|_| has_scores);
        Ok(copy.map(|&(_, direction)| direction))
    }
}

fn lower_if(is_lower: bool) -> Direction {
    if is_lower {
        Direction::Minimize
    } else {
        Direction::Maximize
    }
}
