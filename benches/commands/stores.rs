//! The stores of one length of log, and what `lineage` is asked of them.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, anyhow, ensure};

use crate::{
    measure::Probe,
    programs::{Floors, LINEAGE, lineage, said},
    results::{ALONE, BARE, CAT, EMPTY, EMPTY_STATIC, KEPT, NEW, VERSION, WC},
    truth::{Truth, same_ids},
};

/// The commands that read, with their arguments; `show` has the id of a trial besides.
pub(super) const READERS: [(&str, &[&str]); 8] = [
    ("best", &["best"]),
    ("tail", &["tail"]),
    ("stats", &["stats"]),
    ("chain", &["chain"]),
    ("render", &["render", "--for", "opt"]),
    ("show", &["show"]),
    ("check", &["check"]),
    ("tree", &["tree"]),
];

pub(super) struct Stores {
    /// A log that `lineage` never wrote to. A copy, like those in the stores: a file that was written in small pieces lies in
    /// the page cache in small pieces, and takes anybody twice the time to read.
    pub(super) alone: PathBuf,
    /// A store that one append has seen, and that is only read from then on.
    kept: PathBuf,
    /// The same, appended to again and again.
    pub(super) grown: PathBuf,
    /// A store that began with nothing.
    new: PathBuf,
    /// The text of `tree`.
    tree: PathBuf,
    /// The file of a program that knows nothing of logs.
    pub(super) bare: PathBuf,
}

impl Stores {
    /// Makes them in `dir`, and looks at the answers.
    pub(super) fn make(dir: &Path, log: &Path, truth: &Truth) -> Result<Self> {
        let stores = Self {
            alone: dir.join("alone/results.tsv"),
            kept: store(&dir.join("kept"), Some(log))?,
            grown: store(&dir.join("grown"), Some(log))?,
            new: store(&dir.join("new"), None)?,
            tree: dir.join("tree.txt"),
            bare: dir.join("bare"),
        };
        fs::create_dir_all(dir.join("alone"))?;
        copy(log, &stores.alone)?;
        let drawn = lineage(&stores.alone, &["tree"])
            .stdout(File::create(&stores.tree)?)
            .output()?;
        ensure!(
            drawn.status.success(),
            "tree: {}",
            String::from_utf8_lossy(&drawn.stderr)
        );
        for (store, rows) in [(&stores.alone, truth.rows), (&stores.kept, truth.rows + 1)] {
            check_answers(store, rows, truth)
                .with_context(|| format!("a wrong answer on {}", store.display()))?;
        }
        Ok(stores)
    }

    /// Everything that is measured on them, each floor before what stands on it.
    pub(super) fn probes(&self, floors: &Floors, rows: u64) -> Vec<Probe> {
        let program = |program: &OsStr, args: &[&OsStr]| {
            let mut command = Command::new(program);
            command.args(args);
            command
        };
        let version = program(LINEAGE.as_ref(), &["--version".as_ref()]);
        let wc = program("wc".as_ref(), &["-l".as_ref(), self.alone.as_ref()]);
        let cat = program("cat".as_ref(), &[self.tree.as_ref()]);
        let mut probes = vec![Probe::new("start", EMPTY, Command::new(&floors.empty))];
        probes.extend(
            floors
                .empty_static
                .iter()
                .map(|empty| Probe::new("start", EMPTY_STATIC, Command::new(empty))),
        );
        probes.extend([
            Probe::new("start", VERSION, version),
            Probe::new("scan", WC, wc),
            Probe::new("tree", CAT, cat),
            Probe::new("append", BARE, bare_append(floors, &self.bare)),
            Probe::new("append", KEPT, append(&self.grown)),
            Probe::new("append", NEW, append(&self.new)),
        ]);
        let middle = (rows / 2).to_string();
        for (what, args) in READERS {
            for (by, store) in [(ALONE, &self.alone), (KEPT, &self.kept)] {
                let mut command = lineage(store, args);
                command.args((what == "show").then_some(&middle));
                probes.push(Probe::new(what, by, command));
            }
        }
        probes
    }
}

/// A store that `lineage` made and appended to once, so that whatever it keeps beside a log is there.
pub(super) fn store(dir: &Path, log: Option<&Path>) -> Result<PathBuf> {
    said(
        Command::new(LINEAGE)
            .args(["init", "--metric", "val_bpb", "--direction", "minimize"])
            .arg(dir),
    )?;
    if let Some(log) = log {
        copy(log, &dir.join("results.tsv"))?;
    }
    said(&mut append(dir))?;
    Ok(dir.to_owned())
}

/// A copy that is on the disk: what the system still had to write would be paid for by the flush of the next append.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)?;
    Ok(File::open(to)?.sync_all()?)
}

/// A row of about 900 bytes that never becomes the best.
pub(super) fn append(store: &Path) -> Command {
    let hypothesis = "decay the floor of the learning rate linearly — 0.10→0.02; ".repeat(13);
    lineage(
        store,
        &[
            "append",
            "--status",
            "auto",
            "--metric",
            "1.09",
            "--specialist",
            "opt",
            "--hypothesis",
            &hypothesis,
        ],
    )
}

pub(super) fn bare_append(floors: &Floors, file: &Path) -> Command {
    let mut command = Command::new(&floors.append);
    command.arg(file);
    command
}

/// Speed is worth nothing where the answer is wrong: what is asked here is asked the peers too.
fn check_answers(store: &Path, rows: u64, truth: &Truth) -> Result<()> {
    let right =
        |what: &str, answer: Result<(), String>| answer.map_err(|wrong| anyhow!("{what} {wrong}"));
    let ids = |args| first_words(&mut lineage(store, args), |id| id != "exp_id");
    right(
        "best",
        same_ids(
            &ids(&["best", "--format", "tsv"])?,
            std::slice::from_ref(&truth.best),
        ),
    )?;
    right(
        "chain",
        same_ids(&ids(&["chain", "--format", "tsv"])?, &truth.chain),
    )?;
    right(
        "tail",
        same_ids(&ids(&["tail", "--format", "tsv"])?, &Truth::newest(rows)),
    )?;
    let best = format!("Current best: **{}** ", truth.best);
    let named = first_words(&mut lineage(store, &["render", "--for", "opt"]), |line| {
        line.starts_with(&best)
    })?;
    ensure!(!named.is_empty(), "render names another best");
    Ok(())
}

/// The first cells of the lines of an answer, those that are wanted. Line by line: what this process ever held would
/// count as memory of those that it starts.
fn first_words(command: &mut Command, wanted: impl Fn(&str) -> bool) -> Result<String> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut words = String::new();
    for line in BufReader::new(child.stdout.take().context("no pipe")?).lines() {
        let line = line?;
        let word = line.split('\t').next().filter(|word| wanted(word));
        words.extend(word.into_iter().chain(word.map(|_| "\n")));
    }
    ensure!(child.wait()?.success(), "{command:?} failed");
    Ok(words)
}
