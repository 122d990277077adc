//! The insights in a prompt: they keep their Markdown, and nothing in them hides a section or is cut.

use pulldown_cmark::{Event, Parser, Tag};

use crate::sandbox::Sandbox;

fn render(insights: &str, flags: &[&str]) -> String {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline", "--metric", "1", "-q"]);
    sandbox.write(".lineage/insights.md", insights);
    sandbox.ok(&[&["render", "--for", "opt", "-q"], flags].concat())
}

/// The headings of a page that are in no other block.
fn headings(page: &str) -> Vec<&str> {
    let (mut headings, mut depth) = (Vec::new(), 0);
    for (event, range) in Parser::new(page).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 && matches!(tag, Tag::Heading { .. }) {
                    headings.push(page[range].trim_end());
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    headings
}

#[test]
fn nothing_open_hides_a_section() {
    for text in [
        "````\n```\n",
        "```lr=3e-4``` works best\n",
        "Use:\n\n    ```\n\nthen\n",
        "```\na\n``` b\n",
        "~~~~\n~~~\n",
        "- a\n  - b\n    ```\n    c\n",
        "1. a\n\n   ~~~\n   b",
        "> quoted\n> ```\n> open",
        "<!-- a comment\n\nthat goes on",
        "<div>\n\nopen",
        "<pre>\n\ncode",
        "<script>\nlet x;\n\n",
        "<style>\n\n",
        "<textarea>\n\n",
        "<?php\n\n",
        "<![CDATA[\n\n",
        "<!DOCTYPE\n\n",
        "```\n<!--\n",
        "<!--\n```\n",
        "a\n---",
        "a\n===",
        "[a]: <b",
        "| a |\n| - |\n",
        "    ```\n",
        "\t~~~\n",
        "`` open code",
        "**open",
        "\\",
        "- ```\n",
        "```\u{202e}\n",
    ] {
        let page = render(text, &[]);
        let found = headings(&page);
        for heading in [
            "# Session start",
            "## Key insights",
            "## How to ask for more",
            "## Your task this session",
        ] {
            assert!(
                found.contains(&heading),
                "{heading} is hidden by {text:?}:\n{page}"
            );
        }
    }
}

#[test]
fn markdown_that_is_closed_is_shown_as_it_is() {
    let text = "* lower lr helps\n\n```python\nlr = 3e-4\n```\n\n<details>\n\nmore\n\n</details>";
    assert!(render(text, &[]).contains(&format!("## Key insights\n\n{text}\n")));
    let page = render("```\nan open fence\u{202e}", &[]);
    assert!(
        page.contains("```\nan open fence\\u{202e}\n```\n"),
        "{page}"
    );
}

/// A reference would give a meaning to text that follows; a parser would see it, but no heading changes.
#[test]
fn insights_are_shown_whole_or_not_at_all() {
    let insight =
        |n: u32| format!("* insight {n}: what was learnt of it, in a line of its own\n\n");
    let text: String = (0..100).map(insight).collect();
    let page = render(&text, &[]);
    assert!(page.contains(text.trim_end()), "{page}");
    let page = render(&text, &["--max-bytes", "4000"]);
    assert!(!page.contains("insight 0"), "{page}");
    assert!(
        page.contains("Trimmed: `lineage render --for opt --sections insights"),
        "{page}"
    );
}
