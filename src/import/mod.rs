//! External logs, in four steps. The rules and their order are in `docs/external-logs.md`.
//!
//! * `parse`: a file of any format becomes a `Table` of texts.
//! * `interpret`: the columns get their meaning: the verdict, the roles, the score and its direction. Of a row, it tells the
//!   outcome and the score.
//! * `translate`: the rows become rows of lineage's own shape, with notes about what was assumed.
//! * `merge`: the new ones among them become trials of a store.
//!
//! `words` has the tables: names of columns, words of verdicts, and numbers as people write them.

mod external;
mod interpret;
mod merge;
mod parse;
mod translate;
mod words;

pub use external::{
    ExternalLog, OwnHeader, describe_external, is_own_but_for_score, open_external, read_names,
    translate_file,
};
pub use interpret::roles::ColumnMap;
pub use merge::{ImportPlan, SOURCE_COLUMN, SnapshotToCopy, plan_import, translate_own};
pub use parse::{STATED_COLUMN, parse};
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
