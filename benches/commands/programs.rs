//! The program itself, the floors that no program gets below, and how tools are run to prepare for them.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

pub(super) const LINEAGE: &str = env!("CARGO_BIN_EXE_lineage");

/// What `rustc` makes of `benches/floors`, each as it builds any program.
pub(super) struct Floors {
    pub(super) empty: PathBuf,
    pub(super) append: PathBuf,
    /// The empty program with the C library in it, where the platform can do that.
    pub(super) empty_static: Result<PathBuf>,
}

impl Floors {
    pub(super) fn build(dir: &Path) -> Result<Self> {
        Ok(Self {
            empty: compile(dir, "empty", "empty", &[])?,
            append: compile(dir, "append", "bare-append", &[])?,
            empty_static: compile(
                dir,
                "empty",
                "empty-static",
                &["-C", "target-feature=+crt-static"],
            ),
        })
    }
}

fn compile(dir: &Path, source: &str, program: &str, flags: &[&str]) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("benches/floors/{source}.rs"));
    let program = dir.join(program);
    said(
        rustc()
            .args(["--edition", "2024", "-O", "-o"])
            .arg(&program)
            .args(flags)
            .arg(source),
    )?;
    Ok(program)
}

pub(super) fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// `lineage`, on a store.
pub(super) fn lineage(store: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(LINEAGE);
    command.args(args).arg("--store").arg(store);
    command
}

/// Runs a tool to its end; what it said on stdout, without the last newline, or why it failed.
pub(super) fn said(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        let talk = String::from_utf8_lossy(&output.stderr);
        let reason = talk
            .lines()
            .rfind(|line| line.contains("rror"))
            .or(talk.lines().last());
        bail!(
            "{name} ended with {}: {}",
            output.status,
            reason.unwrap_or("it says nothing")
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned())
}
