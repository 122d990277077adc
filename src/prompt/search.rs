//! The sections about the search as a whole: signals, the best trial and its chain.

use super::page::{Page, cell, explained_delta, id, quote};
use super::trim::Section;
use crate::analysis::ChainEnd;
use crate::log::{Role, Trial};
use crate::output::format::number;
use crate::output::markdown::{block, word};
use crate::text::{count, cut_visible};

/// Characters of a hypothesis in a list or the chain, of the best's, and of a word in the chain.
const HYPOTHESIS: usize = 60;
const BEST_HYPOTHESIS: usize = 1000;
const CHAIN_WORD: usize = 64;

/// How many trials in a row are a signal.
const IN_A_ROW: usize = 5;

pub(super) fn signals(page: &Page) -> Option<Section> {
    let data = page.data;
    let mut rows = Vec::new();
    if let Some(noise) = data.noise {
        rows.push(noise_text(noise, page));
    }
    if has_no_progress(page) {
        rows.push(no_progress_text(data.noise));
    }
    let since_keep = data.tally.since_keep;
    if since_keep >= page.options.settings.stuck_after {
        rows.push(match data.tally.last_keep {
            None => format!("- No keep{}, after {since_keep} trials.\n", page.yet()),
            Some(_) => format!("- No keep for {since_keep} trials: consider a larger change.\n"),
        });
    }
    let failed = data.relatives.lineage.failed_children;
    if failed >= IN_A_ROW {
        rows.push(format!(
            "- The last {failed} trials from the best all failed: look for what they have in common.\n"
        ));
    }
    if !data.near_misses.is_empty() {
        rows.push(near_misses_text(page));
    }
    (!rows.is_empty()).then(|| Section::new("## Signals", "", rows))
}

fn noise_text(noise: f64, page: &Page) -> String {
    let metric = word(&page.data.schema.metric);
    let source = match page.options.settings.epsilon {
        Some(_) => "the settings say so",
        None => "the median difference between repeats of one trial",
    };
    format!("- Noise of {metric}: {} ({source}).\n", number(noise))
}

/// Whether the specialist's last trials all failed or moved less than the noise.
fn has_no_progress(page: &Page) -> bool {
    let outcomes = &page.data.own.outcomes;
    let noise = page.data.noise.unwrap_or(0.0);
    let mut last = outcomes.iter().rev().take(IN_A_ROW);
    outcomes.len() >= IN_A_ROW
        && last.all(|outcome| {
            let is_noise = outcome.delta.is_some_and(|delta| delta.abs() < noise);
            outcome.status.is_failure() || is_noise
        })
}

fn no_progress_text(noise: Option<f64>) -> String {
    let beyond_noise = match noise {
        Some(noise) if noise > 0.0 => {
            let noise = number(noise);
            format!(" that differs from the best by more than the noise, {noise}")
        }
        _ => String::new(),
    };
    format!(
        "- None of your last {IN_A_ROW} trials gave a valid score{beyond_noise}: try another kind of change.\n"
    )
}

fn near_misses_text(page: &Page) -> String {
    let mut text =
        "- Worth another try from the best: these discards came close to an earlier best.\n"
            .to_owned();
    for trial in &page.data.near_misses {
        let row = trial.row();
        let delta = explained_delta(&row).unwrap_or_default();
        text += &format!("  - {} ({delta})", id(&row));
        if let Some(hypothesis) = page.hypothesis(&row, HYPOTHESIS) {
            text += &format!(" {hypothesis}");
        }
        text.push('\n');
    }
    text
}

pub(super) fn best(page: &Page) -> Option<Section> {
    let row = page.data.best.as_ref()?.row();
    let hypothesis = page.hypothesis(&row, BEST_HYPOTHESIS);
    let mut text = format!(
        "- trial: {}\n- {}: {}\n- specialist: {}\n",
        id(&row),
        word(&page.data.schema.metric),
        cell(&row, Role::Score),
        cell(&row, Role::Specialist),
    );
    if let Some(hypothesis) = hypothesis {
        text += &format!("- hypothesis: {hypothesis}\n");
    }
    text += &format!("- snapshot: {}\n", quote(&row, Role::Snapshot, 200));
    Some(Section::new("## Current best", &text, Vec::new()))
}

/// One row: trimmed from its end, the chain would lose the best.
pub(super) fn chain(page: &Page) -> Option<Section> {
    let data = page.data;
    data.best.as_ref()?;
    let mut lines: Vec<String> = data
        .relatives
        .chain
        .iter()
        .map(|link| link_text(link, page))
        .collect();
    if let Some(best) = lines.last_mut() {
        *best += " ← BEST";
    }
    let lineage = &data.relatives.lineage;
    if lineage.skipped_links > 0 {
        let skipped = count(lineage.skipped_links as u64, "more link");
        lines.insert(1, format!("… {skipped}"));
    }
    for line in lines.iter_mut().skip(1) {
        line.insert_str(0, "└─ ");
    }
    let note = match lineage.end {
        ChainEnd::Root => "",
        ChainEnd::MissingParent if page.options.since.is_some() => {
            "\nThe parent of the oldest trial above is not among the trials of this prompt.\n"
        }
        ChainEnd::MissingParent => "\nThe parent of the oldest trial above is not in the log.\n",
        ChainEnd::Cycle => {
            "\nThe parents form a cycle; the chain is cut at the oldest trial above.\n"
        }
    };
    let rows = vec![block(&lines) + note];
    Some(Section::new("## Chain to the best, oldest first", "", rows))
}

/// A line of a code block: made visible and cut, but not quoted.
fn link_text((trial, step): &(Trial, String), page: &Page) -> String {
    let row = trial.row();
    let id = cut_visible(&row.name(), CHAIN_WORD);
    let plain = |role| cut_visible(&row.text(role), CHAIN_WORD);
    let roles = [Role::Status, Role::Score, Role::Specialist];
    let mut words = roles.map(plain).to_vec();
    if !step.is_empty() {
        words.insert(2, format!("step {step}"));
    }
    words.retain(|word| !word.is_empty());
    let outcome = match row.damage {
        Some(damage) => format!("damaged: {damage}"),
        None if row.status().is_ignored() => return format!("{id} [ignored]"),
        None => words.join(", "),
    };
    let mut text = format!("{id} [{outcome}]");
    if page.may_show(&row) {
        page.shown_in_chain.borrow_mut().insert(row.offset);
        let hypothesis = cut_visible(&row.text(Role::Hypothesis), HYPOTHESIS);
        text += &format!(" {hypothesis}");
    }
    text.trim_end().to_owned()
}
