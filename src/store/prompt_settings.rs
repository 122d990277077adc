//! The `[prompt]` table of `lineage.toml`: the sections of a prompt, their limits, and the task.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Limits, order and text of the prompt.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromptSettings {
    /// The sections, in this order; all in the usual order if empty.
    pub sections: Vec<SectionName>,
    /// Rows of the leaderboard.
    pub top: usize,
    /// Links of the chain to the best besides its root.
    pub links: usize,
    /// Children of the best.
    pub children: usize,
    /// The specialist's own trials.
    #[serde(alias = "axis")]
    pub specialist: usize,
    /// Reasons of each class of failures.
    pub reasons: usize,
    /// Rows of the table of recent trials.
    pub recent: usize,
    /// Recent trials in full.
    pub full: usize,
    /// The most bytes of a prompt; 16,000 if absent, unless the smallest prompt is larger.
    pub max_bytes: Option<usize>,
    /// Smaller differences are noise; measured from repeated trials if absent.
    pub epsilon: Option<f64>,
    /// The number of trials without a keep from which the prompt says so.
    pub stuck_after: u64,
    /// What the agent is to do; `{specialist}`, `{best}`, `{metric}` and `{submit}` are filled in.
    pub task: String,
    /// The command with which an agent submits a trial, as `./run_trial.sh "$hypothesis"`.
    pub submit: Option<String>,
}

impl Default for PromptSettings {
    fn default() -> Self {
        Self {
            sections: Vec::new(),
            top: 20,
            links: 20,
            children: 10,
            specialist: 5,
            reasons: 3,
            recent: 30,
            full: 10,
            max_bytes: None,
            epsilon: None,
            stuck_after: 20,
            task: DEFAULT_TASK.to_owned(),
            submit: None,
        }
    }
}

/// The stop rule keeps an agent from spending a night on one idea.
const DEFAULT_TASK: &str = "As specialist {specialist}, propose one edit that improves {metric} over {best}, check it locally, and \
run it as one trial. One trial is a complete session: stopping there is the default. Run another only if the result points to \
a concrete next edit worth trying; after a crash, an uninformative result or no clear refinement, stop.";

/// A section of the prompt. The variants are in the usual order, and their names are the words for them everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SectionName {
    /// The reader, the state of the search, the best
    Opening,
    /// What a trial must stay within
    Limits,
    /// What the numbers say about the search
    Signals,
    /// What fails, and how
    Failures,
    /// Failed trials that beat the best
    Invalid,
    /// The current best
    Best,
    /// The chain to the best
    Chain,
    /// The best keeps
    #[serde(alias = "board")]
    #[value(alias = "board")]
    Leaderboard,
    /// What was tried from the best
    Children,
    /// The reader's own trials
    #[serde(alias = "axis")]
    #[value(alias = "axis")]
    Specialist,
    /// Trials in progress, discards that beat their parent, what was tried again
    Parallel,
    /// The last trials, one line each
    Recent,
    /// The last trials in full
    Full,
    /// The text of insights.md
    Insights,
    /// How to ask for more
    More,
    /// The files of the workdir
    Workdir,
    /// What to do
    Task,
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_possible_value() {
            Some(value) => f.write_str(value.get_name()),
            None => Ok(()), // no section is hidden from the command line
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_in_the_settings_are_still_understood() {
        let old = "sections = [\"board\", \"axis\"]\naxis = 7";
        let settings: PromptSettings = toml::from_str(old).unwrap();
        let names: Vec<_> = settings.sections.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["leaderboard", "specialist"]);
        assert_eq!(settings.specialist, 7);
    }
}
