//! External logs: parsed by their content, translated into rows of lineage's own shape, and merged into a store.
//! The rules and their order are in `docs/external-logs.md`.

mod external;
mod interpret;
mod merge;
mod parse;
mod translate;
mod words;

pub use external::{ExternalLog, OwnHeader, STATED_COLUMN, open_external, translate_file};
pub use interpret::roles::ColumnMap;
pub use merge::{ImportPlan, SOURCE_COLUMN, SnapshotToCopy, plan_import, translate_own};
pub use parse::parse;
pub use translate::{Translation, translate};
pub use words::verdicts;

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
