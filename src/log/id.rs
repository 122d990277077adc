//! Names of trials: `7`, `007` and `exp_007` are one trial wherever an id is given or read.

use std::fmt;

use super::number::short_whole;

/// The name of a trial, in the form in which names are compared.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum ExpId {
    /// The usual case: a number, written with at least three digits.
    Number(u64),
    /// Anything else that a log uses as an id, such as a commit.
    Name(String),
}

impl ExpId {
    /// Reads an id as people and logs write it; `None` where the text is blank.
    pub fn parse(text: &str) -> Option<Self> {
        let text = without_prefix(text.trim());
        if text.is_empty() {
            return None;
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Some(Self::Number(number)),
            _ => Some(Self::Name(text.to_owned())),
        }
    }

    /// The same for bytes; what is not UTF-8 counts as U+FFFD.
    #[inline]
    pub fn parse_bytes(bytes: &[u8]) -> Option<Self> {
        // Nearly all ids are a few digits.
        short_whole(bytes)
            .map(Self::Number)
            .or_else(|| Self::parse(&String::from_utf8_lossy(bytes)))
    }

    /// Numbers from here on are no count of trials, whatever they are: the next id does not follow them.
    pub const TOO_LARGE: u64 = 1_000_000_000_000_000;

    /// The number that counts this trial, if one does.
    pub fn counted(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number).filter(|&number| number < Self::TOO_LARGE),
            Self::Name(_) => None,
        }
    }

    /// Whether a new trial may be called this: the name also becomes part of a path (`snapshots/<id>_<domain>`).
    pub fn may_be_new(&self) -> bool {
        match self {
            Self::Number(number) => *number < Self::TOO_LARGE,
            Self::Name(name) => {
                let safe = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
                (1..=64).contains(&name.len())
                    && name.bytes().all(safe)
                    && !name.starts_with(['.', '-'])
            }
        }
    }
}

impl fmt::Display for ExpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number:03}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// An id cell as it is shown: `exp_7` and `7` as `007`; a log's own longer padding (`0007`) stays.
pub fn shown_id(cell: &str) -> String {
    let text = without_prefix(cell.trim());
    let zeros = match text.len() {
        1 | 2 if text.bytes().all(|b| b.is_ascii_digit()) => &"00"[text.len() - 1..],
        _ => "",
    };
    [zeros, text].concat()
}

fn without_prefix(text: &str) -> &str {
    match text.strip_prefix("exp_") {
        Some(rest) if rest.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_spellings_name_one_trial() {
        let ids = ["7", "007", "exp_007", " 0007 "].map(|text| ExpId::parse(text).unwrap());
        assert!(ids.iter().all(|id| *id == ExpId::Number(7)));
        assert_eq!(ids[0].to_string(), "007");
        assert_eq!(shown_id("exp_7"), "007");
        assert_eq!(shown_id("0007"), "0007");
    }

    #[test]
    fn what_is_no_number_stays_a_name() {
        assert_eq!(ExpId::parse("exp_a1"), Some(ExpId::Name("exp_a1".into())));
        assert_eq!(ExpId::parse("-7"), Some(ExpId::Name("-7".into())));
        assert_eq!(ExpId::parse("exp_"), None);
        assert_eq!(ExpId::parse("  "), None);
        let long = "9".repeat(30);
        assert_eq!(ExpId::parse(&long), Some(ExpId::Name(long)));
    }

    #[test]
    fn a_new_name_is_safe_in_a_path() {
        for bad in ["../x", ".x", "-x", "a/b", "a b", "ä"] {
            assert!(!ExpId::parse(bad).unwrap().may_be_new(), "{bad}");
        }
        assert!(ExpId::parse("a672845").unwrap().may_be_new());
    }
}
