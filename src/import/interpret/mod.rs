//! What the columns of a table mean: the verdict, the roles, the score and its direction.

pub(crate) mod choice;
pub(crate) mod columns;
mod direction;
pub(crate) mod evidence;
pub(crate) mod interpretation;
mod order;
pub(crate) mod outcomes;
mod pick;
pub(crate) mod roles;
pub(crate) mod score;
mod stated;
