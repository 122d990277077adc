//! The rules of one directory's `.gitignore` and `.lineageignore`, as git reads and matches them. Pure: `walk` reads the files.

/// The rules of one directory; a later one outranks an earlier one.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: Vec<Token>,
    /// Begins with `!`: what it matches is not ignored.
    keeps: bool,
    /// Ends with `/`: it speaks of directories only.
    dirs_only: bool,
    /// Holds no other `/`: it speaks of a name at any depth.
    by_name: bool,
}

#[derive(Debug)]
enum Token {
    Byte(u8),
    /// `?`, or a set in brackets; neither takes a slash.
    One(Box<[bool; 256]>),
    /// `*`: anything up to the next slash.
    Star,
    /// `**`: anything. Before a slash (`dirs`) it may stand for no directory at all, and the slash for nothing.
    Deep {
        dirs: bool,
    },
}

impl Rules {
    /// Adds the lines of a file.
    pub(super) fn add(&mut self, text: &[u8]) {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let lines = text
            .split(|&b| b == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        self.0.extend(
            lines
                .filter(|line| !line.starts_with(b"#"))
                .filter_map(|line| Rule::read(trim(line))),
        );
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a path beneath the directory is ignored, if a rule says so or the contrary.
    pub(super) fn verdict(&self, path: &[u8], is_dir: bool) -> Option<bool> {
        let name = path.rsplit(|&b| b == b'/').next().unwrap_or(path);
        let speaks = |rule: &&Rule| {
            (is_dir || !rule.dirs_only)
                && matches(&rule.pattern, if rule.by_name { name } else { path })
        };
        self.0.iter().rev().find(speaks).map(|rule| !rule.keeps)
    }
}

/// Spaces at the end count only behind a backslash.
fn trim(line: &[u8]) -> &[u8] {
    let (mut at, mut end) = (0, 0);
    while let Some(&byte) = line.get(at) {
        at += if byte == b'\\' { 2 } else { 1 };
        if byte != b' ' {
            end = at.min(line.len());
        }
    }
    &line[..end]
}

impl Rule {
    /// `None` for a pattern that can match nothing.
    fn read(line: &[u8]) -> Option<Self> {
        let (keeps, line) = line
            .strip_prefix(b"!")
            .map_or((false, line), |line| (true, line));
        let (dirs_only, line) = line
            .strip_suffix(b"/")
            .map_or((false, line), |line| (true, line));
        let by_name = !line.contains(&b'/');
        let line = line.strip_prefix(b"/").unwrap_or(line);
        if line.is_empty() {
            return None;
        }
        Some(Self {
            pattern: tokens(line, by_name)?,
            keeps,
            dirs_only,
            by_name,
        })
    }
}

fn tokens(pattern: &[u8], by_name: bool) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    // git compares what stands before the first special character by itself, and takes what follows for a pattern of its own.
    let literal = pattern
        .iter()
        .position(|b| b"*?[\\".contains(b))
        .unwrap_or(pattern.len());
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        at += 1;
        tokens.push(match byte {
            b'?' => Token::One(Box::new(std::array::from_fn(|b| b != usize::from(b'/')))),
            b'\\' => {
                at += 1;
                Token::Byte(*pattern.get(at - 1)?)
            }
            b'[' => {
                let (set, after) = set(pattern, at)?;
                at = after;
                Token::One(set)
            }
            b'*' => {
                let begin = at - 1;
                at += pattern[at..].iter().take_while(|&&b| b == b'*').count();
                let begins = begin == literal || pattern[begin - 1] == b'/';
                let next = pattern.get(at);
                let deep =
                    at - begin > 1 && !by_name && begins && next.is_none_or(|&next| next == b'/');
                if deep {
                    Token::Deep {
                        dirs: next.is_some(),
                    }
                } else {
                    Token::Star
                }
            }
            byte => Token::Byte(byte),
        });
    }
    Some(tokens)
}

/// The set whose opening bracket is before `at`, and where it ends; `None` where nothing closes it.
fn set(pattern: &[u8], mut at: usize) -> Option<(Box<[bool; 256]>, usize)> {
    let negated = matches!(pattern.get(at)?, b'!' | b'^');
    at += usize::from(negated);
    let mut set = Box::new([false; 256]);
    let mut before = None; // what a range may begin with
    let first = at;
    while at == first || *pattern.get(at)? != b']' {
        let byte = *pattern.get(at)?;
        at += 1;
        if byte == b'-' && before.is_some() && pattern.get(at).is_some_and(|&next| next != b']') {
            at += usize::from(pattern[at] == b'\\');
            let last = *pattern.get(at)?;
            at += 1;
            (before.take()?..=last).for_each(|b: u8| set[usize::from(b)] = true);
        } else if let Some((class, after)) = class(pattern, at).filter(|_| byte == b'[') {
            at = after;
            before = None;
            let belongs = class?;
            (0..=u8::MAX)
                .filter(belongs)
                .for_each(|b| set[usize::from(b)] = true);
        } else {
            let escaped = byte == b'\\';
            at += usize::from(escaped);
            let byte = *pattern.get(at - 1)?;
            set[usize::from(byte)] = true;
            before = Some(byte);
        }
    }
    for (byte, taken) in set.iter_mut().enumerate() {
        *taken = (*taken != negated) && byte != usize::from(b'/');
    }
    Some((set, at + 1))
}

type Class = fn(&u8) -> bool;

/// A class as `[:alpha:]`, whose bracket is before `at`, and where it ends; the class is `None` where there is none of that name.
fn class(pattern: &[u8], at: usize) -> Option<(Option<Class>, usize)> {
    let rest = pattern.get(at..)?.strip_prefix(b":")?;
    let end = rest.iter().position(|&b| b == b']')?;
    let class: Option<Class> = match rest[..end].strip_suffix(b":")? {
        b"alnum" => Some(u8::is_ascii_alphanumeric),
        b"alpha" => Some(u8::is_ascii_alphabetic),
        b"blank" => Some(|b| matches!(b, b' ' | b'\t')),
        b"cntrl" => Some(u8::is_ascii_control),
        b"digit" => Some(u8::is_ascii_digit),
        b"graph" => Some(u8::is_ascii_graphic),
        b"lower" => Some(u8::is_ascii_lowercase),
        b"print" => Some(|b| matches!(b, b' '..=b'~')),
        b"punct" => Some(u8::is_ascii_punctuation),
        b"space" => Some(|b| matches!(b, b' ' | b'\t'..=b'\r')),
        b"upper" => Some(u8::is_ascii_uppercase),
        b"xdigit" => Some(u8::is_ascii_hexdigit),
        _ => None,
    };
    Some((class, at + 1 + end + 1))
}

/// Whether the whole text matches. Without recursion, and never worse than the square of the text's length: of all stars, only
/// the last one of each kind need ever be tried longer.
fn matches(pattern: &[Token], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let (mut star, mut deep) = (None, None);
    loop {
        match pattern.get(p) {
            None if t == text.len() => return true,
            Some(Token::Star) => {
                p += 1;
                star = Some((p, t));
                continue;
            }
            Some(Token::Deep { dirs }) => {
                (star, deep) = (None, Some((p + 1, t)));
                p += if *dirs { 2 } else { 1 };
                continue;
            }
            Some(Token::Byte(byte)) if text.get(t) == Some(byte) => {
                (p, t) = (p + 1, t + 1);
                continue;
            }
            Some(Token::One(set)) if text.get(t).is_some_and(|&b| set[usize::from(b)]) => {
                (p, t) = (p + 1, t + 1);
                continue;
            }
            _ => {}
        }
        if let Some((after, from)) =
            star.filter(|&(_, from)| text.get(from).is_some_and(|&b| b != b'/'))
        {
            (p, t) = (after, from + 1);
            star = Some((p, t));
        } else if let Some((after, from)) = deep.filter(|&(_, from)| from < text.len()) {
            (p, t) = (after, from + 1);
            (star, deep) = (None, Some((p, t)));
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        process::{Command, Stdio},
    };

    use super::Rules;

    fn ignored(rules: &str, path: &str, is_dir: bool) -> bool {
        let mut all = Rules::default();
        all.add(rules.as_bytes());
        all.verdict(path.as_bytes(), is_dir) == Some(true)
    }

    #[test]
    fn rules_are_those_of_the_manual_of_git() {
        let taken = [
            ("*.log", "a/b.log"),
            ("/*.log", "b.log"),
            ("a/**/z", "a/z"),
            ("a/**/z", "a/b/c/z"),
            ("**/z", "z"),
            ("a/**", "a/b/c"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]x]", "]"),
            ("[[:digit:]-]", "-"),
            ("\\#a", "#a"),
            ("\\!a", "!a"),
            ("a\\ ", "a "),
            ("a  \r", "a"),
            ("\u{feff}a", "a"),
            ("doc", "a/doc"),
        ];
        for (rules, path) in taken {
            assert!(ignored(rules, path, false), "{rules:?} {path:?}");
        }
        let left = [
            ("# a", "# a"),
            ("a/*", "a/b/c"),
            ("/a", "b/a"),
            ("*.log\n!a.log", "a.log"),
            ("a/", "a"),
            ("[a", "a"),
        ];
        for (rules, path) in left {
            assert!(!ignored(rules, path, false), "{rules:?} {path:?}");
        }
        assert!(ignored("a/", "b/a", true));
    }

    /// Paths beneath three levels of directories, all of two letters: short enough that most patterns hit something.
    fn paths() -> Vec<String> {
        let names = ["a", "b", "ab", "ba", " ", "a ", "!b", "[a]", "a-b"];
        let dirs: Vec<String> = ["", "a/", "b/", "a/b/", "a/a/", "ab/", "a/b/a/", "b/a/"]
            .map(str::to_owned)
            .into();
        let paths = dirs
            .iter()
            .flat_map(|dir| names.iter().map(move |name| format!("{dir}{name}")));
        paths
            .filter(|path| !dirs.contains(&format!("{path}/")))
            .collect()
    }

    fn kept(rules: &[u8]) -> BTreeSet<String> {
        let mut all = Rules::default();
        all.add(rules);
        let is_ignored = |path: &String| {
            let ends = path
                .match_indices('/')
                .map(|(at, _)| (at, true))
                .chain([(path.len(), false)]);
            ends.into_iter()
                .any(|(end, is_dir)| all.verdict(&path.as_bytes()[..end], is_dir) == Some(true))
        };
        paths()
            .into_iter()
            .filter(|path| !is_ignored(path))
            .collect()
    }

    #[test]
    fn any_rules_mean_what_they_mean_to_git() {
        let dir = tempfile::tempdir().unwrap();
        let git = |args: &[&str]| {
            let mut git = Command::new("git");
            git.args(args)
                .current_dir(&dir)
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .stderr(Stdio::null())
                .output()
        };
        if !git(&["init", "-q"]).is_ok_and(|output| output.status.success()) {
            return; // there is no git here to compare with
        }
        for path in paths() {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let parts = [
            "a",
            "b",
            "a",
            "/",
            "*",
            "**",
            "?",
            "[ab]",
            "[!a]",
            "[a-]",
            "[[:alpha:]]",
            "\\",
            "!",
            " ",
            "\n",
            "\n!",
            "/**/",
            "]",
            "-",
        ];
        let rounds = std::env::var("ROUNDS")
            .ok()
            .and_then(|rounds| rounds.parse().ok())
            .unwrap_or(200);
        let mut seed = 20_240_229_u64;
        for _ in 0..rounds {
            let mut random = |below: usize| {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(seed >> 33).unwrap() % below
            };
            let rules: String = (0..=random(8))
                .map(|_| parts[random(parts.len())])
                .collect();
            fs::write(dir.path().join(".gitignore"), &rules).unwrap();
            let output =
                git(&["ls-files", "-o", "-z", "--exclude-per-directory=.gitignore"]).unwrap();
            let listed = String::from_utf8(output.stdout).unwrap();
            let listed = listed
                .split_terminator('\0')
                .filter(|path| *path != ".gitignore")
                .map(str::to_owned);
            assert_eq!(kept(rules.as_bytes()), listed.collect(), "{rules:?}");
        }
    }
}
