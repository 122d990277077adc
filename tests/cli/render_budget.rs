//! The byte budget of a prompt and the memory that it takes.

use crate::render::{LOGS, fixture};
use crate::sandbox::Sandbox;

fn is_trim_note(line: &str) -> bool {
    line.starts_with("Trimmed")
        || line.contains(" row: `lineage ")
        || line.contains(" rows: `lineage ")
}

#[test]
fn any_byte_budget_is_kept_and_no_row_is_cut() {
    for name in LOGS {
        let sandbox = fixture(name);
        let whole = sandbox.ok(&["render", "--for", "opt", "-q", "--max-bytes", "10000000"]);
        for max in [
            0, 100, 400, 700, 1000, 1500, 2000, 3000, 4500, 6000, 9000, 12_000, 17_000, 23_000,
        ] {
            let output = sandbox
                .lineage(&[
                    "render",
                    "--for",
                    "opt",
                    "-q",
                    "--max-bytes",
                    &max.to_string(),
                ])
                .output()
                .unwrap();
            let page = String::from_utf8(output.stdout).unwrap();
            if output.status.success() {
                assert!(page.len() <= max, "{name}: {} of {max} bytes", page.len());
                for line in page.lines().filter(|line| !is_trim_note(line)) {
                    assert!(
                        whole.lines().any(|known| known == line),
                        "{name} at {max}: {line}"
                    );
                }
            } else {
                let stderr = String::from_utf8(output.stderr).unwrap();
                assert!(
                    page.is_empty() && stderr.contains("cannot trim"),
                    "{name} at {max}: {stderr}"
                );
                assert!(max <= 1500, "{name}: {stderr}");
            }
        }
    }
}

#[test]
fn at_the_defaults_no_log_gives_more_than_16_kb() {
    for name in LOGS {
        let page = fixture(name).ok(&["render", "--for", "opt", "-q"]);
        assert!(page.len() <= 16_000, "{name}: {}", page.len());
    }
}

#[test]
fn the_suggested_command_shows_the_trimmed_rows() {
    let sandbox = fixture("crowded");
    let page = sandbox.ok(&[
        "render",
        "--for",
        "opt",
        "--max-bytes",
        "5000",
        "--as-of",
        "100",
        "-q",
    ]);
    let whole = sandbox.ok(&[
        "render",
        "--for",
        "opt",
        "--as-of",
        "100",
        "-q",
        "--max-bytes",
        "1000000",
    ]);
    let commands: Vec<_> = page
        .lines()
        .filter_map(|line| {
            line.split_once(": `lineage ")
                .filter(|_| is_trim_note(line))?
                .1
                .split_once('`')
        })
        .collect();
    assert!(commands.len() > 1, "{page}");
    // Alone, a section shows in its own place what the others showed before.
    for (command, _) in commands {
        let shown = sandbox.ok(&command.split(' ').collect::<Vec<_>>());
        let title = shown.lines().next().unwrap();
        let title = title.split([':', ',']).next().unwrap();
        let section = whole
            .split("\n## ")
            .find(|section| title.ends_with(section.split([':', ',', '\n']).next().unwrap()));
        let section = section.unwrap_or_else(|| panic!("no {title} in {whole}"));
        for id in ids(section) {
            assert!(
                ids(&shown).contains(&id),
                "{id} is missing in {command}: {shown}"
            );
        }
    }
}

/// The ids that lines or cells start with.
fn ids(text: &str) -> Vec<String> {
    let is_id = |word: &&str| word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit());
    let words = text.split([' ', '\n', '|', '`']);
    words.filter(is_id).map(str::to_owned).collect()
}

#[test]
fn a_long_search_stays_within_the_default_budget() {
    let sandbox = Sandbox::with_store();
    let trial = |n: u16| {
        let (status, score) = if n % 32 == 1 {
            ("keep", 9.0 - 1e-4 * f64::from(n))
        } else {
            ("discard", 9.5)
        };
        let text = format!(
            "trial {n} changes the schedule, and says in a line or two what it expects of that: {}",
            "x".repeat(usize::from(n % 400))
        );
        format!(
            "{{\"status\":\"{status}\",\"metric\":{score},\"specialist\":\"s{}\",\"hypothesis\":\"{text}\",\"notes\":\"{text}\"}}\n",
            n % 7
        )
    };
    let trials: String = std::iter::once("{\"status\":\"baseline\",\"metric\":10}\n".to_owned())
        .chain((1..1000).map(trial))
        .collect();
    sandbox
        .lineage(&["append", "--json", "-q"])
        .write_stdin(trials)
        .assert()
        .success();
    let settings = "metric = \"val_loss\"\ndirection = \"minimize\"\n[prompt]\nstuck_after = 5\n";
    sandbox.write(".lineage/lineage.toml", settings);
    let page = sandbox.ok(&["render", "--for", "s3"]);
    assert!(page.len() <= 16_000, "{}", page.len());
    for heading in [
        "Signals",
        "Current best",
        "Leaderboard",
        "Chain",
        "Tried from the best",
        "Your trials",
        "Recent",
        "in full",
        "Your task",
    ] {
        assert!(
            page.lines()
                .any(|line| line.starts_with("## ") && line.contains(heading)),
            "no {heading}:\n{page}"
        );
    }
}

/// Only a few of twelve megabytes of notes are shown.
#[test]
#[cfg(target_os = "linux")]
fn failures_are_searched_for_reasons_without_keeping_them_in_memory() {
    let sandbox = Sandbox::new();
    let mut log = "exp_id\tparent_exp\tstatus\tcore_metric\tnotes\n001\t\tkeep\t1.5\t\n".to_owned();
    for (exp, status) in (2..42).zip(["crash", "eval_budget_overrun"].into_iter().cycle()) {
        log += &format!(
            "{exp:03}\t001\t{status}\t\t{} | RuntimeError: {} again\n",
            "plan ".repeat(60_000),
            "x".repeat(exp)
        );
    }
    sandbox.write("results.tsv", log);
    let render = [
        "render",
        "--for",
        "opt",
        "--recent",
        "1",
        "--full",
        "1",
        "--without",
        "children",
        "--metric",
        "core_metric",
    ];
    let page = sandbox.ok(&[&render[..], &["--store", "results.tsv"]].concat());
    assert!(
        page.contains(&format!("RuntimeError: {} again", "x".repeat(41))),
        "{page}"
    );
    let limited = "ulimit -d 10000 && exec \"$0\" \"$@\" --store results.tsv";
    let mut shell = std::process::Command::new("sh");
    shell
        .current_dir(sandbox.path(""))
        .args(["-c", limited, env!("CARGO_BIN_EXE_lineage")])
        .args(render);
    let output = shell.output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        page,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Sixty rows of megabytes: only what is shown of them is held.
#[test]
#[cfg(target_os = "linux")]
fn long_rows_are_not_held_in_memory() {
    let sandbox = Sandbox::new();
    let mut log = "exp_id\tparent_exp\tstatus\tval_loss\thypothesis\tnotes\n".to_owned();
    for id in 0..60 {
        let status = ["keep", "discard", "crash"][id % 3];
        let notes = "word ".repeat(300_000);
        log += &format!("{id}\t0\t{status}\t{}\tidea {id}\t{notes}\n", 100 - id);
    }
    sandbox.write("results.tsv", log);
    let limited =
        "ulimit -d 40000 && exec \"$0\" render --for opt --store results.tsv -q --metric val_loss";
    let mut shell = std::process::Command::new("sh");
    let shell =
        shell
            .current_dir(sandbox.path(""))
            .args(["-c", limited, env!("CARGO_BIN_EXE_lineage")]);
    let output = shell.output().unwrap();
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(
        page.contains("`idea 59`"),
        "{page} {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
