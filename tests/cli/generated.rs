//! What is generated is checked in, and must be fresh: `make completions` writes it anew.

use std::{fs, path::Path, process::Command};

use clap::CommandFactory;
use lineage::cli::Cli;

use crate::sandbox::{Sandbox, skipped};

fn assert_fresh(path: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("LINEAGE_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{} is stale: run `make completions`",
        path.display()
    );
}

const SCRIPTS: [(&str, &str); 3] = [
    ("bash", "completions/lineage.bash"),
    ("zsh", "completions/_lineage"),
    ("fish", "completions/lineage.fish"),
];

#[test]
fn completions_are_fresh() {
    for (shell, path) in SCRIPTS {
        assert_fresh(path, &Sandbox::new().ok(&["completions", shell]));
    }
}

#[test]
fn the_command_reference_is_fresh() {
    let mut page =
        "# The command line\n\nGenerated from the program's own help by `make completions`.\n"
            .to_owned();
    let mut command = Cli::command().term_width(110);
    command.build();
    let mut add = |name: &str, help: String| {
        let lines: Vec<_> = help.lines().map(str::trim_end).collect();
        page += &format!(
            "\n## {name}\n\n```text\n{}\n```\n",
            lines.join("\n").trim_end()
        );
    };
    add("lineage", command.render_long_help().to_string());
    for subcommand in command
        .get_subcommands()
        .filter(|subcommand| subcommand.get_name() != "help")
    {
        let mut subcommand = subcommand.clone().term_width(110);
        add(
            &format!("lineage {}", subcommand.get_name()),
            subcommand.render_long_help().to_string(),
        );
    }
    assert_fresh("docs/cli.md", &page);
}

#[test]
fn the_command_tree_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_help_and_at_least_two_examples() {
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(command.get_about().is_some(), "{name} has no help");
        let examples = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let lines = examples.lines().filter(|line| line.contains("lineage "));
        assert!(lines.count() >= 2, "{name}: {examples}");
    }
}

#[test]
fn completions_load_in_the_shells_that_are_here() {
    for ((shell, path), check) in SCRIPTS.into_iter().zip([
        "source \"$1\" && complete -p lineage",
        "autoload -U compinit && compinit -u -d /dev/null && source \"$1\"",
        "source $argv[1]",
    ]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let mut command = Command::new(shell);
        let arguments = if shell == "fish" { vec![] } else { vec![shell] };
        match command
            .args(["-c", check])
            .args(arguments)
            .arg(&script)
            .output()
        {
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                assert!(
                    output.status.success() && stderr.is_empty(),
                    "{shell}: {stderr}"
                );
            }
            Err(_) => skipped(&format!("this system has no {shell}")),
        }
    }
}
