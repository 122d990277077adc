//! What the columns of a log mean: roles are found by the column's *name*, so that logs with other columns,
//! or in another order, are read, shown and appended to all the same.

use crate::log::Direction;

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

/// What `lineage` itself reads from a row. A column without a role is kept and shown.
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
    Score,
    Delta,
    TrainSeconds,
    TotalSeconds,
    Job,
    Snapshot,
    Notes,
}

/// The role and the name of its column; the score has no name of its own.
const NAMED: [(Role, &str); 15] = [
    (Role::Id, "exp_id"),
    (Role::Time, "timestamp"),
    (Role::Specialist, "specialist"),
    (Role::Parent, "parent_exp"),
    (Role::Baseline, "baseline_exp"),
    (Role::Domain, "domain"),
    (Role::Hypothesis, "hypothesis"),
    (Role::Expected, "expected_delta"),
    (Role::Status, "status"),
    (Role::Delta, "delta_vs_best"),
    (Role::TrainSeconds, "train_s"),
    (Role::TotalSeconds, "total_s"),
    (Role::Job, "job_name"),
    (Role::Snapshot, "snapshot_path"),
    (Role::Notes, "notes"),
];

/// The header of one log, with the metric and the direction in which it is read.
#[derive(Clone, Debug)]
pub struct Schema {
    names: Vec<String>,
    columns: [Option<usize>; NAMED.len() + 1],
    /// The name of the number that the search optimises.
    pub metric: String,
    /// Three to six letters for it, for places where it is said often.
    pub label: String,
    pub direction: Direction,
    /// Whether nothing told the direction.
    pub direction_is_assumed: bool,
}

impl Schema {
    /// Reads the roles from the names. `metric` is the name asked for; without one it is `core_metric`, else `val_bpb`.
    /// The score is in the column of that name, else in `core_metric`.
    pub fn new(
        names: Vec<String>,
        metric: Option<&str>,
        label: Option<&str>,
        direction: Direction,
    ) -> Self {
        let find = |name: &str| names.iter().position(|n| n == name);
        let mut columns = [None; NAMED.len() + 1];
        for (role, name) in NAMED {
            columns[role as usize] = find(name);
        }
        let default = if find("core_metric").is_none() && find("val_bpb").is_some() {
            "val_bpb"
        } else {
            "core_metric"
        };
        let metric = metric.unwrap_or(default);
        columns[Role::Score as usize] = find(metric).or_else(|| find("core_metric"));
        let label = label.unwrap_or(metric).to_owned();
        Self {
            metric: metric.to_owned(),
            label,
            direction,
            direction_is_assumed: false,
            columns,
            names,
        }
    }

    /// The names for a new log: the 17, with `extra` before `job_name`.
    pub fn standard_names(extra: &[String]) -> Vec<String> {
        let (before, after) = STANDARD.split_at(14);
        let extra = extra.iter().map(String::as_str);
        before
            .iter()
            .copied()
            .chain(extra)
            .chain(after.iter().copied())
            .map(str::to_owned)
            .collect()
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn column(&self, role: Role) -> Option<usize> {
        self.columns[role as usize]
    }

    /// Takes the role from its column, which stays as one without a role.
    pub fn hide(&mut self, role: Role) {
        self.columns[role as usize] = None;
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    /// The name of the column that holds the score.
    pub fn score_name(&self) -> &str {
        self.column(Role::Score)
            .map_or(&self.metric, |column| &self.names[column])
    }

    /// Whether the cells of a column are text even where they look like a number.
    pub fn is_text(&self, column: usize) -> bool {
        use Role::{
            Baseline, Domain, Hypothesis, Id, Job, Notes, Parent, Snapshot, Specialist, Status,
            Time,
        };
        [
            Id, Time, Specialist, Parent, Baseline, Domain, Hypothesis, Status, Job, Snapshot,
            Notes,
        ]
        .into_iter()
        .any(|role| self.column(role) == Some(column))
    }

    /// Whether the cells of a column name trials.
    pub fn is_id(&self, column: usize) -> bool {
        [Role::Id, Role::Parent, Role::Baseline]
            .into_iter()
            .any(|role| self.column(role) == Some(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(names: &[&str], metric: Option<&str>) -> Schema {
        Schema::new(
            names.iter().map(|&n| n.to_owned()).collect(),
            metric,
            None,
            Direction::Minimize,
        )
    }

    #[test]
    fn the_score_is_in_the_column_of_the_metric_else_in_core_metric() {
        assert_eq!(
            schema(&["exp_id", "core_metric", "val_bpb"], None).score_name(),
            "core_metric"
        );
        assert_eq!(
            schema(&["exp_id", "core_metric", "val_bpb"], Some("val_bpb")).score_name(),
            "val_bpb"
        );
        assert_eq!(
            schema(&["exp_id", "core_metric"], Some("accuracy")).score_name(),
            "core_metric"
        );
        assert_eq!(schema(&["exp_id", "val_bpb"], None).score_name(), "val_bpb");
        assert_eq!(schema(&["exp_id"], Some("x")).column(Role::Score), None);
    }

    #[test]
    fn extra_columns_go_before_job_name() {
        let names = Schema::standard_names(&["artifact_bytes".into()]);
        assert_eq!(names[13..16], ["total_s", "artifact_bytes", "job_name"]);
        assert_eq!(names.len(), 18);
    }
}
