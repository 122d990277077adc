//! Ids of trials: `7`, `007` and `exp_007` name the same trial.

use std::fmt;

use super::decode;

/// The id of a trial, in the form in which ids are compared.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum ExpId {
    /// A number, written with at least three digits: the usual case.
    Number(u64),
    /// Anything else that a log uses as an id, such as a commit.
    Name(String),
}

impl ExpId {
    /// Larger numbers do not count trials: the next id does not follow them.
    pub const MAX_COUNTED: u64 = 999_999_999;

    /// Parses an id as people and logs write it; `None` if the text is blank.
    pub fn parse(text: &str) -> Option<Self> {
        let text = strip_prefix(text.trim());
        if text.is_empty() {
            return None;
        }
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(number) if is_number => Some(Self::Number(number)),
            _ => Some(Self::Name(text.to_owned())),
        }
    }

    /// Parses an id from bytes; bytes that are not UTF-8 become U+FFFD.
    pub fn parse_bytes(bytes: &[u8]) -> Option<Self> {
        Self::parse(&decode(bytes.into()))
    }

    /// The number of this trial, if the log's count of trials continues from it.
    pub fn counted(&self) -> Option<u64> {
        match self {
            Self::Number(number) if *number <= Self::MAX_COUNTED => Some(*number),
            _ => None,
        }
    }

    /// Whether a new trial may have this id. It also becomes part of a path: `snapshots/<id>_<domain>`.
    pub fn may_be_new(&self) -> bool {
        match self {
            Self::Number(number) => *number <= Self::MAX_COUNTED,
            Self::Name(name) => {
                let is_safe = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
                (1..=64).contains(&name.len())
                    && name.bytes().all(is_safe)
                    && !name.bytes().all(|b| b.is_ascii_digit())
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

/// An id cell as it is shown: `exp_7` and `7` as `007`. Longer padding (`0007`, `exp_0012`) stays.
pub fn shown_id(cell: &str) -> String {
    let text = strip_prefix(cell.trim());
    if text.starts_with('0') && text.len() > 3 {
        return cell.trim().to_owned(); // the log's own form, such as `exp_0012`
    }
    let is_short = matches!(text.len(), 1..=2);
    if is_short && text.bytes().all(|b| b.is_ascii_digit()) {
        format!("{text:0>3}")
    } else {
        text.to_owned()
    }
}

fn strip_prefix(text: &str) -> &str {
    match text.split_at_checked(4) {
        Some((prefix, rest))
            if prefix.eq_ignore_ascii_case("exp_") && rest.bytes().all(|b| b.is_ascii_digit()) =>
        {
            rest
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_spellings_name_the_same_trial() {
        let ids = ["7", "007", "EXP_007", " 0007 "].map(|text| ExpId::parse(text).unwrap());
        assert!(ids.iter().all(|id| *id == ExpId::Number(7)));
        assert_eq!(ids[0].to_string(), "007");
        assert_eq!(shown_id("exp_7"), "007");
        assert_eq!(shown_id("0007"), "0007");
    }

    #[test]
    fn an_id_that_is_not_a_number_stays_a_name() {
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
