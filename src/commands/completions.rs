//! `lineage completions`: completion scripts for shells.

use anyhow::Result;
use clap::Args;
use clap_complete::CompleteEnv;
use clap_complete::env::{Elvish, Powershell, Shells};

use super::Context;
use super::shells::{Completer, Shell, script};

/// Print the completion script for a shell
///
/// The script asks the program, so that values from the log are completed too: ids, specialists, columns. Without the
/// program on the PATH it still completes flags and fixed values. In zsh, it can be sourced before or after compinit.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  source <(lineage completions bash)
  eval \"$(lineage completions zsh)\"
  lineage completions fish > ~/.config/fish/completions/lineage.fish")]
pub struct Completions {
    shell: Shell,
}

pub fn run(args: Completions, mut program: clap::Command, context: &Context) -> Result<()> {
    let script = script(args.shell, &mut program, "lineage");
    context.ui.print(&script)
}

/// Answers a shell that asks what completes a command line of `program`, and exits; returns if none does.
pub fn answer_shell(program: fn() -> clap::Command) {
    if std::env::var_os("COMPLETE").is_some() {
        let shells = [Shell::Bash, Shell::Zsh, Shell::Fish];
        let [bash, zsh, fish] = shells.map(|shell| Completer { shell, program });
        CompleteEnv::with_factory(program)
            .shells(Shells(&[&bash, &zsh, &fish, &Elvish, &Powershell]))
            .complete();
    }
}
