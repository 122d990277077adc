//! What is generated is checked in, and must be fresh: `make completions` writes it anew.

use std::{fs, path::Path, process::Command};

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

/// What else is in it changes with the compiler; a name that fits nothing is only a little time lost.
#[test]
fn most_of_our_functions_that_the_linker_puts_side_by_side_are_still_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let order = fs::read_to_string(root.join("build/order.ld")).unwrap();
    let path = |line| {
        str::trim(line)
            .strip_prefix("*(.text._ZN7lineage")?
            .strip_suffix("17h*E)")
    };
    let ours: Vec<&str> = order.lines().filter_map(path).collect();
    let gone: Vec<&&str> = ours
        .iter()
        .filter(|path| !is_there(&root.join("src"), path))
        .collect();
    assert!(
        ours.len() > 100,
        "build/order.ld is stale, run `make order`: {} functions of our own",
        ours.len()
    );
    assert!(
        gone.len() * 10 < ours.len(),
        "build/order.ld is stale, run `make order`: nowhere in src are {gone:?}"
    );
}

/// Whether the file of a module has a function. Each part of a mangled path has its length before it; a closure is in a function.
fn is_there(src: &Path, mut path: &str) -> bool {
    let (mut module, mut function) = (src.to_owned(), "");
    while let Some(digits) = path
        .find(|c: char| !c.is_ascii_digit())
        .filter(|digits| *digits > 0)
    {
        let (part, rest) = path[digits..].split_at(path[..digits].parse().unwrap());
        if !rest.is_empty()
            && (module.join(part).is_dir() || module.join(part).with_extension("rs").is_file())
        {
            module.push(part);
        } else if !part.starts_with("_$u7b$$u7b$") {
            function = part;
        }
        path = rest;
    }
    let files = [
        module.with_extension("rs"),
        module.join("mod.rs"),
        src.join("lib.rs"),
        src.join("main.rs"),
    ];
    let has = |text: String| {
        ["(", "<"]
            .iter()
            .any(|behind| text.contains(&format!("fn {function}{behind}")))
    };
    files
        .iter()
        .any(|file| fs::read_to_string(file).is_ok_and(has))
}

#[test]
fn the_command_tree_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn a_command_is_listed_with_the_first_line_of_its_own_help() {
    let listed = Cli::command();
    let mut built = listed.clone();
    built.build();
    for command in listed.get_subcommands() {
        let own = built.find_subcommand(command.get_name()).unwrap();
        assert_eq!(
            command.get_about().unwrap().to_string(),
            own.get_about().unwrap().to_string()
        );
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
