//! The sections about the search: signals, the best trial and its chain; and how a trial is named in every section.

use super::{Link, PromptData, Section};
use crate::{
    analysis::{ChainEnd, Signal},
    log::{Role, Row, signed_delta},
    output::{
        markdown::{block, code, word},
        text::{NOTHING, count, cut, head, number, visible},
    },
    store::SectionName,
};

/// Characters of a hypothesis in a list or the chain, of the best's, and of a word in the chain.
const HYPOTHESIS: usize = 60;
const BEST_HYPOTHESIS: usize = 1000;
const CHAIN_WORD: usize = 64;

pub(super) fn id(row: &Row) -> String {
    word(&row.name())
}

pub(super) fn cell(row: &Row, role: Role) -> String {
    word(&row.text(role))
}

pub(super) fn trial_count(trials: u64) -> String {
    count(trials, "trial")
}

/// The id, then the specialist, status, score and difference that the trial has.
pub(super) fn outcome(row: &Row) -> String {
    if let Some(damage) = row.damage {
        return format!("{} [damaged: {damage}]", id(row));
    }
    let mut words = vec![
        cell(row, Role::Specialist),
        cell(row, Role::Status),
        cell(row, Role::Score),
    ];
    if !row.bytes(Role::Delta).is_empty() {
        words.push(delta(row));
    }
    words.retain(|word| word != NOTHING);
    format!("{} [{}]", id(row), words.join(", "))
}

fn delta(row: &Row) -> String {
    format!("Δ best {}", cell(row, Role::Delta))
}

pub(super) fn signals(data: &PromptData) -> Option<Section> {
    if data.signals.is_empty() {
        return None;
    }
    let section = Section::new(SectionName::Signals, "Signals");
    Some(section.with_rows(data.signals.iter().map(|signal| signal_text(signal, data))))
}

fn signal_text(signal: &Signal, data: &PromptData) -> String {
    match signal {
        Signal::AxisIsFlat {
            trials,
            epsilon: None,
        } => {
            format!("- Your last {trials} trials did not complete: try another kind of change.\n")
        }
        Signal::AxisIsFlat {
            trials,
            epsilon: Some(epsilon),
        } => format!(
            "- Your last {trials} trials changed the score by less than {}, which is noise, or did not complete: try another kind of change.\n",
            number(*epsilon)
        ),
        Signal::NoKeep { trials } if data.tally.last_keep.is_none() => {
            format!("- No keep yet, after {trials} trials.\n")
        }
        Signal::NoKeep { trials } => {
            format!("- No keep for {trials} trials: small steps from the best no longer pay off.\n")
        }
        Signal::ChildrenFail { children } => format!(
            "- The last {children} trials from the best all failed: look for what they have in common.\n"
        ),
        Signal::NearMisses => {
            let mut text = "- These discards were close to zero, and the trial they were measured against is no longer the best: try them again from the best.\n".to_owned();
            for trial in &data.near_misses {
                let row = trial.row();
                let hypothesis = code(row.bytes(Role::Hypothesis), HYPOTHESIS);
                text += &format!("  - {} ({}) {hypothesis}\n", id(&row), delta(&row));
            }
            text
        }
    }
}

pub(super) fn best(data: &PromptData) -> Option<Section> {
    let row = data.best.as_ref()?.row();
    let text = format!(
        "- trial: {}\n- {}: {}\n- specialist: {}\n- hypothesis: {}\n- snapshot: {}\n",
        id(&row),
        word(&data.schema.metric),
        cell(&row, Role::Score),
        cell(&row, Role::Specialist),
        code(row.bytes(Role::Hypothesis), BEST_HYPOTHESIS),
        code(row.bytes(Role::Snapshot), 200)
    );
    Some(Section::new(SectionName::Best, "Current best").with_text(&text))
}

/// One row: trimmed from its end, the chain would lose the best.
pub(super) fn chain(data: &PromptData) -> Option<Section> {
    data.best.as_ref()?;
    let lineage = &data.lineage;
    let mut lines: Vec<String> = Vec::new();
    for (at, link) in lineage.chain.iter().enumerate() {
        let branch = if at == 0 { "" } else { "└─ " };
        if at == 1 && lineage.skipped_links > 0 {
            let skipped = count(lineage.skipped_links as u64, "more link");
            lines.push(format!("└─ … {skipped}"));
        }
        lines.push(format!("{branch}{}", link_text(link)));
    }
    if let Some(best) = lines.last_mut() {
        *best += " ← BEST";
    }
    let note = match lineage.chain_end {
        ChainEnd::Root => "",
        ChainEnd::MissingParent => "\nThe parent of the first trial is not in the log.\n",
        ChainEnd::Cycle => "\nThe parents form a cycle; the chain is cut at the first trial.\n",
    };
    let section = Section::new(SectionName::Chain, "Chain to the best, oldest first");
    Some(section.with_rows([block(&lines) + note]))
}

/// A line of a code block: made visible and cut, but not quoted.
fn link_text(link: &Link) -> String {
    let row = link.trial.row();
    let plain = |text: &str| cut(&visible(text), CHAIN_WORD).into_owned();
    let outcome = if let Some(damage) = row.damage {
        format!("damaged: {damage}")
    } else {
        let mut words = vec![
            plain(&row.text(Role::Status)),
            plain(&row.text(Role::Score)),
        ];
        words.extend(link.step.map(|step| format!("step {}", signed_delta(step))));
        words.push(plain(&row.text(Role::Specialist)));
        words.retain(|word| !word.is_empty());
        words.join(", ")
    };
    let hypothesis = head(row.bytes(Role::Hypothesis), HYPOTHESIS);
    format!("{} [{outcome}] {hypothesis}", plain(&row.name()))
}
