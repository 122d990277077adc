//! What is frozen of a trial's work, and how it is shown.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
    },
};

use insta::assert_snapshot;

use crate::sandbox::{Sandbox, skipped};

/// A store, and work with something of everything in it.
pub(crate) fn with_work() -> Sandbox {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.write("work/run.sh", "#!/bin/sh\n");
    fs::set_permissions(
        sandbox.path("work/run.sh"),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    sandbox.write("work/data/empty", "");
    fs::create_dir(sandbox.path("work/nothing")).unwrap();
    symlink("../train.py", sandbox.path("work/data/link")).unwrap();
    sandbox
}

/// Logs a keep with the directory `work` as its snapshot.
pub(crate) const APPEND_WORK: [&str; 7] = [
    "append",
    "--status",
    "keep",
    "--metric",
    "3",
    "--snapshot",
    "work",
];

pub(crate) fn append(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.ok(&[
        &[
            "append",
            "--timestamp",
            "2026-03-01T00:00:00Z",
            "--status",
            "auto",
        ],
        args,
    ]
    .concat())
}

pub(crate) fn settings(sandbox: &Sandbox, text: &str) {
    let settings = sandbox
        .read(".lineage/lineage.toml")
        .replace("[snapshot]", &format!("[snapshot]\n{text}"));
    fs::write(sandbox.path(".lineage/lineage.toml"), settings).unwrap();
}

pub(crate) fn paths(sandbox: &Sandbox) -> Vec<String> {
    sandbox.rows().iter().map(|row| row[15].clone()).collect()
}

#[test]
fn a_keep_is_frozen_read_only_with_its_links_modes_and_empty_directories() {
    let sandbox = with_work();
    append(
        &sandbox,
        &["--metric", "3", "--snapshot", "work", "--specialist", "opt"],
    );
    assert_eq!(paths(&sandbox), ["snapshots/000_opt"]);
    assert_snapshot!(sandbox.tree(".lineage/snapshots/000_opt"));
    let manifest = sandbox.read(".lineage/snapshots/000_opt.manifest");
    let kinds: Vec<_> = manifest
        .lines()
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["kind", "dir", "file", "link", "dir", "file", "file"]
    );
    assert!(sandbox.transcript(&["check"]).ends_with("= 0\n"));
}

#[test]
fn by_default_keeps_and_baselines_are_frozen_and_always_means_every_trial() {
    let sandbox = with_work();
    let log = |sandbox: &Sandbox| {
        append(sandbox, &["--metric", "3"]);
        append(sandbox, &["--metric", "2"]);
        append(sandbox, &["--metric", "2.5"]);
        sandbox.ok(&["append", "--status", "crash"]);
    };
    settings(&sandbox, "path = \"work\"");
    log(&sandbox);
    assert_eq!(paths(&sandbox), ["snapshots/000", "snapshots/001", "", ""]);
    let sandbox = with_work();
    settings(&sandbox, "path = \"work\"\nalways = true");
    log(&sandbox);
    assert_eq!(
        paths(&sandbox),
        [
            "snapshots/000",
            "snapshots/001",
            "snapshots/002",
            "snapshots/003"
        ]
    );
    let quiet = sandbox.path(".lineage/snapshots");
    assert!(fs::read_dir(quiet).unwrap().all(|entry| {
        !entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with('.')
    }));
}

#[test]
fn one_file_is_frozen_under_its_name() {
    let sandbox = with_work();
    append(&sandbox, &["--metric", "3", "--snapshot", "work/train.py"]);
    assert_eq!(
        sandbox.tree(".lineage/snapshots/000"),
        "train.py 444 lr = 0.1\\n"
    );
    assert_eq!(
        sandbox.ok(&["show", "0", "--file", "train.py"]),
        "lr = 0.1\n"
    );
}

#[test]
fn a_domain_is_free_text_and_its_snapshot_has_a_plain_name() {
    let sandbox = with_work();
    for domain in ["../../etc", "a\nb/c", "\u{202e}x", &"long".repeat(100)] {
        sandbox.ok(&[
            "append",
            "--status",
            "keep",
            "--metric",
            "1",
            "-q",
            "--domain",
            domain,
            "--snapshot",
            "work",
        ]);
    }
    assert_eq!(
        paths(&sandbox)[..3],
        [
            "snapshots/000_------etc",
            "snapshots/001_a-nb-c",
            "snapshots/002_-x"
        ]
    );
    assert_eq!(paths(&sandbox)[3].len(), "snapshots/003_".len() + 64);
}

#[test]
fn odd_names_survive() {
    let sandbox = Sandbox::with_store();
    let names = [
        "a b",
        "new\nline",
        "tab\there",
        "\u{1b}[31mred",
        "back\\slash",
        "back\\x41",
        "-dash",
        "quote\"",
        "ü",
    ];
    for name in names {
        sandbox.write(&format!("work/{name}"), name);
    }
    let not_utf8 = OsStr::from_bytes(b"\xff");
    fs::write(sandbox.path("work").join(not_utf8), "raw").unwrap();
    symlink("../\n\\x", sandbox.path("work/link")).unwrap();
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    sandbox.ok(&["checkout", "0", "out"]);
    assert!(sandbox.path("out").join(not_utf8).is_file());
    let target = fs::read_link(sandbox.path("out/link")).unwrap();
    assert_eq!(target.to_str(), Some("../\n\\x"));
    for name in names {
        assert_eq!(sandbox.read(&format!("out/{name}")), name);
    }
    assert!(sandbox.transcript(&["check"]).ends_with("= 0\n"));
}

#[test]
fn pipes_are_left_out_and_said_and_an_unreadable_file_is_an_error() {
    let sandbox = with_work();
    sandbox.pipe("work/pipe");
    assert_snapshot!(sandbox.transcript(&APPEND_WORK));
    fs::set_permissions(
        sandbox.path("work/train.py"),
        fs::Permissions::from_mode(0o000),
    )
    .unwrap();
    if fs::read(sandbox.path("work/train.py")).is_ok() {
        return skipped("nothing is unreadable for the user who runs the tests");
    }
    let transcript = sandbox.transcript(&APPEND_WORK);
    assert!(
        transcript.contains("train.py: Permission denied") && transcript.ends_with("= 0\n"),
        "{transcript}"
    );
}

#[test]
fn a_name_that_is_taken_is_left_alone() {
    let sandbox = with_work();
    sandbox.write(".lineage/snapshots/000/of/another", "keep me");
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    assert_eq!(paths(&sandbox), ["snapshots/000.2"]);
    assert_eq!(
        sandbox.tree(".lineage/snapshots/000"),
        "of/\nof/another 644 keep me"
    );
}

#[test]
fn check_finds_what_is_gone_what_is_of_no_row_and_what_changed() {
    let sandbox = with_work();
    for metric in ["3", "2", "1", "0"] {
        append(&sandbox, &["--metric", metric, "--snapshot", "work"]);
    }
    let at = |name: &str| sandbox.path(&format!(".lineage/snapshots/{name}"));
    fs::rename(at("000"), at("nobody")).unwrap();
    fs::set_permissions(at("001/run.sh"), fs::Permissions::from_mode(0o644)).unwrap(); // shared by all
    fs::remove_file(at("001/train.py")).unwrap();
    fs::write(at("001/train.py"), "lr = 0.9\n").unwrap();
    fs::remove_file(at("001/data/link")).unwrap();
    fs::write(at("001/more"), "").unwrap();
    fs::remove_file(at("002/data/empty")).unwrap();
    symlink("/etc/passwd", at("002/data/empty")).unwrap();
    fs::remove_file(at("003.manifest")).unwrap();
    fs::write(at("004.manifest"), "of nothing").unwrap();
    assert_snapshot!(sandbox.transcript(&["check"]));
    assert_snapshot!(sandbox.transcript(&["check", "--format", "jsonl"]));
}

#[test]
fn many_writers_freeze_at_once() {
    let sandbox = with_work();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    sandbox.ok(&[
                        "append",
                        "--status",
                        "keep",
                        "--metric",
                        "1",
                        "-q",
                        "--snapshot",
                        "work",
                    ]);
                }
            });
        }
    });
    let paths = paths(&sandbox);
    assert_eq!(
        paths,
        (0..40)
            .map(|id| format!("snapshots/{id:03}"))
            .collect::<Vec<_>>()
    );
    assert!(
        sandbox
            .transcript(&["check"])
            .ends_with("40 rows, no problems found\n= 0\n")
    );
    assert_eq!(
        fs::read_dir(sandbox.path(".lineage/snapshots"))
            .unwrap()
            .count(),
        80
    );
}

#[test]
fn one_frozen_file_is_shown_to_the_byte() {
    let sandbox = with_work();
    let bytes = b"\x00\xff\x1b[31m no newline";
    sandbox.write("work/data/bytes", bytes);
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    let output = sandbox
        .lineage(&["show", "0", "--file", "data/bytes"])
        .output()
        .unwrap();
    assert_eq!(output.stdout, bytes);
    assert_eq!(
        sandbox.ok(&["show", "0", "--file", "./train.py"]),
        "lr = 0.1\n"
    );
    let at = |name: &str| sandbox.path(&format!(".lineage/snapshots/000/{name}"));
    fs::write(at("more"), "put there later\n").unwrap();
    fs::remove_file(at("run.sh")).unwrap();
    fs::write(at("run.sh"), "#!/bin/no\n").unwrap();
    let refused = [
        "train.pi",
        "data",
        "data/link",
        "nothing/x",
        "more",
        "run.sh",
    ];
    let transcripts: Vec<_> = refused
        .iter()
        .map(|path| sandbox.transcript(&["show", "0", "--file", path]))
        .collect();
    assert_snapshot!(transcripts.join("\n"));
}

#[test]
fn one_file_named_by_a_link_keeps_the_name_that_was_given() {
    let sandbox = Sandbox::with_store();
    sandbox.write("data/v7.py", "lr = 0.1\n");
    std::os::unix::fs::symlink("data/v7.py", sandbox.path("train.py")).unwrap();
    for metric in ["3", "2"] {
        sandbox.ok(&[
            "append",
            "--status",
            "keep",
            "--metric",
            metric,
            "--snapshot",
            "train.py",
        ]);
    }
    for name in ["000", "001"] {
        assert_eq!(
            sandbox.read(&format!(".lineage/snapshots/{name}/train.py")),
            "lr = 0.1\n"
        );
        assert!(
            !sandbox
                .path(&format!(".lineage/snapshots/{name}/v7.py"))
                .exists()
        );
    }
}
