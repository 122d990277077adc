//! The README and docs: examples in `console` blocks are run and print what they show; every other command is one that the
//! program accepts.
//!
//! In a block, `$ ` starts a command line, which `sh` runs; the lines after it are what it prints to stdout and stderr. A line
//! `…` stands for any lines, and `…` within a line for any text. The blocks of a page share one directory.

use std::fs;
use std::path::Path;

use clap::error::ErrorKind;
use lineage::cli;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::sandbox::Sandbox;

/// Pages whose commands are checked, relative to the repository. `docs/cli.md` is generated.
fn pages() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let names = docs.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_page =
        |name: &String| Path::new(name).extension() == Some("md".as_ref()) && name != "cli.md";
    let mut pages: Vec<_> = names
        .filter(is_page)
        .map(|it| format!("docs/{it}"))
        .collect();
    pages.sort();
    pages.push("README.md".to_owned());
    pages
}

/// The code of a page: its language (`inline` for a code span) and text.
fn code_of(page: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let (mut found, mut block) = (Vec::new(), None);
    for event in Parser::new(&text) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                block = Some((language, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => found.extend(block.take()),
            Event::Code(code) => found.push(("inline".to_owned(), code.to_string())),
            Event::Text(text) => {
                if let Some((_, code)) = &mut block {
                    *code += &text;
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn examples_print_what_the_pages_show() {
    for page in pages() {
        let sandbox = Sandbox::new();
        for (language, block) in code_of(&page) {
            if language == "console" {
                run_block(&sandbox, &page, &block);
            }
        }
    }
}

fn run_block(sandbox: &Sandbox, page: &str, block: &str) {
    for example in format!("\n{block}").split("\n$ ").skip(1) {
        let (command, expected) = example.split_once('\n').unwrap_or((example, ""));
        let printed = run_line(sandbox, command);
        assert!(
            matches(printed.trim_end(), expected.trim_end()),
            "{page}: $ {command}\n--- expected\n{expected}\n--- printed\n{printed}"
        );
    }
}

fn run_line(sandbox: &Sandbox, line: &str) -> String {
    let program = assert_cmd::cargo::cargo_bin!("lineage");
    let bin = program.parent().unwrap().to_str().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = sandbox.command("sh");
    command.env("PATH", format!("{bin}:{path}"));
    let output = command.args(["-c", &format!("exec 2>&1; {line}")]).output();
    String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
}

/// Whether a text fits a pattern in which `…` stands for any text.
fn matches(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

#[test]
fn every_command_in_the_pages_is_accepted() {
    let mut checked = 0;
    for page in pages() {
        for (language, code) in code_of(&page) {
            for words in commands_in(&code) {
                check_command(&page, &words, language == "inline");
                checked += 1;
            }
        }
    }
    assert!(checked > 50, "only {checked} commands were found");
}

/// The commands of a script that start with `lineage`, as words. Line continuations are joined; shell syntax ends a command.
fn commands_in(code: &str) -> Vec<Vec<String>> {
    let code = code.replace("\\\n", " ");
    let starts = code.match_indices("lineage ").map(|(at, _)| at);
    let is_command = |&at: &usize| {
        let before = code[..at].trim_end_matches(' ');
        at == 0 || before.is_empty() || before.ends_with(['\n', '(', '|', ';', '&', '$'])
    };
    let command = |at: usize| {
        let line = code[at..].lines().next().unwrap_or_default();
        let end = line
            .find([')', '|', ';', '&', '>', '<', '#'])
            .unwrap_or(line.len());
        shlex::split(&line[..end])
    };
    starts.filter(is_command).filter_map(command).collect()
}

/// Within a sentence, a command may lack what it needs. Help and placeholders (`COMMAND`, `…`, `[…]`) need no check.
fn check_command(page: &str, words: &[String], is_inline: bool) {
    let is_placeholder = |word: &String| word == "COMMAND" || word.contains(['…', '[']);
    if words.iter().any(is_placeholder) {
        return;
    }
    if let Err(error) = cli::program().try_get_matches_from(words) {
        let is_fine = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
            ErrorKind::MissingRequiredArgument => is_inline,
            _ => false,
        };
        assert!(is_fine, "{page}: {}\n{error}", words.join(" "));
    }
}
