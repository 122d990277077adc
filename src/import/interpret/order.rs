//! What the order of the rows says: that of the trials, or of their scores.

use super::{columns::Column, interpretation::Interpretation};
use crate::log::Role;

impl Interpretation {
    /// Whether the rows are in the order of their times, as far as known. A table sorted by its scores has no trend.
    pub(super) fn is_chronological(&self) -> bool {
        let time = self.column_of(Role::Time);
        time.is_none_or(|time| time.falling * 20 <= time.rising + time.falling)
    }

    /// Whether ids, commits or times say that the rows are in the order of the trials, and not sorted.
    pub(super) fn is_in_order(&self) -> bool {
        let id = self.column_of(Role::Id);
        let is_counted = id.is_some_and(|id| !id.is_numeric() || id.is_counter());
        let has_parents = self.roles.has(Role::Parent);
        let has_commits = !self
            .table
            .columns_in("commit hash short_hash sha")
            .is_empty();
        let mut columns = self.columns.all.iter();
        is_counted || has_parents || has_commits || columns.any(|time| time.rising > time.falling)
    }

    fn column_of(&self, role: Role) -> Option<&Column> {
        let at = self.roles.column(role)?;
        Some(&self.columns.all[at])
    }
}
