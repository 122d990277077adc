//! A translated log as trials of a store: which are new, and how they are added.

mod evidence;
mod origin;
mod own;
mod plan;
mod recognize;
mod rows;

pub use origin::SOURCE_COLUMN;
pub use own::translate_own;
pub use plan::{ImportPlan, SnapshotToCopy, plan_import};
