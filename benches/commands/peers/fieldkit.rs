//! `fieldkit.lineage` from PyPI, in a virtual environment of its own. It reads the very log that `lineage` reads, and each
//! question is a process of its own, as a shell script would ask it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{
    measure::{Judge, Probe},
    programs::said,
    stores::copy,
    truth::{Truth, same_ids},
};

pub(super) const NAME: &str = "fieldkit";
const REQUIREMENT: &str = "fieldkit==0.34.*";

const STORE: &str = "\
import sys
from pathlib import Path
from fieldkit.lineage import FailureLabel, LineageStore, Trial
store = LineageStore(Path(sys.argv[1]))
";
const BEST: &str = "trial = store.best(); print(trial.exp_id, trial.status.value)";
const LATEST: &str = "for trial in store.latest(10): print(trial.exp_id)";
const CHAIN: &str = "for trial in store.chain_to(sys.argv[2]): print(trial.exp_id)";
const RENDER: &str = "print(store.render_prompt('opt').rendered_prompt)";
/// The id, the parent and the difference are up to the caller. It prints what `append` returns.
const APPEND: &str = "\
print(store.append(Trial(
    exp_id=sys.argv[2], timestamp='2026-05-01T03:55:39Z', specialist='opt', parent_exp='000', baseline_exp='000',
    domain='opt', hypothesis='decay the floor of the learning rate linearly — 0.10→0.02; ' * 13, expected_delta='',
    status=FailureLabel.DISCARD, core_metric=1.09, val_bpb=1.09, delta_vs_best=0.01, train_s=None, total_s=None,
    job_name='', snapshot_path='', notes='')))
";

pub(super) struct Fieldkit {
    python: PathBuf,
}

impl Fieldkit {
    pub(super) fn install(dir: &Path) -> Result<(Self, String)> {
        let python = dir.join("bin/python");
        let version = "import importlib.metadata, platform, fieldkit.lineage; \
                       print('fieldkit', importlib.metadata.version('fieldkit'), 'on Python', platform.python_version())";
        let ask = || said(Command::new(&python).args(["-c", version]));
        if ask().is_err() {
            said(Command::new("python3").args(["-m", "venv", "--clear"]).arg(dir))?;
            said(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--no-cache-dir", REQUIREMENT]))?;
        }
        let version = ask()?;
        Ok((Self { python }, version))
    }

    pub(super) fn probes(&self, dir: &Path, log: &Path, truth: &Truth) -> Result<Vec<Probe>> {
        fs::create_dir_all(dir)?;
        copy(log, &dir.join("results.tsv"))?; // to append to
        let home = log.parent().unwrap_or(log);
        let probe = |what, script: &str, store: &Path, args: &[&str]| {
            let mut command = Command::new(&self.python);
            command.env("PYTHONUTF8", "1").arg("-c").arg(STORE.to_owned() + script).arg(store).args(args);
            (what, command, dir.join(what))
        };
        let peer = |(what, command, path), judge: Judge| Probe::of_peer(what, NAME, command, path, judge);
        let (best, chain, rows) = (truth.best.clone(), truth.chain.clone(), truth.rows);
        let named = best.clone();
        Ok(vec![
            peer(probe("best", BEST, home, &[]), Box::new(move |answer| right_best(answer.trim(), &best))),
            peer(probe("tail", LATEST, home, &[]), Box::new(move |answer| same_ids(answer, &Truth::newest(rows)))),
            peer(probe("chain", CHAIN, home, &[&truth.best]), Box::new(move |answer| same_ids(answer, &chain))),
            peer(probe("render", RENDER, home, &[]), Box::new(move |prompt| right_prompt(prompt, &named))),
            peer(probe("append", APPEND, dir, &[&rows.to_string()]), Box::new(|answer| given_id(answer.trim()))),
        ])
    }
}

fn right_best(answer: &str, best: &str) -> Result<(), String> {
    match answer.split_once(' ') {
        Some((id, _)) if id == best => Ok(()),
        Some((id, status)) => Err(format!("says {id}, a {status}, where {best} is right")),
        None => Err(format!("says `{answer}`")),
    }
}

/// A caller that is not told the id has to count for itself, without the lock.
fn given_id(answer: &str) -> Result<(), String> {
    if answer == "None" { Err("gives no id".to_owned()) } else { Ok(()) }
}

fn right_prompt(prompt: &str, best: &str) -> Result<(), String> {
    let named = prompt.split_once("Current best: **exp_").and_then(|(_, rest)| rest.split_once("**"));
    match named {
        Some((id, _)) if id == best => Ok(()),
        Some((id, _)) => Err(format!("its prompt names {id} as the best where {best} is right")),
        None => Err("its prompt names no best".to_owned()),
    }
}
