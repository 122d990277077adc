//! What a log itself states about its metric in columns that are the same in every row.

use super::columns::Columns;
use crate::{
    import::{
        parse::table::Table,
        words::{
            number::split_name,
            verdicts::{KEPT, Verdict, parse_verdict},
        },
    },
    log::{Direction, Status, direction_in_sentence, normalize_name, parse_direction},
};

/// Columns that state the direction: in their cells, or in their names if the cells say yes or no.
const DIRECTION_COLUMNS: &str = "metric_direction direction best_direction optimization_direction greater_is_better \
     higher_is_better lower_is_better maximize minimize";

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
