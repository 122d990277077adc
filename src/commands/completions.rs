//! `lineage completions`: completion scripts for shells.

use anyhow::{Error, Result};
use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;

use super::Context;

/// Print the completion script for a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  source <(lineage completions bash)
  lineage completions fish > ~/.config/fish/completions/lineage.fish")]
pub struct Completions {
    #[arg(value_parser = ["bash", "zsh", "fish"])]
    shell: String,
}

pub fn run(args: Completions, command: &mut Command, context: &Context) -> Result<()> {
    let shell = Shell::from_str(&args.shell, false).map_err(Error::msg)?;
    // Into memory first: `generate` panics if its writer fails, as a closed pipe does.
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "lineage", &mut script);
    context.ui.print(&String::from_utf8_lossy(&script))
}
