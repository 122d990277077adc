//! `lineage plot`: a sensible picture of every log, the same bytes each time, and no text that breaks it.

use std::fmt::Write;

use crate::sandbox::Sandbox;

const HEADER: &str = "exp_id\ttimestamp\tspecialist\thypothesis\tstatus\tval_bpb\ttotal_s\n";

/// A sandbox with a log of these rows: specialist, hypothesis, status, score.
pub(crate) fn with_rows(
    rows: impl IntoIterator<Item = (String, String, String, String)>,
) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut log = HEADER.to_owned();
    for (id, (specialist, hypothesis, status, score)) in rows.into_iter().enumerate() {
        let (day, minute) = (1 + id / 1440 % 28, id % 60);
        let hour = id / 60 % 24;
        let time = format!("2026-05-{day:02}T{hour:02}:{minute:02}:00Z");
        let _ = writeln!(
            log,
            "{id:03}\t{time}\t{specialist}\t{hypothesis}\t{status}\t{score}\t60"
        );
    }
    sandbox.write(".lineage/results.tsv", log);
    sandbox.write(
        ".lineage/lineage.toml",
        "metric = \"val_bpb\"\ndirection = \"minimize\"\n",
    );
    sandbox
}

fn row(status: &str, score: &str) -> (String, String, String, String) {
    ["opt", "lower the rate", status, score]
        .map(str::to_owned)
        .into()
}

/// A search of `n` trials: a baseline, then in turn a crash, discards, and now and then a keep.
pub(crate) fn search(n: u32) -> Vec<(String, String, String, String)> {
    let trial = |n: u32| match n {
        0 => row("baseline", "2.0"),
        n if n % 7 == 3 => row("crash", ""),
        n if n % 11 == 5 => row("eval_budget_overrun", "1.0"),
        n if n % 20 == 9 => row("keep", &format!("{:.6}", 2.0 - f64::from(n) / 20_000.0)),
        n => row(
            "discard",
            &format!("{:.6}", 2.0 + f64::from(n * 7919 % 100) / 2000.0),
        ),
    };
    (0..n).map(trial).collect()
}

fn svg(sandbox: &Sandbox, flags: &[&str]) -> String {
    sandbox.ok(&[&["plot", "--format", "svg"], flags].concat())
}

/// Checks that a text is one well-formed element with no attribute that could run something.
pub(crate) fn check_svg(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap();
        let known = [
            "svg", "title", "desc", "style", "rect", "path", "polyline", "text",
        ];
        assert!(known.contains(&name), "{tag}");
        assert!(!tag.contains(" on") && !tag.contains("href"), "{tag}");
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (false, false) => open.push(name),
            _ => {}
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && svg.ends_with("</svg>\n"), "{open:?}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[test]
fn the_terminal_shows_the_search() {
    let sandbox = with_rows(search(120));
    insta::assert_snapshot!(sandbox.transcript(&["plot"]));
    insta::assert_snapshot!(
        sandbox.transcript(&["plot", "--ascii", "--width", "60", "--x", "hours"])
    );
    insta::assert_snapshot!(sandbox.transcript(&["plot", "--width", "39"]));
    let failed = with_rows(vec![row("crash", ""); 3]);
    let out = failed.ok(&["plot", "--width", "39"]);
    assert_eq!(out, "3 trials, 0 keeps\nno best\n");
}

#[test]
fn text_fits_its_width_and_twenty_lines() {
    let sandbox = with_rows(search(120));
    for width in ["1", "20", "39", "40", "80", "200"] {
        for flags in [
            &["--ascii"][..],
            &[],
            &["--by", "specialist", "--x", "time"],
        ] {
            let out = sandbox.ok(&[&["plot", "--width", width], flags].concat());
            let columns = width.parse().unwrap();
            assert!(out.lines().count() <= 20, "{out}");
            assert!(
                out.lines().all(|line| line.chars().count() <= columns),
                "{width}\n{out}"
            );
            assert!(
                flags != ["--ascii"] || out.is_ascii() || width == "1",
                "{out}"
            );
        }
    }
}

#[test]
fn every_log_has_a_picture_and_the_same_bytes_each_time() {
    let wild = vec![
        row("baseline", "2"),
        row("discard", "1e9"),
        row("discard", "-1e300"),
        row("keep", "1.9"),
    ];
    let extreme = |scale: &str| {
        let score = |digits: &str| format!("{digits}{scale}");
        vec![
            row("baseline", &score("2")),
            row("keep", &score("1.5")),
            row("discard", &score("1.75")),
        ]
    };
    for (name, rows) in [
        ("no trials", search(0)),
        ("one", search(1)),
        ("two", search(2)),
        ("equal scores", vec![row("keep", "1.5"); 30]),
        ("an outlier", wild),
        ("huge numbers", extreme("e300")),
        ("tiny numbers", extreme("e-300")),
        (
            "both signs",
            vec![
                row("keep", "1e308"),
                row("keep", "-1e308"),
                row("discard", "0"),
            ],
        ),
        ("all failed", vec![row("crash", ""); 30]),
        (
            "an unknown status",
            vec![row("kept?", "1"), row("keep", "2")],
        ),
    ] {
        let sandbox = with_rows(rows);
        for flags in [
            &[][..],
            &["--y", "all"],
            &["--x", "time"],
            &["--x", "hours", "--by", "specialist"],
        ] {
            let picture = svg(&sandbox, flags);
            check_svg(&picture);
            assert_eq!(picture, svg(&sandbox, flags), "{name}");
            sandbox.ok(&[&["plot"], flags].concat());
        }
    }
}

#[test]
fn a_wild_score_does_not_flatten_the_picture() {
    for wild in [("baseline", "900"), ("keep", "-900"), ("keep", "1e308")] {
        let mut rows = search(120);
        rows[usize::from(wild.0 == "keep") * 60] = row(wild.0, wild.1);
        let picture = svg(&with_rows(rows), &[]);
        check_svg(&picture);
        assert!(picture.contains(" outside</text>"), "{wild:?}");
        let ticks = picture.matches(">1.99").count();
        assert!(ticks > 2, "{wild:?}\n{picture}");
        let is_labelled = picture.contains(">060 lower the rate</text>");
        assert_eq!(is_labelled, wild.0 == "keep", "{wild:?}\n{picture}");
    }
}

#[test]
fn trials_that_have_no_score_or_an_unknown_status_are_counted() {
    let mut rows = search(60);
    rows[3..7].fill(row("discard", "nan"));
    rows[8] = row("keep", "inf");
    rows[20] = row("oom <killed>", "1.5");
    let picture = svg(&with_rows(rows), &[]);
    check_svg(&picture);
    for lane in ["no score 5", "oom &lt;killed&gt; 1"] {
        assert!(
            picture.contains(&format!(">{lane}</text>")),
            "{lane}\n{picture}"
        );
    }
}

#[test]
fn labels_in_a_terminal_cover_no_keep() {
    let rows = search(120);
    let keeps = rows.iter().filter(|row| row.2 == "keep").count();
    let sandbox = with_rows(rows);
    for width in ["60", "80", "120"] {
        let out = sandbox.ok(&["plot", "--width", width]);
        assert_eq!(out.matches('●').count(), keeps + 1, "{out}");
        assert!(out.contains(" lower the rate"), "{out}");
    }
}

#[test]
fn a_picture_of_ten_thousand_trials_stays_small() {
    let sandbox = with_rows(search(10_000));
    let picture = svg(&sandbox, &[]);
    check_svg(&picture);
    assert!(
        picture.contains("<title>10000 trials, 0 keeps") || picture.contains("<title>10000 trials")
    );
    assert!(picture.len() < 1_000_000, "{}", picture.len());
}

#[test]
fn texts_cannot_break_a_picture() {
    let texts = [
        "</svg><script>alert(1)</script>",
        "\" onload=\"x",
        "]]>&amp;\\u{202e}",
        "日本語 🎉",
    ];
    let rows = texts.map(|text| {
        (
            text.to_owned(),
            text.to_owned(),
            "keep".to_owned(),
            "1".to_owned(),
        )
    });
    let mut rows = rows.to_vec();
    for (at, row) in rows.iter_mut().enumerate() {
        row.3 = format!("{}", 9 - at);
    }
    let sandbox = with_rows(rows);
    for flags in [&[][..], &["--by", "specialist"]] {
        check_svg(&svg(&sandbox, flags));
    }
}

#[test]
fn labels_do_not_overlap_and_the_best_has_one() {
    let keep = |n: u32| {
        (
            "opt".to_owned(),
            format!("idea {n}"),
            "keep".to_owned(),
            format!("{}", 100 - n),
        )
    };
    let sandbox = with_rows((0..60).map(keep));
    let picture = svg(&sandbox, &[]);
    let labels = picture
        .lines()
        .filter(|line| line.starts_with("<text class=\"label\""));
    let mut areas = Vec::new();
    for label in labels.clone() {
        let number = |name: &str| -> f64 {
            let at = label.find(name).unwrap() + name.len();
            label[at..].split('"').next().unwrap().parse().unwrap()
        };
        areas.push((number(" x=\""), number(" y=\"")));
    }
    assert!(areas.len() >= 10, "{}", areas.len());
    for (at, a) in areas.iter().enumerate() {
        let others = areas[at + 1..].iter();
        let near = others.filter(|b| (a.1 - b.1).abs() < 17.0 && (a.0 - b.0).abs() < 40.0);
        assert_eq!(near.count(), 0, "{a:?} of {areas:?}");
    }
    assert!(
        labels.clone().any(|label| label.contains(">059 idea 59<")),
        "{picture}"
    );
}

#[test]
fn several_logs_are_overlaid() {
    let sandbox = with_rows(search(50));
    sandbox.write("other/results.tsv", sandbox.read_log());
    let args = [
        "plot",
        "--store",
        ".lineage",
        "--store",
        "other",
        "--format",
        "svg",
        "-q",
        "--metric",
        "val_bpb",
        "--direction",
        "minimize",
    ];
    let picture = sandbox.ok(&args);
    check_svg(&picture);
    assert!(picture.contains(">other: 1.99"), "{picture}");
    assert!(
        picture.contains("val_bpb: best so far of 2 logs"),
        "{picture}"
    );
    let transcript = sandbox.transcript(&["tail", "--store", ".lineage", "--store", "other"]);
    assert!(
        transcript.contains("only plot and compare take several --store"),
        "{transcript}"
    );
    assert!(transcript.ends_with("= 2\n"), "{transcript}");
}

#[test]
fn a_width_has_a_limit() {
    let sandbox = with_rows(search(9));
    let shown = sandbox.transcript(&["plot", "--width", "100000000000"]);
    assert!(shown.contains("must be at most 10000"), "{shown}");
    assert!(shown.ends_with("= 2\n"), "{shown}");
    sandbox.ok(&["plot", "--width", "10000"]);
}
