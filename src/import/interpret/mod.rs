//! What the columns of a table mean: the verdict, the roles, the score and its direction.

pub(in crate::import) mod choice;
pub(in crate::import) mod columns;
mod direction;
pub(in crate::import) mod evidence;
pub(in crate::import) mod interpretation;
mod order;
pub(in crate::import) mod outcomes;
mod pick;
pub(in crate::import) mod roles;
pub(in crate::import) mod score;
mod stated;
