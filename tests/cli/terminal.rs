//! On a terminal: the width is kept, colour is used, and a hostile text reaches it as visible marks only.

use std::{fs, path::Path, process::Command};

use crate::sandbox::{Sandbox, skipped};

/// Runs a command line on a pseudo-terminal of util-linux' `script`; `None` where there is none.
fn on_terminal(sandbox: &Sandbox, line: &str, environment: &[(&str, &str)]) -> Option<String> {
    let binary = assert_cmd::cargo::cargo_bin!("lineage");
    let mut command = Command::new("script");
    command
        .args(["-qec", &format!("{} {line}", binary.display()), "/dev/null"])
        .current_dir(sandbox.path("."));
    command
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .env("TERM", "xterm-256color")
        .envs(environment.iter().copied());
    match command.output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            skipped("this system has no `script`");
            None
        }
    }
}

fn hostile() -> Sandbox {
    let sandbox = Sandbox::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    fs::create_dir(sandbox.path(".lineage")).unwrap();
    for name in ["results.tsv", "lineage.toml"] {
        fs::copy(fixture.join(name), sandbox.path(".lineage").join(name)).unwrap();
    }
    sandbox
}

fn without_styles(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        out += &rest[..at];
        let end = rest[at..].find('m').expect("a style ends with m");
        let codes = &rest[at + 2..at + end];
        assert!(
            codes.bytes().all(|b| b.is_ascii_digit() || b == b';'),
            "an escape that is no style: {codes:?}"
        );
        rest = &rest[at + end + 1..];
    }
    out + rest
}

#[test]
fn a_line_fits_the_width_and_columns_overrides_it() {
    let sandbox = hostile();
    for width in ["60", "100"] {
        let Some(shown) = on_terminal(&sandbox, "tail -n 30", &[("COLUMNS", width)]) else {
            return;
        };
        assert!(
            shown.contains("\x1b["),
            "no colour on a terminal: {shown:?}"
        );
        let plain = without_styles(&shown);
        let longest = plain
            .lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap();
        assert!(
            longest <= width.parse::<usize>().unwrap().max(100),
            "{longest} at {width}:\n{plain}"
        );
    }
}

#[test]
fn no_color_is_honoured() {
    let sandbox = hostile();
    let Some(shown) = on_terminal(&sandbox, "tail", &[("NO_COLOR", "1")]) else {
        return;
    };
    assert!(!shown.contains('\x1b'), "{shown:?}");
}

#[test]
fn clicolor_force_colours_a_pipe_unless_the_flag_says_never() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "-q", "--status", "auto", "--metric", "3"]);
    for (args, is_coloured) in [
        (&["tail"][..], true),
        (&["stats"], true),
        (&["tail", "--color", "never"], false),
        (&["tail", "--format", "jsonl"], false),
    ] {
        let mut command = sandbox.lineage(args);
        let output = command.env("CLICOLOR_FORCE", "1").output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.contains('\x1b'), is_coloured, "{args:?}: {shown:?}");
    }
}

#[test]
fn no_escape_and_nothing_invisible_reaches_the_terminal() {
    let sandbox = hostile();
    for line in [
        "tail -n 30",
        "tail --full -n 30",
        "best --top 30",
        "tree",
        "chain",
        "show 6",
        "stats --by specialist",
        "render --for x",
    ] {
        let Some(shown) = on_terminal(&sandbox, line, &[]) else {
            return;
        };
        let plain = without_styles(&shown);
        let bad = |c: char| {
            c.is_control() && c != '\n' && c != '\r'
                || "\u{202e}\u{202c}\u{200b}\u{e0041}".contains(c)
        };
        assert!(!plain.contains(bad), "{line}: {plain:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_frozen_file_and_a_diff_reach_the_terminal_harmless() {
    let sandbox = Sandbox::with_store();
    for text in [
        "\tone \x1b[2J\u{9b}31m\n",
        "\ttwo \x1b]0;title\x07\u{9b}31m\n",
    ] {
        sandbox.write("work/a\x1b[31m\nb", text);
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
    for line in [
        "diff 1",
        "diff 1 --stat",
        "diff 1 --name-only",
        "diff 1 --columns",
        "show 0 --file \"$(ls work)\"",
        "check",
    ] {
        let Some(shown) = on_terminal(&sandbox, line, &[]) else {
            return;
        };
        let plain = without_styles(&shown);
        assert!(
            !plain.contains(|c: char| c.is_control() && !"\n\r\t".contains(c)),
            "{line}: {plain:?}"
        );
    }
    let Some(shown) = on_terminal(&sandbox, "diff 1", &[]) else {
        return;
    };
    assert!(
        shown.contains("\x1b[32m+\ttwo \\x1b]0;title"),
        "colours, and tabs stay: {shown:?}"
    );
}

/// Six files, each of which takes 0.3 s under strace: long enough to be wondered at.
#[test]
#[cfg(target_os = "linux")]
fn what_takes_long_says_how_far_it_is_and_leaves_the_line_as_it_was() {
    if !Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        return skipped("strace is not there, or may not trace");
    }
    let sandbox = Sandbox::with_store();
    (0..6).for_each(|n| sandbox.write(&format!("work/{n}"), "x"));
    let binary = assert_cmd::cargo::cargo_bin!("lineage");
    let strace =
        "strace -f -qq -o /dev/null -e trace=utimensat -e inject=utimensat:delay_enter=300000";
    let append = format!(
        "{strace} {} append --status keep --metric 1 --snapshot work",
        binary.display()
    );
    let run = |line: &str| {
        Command::new("script")
            .args(["-qec", line, "/dev/null"])
            .current_dir(sandbox.path("."))
            .output()
    };
    let Ok(output) = run(&append) else {
        return skipped("this system has no `script`");
    };
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.contains("\rfreezing ") && shown.contains("%\x1b[K"),
        "{shown:?}"
    );
    assert!(shown.ends_with("\r\x1b[K000\r\n"), "{shown:?}");
    let output = run(&format!("{append} 2>errors")).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "001\r\n",
        "elsewhere nothing"
    );
    assert!(!sandbox.read("errors").contains("freezing"));
}

#[test]
fn a_name_cannot_turn_the_text_around() {
    let sandbox = Sandbox::new();
    let log = "commit\tval\u{202e}\tstatus\tdescription\na1\t3\tkeep\tx\nb2\t2\tkeep\ty\n";
    sandbox.write("log.tsv", log);
    let shown = sandbox.transcript(&["--store", "log.tsv", "best"]);
    assert!(shown.contains("assuming val\\u{202e} (lower"), "{shown}");
    assert!(!shown.contains('\u{202e}'), "{shown}");
    sandbox.ok(&["--store", "log.tsv", "report", "-o", "page.html", "-q"]);
    let title = "<h1>val\\u{202e}</h1>";
    assert!(sandbox.read("page.html").contains(title));
}
