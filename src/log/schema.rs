//! What the columns of a log mean. Columns are found by name, so a log may have other columns or another order.

use std::collections::HashMap;

use super::{Direction, Tie};

/// The column of the origin of an imported trial.
pub const SOURCE_COLUMN: &str = "source_row";
/// Begins the origin in the notes, in a log without that column.
pub const SOURCE_NOTE: &str = "[source_row: ";

/// The header of a new log, in this order. Extra columns go before `job_name`.
pub const STANDARD: [&str; 17] = [
    "exp_id",
    "timestamp",
    "specialist",
    "parent_exp",
    "baseline_exp",
    "domain",
    "hypothesis",
    "expected_delta",
    "status",
    "core_metric",
    "val_bpb",
    "delta_vs_best",
    "train_s",
    "total_s",
    "job_name",
    "snapshot_path",
    "notes",
];

/// What `lineage` itself reads from a row, in the order of `STANDARD`. A column without a role is preserved and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Id,
    Time,
    Specialist,
    Parent,
    Baseline,
    Domain,
    Hypothesis,
    Expected,
    Status,
    /// In the column named like the metric, else in `core_metric`.
    Score,
    /// Not after the score: `val_bpb` has no role.
    Delta = 11,
    TrainSeconds,
    TotalSeconds,
    Job,
    Snapshot,
    Notes,
}

const ID_ROLES: [Role; 3] = [Role::Id, Role::Parent, Role::Baseline];

/// The columns that hold numbers, and the name under which every score may be given.
pub const NUMBERS: [&str; 7] = [
    "metric",
    "core_metric",
    "val_bpb",
    "delta_vs_best",
    "expected_delta",
    "train_s",
    "total_s",
];

/// The header of one log, with the metric and the direction that it is read with.
#[derive(Clone, Debug)]
pub struct Schema {
    names: Vec<String>,
    /// The first column of each name.
    by_name: HashMap<String, usize>,
    /// The columns of the roles.
    columns: [Option<usize>; STANDARD.len()],
    /// The number that the search optimises.
    pub metric: String,
    /// A short name for the metric.
    pub label: String,
    pub direction: Direction,
    pub tie: Tie,
    /// Whether neither a setting, a flag nor the log says which direction is better.
    pub direction_is_assumed: bool,
    /// Whether `delta_vs_best` shows which column holds the score, because `core_metric` is empty.
    pub score_is_inferred: bool,
    /// The columns of an external log under the names that they have there.
    pub aliases: Vec<(String, String)>,
}

impl Schema {
    /// Finds the roles by name. Without a `metric`, it is `core_metric`, or `val_bpb` if only that column exists.
    pub fn new(
        names: Vec<String>,
        metric: Option<&str>,
        label: Option<&str>,
        direction: Direction,
    ) -> Self {
        let mut by_name = HashMap::new();
        for (column, name) in names.iter().enumerate() {
            by_name.entry(name.clone()).or_insert(column);
        }
        let find = |name: &str| by_name.get(name).copied();
        let default = if find("core_metric").is_none() && find("val_bpb").is_some() {
            "val_bpb"
        } else {
            "core_metric"
        };
        let metric = metric.unwrap_or(default);
        let mut columns = STANDARD.map(find);
        columns[Role::Score as usize] = find(metric).or_else(|| find("core_metric"));
        Self {
            metric: metric.to_owned(),
            label: label.unwrap_or(metric).to_owned(),
            direction,
            tie: Tie::First,
            direction_is_assumed: false,
            score_is_inferred: false,
            aliases: Vec::new(),
            columns,
            names,
            by_name,
        }
    }

    /// The header of a new log: the 17 columns, with `extra` before `job_name`.
    pub fn standard_names(extra: &[String]) -> Vec<String> {
        let (before, after) = STANDARD.split_at(14);
        let mut names: Vec<String> = before.iter().map(|&name| name.to_owned()).collect();
        names.extend_from_slice(extra);
        names.extend(after.iter().map(|&name| name.to_owned()));
        names
    }

    /// The metric is that of this column from now on.
    pub(super) fn set_score(&mut self, column: usize) {
        self.metric.clone_from(&self.names[column]);
        self.label.clone_from(&self.metric);
        self.columns[Role::Score as usize] = Some(column);
        self.score_is_inferred = true;
    }

    /// Takes the role from `delta_vs_best`, because it belongs to another metric.
    pub(super) fn hide_delta(&mut self) {
        self.columns[Role::Delta as usize] = None;
    }

    /// Whether a trial with `score` replaces an earlier one with `best` as the best.
    pub fn replaces_best(&self, score: f64, best: f64) -> bool {
        self.tie.replaces_best(score, best, self.direction)
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn column(&self, role: Role) -> Option<usize> {
        self.columns[role as usize]
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A column by its name, by that in the external log, or by the last part of a path: `hits` for `metrics.hits`.
    pub fn find_field(&self, name: &str) -> Option<usize> {
        let alias = || self.aliases.iter().find(|(own, _)| own == name);
        let is_leaf = |own: &String| own.rsplit_once('.').is_some_and(|(_, leaf)| leaf == name);
        self.find(name)
            .or_else(|| self.find(&alias()?.1).filter(|_| name != "metric"))
            .or_else(|| self.names.iter().position(is_leaf))
    }

    /// The name of the column that holds the score.
    pub fn score_name(&self) -> &str {
        match self.column(Role::Score) {
            Some(column) => &self.names[column],
            None => &self.metric,
        }
    }

    /// Whether the cells of a column are text even if they look like numbers.
    pub fn is_text(&self, column: usize) -> bool {
        let mut standard = STANDARD.iter().zip(self.columns);
        standard.any(|(name, own)| own == Some(column) && !NUMBERS.contains(name))
    }

    /// Whether the cells of a column are ids of trials.
    pub fn is_id(&self, column: usize) -> bool {
        ID_ROLES
            .map(|role| self.column(role))
            .contains(&Some(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_stands_for_the_standard_column_at_its_place() {
        for (role, name) in [
            (Role::Id, "exp_id"),
            (Role::Status, "status"),
            (Role::Score, "core_metric"),
            (Role::Delta, "delta_vs_best"),
            (Role::Notes, "notes"),
        ] {
            assert_eq!(STANDARD[role as usize], name);
        }
    }

    #[test]
    fn the_score_is_in_the_column_of_the_metric_else_in_core_metric() {
        for (names, metric, score) in [
            ("exp_id core_metric val_bpb", None, Some(1)),
            ("exp_id core_metric val_bpb", Some("val_bpb"), Some(2)),
            ("exp_id core_metric", Some("accuracy"), Some(1)),
            ("exp_id val_bpb", None, Some(1)),
            ("exp_id", Some("x"), None),
        ] {
            let names = names.split(' ').map(str::to_owned).collect();
            let schema = Schema::new(names, metric, None, Direction::Minimize);
            assert_eq!(schema.column(Role::Score), score, "{metric:?}");
        }
    }
}
