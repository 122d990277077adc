//! Exceptions in the output of a command, as Python, Java, JavaScript, Rust, Go and C++ print them.

use crate::analysis::WRAPPERS;

const TRACEBACK: &str = "Traceback (most recent call last):";

/// Python prints these between an exception and the one that it led to.
const LINKS: [&str; 2] = [
    "The above exception was the direct cause",
    "During handling of the above exception",
];

/// What launchers print when a program that they started failed.
const LAUNCHERS: [&str; 13] = [
    "DistBackendError",
    "Error: Command failed",
    "RemoteTraceback",
    "error Command failed",
    "error: Recipe",
    "exited with exit code",
    "Exited with exit code",
    "failed (exitcode",
    "make: ***",
    "make[",
    "mpirun",
    "npm ERR!",
    "returned non-zero exit status",
];

/// Code that the command did not write itself.
const OTHERS_CODE: [&str; 9] = [
    "site-packages",
    "dist-packages",
    "/lib/python3",
    "<frozen ",
    "node_modules",
    "node:",
    "/usr/local/go/",
    "at java.",
    "at java.base/",
];

/// An error in the output of a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FoundError {
    pub(super) message: String,
    /// The deepest frame in the command's own code.
    pub(super) frame: Option<String>,
}

impl FoundError {
    pub(super) fn new(message: &str, frame: Option<&str>) -> Self {
        Self {
            message: message.to_owned(),
            frame: frame.map(str::to_owned),
        }
    }
}

/// Whether a line reports the failure of another program, which says more itself.
pub(super) fn is_wrapper(line: &str) -> bool {
    let mut wrappers = WRAPPERS.iter().chain(&LAUNCHERS);
    wrappers.any(|wrapper| line.contains(wrapper))
}

/// The innermost exception of the last chain of exceptions, unless it only wraps another program's failure.
pub(super) fn find_exception(lines: &[String]) -> Option<FoundError> {
    find_python(lines)
        .or_else(|| find_panic(lines))
        .or_else(|| find_stack(lines))
}

/// One Python traceback.
struct Traceback {
    error: FoundError,
    /// Whether the traceback above it led to this one.
    is_linked: bool,
}

fn find_python(lines: &[String]) -> Option<FoundError> {
    let mut chains: Vec<Vec<Traceback>> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some((traceback, end)) = read_traceback(lines, at) else {
            at += 1;
            continue;
        };
        match chains.last_mut() {
            Some(chain) if traceback.is_linked => chain.push(traceback),
            _ => chains.push(vec![traceback]),
        }
        at = end;
    }
    for chain in chains.into_iter().rev() {
        let innermost = chain
            .into_iter()
            .find(|traceback| !is_wrapper(&traceback.error.message));
        if let Some(traceback) = innermost {
            return Some(traceback.error);
        }
    }
    None
}

/// Reads the traceback that starts at a line, and returns the line after it.
fn read_traceback(lines: &[String], start: usize) -> Option<(Traceback, usize)> {
    let has_heading = lines[start].ends_with(TRACEBACK);
    // The errors of Python's compiler have none.
    if !has_heading && read_frame(&lines[start]).is_none() {
        return None;
    }
    let first = start + usize::from(has_heading);
    let mut frames = Vec::new();
    for (at, line) in lines.iter().enumerate().skip(first) {
        let line = strip_group(line);
        if let Some(frame) = read_frame(line) {
            frames.push(frame);
        } else if !line.starts_with([' ', '\t']) {
            let above = lines[..start].last();
            let is_linked = above.is_some_and(|line| LINKS.iter().any(|link| line.contains(link)));
            let error = FoundError {
                message: join_headline(line, lines.get(at + 1)),
                frame: choose_frame(frames),
            };
            return Some((Traceback { error, is_linked }, at + 1));
        }
    }
    None
}

/// A line of a group of exceptions without the rule in front of it.
fn strip_group(line: &str) -> &str {
    line.trim_start().strip_prefix("| ").unwrap_or(line)
}

/// `RuntimeError: Error(s) in loading state_dict:` says nothing without the next line.
fn join_headline(line: &str, next: Option<&String>) -> String {
    match next {
        Some(next) if line.trim_end().ends_with(':') => {
            format!("{} {}", line.trim(), strip_group(next).trim())
        }
        _ => line.trim().to_owned(),
    }
}

/// `  File "train.py", line 12, in step` as `train.py:12 in step`.
fn read_frame(line: &str) -> Option<String> {
    let (path, rest) = line
        .trim_start()
        .strip_prefix("File \"")?
        .split_once("\", line ")?;
    Some(match rest.split_once(", in ") {
        Some((number, function)) => format!("{path}:{number} in {function}"),
        None => format!("{path}:{rest}"),
    })
}

/// The deepest frame in the command's own code, else the deepest.
fn choose_frame(mut frames: Vec<String>) -> Option<String> {
    let own = frames.iter().rposition(|frame| is_own_code(frame));
    match own {
        Some(own) => Some(frames.swap_remove(own)),
        None => frames.pop(),
    }
}

fn is_own_code(frame: &str) -> bool {
    !OTHERS_CODE.iter().any(|other| frame.contains(other))
}

/// A panic of Rust or Go, or an exception that ended a C++ program.
fn find_panic(lines: &[String]) -> Option<FoundError> {
    let starts = [
        "panic: ",
        "fatal error: ",
        "terminate called after throwing",
    ];
    let is_start = |line: &String| {
        starts.iter().any(|start| line.starts_with(start))
            || line.starts_with("thread '") && line.contains(" panicked at ")
    };
    let at = lines.iter().rposition(is_start)?;
    let (line, below) = (&lines[at], &lines[at + 1..]);
    let next = below.first().map_or("", |next| next.trim());
    if let Some((_, place)) = line.split_once(" panicked at ")
        && !next.is_empty()
    {
        let place = place.trim_end_matches(':');
        return Some(FoundError::new(&format!("panicked: {next}"), Some(place)));
    }
    if next.starts_with("what():") {
        return Some(FoundError::new(&format!("{line} {next}"), None));
    }
    let is_place = |line: &&String| line.starts_with('\t') && is_own_code(line);
    let frame = below.iter().find(is_place);
    Some(FoundError::new(line, frame.map(|frame| frame.trim())))
}

/// An error above lines that start with `at`, as in Java and JavaScript, or the last cause that is listed for an error.
fn find_stack(lines: &[String]) -> Option<FoundError> {
    if let Some(at) = lines.iter().rposition(|line| line.trim() == "Caused by:") {
        let listed = lines[at + 1..].iter();
        let cause = listed.take_while(|line| line.starts_with(' ')).last()?;
        let is_number = |c: char| c.is_ascii_digit() || c == ':' || c == ' ';
        return Some(FoundError::new(cause.trim_start_matches(is_number), None));
    }
    let is_frame = |line: &String| line.trim_start().starts_with("at ");
    let has_frames = |at: &usize| lines.get(at + 1).is_some_and(is_frame) && !is_frame(&lines[*at]);
    let at = (0..lines.len()).rev().find(has_frames)?;
    let below = lines[at + 1..].iter().take_while(|line| is_frame(line));
    let frames: Vec<&str> = below.map(|line| line.trim()).collect();
    let mut message = lines[at].trim();
    for cause in ["Caused by: ", "[cause]: "] {
        if let Some((_, inner)) = message.split_once(cause) {
            message = inner;
        }
    }
    let own = frames.iter().find(|frame| is_own_code(frame));
    let frame = own.or(frames.first()).copied();
    Some(FoundError::new(message.trim_end_matches(" {"), frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> (String, String) {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let error = find_exception(&lines).expect(text);
        (error.message, error.frame.unwrap_or_default())
    }

    fn expect(text: &str, message: &str, frame: &str) {
        assert_eq!(find(text), (message.to_owned(), frame.to_owned()));
    }

    #[test]
    fn the_deepest_frame_is_in_the_commands_own_code() {
        let text = "\
Traceback (most recent call last):
  File \"train.py\", line 90, in <module>
    main()
  File \"train.py\", line 12, in main
    y = layer(x)
  File \"/usr/lib/python3/dist-packages/torch/nn.py\", line 7, in forward
    raise RuntimeError()
RuntimeError: Error(s) in loading state_dict for GPT:
\tsize mismatch for wte.weight";
        expect(
            text,
            "RuntimeError: Error(s) in loading state_dict for GPT: size mismatch for wte.weight",
            "train.py:12 in main",
        );
    }

    #[test]
    fn the_exception_in_a_group_is_the_error() {
        let text = "\
  + Exception Group Traceback (most recent call last):
  |   File \"a.py\", line 1, in <module>
  |     raise ExceptionGroup('eg', [ValueError(1)])
  | ExceptionGroup: eg (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File \"a.py\", line 7, in f
    |     raise ValueError(1)
    | ValueError: 1
    +------------------------------------";
        expect(text, "ValueError: 1", "a.py:7 in f");
    }

    #[test]
    fn an_error_of_the_compiler_has_no_heading() {
        let text = "  File \"a.py\", line 2\n    f(\n     ^\nSyntaxError: '(' was never closed";
        expect(text, "SyntaxError: '(' was never closed", "a.py:2");
    }

    #[test]
    fn other_languages_have_exceptions_too() {
        expect(
            "thread 'main' (7) panicked at src/main.rs:5:10:\nindex out of bounds\nnote: run with",
            "panicked: index out of bounds",
            "src/main.rs:5:10",
        );
        expect(
            "panic: boom\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:12 +0x1d",
            "panic: boom",
            "/src/main.go:12 +0x1d",
        );
        expect(
            "terminate called after throwing an instance of 'std::out_of_range'\n  what():  vector",
            "terminate called after throwing an instance of 'std::out_of_range' what():  vector",
            "",
        );
        expect(
            "Exception in thread \"main\" java.lang.RuntimeException: x\n\tat A.main(A.java:3)\n\
             Caused by: java.io.IOException: y\n\tat java.base/java.io.F.f(F.java:1)\n\tat B.read(B.java:7)",
            "java.io.IOException: y",
            "at B.read(B.java:7)",
        );
        expect(
            "TypeError: f is not a function\n    at node:internal/x:1\n    at run (/src/a.js:3:1)",
            "TypeError: f is not a function",
            "at run (/src/a.js:3:1)",
        );
        expect(
            "Error: cannot train\nCaused by:\n    0: cannot read the data\n    1: No such file",
            "No such file",
            "",
        );
    }
}
