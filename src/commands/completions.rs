//! `lineage completions`: scripts for bash, zsh and fish, and the answers to them.
//!
//! A script has two parts: clap's static completions, and a function that asks the program. The second is used if the
//! program is found. Instead of clap's own functions for that: in zsh, they cannot be loaded before `compinit`; in bash,
//! they do not complete `--flag=value`; and all flags are offered beside the values of an empty word.

use std::{ffi::OsString, io, path::Path};

use anyhow::Result;
use clap::{Args, ValueEnum};
use clap_complete::engine::complete;
use clap_complete::env::{Elvish, EnvCompleter, Powershell, Shells};
use clap_complete::{CompleteEnv, CompletionCandidate};

use super::Context;
use crate::text::shell_word;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
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

/// Asks the program in bash. Words are joined again that bash splits at `=`, `:` and `@`.
const BASH: &str = r#"
_lineage_ask() {
    local IFS=$'\n' words=() joined=0 last word i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -gt 0 && ( $word == [=:] || $joined -eq 1 ) ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        [[ $word == [=:@] ]] && joined=1 || joined=0
    done
    last=${words[${#words[@]} - 1]}
    COMPREPLY=($(COMPLETE=bash COMPLETER -- "${words[@]}" 2>/dev/null))
    # What bash takes for earlier words is not part of the reply.
    COMPREPLY=("${COMPREPLY[@]#"${last%"$2"}"}")
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/:] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
if command -v COMPLETER >/dev/null 2>&1; then
    complete -o nosort -F _lineage_ask lineage 2>/dev/null || complete -F _lineage_ask lineage
fi
"#;

/// Asks the program in zsh. Before `compinit`, the function is registered when the first prompt is shown.
const ZSH: &str = r#"
_lineage_ask() {
    local -a replies words_end open
    local reply
    replies=("${(@f)$(COMPLETE=zsh COMPLETER -- "${(@)words[1,CURRENT]}" 2>/dev/null)}")
    for reply in $replies; do
        if [[ ${reply%%:*} == *[=/] ]]; then open+=("$reply"); else words_end+=("$reply"); fi
    done
    (( $#words_end )) && _describe -V 'values' words_end
    (( $#open )) && _describe -V 'values' open -S ''
}
_lineage() {
    if (( $+commands[COMPLETER] )) || [[ -x COMPLETER ]]; then _lineage_ask "$@"; else _lineage_static "$@"; fi
}
_lineage_register() {
    (( $+functions[compdef] )) || return 0
    compdef _lineage lineage
    add-zsh-hook -d precmd _lineage_register
}
if [ "$funcstack[1]" = "_lineage" ]; then
    _lineage "$@" # compinit has loaded this file as a function
elif (( $+functions[compdef] )); then
    compdef _lineage lineage
else
    autoload -Uz add-zsh-hook
    add-zsh-hook precmd _lineage_register
fi
"#;

const FISH: &str = r#"
if command -q COMPLETER
    complete -c lineage -e
    complete --keep-order --no-files --command lineage --arguments "(COMPLETE=fish COMPLETER -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor))"
end
"#;

/// The script for a shell, which asks the program `completer`; `program` is the command line it completes.
fn script(shell: Shell, program: &mut clap::Command, completer: &str) -> String {
    let generator = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    // Into memory first: `generate` panics if its writer fails, as a closed pipe does.
    let mut fixed = Vec::new();
    clap_complete::generate(generator, program, "lineage", &mut fixed);
    let fixed = String::from_utf8_lossy(&fixed);
    let completer = shell_word(completer);
    let (fixed, asking) = match shell {
        Shell::Bash => (fixed.into_owned(), BASH),
        Shell::Fish => (fixed.into_owned(), FISH),
        Shell::Zsh => {
            let end = fixed.find("if [ \"$funcstack[1]\"");
            let fixed = &fixed[..end.unwrap_or(fixed.len())];
            let fixed = fixed.replacen("\n_lineage() {", "\n_lineage_static() {", 1);
            (fixed, ZSH)
        }
    };
    let asking = asking.replace("COMPLETER", &completer);
    format!("{}\n{asking}", fixed.trim_end())
}

/// Answers one shell about the command line of `program`.
struct Completer {
    shell: Shell,
    program: fn() -> clap::Command,
}

impl EnvCompleter for Completer {
    fn name(&self) -> &'static str {
        match self.shell {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
        }
    }

    fn is(&self, name: &str) -> bool {
        name == self.name()
    }

    fn write_registration(
        &self,
        _var: &str,
        _name: &str,
        _bin: &str,
        completer: &str,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let mut program = (self.program)();
        out.write_all(script(self.shell, &mut program, completer).as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        args: Vec<OsString>,
        dir: Option<&Path>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let last = args.len().saturating_sub(1);
        let is_empty = args.last().is_some_and(|word| word.is_empty());
        let mut candidates = complete(command, args, last, dir)?;
        // Flags are offered beside values only once a dash is typed.
        let is_flag = |candidate: &CompletionCandidate| {
            candidate.get_value().to_string_lossy().starts_with('-')
        };
        if is_empty && !candidates.iter().all(is_flag) {
            candidates.retain(|candidate| !is_flag(candidate));
        }
        for candidate in &candidates {
            out.write_all(self.shell.line(candidate).as_bytes())?;
        }
        Ok(())
    }
}

impl Shell {
    /// A candidate with its description as the script expects it.
    fn line(self, candidate: &CompletionCandidate) -> String {
        let value = candidate.get_value().to_string_lossy();
        let help = candidate
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let help = help.lines().next().unwrap_or_default();
        match self {
            Self::Bash => format!("{value}\n"),
            Self::Fish if help.is_empty() => format!("{value}\n"),
            Self::Fish => format!("{value}\t{help}\n"),
            Self::Zsh => {
                let value = value.replace('\\', "\\\\").replace(':', "\\:");
                let help = help.replace('\\', "\\\\");
                if help.is_empty() {
                    format!("{value}\n")
                } else {
                    format!("{value}:{help}\n")
                }
            }
        }
    }
}
