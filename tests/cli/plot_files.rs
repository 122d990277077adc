//! `lineage plot -o FILE`: what the name of a file means, and which files are never written.

use crate::plot::{check_svg, search, with_rows};
use crate::sandbox::Sandbox;

#[test]
fn the_name_of_the_file_decides_the_format() {
    let sandbox = with_rows(search(50));
    sandbox.ok(&["plot", "-o", "a.SVG"]);
    check_svg(&sandbox.read("a.SVG"));
    sandbox.ok(&["plot", "-o", "a.txt", "--width", "60"]);
    assert!(sandbox.read("a.txt").contains("50 trials"));
    assert_eq!(
        sandbox.ok(&["plot", "-o", "/dev/stdout", "--format", "svg"]),
        sandbox.read("a.SVG")
    );
    let transcript = sandbox.transcript(&["plot", "-o", "a.gif"]);
    assert!(
        transcript.contains("use a name with .svg, .png or .txt") && transcript.ends_with("= 2\n")
    );
    let transcript = sandbox.transcript(&["plot", "-o", "missing/a.svg"]);
    assert!(transcript.contains("cannot write missing/a.svg") && transcript.ends_with("= 1\n"));
}

#[cfg(feature = "png")]
#[test]
fn a_png_is_a_png_in_both_themes_and_the_same_each_time() {
    let sandbox = with_rows(search(50));
    let read = |name: &str| std::fs::read(sandbox.path(name)).unwrap();
    for (name, theme) in [("a.png", "light"), ("b.png", "light"), ("c.png", "dark")] {
        sandbox.ok(&["plot", "-o", name, "--theme", theme]);
        assert!(read(name).starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(
            read(name)[16..24],
            [0, 0, 10, 0, 0, 0, 5, 160],
            "2560 by 1440 pixels"
        );
    }
    assert!(read("a.png") == read("b.png"));
    assert!(read("a.png") != read("c.png"));
}

#[test]
fn a_picture_or_a_page_never_replaces_a_file_of_the_store() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "auto", "--metric", "3"]);
    let before = sandbox.read_log();
    let log = ".lineage/results.tsv";
    for args in [
        &["plot", "--format", "svg", "-o", log][..],
        &["report", "-o", log],
        &["--store", log, "report", "-o", log],
    ] {
        let shown = sandbox.transcript(args);
        assert!(
            shown.contains("is the log of trials; write to another file"),
            "{shown}"
        );
        assert!(shown.ends_with("= 2\n"), "{shown}");
        assert_eq!(sandbox.read_log(), before);
    }
    std::os::unix::fs::symlink(".lineage/lineage.toml", sandbox.path("link.svg")).unwrap();
    sandbox.write(".lineage/snapshots/000/progress.svg", "frozen");
    let files = [
        ".lineage/lineage.toml",
        ".lineage/insights.md",
        ".lineage/snapshots/000/progress.svg",
        "link.svg",
    ];
    for name in files {
        let before = sandbox.read(name);
        for args in [
            &["plot", "--format", "svg", "-o", name][..],
            &["report", "-o", name],
        ] {
            let shown = sandbox.transcript(args);
            assert!(
                shown.contains("is a file of the store; write to another file"),
                "{shown}"
            );
        }
        assert_eq!(sandbox.read(name), before);
    }
    sandbox.ok(&["report", "-o", ".lineage/report.html"]);
    sandbox.ok(&["report", "-o", ".lineage/report.html"]);
}

#[test]
fn scores_of_two_metrics_in_one_picture_are_warned_about() {
    let sandbox = Sandbox::new();
    for (store, metric) in [("a", "val_loss"), ("b", "val_bpb")] {
        sandbox.ok(&["init", store, "--metric", metric, "--direction", "minimize"]);
        let append = ["append", "--status", "auto", "--metric", "1"];
        sandbox.ok(&[&["--store", store][..], &append].concat());
    }
    let shown = sandbox.transcript(&["--store", "a", "--store", "b", "plot", "--width", "60"]);
    assert!(
        shown.contains(
            "its scores are of val_bpb; those of the first log, of val_loss, do not compare"
        ),
        "{shown}"
    );
    let shown = sandbox.transcript(&["--store", "a", "--store", "a", "plot", "--width", "60"]);
    assert!(!shown.contains("do not compare"), "{shown}");
}
