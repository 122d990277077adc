//! The pictures of the documentation are what the program draws of the demo's log; `make pictures` makes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;

const PICTURES: [(&str, &[&str]); 3] = [
    ("progress.svg", &[]),
    ("specialists.svg", &["--by", "specialist", "--y", "all"]),
    ("terminal.txt", &["--width", "100"]),
];

/// What the README shows of a terminal.
const SESSION: [&[&str]; 3] = [
    &["stats"],
    &["best", "--top", "3"],
    &["similar", "zstd at level 19", "--top", "2"],
];

#[test]
fn the_pictures_are_fresh() {
    let store = pictures();
    let sandbox = Sandbox::new();
    for (name, flags) in PICTURES {
        let (store, made) = (store.to_str().unwrap(), sandbox.path(name));
        let args = ["--store", store, "plot", "-o", made.to_str().unwrap()];
        sandbox.ok(&[&args, flags].concat());
        assert_fresh(name, &sandbox.read(name));
    }
}

#[test]
fn the_session_is_fresh() {
    let sandbox = Sandbox::new();
    let mut session = String::new();
    for args in SESSION {
        let mut command = sandbox.lineage(&["--color", "always", "-q"]);
        command.args(args).env("COLUMNS", "100");
        let output = command.env("LINEAGE_STORE", pictures()).output().unwrap();
        session += &format!(
            "$ lineage {}\n",
            shlex::try_join(args.iter().copied()).unwrap()
        );
        session += &String::from_utf8(output.stdout).unwrap();
        session += "\n";
    }
    let picture = anstyle_svg::Term::new().render_svg(session.trim_end());
    assert_fresh("session.svg", &picture);
}

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures")
}

fn assert_fresh(name: &str, wanted: &str) {
    let path = pictures().join(name);
    if std::env::var_os("LINEAGE_UPDATE").is_some() {
        fs::write(&path, wanted).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == wanted,
        "docs/pictures/{name} is stale: run `make pictures`"
    );
}
