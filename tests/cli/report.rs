//! `lineage report`: one page that shows everything, alone, and that no text from the log can break. `tests/browser` drives
//! it in a real browser.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;

use crate::sandbox::{Sandbox, skipped};

const HEADER: &str = "exp_id\ttimestamp\tspecialist\tparent_exp\tdomain\thypothesis\tstatus\tval_bpb\tdelta_vs_best\ttotal_s\tsnapshot_path\tnotes\n";
const SETTINGS: &str = "metric = \"val_bpb\"\ndirection = \"minimize\"\n";

/// The log of a search: a baseline, then in turn crashes, discards, and now and then a keep, which the next trials start from.
fn search(trials: u32) -> String {
    let (mut log, mut parent) = (HEADER.to_owned(), String::new());
    for n in 0..trials {
        let (status, score) = match n {
            0 => ("baseline", "2.0".to_owned()),
            n if n % 7 == 3 => ("crash", String::new()),
            n if n % 11 == 5 => ("eval_budget_overrun", "1.0".to_owned()),
            n if n % 20 == 9 => ("keep", format!("{:.6}", 2.0 - f64::from(n) / 20_000.0)),
            n => (
                "discard",
                format!("{:.6}", 2.0 + f64::from(n * 7919 % 100) / 2000.0),
            ),
        };
        let specialist = ["opt", "tok", "arch"][n as usize % 3];
        let theme = [
            "raise the decay of attention",
            "anneal momentum late",
            "clip gradients",
        ][n as usize / 3 % 3];
        let domain = ["data", "model"][n as usize % 2];
        let _ = writeln!(
            log,
            "{n:03}\t2026-05-01T00:00:00Z\t{specialist}\t{parent}\t{domain}\tidea_{n}: {theme}\t{status}\t{score}\t\t60\t\tKeyError: x"
        );
        if matches!(status, "baseline" | "keep") {
            parent = format!("{n:03}");
        }
    }
    log
}

fn write_search(sandbox: &Sandbox, name: &str, trials: u32) -> PathBuf {
    sandbox.write(&format!("{name}/results.tsv"), search(trials));
    sandbox.write(&format!("{name}/lineage.toml"), SETTINGS);
    let page = sandbox.path(&format!("{name}.html"));
    sandbox.ok(&["--store", name, "report", "-o", page.to_str().unwrap()]);
    page
}

/// A page that reloads itself, but not before the tests end.
fn write_watched(sandbox: &Sandbox) -> PathBuf {
    let page = write_search(sandbox, "watched", 120);
    let text = fs::read_to_string(&page).unwrap();
    fs::write(&page, text.replace("\"reload\":null", "\"reload\":3600")).unwrap();
    page
}

/// A store with three snapshots, a saved prompt, and texts that try to become markup.
fn write_hostile(sandbox: &Sandbox) -> PathBuf {
    let evil = "</script><script>window.wasRun=1</script>";
    sandbox.ok(&["init", "--metric", "val_bpb", "--direction", "minimize"]);
    let append = |status: &str, score: &str, hypothesis: &str, flags: &[&str]| {
        let mut args = vec!["append", "--status", status, "--metric", score];
        args.extend([
            "--hypothesis",
            hypothesis,
            "--specialist",
            evil,
            "--domain",
            "data",
        ]);
        args.extend([
            "--notes",
            "<!-- <img src=x onerror=window.wasRun=1> ]]>",
            "--timestamp",
            "2026-05-01T00:00:00Z",
        ]);
        sandbox.ok(&[&args, flags].concat());
    };
    sandbox.write("work/train.py", "rate = 1\n");
    append("baseline", "2.0", evil, &["--snapshot", "work"]);
    sandbox.write("work/train.py", format!("rate = 2 # {evil}\n"));
    append(
        "keep",
        "1.9",
        "<img src=x onerror=window.wasRun=1>",
        &["--snapshot", "work"],
    );
    append(
        "discard",
        "1.95",
        "\u{2028}'\"><svg onload=window.wasRun=1>",
        &[],
    );
    append("crash", "", "{{ 7*7 }} ${alert(1)} \\u003c/script>", &[]);
    append("keep", "1.8", "<!--<script>", &[]);
    let settings = sandbox.read(".lineage/lineage.toml");
    let settings = settings.replace("[snapshot]\n", "[snapshot]\nalways = true\n");
    sandbox.write(".lineage/lineage.toml", settings);
    sandbox.write("work/train.py", "rate = 3\n");
    append("discard", "1.99", "idea", &["--snapshot", "work"]);
    for hypothesis in [
        "Raise the learning rate of the embedding from 0.3 to 0.6, as it was too low early in training and few rows moved",
        "Embedding: learning rate up to 0.6, so that tokens which are seen rarely start faster; no other group changes",
    ] {
        append("discard", "1.95", hypothesis, &[]);
    }
    let row = sandbox.read_log().lines().nth(2).unwrap().to_owned();
    sandbox.write(".lineage/results.tsv", sandbox.read_log() + &row + "\n"); // a second 001
    sandbox.ok(&["render", "--for", evil, "--save", "-q"]);
    let page = sandbox.path("hostile.html");
    sandbox.ok(&["report", "-o", page.to_str().unwrap()]);
    page
}

#[test]
fn the_same_log_gives_the_same_page() {
    let sandbox = Sandbox::new();
    let first = fs::read(write_search(&sandbox, "a", 50)).unwrap();
    let second = fs::read(write_search(&sandbox, "a", 50)).unwrap();
    assert!(first == second);
}

#[test]
fn a_page_needs_nothing_else_and_allows_only_its_own_script() {
    let sandbox = Sandbox::new();
    let page = fs::read_to_string(write_search(&sandbox, "a", 50)).unwrap();
    for outside in [
        "src=",
        "href=\"http",
        "url(",
        "@import",
        "fetch(",
        "XMLHttpRequest",
        "eval(",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(
        page.contains("default-src 'none'; script-src 'sha256-"),
        "{page}"
    );
    assert!(!page.contains("unsafe-"), "{page}");
    assert_eq!(page.matches("<script").count(), 2);
}

#[test]
fn logs_of_every_size_have_a_page() {
    let sandbox = Sandbox::new();
    for trials in [0, 1, 2] {
        let page =
            fs::read_to_string(write_search(&sandbox, &format!("n{trials}"), trials)).unwrap();
        assert!(page.contains("</html>"));
    }
    let page = fs::read_to_string(write_hostile(&sandbox)).unwrap();
    assert_eq!(page.matches("<script").count(), 2, "a text became a script");
}

#[test]
fn the_script_stays_small() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/output/report");
    let mut lines = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "js") {
            lines += fs::read_to_string(path).unwrap().lines().count();
        }
    }
    assert!(lines < 700, "{lines} lines");
}

#[test]
fn a_watched_page_is_written_again_when_the_log_grows() {
    let sandbox = Sandbox::new();
    sandbox.write(".lineage/results.tsv", search(5));
    sandbox.write(".lineage/lineage.toml", SETTINGS);
    let mut watch = sandbox
        .command(cargo_bin!("lineage").to_str().unwrap())
        .args(["report", "-o", "page.html", "--watch", "1s"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let wait_for = |text: &str| {
        let started = Instant::now();
        let page = sandbox.path("page.html");
        while !fs::read_to_string(&page).is_ok_and(|page| page.contains(text)) {
            assert!(started.elapsed() < Duration::from_secs(30), "no {text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    wait_for("<title>val_bpb: 5 trials");
    wait_for("\"reload\":1");
    sandbox.write(".lineage/results.tsv", search(6));
    wait_for("<title>val_bpb: 6 trials");
    fs::remove_file(sandbox.log()).unwrap();
    std::thread::sleep(Duration::from_millis(1500)); // a file system that is away for a moment
    sandbox.write(".lineage/results.tsv", search(7));
    wait_for("<title>val_bpb: 7 trials");
    watch.kill().unwrap();
    watch.wait().unwrap();
    let transcript = sandbox.transcript(&["report", "-o", "page.html", "--watch", "soon"]);
    assert!(
        transcript.contains("not a time; write 90s, 20m or 1h30m"),
        "{transcript}"
    );
}

/// The browser, if it and what drives it are there.
fn find_browser(sandbox: &Sandbox, driver: &Path) -> Option<String> {
    let finds = |program: &str| {
        let found = sandbox
            .command("sh")
            .args(["-c", &format!("command -v {program}")])
            .output();
        let path = String::from_utf8(found.ok()?.stdout).ok()?;
        (!path.is_empty()).then(|| path.trim().to_owned())
    };
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find_map(finds);
    let missing = match &browser {
        None => "chromium",
        Some(_) if finds("node").is_none() => "node",
        Some(_) if !driver.join("node_modules/axe-core").exists() => {
            "axe-core (npm ci --ignore-scripts in tests/browser)"
        }
        Some(_) => return browser,
    };
    assert!(std::env::var_os("CI").is_none(), "no {missing}");
    skipped(&format!(
        "no {missing}, so the report is not tested in a browser"
    ));
    None
}

#[test]
fn the_page_works_in_a_real_browser() {
    let sandbox = Sandbox::new();
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let Some(browser) = find_browser(&sandbox, &driver) else {
        return;
    };
    let pages = [
        write_search(&sandbox, "search", 120),
        write_hostile(&sandbox),
        write_search(&sandbox, "large", 10_000),
        write_watched(&sandbox),
    ];
    let mut node = sandbox.command("node");
    let output = node
        .arg(driver.join("report.mjs"))
        .arg(browser)
        .args(pages)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let passed = report
        .lines()
        .filter(|line| line.starts_with("ok "))
        .count();
    assert!(output.status.success() && passed >= 20, "{report}{errors}");
}
