//! The generated files in the repository are up to date; `make completions` regenerates them.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
};

use lineage::cli;

use crate::sandbox::{Sandbox, skipped};

fn assert_fresh(path: &str, wanted: &str) {
    let path = repository_path(path);
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
    let mut command = cli::program().term_width(110);
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
fn man_pages_are_fresh() {
    let command = cli::program();
    assert_fresh("man/lineage.1", &man_page(&command));
    for subcommand in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        let name = format!("lineage-{}", subcommand.get_name());
        let subcommand = subcommand.clone().display_name(&name);
        if name != "lineage-help" {
            assert_fresh(&format!("man/{name}.1"), &man_page(&subcommand));
        }
    }
}

fn man_page(command: &clap::Command) -> String {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .unwrap();
    String::from_utf8(page).unwrap()
}

#[test]
fn the_package_has_what_a_build_needs_and_nothing_else() {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["package", "--list", "--allow-dirty", "--offline"]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{output:?}");
    let listed = String::from_utf8(output.stdout).unwrap();
    let is_in_dir = |name: &&str| {
        ["src/", "man/", "completions/"]
            .iter()
            .any(|dir| name.starts_with(dir))
    };
    let (below, mut top): (Vec<&str>, Vec<&str>) = listed.lines().partition(is_in_dir);
    top.retain(|name| *name != ".cargo_vcs_info.json"); // only in a repository
    assert_eq!(
        top,
        [
            "CHANGELOG.md",
            "Cargo.lock",
            "Cargo.toml",
            "Cargo.toml.orig",
            "LICENSE",
            "README.md",
            "askama.toml",
        ]
    );
    assert!(below.contains(&"src/output/report/page.html"), "{below:?}");
}

#[test]
fn the_command_tree_is_sound() {
    cli::program().debug_assert();
}

#[test]
fn every_command_has_help_and_at_least_two_examples() {
    for command in cli::program().get_subcommands() {
        let name = command.get_name();
        if name == "help" {
            continue;
        }
        assert!(command.get_about().is_some(), "{name} has no help");
        let examples = command.get_after_help().map(ToString::to_string);
        let examples = examples.unwrap_or_default();
        let lines = examples.lines().filter(|line| line.contains("lineage "));
        assert!(lines.count() >= 2, "{name}: {examples}");
    }
}

#[test]
fn completions_load_in_every_installed_shell() {
    let checks = [
        ("bash", "source \"$1\" && complete -p lineage"),
        (
            "zsh",
            "autoload -U compinit && compinit -u -d \"$HOME/zcompdump\" && source \"$1\"",
        ),
        ("fish", "source $argv[1]"),
    ];
    for (shell, check) in checks {
        let sandbox = Sandbox::new();
        let mut command = sandbox.command(shell);
        command.args(["-c", check]);
        if shell != "fish" {
            command.arg(shell); // $0
        }
        let Ok(output) = command.arg(completion_script(shell)).output() else {
            assert!(std::env::var_os("CI").is_none(), "{shell} is not installed");
            skipped(&format!("{shell} is not installed"));
            continue;
        };
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && stderr.is_empty(),
            "{shell}: {stderr}"
        );
    }
}

/// zsh, run as root, replaces the file given to `compinit -d`, even if it is `/dev/null`.
#[test]
fn loading_completions_changes_no_file_outside_the_sandbox() {
    let scripts = || list_dir(&repository_path("completions"));
    let before = scripts();
    completions_load_in_every_installed_shell();
    assert_eq!(scripts(), before);
    let null = fs::metadata("/dev/null").unwrap().file_type();
    assert!(null.is_char_device(), "/dev/null is not a device any more");
}

fn completion_script(shell: &str) -> PathBuf {
    let (_, path) = SCRIPTS.iter().find(|(name, _)| *name == shell).unwrap();
    repository_path(path)
}

fn repository_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn list_dir(dir: &Path) -> Vec<OsString> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    names
}
