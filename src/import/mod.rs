//! External logs: parsed by their content, translated into rows of lineage's own shape, and merged into a store.
//! The rules and their order are in `docs/external-logs.md`.

mod direction;
mod external;
mod merge;
mod notes;
mod numbers;
mod outcomes;
mod own;
mod parse;
mod ragged;
mod recognize;
mod roles;
mod score;
mod table;
mod times;
mod translate;
mod trials;
pub mod verdicts;

pub use external::{ExternalBytes, OwnHeader, open_external, translate_file};
pub use merge::{ImportPlan, SnapshotToCopy, plan_import};
pub use own::translate_own;
pub use parse::parse;
pub use recognize::SOURCE_COLUMN;
pub use roles::ColumnMap;
pub use translate::{Translation, translate};

use crate::log::Direction;

/// How an external log is read. The log itself decides what is `None`.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    pub metric: Option<String>,
    pub direction: Option<Direction>,
    pub map: ColumnMap,
    pub segment: Option<u64>,
    /// The segment of an earlier import, which another file need not have.
    pub stored_segment: Option<u64>,
}
