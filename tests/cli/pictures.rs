//! The pictures of the documentation are what the program draws of the demo's log; `make pictures` makes both anew.

use std::fs;
use std::path::Path;

use crate::sandbox::Sandbox;

const PICTURES: [(&str, &[&str]); 3] = [
    ("progress.svg", &[]),
    ("specialists.svg", &["--by", "specialist", "--y", "all"]),
    ("terminal.txt", &["--width", "100"]),
];

#[test]
fn the_pictures_are_fresh() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let sandbox = Sandbox::new();
    for (name, flags) in PICTURES {
        let (store, made) = (dir.to_str().unwrap(), sandbox.path(name));
        let args = ["--store", store, "plot", "-o", made.to_str().unwrap()];
        sandbox.ok(&[&args, flags].concat());
        if std::env::var_os("LINEAGE_UPDATE").is_some() {
            fs::copy(&made, dir.join(name)).unwrap();
        }
        let stored = fs::read_to_string(dir.join(name)).unwrap_or_default();
        assert!(
            stored == sandbox.read(name),
            "docs/pictures/{name} is stale: run `make pictures`"
        );
    }
}
