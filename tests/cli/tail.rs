//! `tail`: how many trials, when they ended, and following a log.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use crate::sandbox::{Sandbox, skipped};

fn append(sandbox: &Sandbox, hypothesis: &str) {
    let status = ["--status", "discard", "--metric", "3"];
    sandbox.ok(&[&["append", "-q", "--hypothesis", hypothesis], &status[..]].concat());
}

#[test]
fn the_number_of_trials_is_given_as_people_give_it() {
    let sandbox = Sandbox::with_store();
    (0..15).for_each(|n| append(&sandbox, &n.to_string()));
    let count = |args: &[&str]| sandbox.ok(args).lines().count() - 1;
    assert_eq!(count(&["tail"]), 10);
    for args in [
        &["tail", "-12"][..],
        &["tail", "-n12"],
        &["tail", "-n", "12"],
        &["tail", "-q", "-12"],
    ] {
        assert_eq!(count(args), 12, "{args:?}");
    }
    insta::assert_snapshot!(sandbox.transcript(&["tail", "-n", "-1"]));
    insta::assert_snapshot!(sandbox.transcript(&["tail", "12"]));
}

#[test]
fn the_time_is_absolute_in_a_pipe_and_an_age_on_a_terminal() {
    let sandbox = Sandbox::with_store();
    append(&sandbox, "x");
    let time = &sandbox.rows()[0][1];
    assert!(sandbox.ok(&["tail"]).contains(&format!("000  {time}  ")));
    let binary = assert_cmd::cargo::cargo_bin!("lineage");
    let mut script = sandbox.command("script");
    script.args(["-qec", &format!("{} tail", binary.display()), "/dev/null"]);
    let Ok(output) = script.output() else {
        return skipped("this system has no `script`");
    };
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.lines().nth(1).unwrap().contains(" s  "), "{shown}");
    assert!(!shown.contains(time), "{shown}");
}

/// `lineage tail -f` while it runs.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    fn start(sandbox: &Sandbox, args: &[&str]) -> Self {
        let mut command =
            sandbox.command(assert_cmd::cargo::cargo_bin!("lineage").to_str().unwrap());
        command.args(["tail", "-f"]).args(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let (sender, lines) = channel();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let notes = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = notes.send(format!("! {line}"));
            }
        });
        Self { child, lines }
    }

    fn next(&self) -> String {
        let line = self.lines.recv_timeout(Duration::from_secs(30));
        line.expect("a line within 30 s")
    }

    /// The next line contains this text.
    fn expect(&self, text: &str) {
        let line = self.next();
        assert!(line.contains(text), "expected '{text}', got '{line}'");
    }

    /// The next lines contain these texts, in any order: notes and trials are in different streams.
    fn expect_both(&self, texts: [&str; 2]) {
        let lines = self.next() + "\n" + &self.next();
        assert!(texts.iter().all(|text| lines.contains(text)), "{lines}");
    }

    fn expect_nothing(&self) {
        let line = self.lines.recv_timeout(Duration::from_millis(700));
        assert!(line.is_err(), "{line:?}");
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn following_prints_each_trial_once_when_its_line_is_complete() {
    let sandbox = Sandbox::with_store();
    append(&sandbox, "first");
    let following = Following::start(&sandbox, &[]);
    following.expect("exp  time");
    following.expect("first");
    append(&sandbox, "second");
    following.expect("second");
    let mut row = sandbox
        .read_log()
        .lines()
        .last()
        .unwrap()
        .replace("second", "third");
    row = row.replacen("001", "002", 1) + "\n";
    let (start, end) = row.split_at(20);
    let mut log = fs::OpenOptions::new()
        .append(true)
        .open(sandbox.log())
        .unwrap();
    log.write_all(start.as_bytes()).unwrap();
    following.expect_nothing();
    log.write_all(end.as_bytes()).unwrap();
    following.expect("third");
    following.expect_nothing();
}

#[test]
fn following_goes_on_after_the_last_trial_if_the_log_is_replaced() {
    let sandbox = Sandbox::with_store();
    append(&sandbox, "first");
    let following = Following::start(&sandbox, &["--field", "hypothesis"]);
    following.expect("first");
    let log = sandbox.read_log();
    let row = log
        .lines()
        .last()
        .unwrap()
        .replacen("000", "001", 1)
        .replace("first", "second");
    sandbox.write("new", format!("{log}{row}\n"));
    fs::rename(sandbox.path("new"), sandbox.log()).unwrap();
    following.expect_both(["was replaced", "second"]);
    // Another log altogether is read from its start.
    let row = row.replacen("001", "a1b2", 1).replace("second", "third");
    let header = log.lines().next().unwrap();
    sandbox.write("new", format!("{header}\n{row}\n"));
    fs::rename(sandbox.path("new"), sandbox.log()).unwrap();
    following.expect_both(["was replaced", "third"]);
    following.expect_nothing();
}

#[test]
fn following_waits_for_a_log_that_does_not_exist_yet() {
    let sandbox = Sandbox::new();
    let following = Following::start(&sandbox, &["--format", "jsonl"]);
    following.expect("! note: waiting for the log");
    sandbox.ok(&["init", "--metric", "val_loss", "--direction", "minimize"]);
    append(&sandbox, "first");
    following.expect("\"hypothesis\":\"first\"");
}

#[test]
fn following_filters_and_ends_with_its_reader() {
    let sandbox = Sandbox::with_store();
    append(&sandbox, "first");
    let mut following = Following::start(&sandbox, &["--grep", "WANTED", "--field", "exp_id"]);
    append(&sandbox, "other");
    append(&sandbox, "a wanted one");
    following.expect("002");
    let mut shell = sandbox.command("sh");
    let binary = assert_cmd::cargo::cargo_bin!("lineage");
    shell.args(["-c", &format!("{} tail -f | head -n 1", binary.display())]);
    let output = shell.output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
    assert!(
        following.child.try_wait().unwrap().is_none(),
        "it still runs"
    );
}

#[test]
fn a_json_array_cannot_follow() {
    insta::assert_snapshot!(Sandbox::with_store().transcript(&["tail", "-f", "--format", "json"]));
}
