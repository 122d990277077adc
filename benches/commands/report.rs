//! The two Markdown tables: the budget, and the raw medians.

use std::collections::BTreeMap;

use crate::cases::LENGTHS;
use crate::measure::Case;

const ALL: &str = "append, best, stats, render, chain, tree, check, tail";
/// Commands, store, trials, limit, and its unit, which may be another case.
const BUDGET: [(&str, &str, u32, f64, &str); 11] = [
    (ALL, "", 1_000, 2.5, "× empty program"),
    ("best, stats", "log alone", 10_000, 4.0, "× empty program"),
    ("best, stats", "log alone", 100_000, 2.5, "× wc -l"),
    ("render, chain", "log alone", 100_000, 3.5, "× wc -l"),
    ("check", "log alone", 100_000, 12.0, "× wc -l"),
    ("tree", "", 100_000, 100.0, "ms"),
    (GROWING, "indexed store", 1_000_000, 3.0, AT_1_000),
    ("16 × append", "", 1_000, 1.25, "× 16 × bare append"),
    ("best, stats", "", 100_000, 10.0, "MB"),
    ("render, chain", "", 100_000, 20.0, "MB"),
    ("tree, check", "", 100_000, 60.0, "MB"),
];
const GROWING: &str = "append, best, stats, render";
const AT_1_000: &str = "× the same on 1,000";

/// Everything that one run measured.
pub(crate) struct Report {
    pub(crate) lengths: BTreeMap<u32, Vec<Case>>,
    pub(crate) binary_mb: f64,
}

impl Report {
    pub(crate) fn to_markdown(&self) -> String {
        let mut text = String::from("| what | trials | budget | measured | |\n|-|-:|-|-|-|\n");
        for (commands, store, trials, limit, unit) in BUDGET {
            let figures = self.find_figures(commands, store, trials, unit);
            let what = format!("{commands} | {}", format_count(trials));
            text += &format_budget(&what, limit, unit, figures);
        }
        let size = vec![(self.binary_mb, "lineage")];
        text += &format_budget("size of the binary |", 8.0, "MB", size);
        let counts = LENGTHS.map(format_count).join(" | ");
        text += &format!("\n| median in ms | {counts} | MB at 100,000 |\n");
        text += "|-|-:|-:|-:|-:|-:|\n";
        for case in &self.lengths[&1_000] {
            text += &self.format_medians(&case.name);
        }
        text
    }

    fn find(&self, name: &str, trials: u32) -> Option<&Case> {
        let cases = self.lengths.get(&trials)?;
        cases.iter().find(|case| case.name == name)
    }

    fn find_figures(&self, commands: &str, on: &str, trials: u32, unit: &str) -> Vec<(f64, &str)> {
        let mut figures = Vec::new();
        for case in self.lengths.get(&trials).into_iter().flatten() {
            let (command, store) = case.name.split_once(", ").unwrap_or_default();
            let is_wanted = commands.split(", ").any(|wanted| wanted == command);
            if is_wanted && store.contains(on) && ["log alone", "indexed store"].contains(&store) {
                figures.push((self.convert(case, trials, unit), case.name.as_str()));
            }
        }
        figures
    }

    fn convert(&self, case: &Case, trials: u32, unit: &str) -> f64 {
        let floor = match unit {
            "ms" => return case.ms(),
            "MB" => return case.mb(),
            AT_1_000 => self.find(&case.name, 1_000),
            floor => self.find(floor.trim_start_matches("× "), trials),
        };
        case.ms() / floor.map_or(f64::NAN, Case::ms)
    }

    fn format_medians(&self, name: &str) -> String {
        let times = LENGTHS.map(|trials| self.find(name, trials).map(Case::ms));
        let memory = self.find(name, 100_000).map(Case::mb);
        let mut row = format!("| {name} |");
        for value in times.into_iter().chain([memory]) {
            row += &value.map_or(" – |".to_owned(), |value| format!(" {value:.2} |"));
        }
        row + "\n"
    }
}

/// The largest figure decides.
fn format_budget(what: &str, limit: f64, unit: &str, mut figures: Vec<(f64, &str)>) -> String {
    figures.sort_by(|one, other| one.0.total_cmp(&other.0));
    let Some((value, name)) = figures.last() else {
        return format!("| {what} | ≤ {limit} {unit} | not measured | |\n");
    };
    let result = if *value <= limit { "ok" } else { "FAIL" };
    format!("| {what} | ≤ {limit} {unit} | {value:.2} ({name}) | {result} |\n")
}

fn format_count(trials: u32) -> String {
    format!("{},000", trials / 1_000).replace("1000,", "1,000,")
}
