//! Which way is better, if neither a flag nor the settings say it.

use std::{ops::ControlFlow, sync::Arc};

use anyhow::Result;

use super::{Direction, Log, Role, STANDARD, Status, direction_of_name};

/// How many keeps are counted; no more than decide the question.
const MAX_VOTES: i32 = 32;

impl Log {
    /// Infers the direction from a copy of the score under a telling name, else from the keeps: a keep's `delta_vs_best`
    /// has the sign of an improvement.
    pub(super) fn infer_direction(&mut self) -> Result<()> {
        let metric = self.schema.metric.clone();
        if let Some((name, direction)) = self.find_named_copy()? {
            self.set_direction(direction, false);
            self.note_assumption(&metric, direction, &format!("same numbers as {name}"));
            return Ok(());
        }
        let (down, up) = self.count_keep_signs()?;
        let direction = if up > down {
            Direction::Maximize
        } else {
            Direction::Minimize
        };
        self.set_direction(direction, down == up);
        let reason = match down + up {
            0 => "by default".to_owned(),
            _ if down == up => "by default; the keeps disagree".to_owned(),
            votes => format!("{} of {votes} keeps", down.max(up)),
        };
        self.note_assumption(&metric, direction, &reason);
        Ok(())
    }

    fn set_direction(&mut self, direction: Direction, is_assumed: bool) {
        let schema = Arc::make_mut(&mut self.schema);
        schema.direction = direction;
        schema.direction_is_assumed = is_assumed;
    }

    fn note_assumption(&mut self, metric: &str, direction: Direction, reason: &str) {
        let better = direction.better_word();
        self.notes.push(format!(
            "assuming {better} {metric} is better ({reason}); override with --direction"
        ));
    }

    /// How many keeps improved by a lower and by a higher score.
    fn count_keep_signs(&self) -> Result<(i32, i32)> {
        let (mut down, mut up) = (0, 0);
        self.for_each_until(|row| {
            if row.status() == Status::Keep {
                match row.number_in(Role::Delta) {
                    Some(delta) if delta < 0.0 => down += 1,
                    Some(delta) if delta > 0.0 => up += 1,
                    _ => {}
                }
            }
            let remaining = MAX_VOTES - down - up;
            if (down - up).abs() > remaining || remaining == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        Ok((down, up))
    }

    /// A column with the same cells as `core_metric` whose name tells the direction, as an import writes it.
    fn find_named_copy(&self) -> Result<Option<(String, Direction)>> {
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
        if !copies.is_empty() {
            self.for_each_until(|row| {
                let cell = row.text_at(score);
                has_scores |= !cell.is_empty();
                copies.retain(|&(column, _)| row.text_at(column) == cell);
                if copies.is_empty() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
        }
        let copy = copies.first().filter(|_| has_scores);
        Ok(copy.map(|&(column, direction)| (names[column].clone(), direction)))
    }
}
