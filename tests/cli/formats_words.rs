//! The words of verdicts, as the rules list them.

use lineage::import::verdicts::{self, Verdict, VerdictKind};

#[test]
fn every_word_of_the_tables_becomes_its_status() {
    for (means, words) in verdicts::VERDICT_WORDS {
        for word in words.split_whitespace() {
            let spaced = word.replace('_', " ");
            for spelling in [
                word.to_owned(),
                word.to_uppercase(),
                spaced.clone(),
                format!("{spaced} (why)"),
            ] {
                assert_eq!(
                    verdicts::parse_verdict(&spelling, VerdictKind::Words),
                    Some(means),
                    "{spelling}"
                );
            }
        }
    }
    assert_eq!(
        verdicts::parse_verdict("curriculum_0.67", VerdictKind::Words),
        None
    );
}

#[test]
fn the_page_of_the_rules_has_every_word() {
    let page = include_str!("../../docs/external-logs.md");
    for (means, words) in verdicts::VERDICT_WORDS {
        let row = match means {
            Verdict::Status(status) => format!("| `{}` | ", status.name()),
            Verdict::Completed => "| completed | ".to_owned(),
            Verdict::Stopped => "| stopped | ".to_owned(),
        };
        let cell = page
            .split_once(&row)
            .unwrap_or_else(|| panic!("no row {row}"))
            .1
            .lines()
            .next()
            .unwrap();
        let told: Vec<&str> = cell
            .split([' ', ':', '|'])
            .filter(|word| !word.is_empty())
            .collect();
        let missing: Vec<&str> = words
            .split_whitespace()
            .filter(|word| !told.contains(word))
            .collect();
        assert!(missing.is_empty(), "{row} lacks {missing:?}");
    }
}
