//! Every folder of `fixtures/` is a case: a log, its settings, the command lines in `commands`, and in `expected` what they
//! print. A new case is a new folder; `LINEAGE_UPDATE=1` writes what comes out.

use std::{fs, path::Path};

use crate::sandbox::Sandbox;

#[test]
fn every_fixture_gives_what_it_expects() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut cases: Vec<_> = fs::read_dir(&root)
        .expect("fixtures")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 6, "{cases:?}");
    let stale: Vec<_> = cases.iter().filter(|case| !is_fresh(case)).collect();
    assert!(
        stale.is_empty(),
        "{stale:?} differ; run with LINEAGE_UPDATE=1 and look at the difference"
    );
}

fn is_fresh(case: &Path) -> bool {
    let sandbox = Sandbox::new();
    let store = sandbox.path("store");
    fs::create_dir(&store).expect("a directory");
    for entry in fs::read_dir(case).expect("a case") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, store.join(path.file_name().expect("a name"))).expect("a copy");
    }
    let commands =
        fs::read_to_string(case.join("commands")).expect("the command lines of the case");
    let run = |line: &str| {
        let mut args = words(line);
        args.extend(["--store", "store"].map(str::to_owned));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        sandbox.transcript(&args).replace(" --store store\n", "\n")
    };
    let found = commands.lines().map(run).collect::<Vec<_>>().join("\n");
    let log = |dir: &Path| fs::read(dir.join("results.tsv")).expect("a log");
    assert_eq!(
        log(case),
        log(&store),
        "a reader has written to the log of {}",
        case.display()
    );
    let expected = case.join("expected");
    if std::env::var_os("LINEAGE_UPDATE").is_some() {
        fs::write(&expected, &found).expect("the expected output");
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    let differs = wanted.lines().zip(found.lines()).find(|(a, b)| a != b);
    assert!(
        wanted == found || differs.is_none(),
        "{}: {differs:#?}",
        case.display()
    );
    wanted == found
}

/// Words of a command line, with single quotes around those that have spaces.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}
