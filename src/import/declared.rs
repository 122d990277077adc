//! What a log itself states about its metric: in comments, in config lines, or in columns that are the same in every row.

use super::{
    columns::Columns,
    number::split_name,
    table::Table,
    verdicts::{KEPT, Verdict, parse_verdict},
};
use crate::log::{
    Direction, Status, direction_in_sentence, has_word, normalize_name, parse_direction,
};

/// What a `# key: value` line, or the config line of a JSON log, may call the metric and its direction.
const METRIC_KEYS: &str = "metric metric_name metricname primary_metric core_metric objective";
const DIRECTION_KEYS: &str = "metric_direction direction best_direction bestdirection optimize optimization_direction \
     goal mode";

/// Columns that state the direction: in their cells, or in their names if the cells say yes or no.
const DIRECTION_COLUMNS: &str = "metric_direction direction best_direction optimization_direction greater_is_better \
     higher_is_better lower_is_better maximize minimize";

/// What the file itself states about its score.
#[derive(Clone, Debug, Default)]
pub(super) struct DeclaredMetric {
    pub(super) name: Option<String>,
    pub(super) direction: Option<Direction>,
    /// A direction in words that are not known.
    pub(super) unknown_direction: Option<String>,
}

impl DeclaredMetric {
    /// Reads a key and its value: `metric: val_bpb (lower is better)`.
    pub(super) fn read(&mut self, key: &str, value: &str) {
        let (key, value) = (normalize_name(key), value.trim());
        if value.is_empty() {
            return;
        }
        if has_word(METRIC_KEYS, &key) {
            let (name, rest) = value.split_at(value.find(['(', ',']).unwrap_or(value.len()));
            self.name = Some(name.trim().to_owned());
            self.direction = parse_direction(rest).or(self.direction);
        } else if has_word(DIRECTION_KEYS, &key) {
            let direction = parse_direction(value);
            let is_unknown = direction.is_none() && key.contains("direction");
            self.unknown_direction = is_unknown.then(|| format!("{key}: {value}"));
            self.direction = direction.or(self.direction);
        }
    }

    /// Reads a comment: `# metric_direction: lower`, `# loss, lower is better`.
    pub(super) fn read_comment(&mut self, comment: &str) {
        let comment = comment.trim_start_matches('#');
        if let Some((key, value)) = comment.split_once([':', '=']) {
            self.read(key, value);
        }
        self.direction = self.direction.or(direction_in_sentence(comment));
    }
}

/// The metric that every row names: in a column of its own, or beside the number (`val_loss=2.5`).
pub(super) fn find_metric_name(table: &Table, columns: &Columns) -> Option<String> {
    for at in table.columns_in("metric metric_name primary_metric") {
        let column = &columns.all[at];
        if column.filled > 0 && column.numbers == 0 && !column.is_varied() {
            return Some(column.first.clone());
        }
    }
    let scores = table.columns_in("metric score result value").into_iter();
    let mut names = scores.filter_map(|at| split_name(&columns.all[at].first));
    names.next().map(|(name, _)| name.to_owned())
}

/// The direction that every row states.
pub(super) fn find_direction(table: &Table, columns: &Columns) -> Option<Direction> {
    let stated = table.columns_in(DIRECTION_COLUMNS).into_iter();
    let mut directions = stated
        .filter(|&at| !columns.all[at].is_varied())
        .filter_map(|at| {
            let cell = &columns.all[at].first;
            let name = normalize_name(&table.names[at]);
            let named = direction_in_sentence(&name).or_else(|| parse_direction(&name));
            match (named, parse_verdict(cell, KEPT)) {
                (Some(named), Some(Verdict::Status(Status::Keep))) => Some(named),
                (Some(named), Some(Verdict::Status(Status::Discard))) => Some(named.opposite()),
                _ => parse_direction(cell),
            }
        });
    directions.next()
}
