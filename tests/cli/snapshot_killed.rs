//! Writers that are killed while they freeze: whatever is under a final name is whole, a row names nothing else, and the next one
//! sweeps up.

use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::sandbox::Sandbox;

const FILES: usize = 300;

fn with_many_files() -> Sandbox {
    let sandbox = Sandbox::with_store();
    for n in 0..FILES {
        sandbox.write(
            &format!("work/d{}/f{n}", n % 10),
            format!("{n}\n").repeat(50),
        );
    }
    sandbox
}

fn freeze(sandbox: &Sandbox) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lineage"));
    command.args([
        "append",
        "--status",
        "keep",
        "--metric",
        "1",
        "-q",
        "--snapshot",
        "work",
    ]);
    command
        .current_dir(sandbox.path("."))
        .env_clear()
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    let Ok(entries) = fs::read_dir(sandbox.path(".lineage/snapshots")) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn killed_at_any_moment_nothing_half_made_is_under_a_final_name() {
    let sandbox = with_many_files();
    let started = Instant::now();
    assert!(freeze(&sandbox).status().unwrap().success());
    let whole = started.elapsed().max(Duration::from_millis(5));
    let wanted = sandbox.tree(".lineage/snapshots/000");
    assert_eq!(wanted.lines().count(), FILES + 10);
    let mut left = 0;
    // Forty of them, or more where each was done before it was killed, or had not begun.
    for round in 0..400 {
        if round >= 40 && left > 0 {
            break;
        }
        let mut child = freeze(&sandbox).spawn().unwrap();
        sleep(whole * (round % 40) / 30);
        child.kill().unwrap();
        child.wait().unwrap();
        let names = names(&sandbox);
        left = left.max(
            names
                .iter()
                .filter(|name| name.starts_with(".freezing-"))
                .count(),
        );
        for name in names
            .iter()
            .filter(|name| !name.starts_with('.') && !name.ends_with(".manifest"))
        {
            assert!(
                names.contains(&format!("{name}.manifest")),
                "round {round}: {name} has no manifest"
            );
            assert_eq!(
                sandbox.tree(&format!(".lineage/snapshots/{name}")),
                wanted,
                "round {round}: {name}"
            );
        }
        for row in sandbox.rows() {
            assert!(
                sandbox.path(".lineage").join(&row[15]).is_dir(),
                "round {round}: {row:?}"
            );
        }
    }
    assert!(left > 0, "no writer was killed in the middle");
    assert!(freeze(&sandbox).status().unwrap().success());
    assert!(
        names(&sandbox).iter().all(|name| !name.starts_with('.')),
        "{:?}",
        names(&sandbox)
    );
    let checked = sandbox.ok_or_findings(&["check"]);
    assert!(
        checked
            .lines()
            .all(|line| line.ends_with("a snapshot without a row")),
        "{checked}"
    );
}

#[test]
fn who_is_still_freezing_is_not_swept_up() {
    let sandbox = with_many_files();
    let mut slow = freeze(&sandbox).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while names(&sandbox).is_empty() && Instant::now() < deadline {
        sleep(Duration::from_micros(200));
    }
    let signal = |name: &str| {
        let sent = Command::new("kill")
            .args([name, &slow.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    };
    signal("-STOP");
    assert!(freeze(&sandbox).status().unwrap().success());
    signal("-CONT");
    assert!(slow.wait().unwrap().success());
    assert_eq!(sandbox.rows().len(), 2);
    assert_eq!(sandbox.ok_or_findings(&["check"]), "");
}

#[test]
fn what_dead_writers_left_is_removed_from_another_directory_of_snapshots_too() {
    let sandbox = Sandbox::with_store();
    let settings = sandbox.read(".lineage/lineage.toml");
    let settings = settings.replace("[snapshot]\n", "[snapshot]\ndir = \"lab\"\n");
    sandbox.write(".lineage/lineage.toml", settings);
    sandbox.write("lab/snapshots/.freezing-abc/tree/f", "1");
    sandbox.ok(&["append", "--status", "crash", "--snapshot", "work"]);
    assert!(!sandbox.path("lab/snapshots/.freezing-abc").exists());
}
