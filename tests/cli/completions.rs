//! Completions in real shells: a command line is typed, TAB is pressed, and the candidates are looked at.

use std::{
    env,
    io::{Read, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use crate::sandbox::{Sandbox, skipped};

const PROMPT: &str = "READY> ";

/// A store with a column of its own, three trials of two specialists, and a file.
pub(crate) fn store() -> Sandbox {
    let sandbox = Sandbox::new();
    let init = ["init", "--metric", "val_loss", "--direction", "minimize"];
    sandbox.ok(&[&init[..], &["--columns", "artifact_bytes"]].concat());
    for (specialist, score, hypothesis) in [
        ("opt", "3.0", "the recipe"),
        ("tok", "2.9", "it's: a \"larger\" $vocabulary `x` [y]"),
        ("opt", "3.1", "raise beta2"),
    ] {
        let trial = [
            "append",
            "-q",
            "--status",
            "auto",
            "--metric",
            score,
            "--specialist",
        ];
        sandbox.ok(&[&trial[..], &[specialist, "--hypothesis", hypothesis]].concat());
    }
    sandbox.write("train.err", "x");
    sandbox
}

/// A shell on a pseudo-terminal.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    output: Receiver<Vec<u8>>,
}

impl Terminal {
    /// Starts a shell in which `setup` was run; `None` if it is not installed.
    fn start(sandbox: &Sandbox, shell: &str, setup: &str) -> Option<Self> {
        let is_installed = |program: &str| {
            let mut command = Command::new(program);
            command.arg("--version").stdout(Stdio::null());
            command.status().is_ok()
        };
        for program in ["script", shell] {
            if !is_installed(program) {
                assert!(env::var_os("CI").is_none(), "{program} is not installed");
                skipped(&format!("{program} is not installed"));
                return None;
            }
        }
        let prompt = match shell {
            "fish" => format!("function fish_prompt; printf '{PROMPT}'; end; set fish_greeting"),
            _ => format!("PS1='{PROMPT}'"),
        };
        let rc = format!("stty rows 50 cols 150\n{setup}\n{prompt}\n");
        let line = match shell {
            "bash" => "bash --noprofile --rcfile rc -i",
            "zsh" => "zsh -i",
            _ => "fish --no-config -i -C 'source rc'",
        };
        sandbox.write(if shell == "zsh" { ".zshrc" } else { "rc" }, rc);
        let mut command = sandbox.command("script");
        let path = env::var_os("PATH").unwrap_or_default();
        let program = Path::new(assert_cmd::cargo::cargo_bin!("lineage"));
        let dirs = program.parent().map(Path::to_owned).into_iter();
        let path = env::join_paths(dirs.chain(env::split_paths(&path))).unwrap();
        command.args(["-qec", line, "/dev/null"]);
        command
            .env("PATH", path)
            .env("TERM", "xterm")
            .env("INPUTRC", "/dev/null");
        command.env("LC_ALL", "C.UTF-8").env("SHELL", "/bin/sh");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("script runs");
        let (sender, output) = channel();
        let mut stdout = child.stdout.take().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stdout.read(&mut buffer) {
                let _ = sender.send(buffer[..read].to_vec());
            }
        });
        let keys = child.stdin.take().unwrap();
        let mut terminal = Self {
            child,
            keys,
            output,
        };
        terminal.wait_for(PROMPT, "");
        Some(terminal)
    }

    /// Reads until a text is shown.
    fn wait_for(&mut self, text: &str, typed: &str) -> String {
        let (start, mut shown) = (Instant::now(), String::new());
        while !shown.contains(text) {
            let left = Duration::from_secs(40).saturating_sub(start.elapsed());
            let bytes = self.output.recv_timeout(left);
            let bytes = bytes.unwrap_or_else(|_| panic!("no '{text}' after '{typed}': {shown:?}"));
            shown += &without_escapes(&bytes);
        }
        shown
    }

    /// Types a line and TABs; all of the texts are shown then. Clears the line again.
    fn expect(&mut self, line: &str, texts: &[&str]) {
        self.keys.write_all(line.as_bytes()).unwrap();
        // The first one completes what is common, the others list the rest.
        for _ in 0..3 {
            self.keys.write_all(b"\t").unwrap();
            thread::sleep(Duration::from_millis(200));
        }
        let mut shown = String::new();
        for text in texts {
            if !shown.contains(text) {
                shown += &self.wait_for(text, line);
            }
        }
        self.keys.write_all(b"\x15").unwrap(); // Ctrl-U
        while self.output.recv_timeout(Duration::from_millis(400)).is_ok() {}
    }
}

/// What is shown, without bells, styles and movements of the cursor.
fn without_escapes(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace(['\x07', '\x08'], "");
    let mut parts = text.split("\x1b[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += part
            .split_once(|c: char| c.is_ascii_alphabetic())
            .map_or("", |(_, rest)| rest);
    }
    out
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is typed, and what a user then sees.
const TYPED: [(&str, &[&str]); 12] = [
    ("lineage append --status k", &["--status keep"]),
    ("lineage append --status=k", &["--status=keep"]),
    ("lineage append --status a", &["auto"]),
    ("lineage tail --format j", &["json", "jsonl"]),
    ("lineage render --sections best,ch", &["best,chain"]),
    ("lineage stats --by s", &["specialist", "status"]),
    ("lineage append --direction mi", &["minimize"]),
    ("lineage append --set a", &["artifact_bytes="]),
    ("lineage best --field core", &["core_metric"]),
    ("lineage render --for t", &["tok"]),
    ("lineage append --notes @tr", &["@train.err"]),
    ("lineage --store .line", &[".lineage/"]),
];

fn check(shell: &str, setup: &str, trials: &[&str]) {
    let sandbox = store();
    let Some(mut terminal) = Terminal::start(&sandbox, shell, setup) else {
        return;
    };
    for (line, texts) in TYPED {
        terminal.expect(line, texts);
    }
    terminal.expect("lineage show ", trials);
    terminal.expect("lineage tree --root ", trials);
}

/// Where a shell shows descriptions, those of trials, newest first.
const DESCRIBED: [&str; 2] = ["002", "discard 3.1 raise beta2"];

#[test]
fn bash_completes_what_the_program_knows() {
    check(
        "bash",
        "source <(lineage completions bash)",
        &["002", "001", "000"],
    );
}

#[test]
fn bash_completes_with_the_stub_of_a_package() {
    let sandbox = store();
    let stub = "source <(COMPLETE=bash lineage)";
    if let Some(mut terminal) = Terminal::start(&sandbox, "bash", stub) {
        terminal.expect("lineage chain ", &["002", "001", "000"]);
    }
}

#[test]
fn zsh_completes_if_it_is_set_up_after_compinit() {
    let setup =
        "autoload -U compinit; compinit -u -d \"$HOME/dump\"\neval \"$(lineage completions zsh)\"";
    check("zsh", setup, &DESCRIBED);
}

#[test]
fn zsh_completes_if_it_is_set_up_before_compinit() {
    let setup =
        "source <(COMPLETE=zsh lineage)\nautoload -U compinit; compinit -u -d \"$HOME/dump\"";
    check("zsh", setup, &DESCRIBED);
}

#[test]
fn zsh_loads_the_script_of_a_package_when_it_is_needed() {
    let sandbox = store();
    sandbox.write("functions/_lineage", sandbox.ok(&["completions", "zsh"]));
    let setup =
        "fpath=($HOME/functions $fpath); autoload -U compinit; compinit -u -d \"$HOME/dump\"";
    if let Some(mut terminal) = Terminal::start(&sandbox, "zsh", setup) {
        terminal.expect("lineage show ", &DESCRIBED);
        terminal.expect("lineage chain ", &DESCRIBED);
    }
}

#[test]
fn fish_completes_what_the_program_knows() {
    check("fish", "lineage completions fish | source", &DESCRIBED);
}

#[test]
fn the_scripts_complete_fixed_values_without_the_program() {
    let script = |name: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("completions")
            .join(name)
    };
    for (shell, setup) in [
        (
            "bash",
            format!(
                "PATH=/usr/bin:/bin; source {}",
                script("lineage.bash").display()
            ),
        ),
        (
            "zsh",
            format!(
                "PATH=/usr/bin:/bin; autoload -U compinit; compinit -u -d \"$HOME/dump\"; source {}",
                script("_lineage").display()
            ),
        ),
        (
            "fish",
            format!(
                "set PATH /usr/bin /bin; source {}",
                script("lineage.fish").display()
            ),
        ),
    ] {
        let sandbox = Sandbox::new();
        if let Some(mut terminal) = Terminal::start(&sandbox, shell, &setup) {
            terminal.expect("lineage append --status ", &["size_blocked"]);
            terminal.expect("lineage tail --format j", &["jsonl"]);
            terminal.expect("lineage render --sections cha", &["chain"]);
        }
    }
}
