//! `init --agent` and `render --hook`: what makes a coding agent use the store.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use lineage::cli;
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

const FILES: [(&str, &[&str]); 4] = [
    (
        "claude",
        &[".claude/skills/lineage/SKILL.md", ".claude/settings.json"],
    ),
    (
        "codex",
        &[".agents/skills/lineage/SKILL.md", ".codex/hooks.json"],
    ),
    (
        "gemini",
        &[".agents/skills/lineage/SKILL.md", ".gemini/settings.json"],
    ),
    ("generic", &["AGENTS.md"]),
];

/// The frontmatter fields that every agent understands.
const PORTABLE: [&str; 6] = [
    "name",
    "description",
    "license",
    "compatibility",
    "metadata",
    "allowed-tools",
];

#[test]
fn an_agent_gets_its_files_and_a_second_time_changes_nothing() {
    for (agent, files) in FILES {
        let sandbox = Sandbox::new();
        let report = sandbox.ok(&["init", "--agent", agent, "--metric", "loss"]);
        assert_eq!(report.matches("created ").count(), files.len(), "{report}");
        assert!(!sandbox.read(".lineage/lineage.toml").is_empty());
        let before = sandbox.tree(".");
        let again = sandbox.ok(&["init", "--agent", agent]);
        assert_eq!(again.matches("unchanged ").count(), files.len(), "{again}");
        assert_eq!(sandbox.tree("."), before);
    }
}

#[test]
fn a_dry_run_prints_the_files_and_writes_nothing() {
    for (agent, files) in FILES {
        let sandbox = Sandbox::new();
        let text = sandbox.ok(&["init", "--agent", agent, "--dry-run"]);
        for file in files {
            let heading = format!("==> {file} (would be created)");
            assert!(text.contains(&heading), "{agent}: {text}");
        }
        assert_eq!(sandbox.tree("."), "");
    }
}

#[test]
fn files_of_the_user_are_never_changed() {
    let sandbox = Sandbox::new();
    sandbox.write(".claude/settings.json", "{}\n");
    sandbox.write("AGENTS.md", "# Mine\n");
    assert_snapshot!(sandbox.transcript(&["init", "--agent", "claude"]));
    assert_snapshot!(sandbox.transcript(&["init", "--agent", "generic"]));
    assert_eq!(sandbox.read(".claude/settings.json"), "{}\n");
    assert_eq!(sandbox.read("AGENTS.md"), "# Mine\n");
}

#[test]
fn the_files_are_beside_the_store_and_not_in_a_subdirectory() {
    let sandbox = Sandbox::with_store();
    fs::create_dir(sandbox.path("src")).unwrap();
    let mut command = sandbox.lineage(&["init", "--agent", "codex"]);
    let output = command.current_dir(sandbox.path("src")).output().unwrap();
    assert!(output.status.success());
    assert!(sandbox.path(".codex/hooks.json").exists());
    assert_eq!(sandbox.tree("src"), "");
}

#[test]
fn the_skill_has_only_portable_fields_and_names_commands_that_exist() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "--agent", "codex"]);
    let skill = sandbox.read(".agents/skills/lineage/SKILL.md");
    let mut parts = skill.splitn(3, "---\n").skip(1);
    for line in parts.next().unwrap().lines() {
        let (field, _) = line.split_once(':').unwrap();
        assert!(PORTABLE.contains(&field), "{line}");
    }
    let body = parts.next().unwrap();
    let commands = cli::program();
    for text in body.split("`lineage ").skip(1) {
        let name = text.split([' ', '`']).next().unwrap();
        let is_known = name == "COMMAND" || commands.find_subcommand(name).is_some();
        assert!(is_known, "{name}");
    }
}

/// A session start as Claude Code, Codex and Gemini CLI send it.
fn session_events(cwd: &Path) -> [Value; 3] {
    let base = json!({"session_id": "s1", "cwd": cwd, "hook_event_name": "SessionStart"});
    let with = |fields: Value| {
        let mut event = base.clone();
        let fields = fields.as_object().unwrap().clone();
        event.as_object_mut().unwrap().extend(fields);
        event
    };
    [
        with(json!({"transcript_path": "/t.jsonl", "source": "compact", "model": "m"})),
        with(
            json!({"transcript_path": null, "source": "startup", "permission_mode": "default", "model": "m"}),
        ),
        with(
            json!({"transcript_path": "/t.json", "source": "clear", "timestamp": "2026-11-28T12:00:00Z"}),
        ),
    ]
}

fn answer_of(sandbox: &Sandbox, event: &str) -> (Value, String) {
    let mut command = sandbox.lineage(&["render", "--hook"]);
    command.current_dir("/");
    let output = command.write_stdin(event).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(output.stdout.len() <= 9_500, "{}", output.stdout.len());
    (serde_json::from_slice(&output.stdout).unwrap(), stderr)
}

#[test]
fn a_session_starts_with_the_prompt_in_at_most_9500_bytes() {
    let sandbox = Sandbox::with_store();
    for trial in 0..200 {
        let (hypothesis, score) = (
            format!("\"quoted\" idea {trial} {}", "x\\y ".repeat(50)),
            trial.to_string(),
        );
        let args = ["append", "--status", "auto", "--metric", &score];
        sandbox.ok(&[&args[..], &["--hypothesis", &hypothesis]].concat());
    }
    for event in session_events(&sandbox.path(".")) {
        let (answer, stderr) = answer_of(&sandbox, &event.to_string());
        assert_eq!(stderr, "");
        let output = &answer["hookSpecificOutput"];
        assert_eq!(output["hookEventName"], "SessionStart");
        let text = output["additionalContext"].as_str().unwrap();
        assert!(text.len() > 5_000, "{}", text.len());
        assert!(text.contains("val_loss"), "{text}");
        assert_eq!(answer.as_object().unwrap().len(), 1);
    }
}

#[test]
fn other_events_get_an_empty_answer() {
    let sandbox = Sandbox::with_store();
    let event = json!({"cwd": sandbox.path("."), "hook_event_name": "PreCompact"});
    assert_eq!(answer_of(&sandbox, &event.to_string()).0, json!({}));
}

#[test]
fn an_empty_specialist_in_the_environment_counts_as_not_set() {
    let sandbox = Sandbox::with_store();
    let run = |args: &[&str]| {
        let mut command = sandbox.lineage(args);
        command.env("LINEAGE_SPECIALIST", "");
        command.output().unwrap()
    };
    let output = run(&["render", "--hook"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout.contains("You are specialist **agent**."), "{stdout}");
    let output = run(&["render"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.starts_with("error: --for is missing; "), "{stderr}");
}

#[test]
fn a_broken_store_does_not_stop_the_session() {
    let sandbox = Sandbox::with_store();
    sandbox.write(".lineage/lineage.toml", "direction = ");
    let missing = Sandbox::new();
    for sandbox in [sandbox, missing] {
        for event in session_events(&sandbox.path(".")) {
            let (answer, stderr) = answer_of(&sandbox, &event.to_string());
            assert_eq!(answer, json!({}));
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            assert!(stderr.starts_with("warning: no prompt: "), "{stderr}");
        }
    }
}

#[test]
fn flags_that_an_existing_store_ignores_are_named() {
    let sandbox = Sandbox::with_store();
    let same = ["init", "--agent", "gemini", "--metric", "val_loss"];
    assert!(!sandbox.transcript(&same).contains("warning"));
    let other = [
        "init",
        "--agent",
        "gemini",
        "--metric",
        "other",
        "--columns",
        "a",
    ];
    let shown = sandbox.transcript(&other);
    assert!(
        shown.contains("already exists; ignored: --metric, --columns (edit lineage.toml"),
        "{shown}"
    );
}

#[test]
fn a_store_that_the_hook_cannot_find_is_said() {
    let sandbox = Sandbox::new();
    let shown = sandbox.transcript(&["init", "runs", "--agent", "claude"]);
    assert!(
        shown
            .contains("does not find this store by itself; start it with LINEAGE_STORE=[DIR]/runs"),
        "{shown}"
    );
    let shown = sandbox.transcript(&["init", "x/.lineage", "--agent", "claude"]);
    assert!(!shown.contains("LINEAGE_STORE"), "{shown}");
}
