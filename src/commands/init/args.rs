//! The flags of `lineage init`.

use std::path::PathBuf;

use clap::Args;

use crate::{agent::Agent, log::Direction};

/// Make a store
///
/// Makes `.lineage/` (or DIR) with its settings, a log that has its header, and an empty insights.md. An existing store is
/// not touched; one that an interrupted `init` left incomplete is completed. If there is a log but no settings, the metric and
/// the direction are inferred from the log. In a git repository, the store gets a .gitignore, so that `git clean` does not delete
/// it.
///
/// `--agent` also writes the files that make a coding agent use the store: a skill and a hook that prints the prompt at the start of a
/// session (Claude Code, Codex, Gemini CLI), or a paragraph in AGENTS.md. It can be given again later, and never changes a file
/// that exists.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage init --metric val_loss --direction minimize
  lineage init --metric accuracy --direction maximize --label acc --columns artifact_bytes,eval_s
  lineage init --shared postgres://lineage@db.lab/lineage --run lm-june --metric val_loss
  lineage init --agent claude --dry-run")]
pub struct Init {
    /// Directory to make [default: .lineage]
    pub(in crate::commands) dir: Option<PathBuf>,
    /// The number that the search optimises; the score is in the column of this name, else in core_metric [default: core_metric]
    #[arg(long, value_name = "NAME")]
    pub(in crate::commands) metric: Option<String>,
    /// Which scores are better [default: minimize, or what a log in the directory shows]
    #[arg(long)]
    pub(in crate::commands) direction: Option<Direction>,
    /// A short name for the metric
    #[arg(long, value_name = "SHORT")]
    pub(in crate::commands) label: Option<String>,
    /// Columns of the log in addition to the 17 standard ones
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(in crate::commands) columns: Vec<String>,
    /// Mirror a run of this PostgreSQL database, which hosts share: postgres://USER@HOST/DATABASE; passwords as for psql
    #[arg(long, value_name = "URL", requires = "run")]
    pub(in crate::commands) shared: Option<String>,
    /// The name of the search in the database; it is created if there is none
    #[arg(long, value_name = "NAME", requires = "shared")]
    pub(in crate::commands) run: Option<String>,
    /// Also write the files that make this coding agent use the store
    #[arg(long)]
    pub(in crate::commands) agent: Option<Agent>,
    /// Only print the files of --agent
    #[arg(long, requires = "agent")]
    pub(in crate::commands) dry_run: bool,
}

impl Init {
    /// The names of --columns.
    pub(in crate::commands) fn column_names(&self) -> Vec<String> {
        let names = self.columns.iter().map(|name| name.trim().to_owned());
        names.filter(|name| !name.is_empty()).collect()
    }
}
