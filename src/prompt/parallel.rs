//! The sections on what can be combined: trials that beat the best but are invalid, discards that beat their own parent,
//! what was tried more than once, and what others are trying now.

use super::data::Repeated;
use super::page::{Page, cell, id};
use super::trim::Section;
use crate::log::{Role, Trial, shown_id};
use crate::output::format::number;
use crate::output::markdown::{code, word};
use crate::store::RunningTrial;
use crate::text::count;

/// Characters of a hypothesis.
const HYPOTHESIS: usize = 60;

pub(super) fn invalid(page: &Page) -> Option<Section> {
    let data = page.data;
    if data.invalid.is_empty() {
        return None;
    }
    let trials = count(data.all_invalid as u64, "failed trial");
    let text = format!(
        "{trials} with a better score than the best. Such a score does not count; the same idea, changed so that it meets what it \
         missed, would be the new best.\n\n"
    );
    let best = data.best.as_ref().and_then(|best| best.row().score());
    let rows = data.invalid.iter().map(|trial| {
        let row = trial.row();
        let mut text = format!("- {}", page.outcome(&row));
        if let (Some(best), Some(score)) = (best, row.score()) {
            text += &format!(" {} ahead of the best", number((best - score).abs()));
        }
        text + &hypothesis(page, trial) + "\n"
    });
    let title = "## Better than the best, but invalid";
    Some(Section::new(title, &text, rows.collect()))
}

pub(super) fn section(page: &Page) -> Option<Section> {
    let data = page.data;
    let running = page.options.running.iter().map(running_text);
    let mut rows: Vec<String> = running.collect();
    for (trial, step) in &data.better_than_parent {
        let row = trial.row();
        let parent = word(&shown_id(&row.text(Role::Parent)));
        let by = number(step.abs());
        let text = format!("- Beat its parent {parent} by {by}: {}", page.outcome(&row));
        rows.push(text + &hypothesis(page, trial) + "\n");
    }
    rows.extend(
        data.repeated
            .iter()
            .map(|repeated| repeated_text(repeated, page)),
    );
    (!rows.is_empty()).then(|| Section::new("## Parallel work", "", rows))
}

fn running_text(trial: &RunningTrial) -> String {
    let mut text = format!("- In progress: {}", word(&trial.specialist));
    if !trial.parent_exp.is_empty() {
        text += &format!(" from {}", word(&shown_id(&trial.parent_exp)));
    }
    let started = trial.started.strftime("%Y-%m-%dT%H:%M:%SZ");
    text += &format!(", since {started}");
    if !trial.hypothesis.is_empty() {
        text += &format!(": {}", code(&trial.hypothesis, 2 * HYPOTHESIS));
    }
    text + "\n"
}

fn repeated_text(repeated: &Repeated, page: &Page) -> String {
    let trials = repeated.last.iter().map(|trial| {
        let row = trial.row();
        format!("{} {}", id(&row), cell(&row, Role::Status))
    });
    let mut trials: Vec<String> = trials.collect();
    if repeated.trials > trials.len() {
        trials.insert(0, "…".to_owned());
    }
    let newest = repeated.last.last().map(|newest| hypothesis(page, newest));
    let times = count(repeated.trials as u64, "time");
    let newest = newest.unwrap_or_default();
    format!("- Tried {times}: {}{newest}\n", trials.join(", "))
}

fn hypothesis(page: &Page, trial: &Trial) -> String {
    let text = page.hypothesis(&trial.row(), HYPOTHESIS);
    text.map_or_else(String::new, |text| format!(": {text}"))
}
