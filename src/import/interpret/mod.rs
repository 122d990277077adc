//! What the columns of a table mean: the verdict, the roles, the score and its direction.

mod choice;
pub(super) mod columns;
mod direction;
mod evidence;
pub(super) mod interpretation;
mod outcomes;
mod pick;
pub(super) mod roles;
pub(super) mod score;
mod stated;

use anyhow::Result;

use super::{ImportOptions, parse::table::Table};
use interpretation::Interpretation;

/// Decides what the columns of a table mean.
pub(crate) fn interpret(table: Table, options: &ImportOptions) -> Result<Interpretation> {
    let mut log = Interpretation::new(table, options)?;
    log.settle(score::choose(&log)?);
    Ok(log)
}
