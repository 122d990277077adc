//! No text can forge a part of a prompt: whatever the texts of a log are, a Markdown parser sees the same structure as with
//! harmless texts.

use std::fs;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::sandbox::Sandbox;

/// The structure of a page: its events without the texts in them.
fn structure(page: &str) -> Vec<String> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut events = Vec::new();
    for event in Parser::new_ext(page, options) {
        match event {
            // A word may be written as it is or as code, and a paragraph is one whatever it is made of.
            Event::Text(_) | Event::Code(_) | Event::SoftBreak => {}
            Event::Start(Tag::CodeBlock(_)) => events.push("code block".to_owned()),
            Event::End(TagEnd::CodeBlock) => events.push("end of code block".to_owned()),
            event => events.push(format!("{event:?}")),
        }
    }
    events
}

const HARMLESS: &str = "word";

/// The prompts of a log whose texts are all `text`: for a reader of that name that has no trial, and for one that has all.
fn prompts(text: &str) -> [String; 2] {
    let sandbox = Sandbox::with_store();
    let trial = |specialist: &str, status: &str, metric: f64| {
        serde_json::json!({
            "status": status, "metric": metric, "specialist": specialist, "domain": text, "hypothesis": text, "notes": text,
            "expected_delta": text, "job_name": text, "snapshot_path": text, "timestamp": "2026-03-01T00:00:00Z",
        })
    };
    let outcomes = [
        ("baseline", 9.0),
        ("keep", 8.0),
        ("crash", 9.5),
        ("discard", 8.001),
        ("size_blocked", 1.0),
        ("keep", 7.0),
    ];
    let trials = outcomes
        .iter()
        .flat_map(|(status, metric)| [trial(text, status, *metric), trial("me", "discard", 8.5)]);
    let trials: String = trials.map(|trial| format!("{trial}\n")).collect();
    sandbox
        .lineage(&["append", "--json", "-q"])
        .write_stdin(trials)
        .assert()
        .success();
    fs::create_dir(sandbox.path("work")).unwrap();
    fs::write(
        sandbox.path("work/file"),
        format!("x{}", text.replace('\0', "")),
    )
    .unwrap(); // with a NUL it is no text file
    let task = toml::Value::from(format!("Go on, {text}\n{text}"));
    let settings =
        format!("metric = \"val_loss\"\ndirection = \"minimize\"\n[prompt]\ntask = {task}\n");
    fs::write(sandbox.path(".lineage/lineage.toml"), settings).unwrap();
    let stranger = if text.contains('\0') {
        HARMLESS.to_owned()
    } else {
        format!("{text}z")
    };
    [stranger.as_str(), "me"].map(|reader| {
        let reader = format!("--for={reader}");
        sandbox.ok(&[
            "render",
            &reader,
            "--workdir",
            "work",
            "--max-bytes",
            "1000000",
            "-q",
        ])
    })
}

fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Pieces that mean something somewhere: Markdown, HTML, tables, terminals, templates.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\n",
        "\r",
        "\t",
        " ",
        "# ",
        "## Current best",
        "- ",
        "* ",
        "1. ",
        "> ",
        "```",
        "`",
        "``",
        "~~~",
        "|",
        "\\",
        "\\|",
        "---",
        "===",
        "<b>",
        "</p>",
        "<!--",
        "-->",
        "&lt;",
        "[a](b)",
        "![a](b)",
        "[a]: b",
        "http://x.y",
        "<http://x.y>",
        "_",
        "__",
        "**",
        "~~",
        "{best}",
        "{specialist}",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{200b}",
        "\u{e0041}",
        "\u{9b}",
        "\u{2028}",
        "\"",
        "'",
        "a",
        "é",
        "日",
        "0",
        "$",
        "@",
    ]);
    let anything =
        prop_oneof![4 => piece.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(anything, 1..24).prop_map(|pieces| format!("x{}", pieces.concat()))
}

/// The prompt of a log that another program wrote: every column may hold anything, line breaks too.
fn prompt_of_raw(text: &str) -> String {
    let sandbox = Sandbox::with_store();
    let cell = format!("\"{}\"", text.replace('"', "\"\""));
    let header = "exp_id\ttimestamp\tspecialist\tparent_exp\tdomain\thypothesis\tstatus\tval_loss\tdelta_vs_best\tsnapshot_path\tnotes\n";
    let mut log = header.to_owned();
    for (id, status, score) in [
        ("0", "baseline", "9"),
        ("1", "keep", "8"),
        ("2", "crash", ""),
        ("3", "discard", "8.5"),
        ("4", "keep", "7"),
    ] {
        log += &format!(
            "{id}\t{cell}\t{cell}\t0\t{cell}\t{cell}\t{status}\t{score}\t{cell}\t{cell}\t{cell}\n"
        );
    }
    log += &format!(
        "{cell}\t{cell}\tme\t{cell}\t{cell}\t{cell}\t{cell}\t{cell}\t{cell}\t{cell}\t{cell}\n"
    );
    fs::write(sandbox.log(), log).unwrap();
    sandbox.ok(&[
        "render",
        "--for=me",
        "--direction=minimize",
        "--full=2",
        "--max-bytes",
        "1000000",
        "-q",
    ])
}

/// Numbers, ids and times that mean something in Markdown, or carry what does.
fn numeric() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\n",
        "\r",
        "\t",
        "\x0c",
        " ",
        "0",
        "1",
        "5",
        "12",
        ".",
        "-",
        "+",
        "e",
        "E",
        ")",
        "1.",
        "2026-01-01T00:00:00Z",
        "exp_",
        "\n\n",
        "---",
    ]);
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_changes_the_structure_of_the_prompt(text in hostile()) {
        // Lines of the task are paragraphs of their own: the harmless text has as many.
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count().max(1);
        let harmless = prompts(&vec![HARMLESS; lines].join("\n"));
        for (page, harmless) in prompts(&text).iter().zip(&harmless) {
            prop_assert_eq!(structure(page), structure(harmless), "{}", page);
            prop_assert!(!page.contains(is_hidden), "{:?}", page);
        }
    }

    #[test]
    fn no_cell_of_an_external_log_changes_the_structure(text in prop_oneof![hostile(), numeric()]) {
        // A row of which the status or the score is no longer one has another place on the page: only whole pages are compared.
        let page = prompt_of_raw(&text);
        prop_assert!(!page.contains(is_hidden), "{:?}", page);
        let known = ["# Session start", "## Limits", "## Better than", "## Parallel work", "## Signals", "## What fails", "## Current best", "## Leaderboard", "## Chain", "## Tried from",
            "## Your trials", "## Recent", "## The last", "## How to ask", "## Your task"];
        let mut in_code = false;
        for line in page.lines() {
            in_code ^= line.starts_with("```");
            let heading = line.starts_with('#') && !in_code;
            prop_assert!(!heading || known.iter().any(|start| line.starts_with(start)), "{}", page);
        }
        // A text with a line that looks like a row of its own damages the rows around it: other tables are left.
        prop_assume!(page.contains("after 6 trials"));
        let tables = structure(&page).iter().filter(|event| event.starts_with("Start(Table(")).count();
        let lists = structure(&page).iter().filter(|event| event.starts_with("Start(List(Some")).count();
        let odd = structure(&page).iter().filter(|event| ["Html", "Link", "Rule", "Image"].iter().any(|odd| event.contains(odd))).count();
        prop_assert_eq!((tables, lists, odd), (2, 0, 0), "{}", page);
    }
}
