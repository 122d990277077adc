//! `lineage completions`: completion scripts for shells.

use anyhow::Result;
use clap::{Args, Command, ValueEnum};

use super::Context;

/// Print the completion script for a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  source <(lineage completions bash)
  lineage completions fish > ~/.config/fish/completions/lineage.fish")]
pub struct Completions {
    shell: Shell,
}

/// The shells whose scripts are checked in and tested.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub fn run(args: Completions, command: &mut Command, context: &Context) -> Result<()> {
    let shell = match args.shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    // Into memory first: `generate` panics if its writer fails, as a closed pipe does.
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "lineage", &mut script);
    context.ui.print(&String::from_utf8_lossy(&script))
}
