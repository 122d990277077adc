//! Which column of the log each column of an external log becomes.

use indexmap::IndexSet;

use crate::{
    import::{
        interpret::interpretation::Interpretation,
        parse::table::{TakenNames, claim_name},
        words::names::standard_name,
    },
    log::{STANDARD, Schema},
};

/// Where the columns of the file go.
pub(super) struct Layout {
    pub(super) names: IndexSet<String>,
    /// The column of the log for each column of the file.
    pub(super) targets: Vec<usize>,
}

impl Layout {
    /// The 17 columns, and between them those of the file that have no role, under their own names.
    pub(super) fn new(log: &Interpretation) -> Self {
        let mut taken = TakenNames::new();
        let (mut extra, mut new_names) = (Vec::new(), Vec::new());
        for column in 0..log.table.names.len() {
            let mut name = choose_name(log, column);
            if taken.contains_key(&name) {
                name = format!("source_{name}");
            }
            if !STANDARD.contains(&&*name) {
                name = claim_name(&mut taken, name);
                extra.push(name.clone());
            }
            new_names.push(name);
        }
        let names: IndexSet<String> = Schema::standard_names(&extra).into_iter().collect();
        let target = |name: &String| names.get_index_of(name).unwrap_or_default();
        let targets = new_names.iter().map(target).collect();
        Self { names, targets }
    }

    pub(super) fn cell<'c>(&self, cells: &'c [String], name: &str) -> &'c str {
        let column = self.names.get_index_of(name);
        column.map_or("", |column| &cells[column])
    }

    /// Sets the cell under a name.
    pub(super) fn set(&self, cells: &mut [String], name: &str, text: impl Into<String>) {
        if let Some(column) = self.names.get_index_of(name) {
            cells[column] = text.into();
        }
    }
}

/// What a column of the file is called in the log.
fn choose_name(log: &Interpretation, column: usize) -> String {
    let own = log.table.names[column].clone();
    let is_score = Some(column) == log.score_column();
    let is_verdict = log.verdicts.column() == Some(column);
    let words = &log.columns.all[column];
    match log.roles.role_of(column) {
        Some(role) if !is_score => standard_name(role).to_owned(),
        _ if is_score && own != "status" => own,
        _ if own == "core_metric" && words.filled == 0 => own,
        _ if is_verdict && !log.verdicts.loses_words(&log.columns) => "status".to_owned(),
        // `--field metric` is the score.
        _ if own == "metric" && words.numbers == 0 => "metric_name".to_owned(),
        _ if is_filled(log, &own) => format!("source_{own}"),
        _ => own,
    }
}

/// Whether lineage's column of this name is filled from something else than the file's column of this name.
fn is_filled(log: &Interpretation, name: &str) -> bool {
    let is_role = |column: usize| {
        let role = log.roles.role_of(column);
        role.is_some_and(|role| standard_name(role) == name)
    };
    ["exp_id", "status", "core_metric"].contains(&name)
        || name == "total_s" && log.span.is_some()
        || STANDARD.contains(&name) && (0..log.table.names.len()).any(is_role)
}
