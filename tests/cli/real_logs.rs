//! The logs that a real harness wrote, where they are at hand: `../shared/data/cxcscmu` beside the checkout, or the directory
//! in `LINEAGE_REAL_LOGS`. Skipped, and said, where they are not.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::sandbox::{Sandbox, skipped};

fn real(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cxcscmu");
    let root = std::env::var_os("LINEAGE_REAL_LOGS").map_or(beside, PathBuf::from);
    let path = root.join(name);
    if !path.join("results.tsv").exists() {
        skipped(&format!("no {name} in {}", root.display()));
        return None;
    }
    Some(path)
}

fn lineage(store: &Path, line: &str) -> String {
    // Not by --store: a prompt repeats that flag in its commands, and the path differs from machine to machine.
    let sandbox = Sandbox::new();
    let args = [&line.split(' ').collect::<Vec<_>>()[..], &["-q"]].concat();
    let mut command = sandbox.lineage(&args);
    let output = command.env("LINEAGE_STORE", store).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "lineage {line}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(store: &Path, line: &str) -> Value {
    serde_json::from_str(&lineage(store, &format!("{line} --format json"))).unwrap()
}

#[test]
fn the_best_is_the_best_that_the_harness_found() {
    for (name, flags, id, score) in [
        ("pg_ablation_lineage_on", "", "176", "1.073142"),
        (
            "pg_ablation_lineage_on",
            " --metric val_bpb --direction minimize",
            "176",
            "1.073142",
        ),
        ("pg_ablation_lineage_off", "", "075", "1.077413"),
        ("nanochat_d12", "", "156", "0.224400"),
        (
            "nanochat_d12",
            " --metric core_metric --direction maximize",
            "156",
            "0.224400",
        ),
    ] {
        let Some(store) = real(name) else { return };
        assert_eq!(
            lineage(&store, &format!("best --field exp_id{flags}")),
            format!("{id}\n"),
            "{name}"
        );
        assert_eq!(
            lineage(&store, &format!("best --field metric{flags}")),
            format!("{score}\n"),
            "{name}"
        );
        let log = store.join("results.tsv");
        assert_eq!(
            lineage(&log, &format!("best --field exp_id{flags}")),
            format!("{id}\n"),
            "{name}, the bare log"
        );
    }
}

#[test]
fn the_outcomes_are_counted_as_they_are() {
    for (name, wanted) in [
        (
            "pg_ablation_lineage_on",
            &[
                ("keep", 16),
                ("discard", 124),
                ("eval_budget_overrun", 38),
                ("crash", 11),
                ("size_blocked", 11),
                ("baseline", 1),
            ][..],
        ),
        (
            "pg_ablation_lineage_off",
            &[("keep", 3), ("eval_budget_overrun", 123)],
        ),
        (
            "nanochat_d12",
            &[
                ("discard", 177),
                ("preflight_crash", 13),
                ("train_budget_overrun", 5),
            ],
        ),
    ] {
        let Some(store) = real(name) else { return };
        let stats = json(&store, "stats");
        for (status, trials) in wanted {
            assert_eq!(
                stats["status"][status]["trials"].as_u64(),
                Some(*trials),
                "{name}: {status}"
            );
        }
    }
}

#[test]
fn the_hours_without_a_score_are_those_of_the_study() {
    let Some(store) = real("pg_ablation_lineage_on") else {
        return;
    };
    let stats = lineage(&store, "stats");
    assert!(
        stats.contains("compute    79.3 h; 21.9 h (27.6 %) produced no usable score"),
        "{stats}"
    );
}

#[test]
fn parents_written_with_a_prefix_leave_no_orphan() {
    let Some(store) = real("pg_ablation_lineage_off") else {
        return;
    };
    let tree = lineage(&store, "tree");
    assert!(!tree.contains("is missing"), "{tree}");
    assert_eq!(
        tree.lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            .count(),
        1
    );
}

#[test]
fn the_tree_is_row_for_row_that_of_the_harness() {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    for name in ["pg_ablation_lineage_on", "nanochat_d12"] {
        let Some(store) = real(name) else { return };
        let cells = |text: &str| -> Vec<Vec<String>> {
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(b'\t')
                .has_headers(false)
                .from_reader(text.as_bytes());
            reader
                .records()
                .map(|row| row.unwrap().iter().map(squeeze).collect())
                .collect()
        };
        let wanted = cells(&fs::read_to_string(store.join("tree.tsv")).unwrap());
        let found = cells(&lineage(&store, "tree --format tsv"));
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            // Names were taken out of the released files, in one not quite as in the other.
            let differs = name == "nanochat_d12"
                && ["039", "040", "041", "061", "135", "197", "198"].contains(&&*found[0]);
            let cells = if differs { 8 } else { 9 };
            assert_eq!(found[..cells], wanted[..cells], "{name}");
        }
    }
}

/// The cells of a Markdown table below a heading, without the ticks of code.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let below = page
        .split_once(heading)
        .unwrap_or_else(|| panic!("no {heading}"))
        .1;
    let rows = below
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        row.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect()
    };
    rows.skip(2).map(cells).collect()
}

/// The same cells, and hypotheses that begin alike.
fn assert_same_rows(found: &[Vec<String>], wanted: &[Vec<String>]) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        let last = wanted.len() - 1;
        assert_eq!(found[..last], wanted[..last]);
        let squeeze = |text: &str| text.split_whitespace().collect::<String>();
        let (found, wanted) = (squeeze(&found[last]), squeeze(&wanted[last]));
        let start = found.trim_end_matches('…');
        let start: String = start.chars().take(45).collect();
        assert!(
            start.len() > 14 && wanted.starts_with(&start),
            "{found}: {wanted}"
        );
    }
}

#[test]
fn the_prompt_has_the_rows_that_the_harness_showed() {
    let Some(store) = real("pg_ablation_lineage_on") else {
        return;
    };
    let shown = fs::read_to_string(store.join("example_prompt_tok_after_178.txt")).unwrap();
    let page = lineage(&store, "render --for tok --as-of 178");
    assert!(
        page.contains("specialist **tok**")
            && page.contains("Current best: **176** (val_bpb = 1.073142")
    );
    // Alone, a table shows every text; in the whole prompt, none is repeated.
    let only = |section: &str| {
        let line = format!("render --for tok --as-of 178 --sections {section}");
        table(&lineage(&store, &line), "## ")
    };
    let wanted = table(&shown, "## Top 20 Kept Trials");
    assert_same_rows(&only("leaderboard"), &wanted);
    let ids = |rows: &[Vec<String>]| rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&table(&page, "## Leaderboard")), ids(&wanted));
    let mut wanted = table(&shown, "## Recent Activity");
    for row in &mut wanted {
        if row[2] != "keep" && row[2] != "discard" && row[3] != "—" {
            row[3] += " (invalid)";
        }
    }
    let mut found = only("recent");
    for row in &mut found {
        let status = row[2].split(':').next().unwrap().to_owned();
        row[2] = status;
    }
    assert_same_rows(&found, &wanted);
    let chain = |page: &str, prefix: &str| -> Vec<String> {
        let lines = page
            .lines()
            .map(|line| line.trim().trim_start_matches("└─ "));
        let id = |line: &str| Some(line.strip_prefix(prefix)?.split_once(" [")?.0.to_owned());
        lines
            .skip_while(|line| !line.starts_with("```"))
            .take_while(|line| !line.starts_with("##"))
            .filter_map(id)
            .collect()
    };
    let wanted = chain(shown.split_once("Current-best lineage").unwrap().1, "exp_");
    let found = chain(page.split_once("## Chain").unwrap().1, "");
    assert_eq!(found, wanted);
    assert!(page.contains("← BEST\n```"), "{page}");
    let ids = |page: &str, prefix: &str| -> Vec<String> {
        let line = |line: &str| Some(line.strip_prefix(prefix)?.get(..3)?.to_owned());
        page.lines().filter_map(line).collect()
    };
    let full = page
        .split_once("in full, newest first")
        .unwrap()
        .1
        .split_once("\n## ")
        .unwrap()
        .0;
    assert_eq!(ids(full, "- "), ids(&shown, "- exp_"));
}

#[test]
fn the_past_is_rendered_again_as_it_was() {
    for name in [
        "pg_ablation_lineage_on",
        "pg_ablation_lineage_off",
        "nanochat_d12",
    ] {
        let Some(store) = real(name) else { return };
        let log = fs::read_to_string(store.join("results.tsv")).unwrap();
        for rows in [2, 51, 101, 151, 190] {
            let sandbox = Sandbox::new();
            fs::create_dir(sandbox.path("then")).unwrap();
            let then: String = log.split_inclusive('\n').take(rows).collect();
            fs::write(sandbox.path("then/results.tsv"), then).unwrap();
            let direction = if name == "nanochat_d12" {
                "maximize"
            } else {
                "minimize"
            };
            let flags = format!("render --for opt --direction {direction}");
            let past = lineage(&sandbox.path("then"), &flags);
            assert_eq!(
                lineage(&store, &format!("{flags} --as-of {}", rows - 2)),
                past,
                "{name} after {rows} rows"
            );
        }
    }
}

/// FNV-1a: a golden file of a prompt would be a copy of the log's texts.
fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[test]
fn the_prompts_of_the_real_logs_are_what_they_were() {
    let mut found = String::new();
    for (name, reader) in [
        ("pg_ablation_lineage_on", "tok"),
        ("pg_ablation_lineage_off", "opt"),
        ("nanochat_d12", "sys"),
    ] {
        let Some(store) = real(name) else { return };
        for trial in [1, 50, 100, 150, 200] {
            let page = lineage(&store, &format!("render --for {reader} --as-of {trial}"));
            assert!(page.len() <= 16_000, "{name} as of {trial}: {}", page.len());
            found += &format!(
                "{name} {reader} as of {trial:03}: {} bytes, {}\n",
                page.len(),
                fingerprint(&page)
            );
        }
    }
    insta::assert_snapshot!(found);
}

/// Every section fits into the default budget, and at least as many trials are shown as when it was half as large again.
#[test]
fn the_default_budget_has_room_for_all_sections_and_many_trials() {
    for (name, reader, trials) in [
        ("nanochat_d12", "sys", [36, 41, 41, 41, 44]),
        ("pg_ablation_lineage_off", "opt", [32, 38, 43, 46, 41]),
        ("pg_ablation_lineage_on", "tok", [35, 44, 51, 55, 52]),
    ] {
        let Some(store) = real(name) else { return };
        for (as_of, at_least) in [40, 80, 120, 160, 200].into_iter().zip(trials) {
            let page = lineage(&store, &format!("render --for {reader} --as-of {as_of}"));
            assert!(
                !page.contains("more row") && !page.contains("Trimmed"),
                "{name} as of {as_of}: {page}"
            );
            let shown = (0..=as_of).filter(|id| {
                let id = format!("{id:03}");
                page.lines().any(|line| {
                    let text = line.trim_start_matches(['└', '─', '|', '-', ' ']);
                    text.starts_with(&id) || line.contains(&format!("most recently {id}"))
                })
            });
            assert!(shown.count() >= at_least, "{name} as of {as_of}: {page}");
        }
    }
}
