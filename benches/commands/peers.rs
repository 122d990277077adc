//! Other programs that do similar work: `fieldkit` (Python) and `autoresearch` (Rust). One that is
//! not on this machine is installed into the temporary directory, and skipped if that fails.

use std::fs;

use anyhow::Result;

use crate::cases::run_script;
use crate::measure::Case;

const INSTALL_FIELDKIT: &str = "python3 -m venv --system-site-packages venv &&
    venv/bin/pip install --quiet --no-cache-dir fieldkit==0.34.1";
const INSTALL_AUTORESEARCH: &str = "mkdir bin && ln -s \"$(command -v autoresearch)\" bin ||
    CARGO_TARGET_DIR=build cargo install --quiet --locked --root . autoresearch@0.3.3";
const INSTALL: [(&str, &str); 2] = [
    ("fieldkit", INSTALL_FIELDKIT),
    ("autoresearch", INSTALL_AUTORESEARCH),
];
/// `autoresearch` needs a git repository with a commit, and the same trials as JSON lines.
const PREPARE_AUTORESEARCH: &str = r#"set -e; git init --quiet
git -c user.name=bench -c user.email=bench@localhost -c commit.gpgsign=false \
    commit --quiet --allow-empty --message start
mkdir .autoresearch
awk -F '\t' 'NR > 1 {
    status = $9 == "keep" ? "kept" : $9 == "baseline" ? $9 : "discarded"
    hash = "0123456789abcdef0123456789abcdef01234567"
    printf "{\"run\":%d,\"hash\":\"%s\",\"short_hash\":\"0123456\",", NR - 2, hash
    printf "\"metric\":%s,\"delta\":%s,", $10 == "" ? "null" : $10, $12 == "" ? "null" : $12 + 0
    printf "\"status\":\"%s\",\"summary\":\"%s\",\"timestamp\":\"%s\"}\n", status, $7, $2
}' results.tsv > .autoresearch/experiments.jsonl"#;

/// Returns the names of the programs that can be run.
pub(crate) fn install() -> Result<Vec<&'static str>> {
    fs::write("run_fieldkit.py", include_str!("programs/run_fieldkit.py"))?;
    let mut peers = Vec::new();
    for (peer, script) in INSTALL {
        eprintln!("installing {peer}");
        match run_script(script) {
            Ok(_) => peers.push(peer),
            Err(error) => eprintln!("skipping {peer}: {error:#}"),
        }
    }
    Ok(peers)
}

/// `best`, `render` and `append` up to 10,000 trials, `best` up to 100,000.
pub(crate) fn prepare(peers: &[&str], trials: u32) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    if trials > 100_000 {
        return Ok(cases);
    }
    if peers.contains(&"fieldkit") {
        run_script("mkdir fieldkit && cp results.tsv fieldkit")?;
        for command in ["best", "render", "append"] {
            let line = format!("../venv/bin/python -X utf8 ../run_fieldkit.py {command} fieldkit");
            cases.push(Case::new(&format!("{command}, fieldkit"), &line));
        }
    }
    if peers.contains(&"autoresearch") {
        run_script(PREPARE_AUTORESEARCH)?;
        let record = "record --metric 1.09 --status discarded --summary unchanged";
        for (command, arguments) in [("best", "best"), ("append", record)] {
            let line = format!("../bin/autoresearch {arguments}");
            cases.push(Case::new(&format!("{command}, autoresearch"), &line));
        }
    }
    cases.retain(|case| trials <= 10_000 || case.name.starts_with("best"));
    Ok(cases)
}
