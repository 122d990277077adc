//! `lineage completions`: completion scripts for shells.

pub mod candidates;
pub mod shells;
pub mod suggesting;

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::CompleteEnv;
use clap_complete::env::{Elvish, Powershell, Shells};

use self::shells::{Shell, script};
use super::Context;
use crate::cli::Cli;

/// Print the completion script for a shell
///
/// The script asks the program, so that values from the log are completed too: ids, specialists, columns. Without the
/// program on the PATH it still completes flags and fixed values. It works before and after zsh's compinit.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  source <(lineage completions bash)
  eval \"$(lineage completions zsh)\"
  lineage completions fish > ~/.config/fish/completions/lineage.fish")]
pub struct Completions {
    shell: Shell,
}

pub fn run(args: Completions, context: &Context) -> Result<()> {
    context.ui.print(&script(args.shell, "lineage"))
}

/// Answers a shell that asks what completes a command line, and exits; returns if none does.
pub fn answer_shell() {
    if std::env::var_os("COMPLETE").is_some() {
        let shells = [Shell::Bash, Shell::Zsh, Shell::Fish];
        let [bash, zsh, fish] = &shells;
        CompleteEnv::with_factory(Cli::command)
            .shells(Shells(&[bash, zsh, fish, &Elvish, &Powershell]))
            .complete();
    }
}
