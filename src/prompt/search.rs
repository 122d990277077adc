//! The sections about the search as a whole: signals, the best trial and its chain.

use super::page::{Page, cell, explained_delta, id, quote};
use super::trim::Section;
use crate::analysis::{ChainEnd, Signal};
use crate::log::{Role, Trial};
use crate::output::format::number;
use crate::output::markdown::{block, word};
use crate::text::{count, cut_visible};

/// Characters of a hypothesis in a list or the chain, of the best's, and of a word in the chain.
const HYPOTHESIS: usize = 60;
const BEST_HYPOTHESIS: usize = 1000;
const CHAIN_WORD: usize = 64;

pub(super) fn signals(page: &Page) -> Option<Section> {
    let mut rows = Vec::new();
    if let Some(noise) = page.data.signals.noise {
        rows.push(noise_text(noise, page));
    }
    rows.extend(
        page.data
            .signals
            .found
            .iter()
            .map(|signal| signal_text(signal, page)),
    );
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

fn signal_text(signal: &Signal, page: &Page) -> String {
    match signal {
        Signal::NoProgress { trials, epsilon } => {
            let beyond_noise = match epsilon {
                Some(epsilon) if *epsilon > 0.0 => {
                    let epsilon = number(*epsilon);
                    format!(" that differs from the best by more than the noise, {epsilon}")
                }
                _ => String::new(),
            };
            format!(
                "- None of your last {trials} trials gave a valid score{beyond_noise}: try another kind of change.\n"
            )
        }
        Signal::NoKeep { trials } if page.data.tally.last_keep.is_none() => {
            format!("- No keep yet, after {trials} trials.\n")
        }
        Signal::NoKeep { trials } => {
            format!("- No keep for {trials} trials: consider a larger change.\n")
        }
        Signal::ChildrenFail { children } => format!(
            "- The last {children} trials from the best all failed: look for what they have in common.\n"
        ),
        Signal::NearMisses => near_misses_text(page),
    }
}

fn near_misses_text(page: &Page) -> String {
    let mut text =
        "- Worth another try from the best: these discards came close to an earlier best.\n"
            .to_owned();
    for trial in &page.data.signals.near_misses {
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
    if data.relatives.skipped_links > 0 {
        let skipped = count(data.relatives.skipped_links as u64, "more link");
        lines.insert(1, format!("… {skipped}"));
    }
    for line in lines.iter_mut().skip(1) {
        line.insert_str(0, "└─ ");
    }
    let note = match data.relatives.chain_end {
        ChainEnd::Root => "",
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
