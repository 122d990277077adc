//! Scores: which texts are numbers, which number is better, how a difference is written.

use std::{fmt, str::FromStr};

/// Which way the search optimises (the words are Optuna's).
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Lower is better
    Minimize,
    /// Higher is better
    Maximize,
}

impl Direction {
    /// Whether `score` is strictly better than `than`.
    pub fn better(self, score: f64, than: f64) -> bool {
        match self {
            Self::Minimize => score < than,
            Self::Maximize => score > than,
        }
    }

    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Minimize => Self::Maximize,
            Self::Maximize => Self::Minimize,
        }
    }

    /// "lower" or "higher", for sentences.
    pub fn better_word(self) -> &'static str {
        match self {
            Self::Minimize => "lower",
            Self::Maximize => "higher",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minimize => "minimize",
            Self::Maximize => "maximize",
        })
    }
}

/// A finite decimal number, kept as it was given, to the digit.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    text: String,
    value: f64,
}

impl Number {
    /// The value of a cell; `None` for what is no finite decimal number: `NaN`, `inf`, `1e400`, `0x1f`, `1,07`, `٣`.
    pub fn value_of(text: &str) -> Option<f64> {
        let text = text.trim_ascii();
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        text.parse().ok().filter(|value: &f64| plain && value.is_finite())
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn value(&self) -> f64 {
        self.value
    }
}

impl FromStr for Number {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Self::value_of(text) {
            Some(value) => Ok(Self { text: text.trim_ascii().to_owned(), value }),
            None => Err(format!("`{}` is no finite decimal number", text.escape_debug())),
        }
    }
}

/// A difference as `delta_vs_best` has it: signed, six decimals, more where it would print as zero,
/// and scientific where even fifteen would not show it.
pub fn signed_delta(delta: f64) -> String {
    let delta = if delta == 0.0 { 0.0 } else { delta }; // no -0
    if delta != 0.0 && !(1e-15..1e15).contains(&delta.abs()) {
        return format!("{delta:+e}");
    }
    (6..=16)
        .map(|decimals| format!("{delta:+.decimals$}"))
        .find(|text| delta == 0.0 || text.bytes().any(|b| (b'1'..=b'9').contains(&b)))
        .unwrap_or_else(|| format!("{delta:+e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_decimals_are_numbers() {
        for bad in ["", "NaN", "inf", "-Infinity", "1e400", "1,07", "0x1f", "٣", "1_000", "27/50", "e", "--1"] {
            assert_eq!(Number::value_of(bad), None, "{bad}");
        }
        for good in ["1.0731", "+0.5", "-0", ".5", "2000000000", "1e-300", " 7 "] {
            assert!(Number::value_of(good).is_some(), "{good}");
        }
    }

    #[test]
    fn a_difference_that_is_not_zero_never_prints_as_zero() {
        assert_eq!(signed_delta(1.073_142 - 1.074_207), "-0.001065");
        assert_eq!(signed_delta(3e-9), "+0.000000003");
        assert_eq!(signed_delta(-0.0), "+0.000000");
        assert_eq!(signed_delta(1e-300), "+1e-300");
        assert_eq!(signed_delta(2e9), "+2000000000.000000");
    }
}
