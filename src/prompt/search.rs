//! The parts of the page that tell of the search: what fails, what the best is made of, the reader's own axis, signals.

use super::{Section, id, numbers, tally_text, trials_text, within, word_of};
use crate::{
    analysis::{ChainEnd, Signal, reason as reason_of},
    log::Role,
    log::{Row, Trial, signed_delta},
    output::{
        markdown::{block, code, word},
        text::{NOTHING, count, cut, cut_middle, head, hours, number, share, squeeze, visible},
        tree::outcome,
    },
    prompt::{FailureClass, PromptData, Reason},
    store::SectionName,
};

/// Characters of a hypothesis that is named, of one in a list, of one in the chain, of the best's own.
const FEW_WORDS: usize = 60;
const IN_LIST: [usize; 3] = [60, 40, 20];
const IN_CHAIN: usize = 60;
const IN_BEST: usize = 1000;

/// Bytes of a row of a list: texts are cut so that the rows have no more in the mean.
const LIST_BYTES: usize = 180;

/// Characters of an id in the chain, and of a reason.
const NAME: usize = 64;
const REASON: usize = 120;

pub(super) fn failures(digest: &PromptData) -> Option<Section> {
    if digest.failures.is_empty() {
        return None;
    }
    let (rated, lost) = (
        digest.tally.total.rated(),
        digest.failures.iter().map(|class| class.hours).sum::<f64>(),
    );
    let failed = digest
        .failures
        .iter()
        .map(|class| class.trials)
        .sum::<u64>();
    let lost = if lost > 0.0 {
        format!(", {} hours", hours(lost))
    } else {
        String::new()
    };
    let head = format!(
        "## What fails, and how\n\n{failed} of {} failed{lost}. What was lost most comes first.\n\n",
        trials_text(rated)
    );
    let rows = digest
        .failures
        .iter()
        .map(|class| failure_class(class, rated));
    Some(Section::new(SectionName::Failures, head).rows(rows))
}

fn failure_class(class: &FailureClass, rated: u64) -> String {
    let lost = if class.hours > 0.0 {
        format!(", {} hours lost", hours(class.hours))
    } else {
        String::new()
    };
    let (name, trials) = (class.status.name(), trials_text(class.trials));
    let mut out = format!(
        "- **{name}**: {trials}, {}{lost}. To do: {}.\n",
        share(class.trials, rated),
        class.status.advice()
    );
    for reason in &class.reasons {
        out += &failure_reason(reason, class);
    }
    out
}

fn failure_reason(reason: &Reason, class: &FailureClass) -> String {
    let row = reason.newest.row();
    let hypothesis = code(row.bytes(Role::Hypothesis), FEW_WORDS);
    let name = match reason.trials {
        1 => id(&row),
        trials if class.trials > class.looked_at as u64 => {
            format!(
                "{trials} of the newest {}, last in {}",
                class.looked_at,
                id(&row)
            )
        }
        trials => format!("{trials} times, last in {}", id(&row)),
    };
    match reason_of(&row.text(Role::Notes)) {
        Some(text) => {
            format!(
                "  - {name}: {hypothesis}: {}\n",
                code(&*cut_middle(&squeeze(&visible(text)), REASON), REASON)
            )
        }
        None => format!("  - {name}: {hypothesis}\n"),
    }
}

pub(super) fn best(digest: &PromptData) -> Option<Section> {
    let row = digest.best.as_ref()?.row();
    let item = |name: &str, value: String| format!("- {name}: {value}\n");
    let head = "## Current best\n\n".to_owned()
        + &item("trial", id(&row))
        + &item(&word(&digest.schema.metric), word_of(&row, Role::Score))
        + &item("specialist", word_of(&row, Role::Specialist))
        + &item("hypothesis", code(row.bytes(Role::Hypothesis), IN_BEST))
        + &item("snapshot", code(row.bytes(Role::Snapshot), 200));
    Some(Section::new(SectionName::Best, head))
}

/// One row: a block of code cannot be shortened from its end, where the best is.
pub(super) fn chain(digest: &PromptData) -> Option<Section> {
    digest.best.as_ref()?;
    let chain = &digest.chain;
    let mut lines: Vec<String> = chain.root.iter().map(link).collect();
    if chain.left_out > 0 {
        lines.push(format!(
            "└─ … {} between",
            count(chain.left_out as u64, "link")
        ));
    }
    lines.extend(chain.last.iter().map(|trial| format!("└─ {}", link(trial))));
    if let Some(last) = lines.last_mut() {
        *last += " ← BEST";
    }
    let mut text = block(&lines);
    text += match chain.end {
        ChainEnd::Root => "",
        ChainEnd::MissingParent => "\nThe parent of the first trial is not in the log.\n",
        ChainEnd::Cycle => {
            "\nThe parent of the first trial is further down: the log has a cycle, cut here.\n"
        }
    };
    let section = Section::new(
        SectionName::Chain,
        "## Chain to the best, root first\n\n".to_owned(),
    );
    Some(section.rows([text]))
}

fn link(trial: &Trial) -> String {
    let row = trial.row();
    let (name, outcome) = (row.name(), outcome(&row));
    let hypothesis = head(row.bytes(Role::Hypothesis), IN_CHAIN);
    format!(
        "{} [{}] {hypothesis}",
        cut(&visible(&name), NAME),
        cut(&outcome, 2 * NAME)
    )
}

pub(super) fn children(digest: &PromptData) -> Option<Section> {
    digest.best.as_ref()?;
    let children = &digest.children;
    let (shown, older) = (
        children.newest.len() as u64,
        children.older.values().sum::<u64>(),
    );
    if shown + older == 0 {
        return Some(Section::new(
            SectionName::Children,
            "## Tried from the best\n\nNothing yet.\n".to_owned(),
        ));
    }
    let head = format!(
        "## Tried from the best: {}, newest first\n\n",
        trials_text(shown + older)
    );
    let bytes = LIST_BYTES * children.newest.len();
    let rows = within(bytes, &IN_LIST, &children.newest, |trial, length| {
        listed(&trial.row(), length)
    });
    let mut section = Section::new(SectionName::Children, head).rows(rows);
    if older > 0 {
        let tally = children
            .older
            .iter()
            .map(|(status, trials)| (status.name(), *trials));
        section.foot = format!("\nBefore these: {}.\n", tally_text(tally));
    }
    Some(section)
}

fn listed(row: &Row, length: usize) -> String {
    format!(
        "- {} {}\n",
        numbers(row),
        code(row.bytes(Role::Hypothesis), length)
    )
}

pub(super) fn axis(digest: &PromptData) -> Option<Section> {
    digest.newest.as_ref()?;
    let (axis, group) = (&digest.axis, &digest.axis.group);
    let name = word(&digest.specialist);
    if group.all() == 0 {
        let head = format!("## Your axis: {name}\n\nNo trial of yours yet.\n");
        return Some(Section::new(SectionName::Specialist, head));
    }
    let tally: Vec<_> = group.entries().collect();
    let tally = tally_text(
        tally
            .iter()
            .map(|entry| (entry.word.as_str(), entry.trials)),
    );
    let best = group
        .best
        .as_ref()
        .map(|(_, score, id)| format!("; your best is {} ({})", word(id), word(score)));
    let mut head = format!(
        "## Your axis: {name}\n\n{}: {tally}{}.\n",
        trials_text(group.all()),
        best.unwrap_or_default()
    );
    if let Some(calibration) = axis.calibration {
        head += &format!(
            "\nPredicted against measured, {}: {} and {} in the median, and the sign was right in {}.\n",
            trials_text(calibration.trials as u64),
            signed_delta(calibration.predicted),
            signed_delta(calibration.measured),
            calibration.right_sign,
        );
    }
    if !axis.has_keep_on_board && !digest.board.is_empty() {
        head += "\nNo keep on the leaderboard is yours.\n";
    }
    let row = |trial: &Trial, length: usize| {
        let row = trial.row();
        let notes = row.bytes(Role::Notes);
        let notes = if notes.is_empty() {
            String::new()
        } else {
            format!("  - notes: {}\n", code(&notes, 2 * length))
        };
        listed(&row, length) + &notes
    };
    let section = Section::new(SectionName::Specialist, head + "\n");
    Some(section.rows(within(
        2 * LIST_BYTES * axis.newest.len(),
        &IN_LIST,
        &axis.newest,
        row,
    )))
}

pub(super) fn signals(digest: &PromptData) -> Option<Section> {
    let text = |signal: &Signal| match signal {
        Signal::AxisIsFlat {
            trials,
            epsilon: None,
        } => {
            format!(
                "- Your last {trials} trials did not complete: try something of another kind.\n"
            )
        }
        Signal::AxisIsFlat {
            trials,
            epsilon: Some(epsilon),
        } => format!(
            "- Your last {trials} trials all moved less than {}, which is noise here, or did not complete: try something of another kind.\n",
            number(*epsilon)
        ),
        Signal::NoKeep { trials } if digest.tally.last_keep.is_none() => {
            format!("- No keep yet, after {trials} trials.\n")
        }
        Signal::NoKeep { trials } => {
            format!(
                "- No keep for {trials} trials: small steps from the best do not pay at present.\n"
            )
        }
        Signal::ChildrenFail { children } => {
            format!(
                "- The last {children} children of the best all failed to complete: see what they have in common.\n"
            )
        }
        Signal::NearMisses => {
            let listed: String = digest
                .near_misses
                .iter()
                .map(|trial| near_miss(&trial.row()))
                .collect();
            format!(
                "- These discards were near zero, and what they were measured against is no longer the best: worth another try from it.\n{listed}"
            )
        }
    };
    let section = Section::new(SectionName::Signals, "## Signals\n\n".to_owned());
    (!digest.signals.is_empty()).then(|| section.rows(digest.signals.iter().map(text)))
}

fn near_miss(row: &Row) -> String {
    let delta = word_of(row, Role::Delta);
    debug_assert!(delta != NOTHING);
    format!(
        "  - {} ({delta}) {}\n",
        id(row),
        code(row.bytes(Role::Hypothesis), FEW_WORDS)
    )
}
