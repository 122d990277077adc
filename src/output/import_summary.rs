//! What an import did, for a person.

use std::{collections::BTreeMap, path::Path};

use crate::{
    import::{ImportPlan, Translation},
    log::Status,
    text::{printable, visible},
};

/// Rows in and out, what became of columns and words, and every line that was skipped.
pub fn import_summary(
    translation: &Translation,
    plan: &ImportPlan,
    copied_snapshots: usize,
    file: &Path,
    store: &Path,
) -> String {
    let (name, store) = (file.display(), store.display());
    let rows = translation.rows.len() + translation.skipped.len();
    let mut summary = Summary::default();
    summary.add("rows in", &format!("{rows} of {name}"));
    summary.add("rows out", &format!("{} to {store}", plan.rows.len()));
    summary.add_known(plan, file);
    if let Some((line, parent)) = plan.orphans.first() {
        let text = format!(
            "{} not in {name} (first line {line}: {parent})",
            plan.orphans.len()
        );
        summary.add("parents", &text);
    }
    if !plan.snapshots.is_empty() {
        let text = format!("{copied_snapshots} of {}", plan.snapshots.len());
        summary.add("snapshots", &text);
    }
    summary.add_columns(translation);
    if !translation.is_own {
        summary.add_verdicts(translation);
    }
    summary.add_scores(translation);
    for skipped in &translation.skipped {
        let text = format!("{name}:{}: {}", skipped.line, skipped.reason);
        summary.add("skipped", &text);
    }
    summary.0
}

#[derive(Default)]
struct Summary(String);

impl Summary {
    fn add(&mut self, name: &str, text: &str) {
        self.0 += &format!("{name:<10} {}\n", printable(text));
    }

    /// Rows that are trials of the store already.
    fn add_known(&mut self, plan: &ImportPlan, file: &Path) {
        let file = file.display();
        if plan.existing > 0 {
            let text = format!("{} already in the store", plan.existing);
            self.add("known", &text);
        }
        for (line, id) in &plan.changed {
            let text = format!("{file}:{line}: imported before as trial {id}, not added again");
            self.add("changed", &text);
        }
        for (line, id) in &plan.doubtful {
            let text = format!("{file}:{line}: looks like trial {id}, added as another");
            self.add("similar", &text);
        }
        for (line, id) in &plan.differing {
            let text = format!("{file}:{line}: the status is not that of trial {id}");
            self.add("differs", &text);
        }
    }

    /// Which column is the score, what others became, and which are copied.
    fn add_columns(&mut self, translation: &Translation) {
        let better = translation.direction().better_word();
        let score = format!("{}, {better} is better", translation.metric);
        self.add("score", &score);
        let mut copied = Vec::new();
        for (from, to) in &translation.columns {
            if translation.verdict.as_ref() == Some(from) && to == "status" {
                continue;
            }
            if from != to {
                self.add("column", &format!("{from} → {to}"));
            } else if *from != translation.metric {
                copied.push(from.as_str());
            }
        }
        if !copied.is_empty() {
            self.add("copied", &copied.join(" "));
        }
    }

    /// Which column is the verdict, and what became of its words.
    fn add_verdicts(&mut self, translation: &Translation) {
        let Some(verdict) = &translation.verdict else {
            self.add("verdict", "no column: every row with a score is a keep");
            return;
        };
        self.add("verdict", &format!("in column {verdict}"));
        for ((word, status), count) in &translation.words {
            let result = match Status::parse(status.as_bytes()) {
                Status::Other => "is not a known verdict, never best".to_owned(),
                _ => format!("→ {status}"),
            };
            let word = if word.is_empty() { "(none)" } else { word };
            self.add("verdict", &format!("{} {result}: {count}", visible(word)));
        }
    }

    /// Cells of the score that are not scores.
    fn add_scores(&mut self, translation: &Translation) {
        if !translation.emptied.is_empty() {
            let lines: Vec<String> = translation.emptied.iter().map(u64::to_string).collect();
            let text = format!("removed a placeholder in line {}", lines.join(" "));
            self.add("no score", &text);
        }
        let mut unparsed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (line, cell) in &translation.unparsed {
            unparsed.entry(cell).or_default().push(line.to_string());
        }
        for (cell, lines) in unparsed {
            let text = format!("'{cell}' is not a number, in line {}", lines.join(" "));
            self.add("no score", &text);
        }
    }
}
