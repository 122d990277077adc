//! The prompt: its byte budget, its record, and that it depends only on the log and the flags.

use std::{fs, path::Path};

use insta::assert_snapshot;
use serde_json::Value;

use crate::sandbox::Sandbox;

/// A store with the log and the settings of a fixture.
fn fixture(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    fs::create_dir(sandbox.path(".lineage")).unwrap();
    for file in ["results.tsv", "lineage.toml", "insights.md"] {
        if from.join(file).exists() {
            fs::copy(from.join(file), sandbox.path(".lineage").join(file)).unwrap();
        }
    }
    sandbox
}

fn is_trim_note(line: &str) -> bool {
    line.starts_with("Trimmed")
        || line.contains(" row: `lineage ")
        || line.contains(" rows: `lineage ")
}

const LOGS: [&str; 9] = [
    "small",
    "empty",
    "damaged",
    "odd_parents",
    "hostile",
    "recorded",
    "crowded",
    "failing",
    "long_texts",
];

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
fn at_the_defaults_no_log_gives_more_than_24_kb() {
    for name in LOGS {
        let page = fixture(name).ok(&["render", "--for", "opt", "-q"]);
        assert!(page.len() <= 24_000, "{name}: {}", page.len());
    }
}

#[test]
fn the_same_log_gives_the_same_bytes_everywhere() {
    for name in LOGS {
        let sandbox = fixture(name);
        let wanted = sandbox.ok(&["render", "--for", "opt", "-q"]);
        let copy = fixture(name);
        fs::create_dir_all(copy.path("elsewhere/deep")).unwrap();
        fs::rename(copy.path(".lineage"), copy.path("elsewhere/.lineage")).unwrap();
        let mut command = copy.lineage(&["render", "--for", "opt", "-q"]);
        command.current_dir(copy.path("elsewhere/deep"));
        for (name, value) in [
            ("LC_ALL", "tr_TR.UTF-8"),
            ("TZ", "Asia/Kathmandu"),
            ("COLUMNS", "50"),
            ("LANG", "de_DE.UTF-8"),
        ] {
            command.env(name, value);
        }
        let found = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert_eq!(found, wanted, "{name}");
        assert!(
            !wanted.contains(&*sandbox.path("").to_string_lossy()),
            "{name}: a path of the machine"
        );
    }
}

#[test]
fn a_past_prompt_can_be_rendered_again() {
    let sandbox = fixture("small");
    let shown = sandbox.ok(&["render", "--for", "opt", "--save", "-q"]);
    let saved = fs::read_to_string(sandbox.path(".lineage/prompts/012_opt.md")).unwrap();
    assert_eq!(shown, saved);
    for n in 0..50 {
        let status = ["auto", "crash", "harness_abort", "auto"][n % 4];
        sandbox.ok(&[
            "append",
            "--status",
            status,
            "--metric",
            &format!("3.1{n}"),
            "--specialist",
            "opt",
        ]);
    }
    assert_ne!(sandbox.ok(&["render", "--for", "opt", "-q"]), saved);
    assert_eq!(
        sandbox.ok(&["render", "--for", "opt", "--as-of", "012", "-q"]),
        saved
    );
}

#[test]
fn a_record_has_the_prompt_and_its_trials() {
    let sandbox = fixture("small");
    let page = sandbox.ok(&["render", "--for", "opt", "--top", "2", "-q"]);
    let record: Value = serde_json::from_str(
        &sandbox.ok(&["render", "--for", "opt", "--top", "2", "--format", "json"]),
    )
    .unwrap();
    assert_eq!(record["rendered_prompt"], page);
    assert_eq!(record["current_best"]["exp_id"], "010");
    assert_eq!(record["chain_to_best"].as_array().unwrap().len(), 4);
    assert_eq!(record["top_k_leaderboard"].as_array().unwrap().len(), 2);
    assert_eq!(record["recent_n_activity"][0]["exp_id"], "012");
    assert_eq!(
        record["last_m_with_full_hypothesis"]
            .as_array()
            .unwrap()
            .len(),
        10
    );
    assert_eq!(record["flags"]["top"], 2);
    assert_eq!(record["as_of"], "012");
    assert!(record["saved"].is_null() && record["version"].is_string());
}

#[test]
fn saved_prompts_are_listed_and_never_overwritten() {
    let sandbox = fixture("small");
    assert_snapshot!(sandbox.transcript(&["prompts"]));
    assert_snapshot!(sandbox.transcript(&[
        "render",
        "--for",
        "../o pt",
        "--sections",
        "task",
        "--save"
    ]));
    sandbox.ok(&[
        "render",
        "--for",
        "../o pt",
        "--sections",
        "task",
        "--save",
        "-q",
    ]);
    sandbox.ok(&["render", "--for", "tok", "--as-of", "4", "--save", "-q"]);
    let list = sandbox.ok(&["prompts", "--format", "jsonl"]);
    let mut paths: Vec<_> = list
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["path"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "prompts/004_tok.md",
            "prompts/012__.._o_pt.md",
            "prompts/012__.._o_pt_2.md"
        ]
    );
    for path in paths {
        assert!(sandbox.path(".lineage").join(path).exists());
    }
    let bare = sandbox.transcript(&[
        "render",
        "--for",
        "tok",
        "--save",
        "--store",
        ".lineage/results.tsv",
        "--sections",
        "opening",
    ]);
    assert!(
        bare.contains("not in a store") && bare.ends_with("= 1\n"),
        "{bare}"
    );
}

#[test]
fn files_that_are_not_prompts_do_not_stop_the_list() {
    let sandbox = fixture("small");
    let prompts = sandbox.path(".lineage/prompts");
    fs::create_dir(&prompts).unwrap();
    fs::create_dir(prompts.join("dir.json")).unwrap();
    fs::write(prompts.join("a.json"), b"\xff\xfe").unwrap();
    fs::write(prompts.join("b.json"), "[1]").unwrap();
    fs::write(prompts.join("012_opt.md"), "mine").unwrap();
    sandbox.ok(&["render", "--for", "opt", "--save", "-q"]);
    assert_eq!(
        fs::read_to_string(prompts.join("012_opt.md")).unwrap(),
        "mine"
    );
    assert_eq!(
        sandbox.ok(&["prompts", "--format", "tsv"]).lines().count(),
        4
    );
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
    for (command, _) in commands {
        let shown = sandbox.ok(&command.split(' ').collect::<Vec<_>>());
        assert!(
            shown
                .lines()
                .all(|line| whole.lines().any(|known| known == line)),
            "{command}: {shown}"
        );
    }
}

#[test]
fn a_hostile_id_is_quoted_in_commands() {
    let sandbox = Sandbox::with_store();
    let log = sandbox.read_log() + "x;touch y\t\t\t\t\t\t\t\tbaseline\t3\t\t\t\t\t\t\t\n";
    fs::write(sandbox.log(), log).unwrap();
    let page = sandbox.ok(&["render", "--for", "a b; id"]);
    assert!(page.contains("`lineage show 'x;touch y'`"), "{page}");
}

#[test]
fn long_insights_are_trimmed_in_parts_and_an_open_fence_is_closed() {
    let sandbox = fixture("crowded");
    let insights = (0..400)
        .map(|n| format!("* insight {n}: what was learnt of it, in a line of its own\n\n"))
        .collect::<String>();
    fs::write(
        sandbox.path(".lineage/insights.md"),
        insights + "```\nan open fence\u{202e}",
    )
    .unwrap();
    let page = sandbox.ok(&["render", "--for", "opt", "-q"]);
    assert!(
        page.len() <= 24_000 && page.len() > 20_000,
        "{}",
        page.len()
    );
    assert!(
        page.contains("insight 0") && page.contains("## What fails"),
        "{page}"
    );
    fs::write(
        sandbox.path(".lineage/insights.md"),
        "```\nan open fence\u{202e}",
    )
    .unwrap();
    let page = sandbox.ok(&["render", "--for", "opt", "-q"]);
    assert!(
        page.contains("```\nan open fence\\u{202e}\n```\n"),
        "{page}"
    );
}

#[test]
fn a_blind_prompt_shows_only_the_best() {
    let sandbox = fixture("small");
    assert_snapshot!(sandbox.transcript(&["render", "--for", "opt", "--blind"]));
}

#[test]
fn a_workdir_is_listed_and_recognized_as_the_snapshot_of_a_keep() {
    let sandbox = fixture("small");
    fs::create_dir_all(sandbox.path("work/sub")).unwrap();
    fs::write(
        sandbox.path("work/train.py"),
        "\n\"\"\"Trains `it`.\"\"\"\nimport x\n",
    )
    .unwrap();
    fs::write(sandbox.path("work/data.bin"), b"\0\x01\x02").unwrap();
    fs::write(sandbox.path("work/empty"), "").unwrap();
    fs::write(sandbox.path("work/sub/a.txt"), "a").unwrap();
    let args = [
        "render",
        "--for",
        "opt",
        "--sections",
        "workdir",
        "--workdir",
        "work",
    ];
    assert_snapshot!(sandbox.transcript(&args));
    let snapshot = sandbox.path(".lineage/snapshots/004_opt");
    fs::create_dir_all(snapshot.join("sub")).unwrap();
    for file in ["train.py", "data.bin", "empty", "sub/a.txt"] {
        fs::copy(sandbox.path("work").join(file), snapshot.join(file)).unwrap();
    }
    let shown = sandbox.ok(&args);
    assert!(
        shown.contains("`work`: an unchanged copy of the snapshot of trial 004."),
        "{shown}"
    );
    fs::write(sandbox.path("work/sub/a.txt"), "b").unwrap();
    assert!(!sandbox.ok(&args).contains("snapshot"));
    assert_snapshot!(sandbox.transcript(&["render", "--for", "opt", "--workdir", "nowhere"]));
}

#[test]
fn a_snapshot_path_outside_the_store_is_not_followed() {
    let sandbox = fixture("small");
    let log = sandbox
        .read_log()
        .replace("snapshots/010_opt", "../outside");
    fs::write(sandbox.log(), log).unwrap();
    for dir in ["outside", "work"] {
        fs::create_dir(sandbox.path(dir)).unwrap();
        fs::write(sandbox.path(dir).join("a"), "a").unwrap();
    }
    let shown = sandbox.ok(&[
        "render",
        "--for",
        "opt",
        "--sections",
        "workdir",
        "--workdir",
        "work",
    ]);
    assert!(!shown.contains("snapshot"), "{shown}");
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
    let page = sandbox.ok(&["render", "--for", "s3"]);
    assert!(page.len() < 24_000, "{}", page.len());
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

/// A command in the prompt finds the log that the prompt is made from: `--store` is repeated, the environment is inherited.
#[test]
fn commands_repeat_the_store_flag_but_not_the_environment() {
    let sandbox = fixture("crowded");
    fs::rename(sandbox.path(".lineage"), sandbox.path("a store")).unwrap();
    let page = sandbox.ok(&[
        "render",
        "--for",
        "opt",
        "--max-bytes",
        "6000",
        "-q",
        "--store",
        "a store",
    ]);
    assert!(
        page.contains("`lineage chain 001 --store 'a store'`"),
        "{page}"
    );
    assert!(
        page.contains("`lineage render --for opt --store 'a store' --sections recent"),
        "{page}"
    );
    let mut command = sandbox.lineage(&["render", "--for", "opt", "--max-bytes", "6000", "-q"]);
    let output = command.env("LINEAGE_STORE", "a store").output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(
        page.contains("`lineage chain 001`") && !page.contains("--store"),
        "{page}"
    );
}

/// Every link but the root shows its step, also the first one after skipped links.
#[test]
fn the_chain_shows_the_step_of_each_link() {
    let sandbox = fixture("small");
    let page = sandbox.ok(&["render", "--for", "opt", "--sections", "chain"]);
    assert!(
        page.contains("└─ 004 [keep, 3.1801, step -0.004900, opt] "),
        "{page}"
    );
    let settings = fs::read_to_string(sandbox.path(".lineage/lineage.toml")).unwrap();
    fs::write(
        sandbox.path(".lineage/lineage.toml"),
        settings + "[prompt]\nlinks = 1\n",
    )
    .unwrap();
    let page = sandbox.ok(&["render", "--for", "opt", "--sections", "chain"]);
    let chain = "└─ … 2 more links\n└─ 010 [keep, 3.1795, step -0.000600, opt] ";
    assert!(page.contains(chain), "{page}");
}

#[test]
fn old_names_of_sections_are_still_understood() {
    let sandbox = fixture("small");
    let flags = ["render", "--for", "opt", "--sections"];
    let old = sandbox.ok(&[&flags[..], &["board,axis"]].concat());
    assert_eq!(
        old,
        sandbox.ok(&[&flags[..], &["leaderboard,specialist"]].concat())
    );
}
