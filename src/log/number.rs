//! Scores: which texts are numbers, which number is better, how a difference is written.

use std::{fmt, str::FromStr};

/// Which way the search optimises (the words are Optuna's).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
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

/// Which trial is the best if several have the best score.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Tie {
    /// The earliest
    #[default]
    First,
    /// The latest: a simpler edit that was kept with an equal score becomes the best
    Last,
}

impl Tie {
    /// Whether a trial with `score` replaces an earlier one with `best` as the best.
    pub fn replaces_best(self, score: f64, best: f64, direction: Direction) -> bool {
        match self {
            Self::First => direction.better(score, best),
            Self::Last => !direction.better(best, score),
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

/// A finite decimal number that keeps the digits it was given with.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    text: String,
    value: f64,
}

impl Number {
    /// Whether a text is a number that is not finite, such as `NaN`, `-Infinity` or `1e999`.
    pub fn is_not_finite(text: &str) -> bool {
        let number = text.trim().parse::<f64>();
        number.is_ok_and(|number| !number.is_finite())
    }

    /// The value of a text, or `None` if it is not a finite decimal number: `NaN`, `inf`, `1e400`, `0x1f`, `1,07`, `٣`.
    pub fn value_of(text: &str) -> Option<f64> {
        Self::value_of_bytes(text.as_bytes())
    }

    pub fn value_of_bytes(bytes: &[u8]) -> Option<f64> {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return None; // as most cells that are not numbers
        }
        // The words that are parsed too, such as `inf`, are not finite.
        let value: f64 = std::str::from_utf8(bytes).ok()?.parse().ok()?;
        // Adding zero turns -0 into 0, which `total_cmp` tells apart.
        value.is_finite().then_some(value + 0.0)
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
            Some(value) => Ok(Self {
                text: text.trim_ascii().to_owned(),
                value,
            }),
            None => Err(format!("'{}' is not a finite number", text.escape_debug())),
        }
    }
}

/// A difference as `delta_vs_best` holds it: signed, with six decimals. A difference that is not zero never prints as
/// zero: it gets more decimals, and scientific notation below 1e-15.
pub fn signed_delta(delta: f64) -> String {
    if delta == 0.0 {
        return "+0.000000".to_owned();
    }
    if !(1e-15..1e15).contains(&delta.abs()) {
        return format!("{delta:+e}");
    }
    let mut text = format!("{delta:+.6}");
    let mut decimals = 7;
    while !text.bytes().any(|b| matches!(b, b'1'..=b'9')) {
        text = format!("{delta:+.decimals$}");
        decimals += 1;
    }
    text
}

/// Whether `delta` is `score - base`, rounded or cut off at the last digit of its text.
pub fn is_difference(delta: f64, text: &str, score: f64, base: f64) -> bool {
    let error = (score - base - delta).abs();
    let tolerance = 1e-12 * score.abs().max(base.abs());
    error <= tolerance || error <= 1.01 * last_digit(text) + tolerance
}

/// The value of the last digit of a decimal number: 0.01 for `1.25`.
fn last_digit(text: &str) -> f64 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let decimals = match mantissa.split_once('.') {
        Some((_, decimals)) => i32::try_from(decimals.trim().len()).unwrap_or(i32::MAX),
        None => 0,
    };
    let exponent = exponent.trim().parse::<i32>().unwrap_or(0);
    10_f64.powi(exponent.saturating_sub(decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_decimals_are_numbers() {
        let bad = "NaN inf -Infinity nan(1) 1e400 1,07 0x1f ٣ 1_000 27/50 e --1";
        for bad in bad.split(' ').chain([""]) {
            assert_eq!(Number::value_of(bad), None, "{bad}");
        }
        for good in ["1.0731", "+0.5", "-0", ".5", "2000000000", "1e-300", " 7 "] {
            assert!(Number::value_of(good).is_some(), "{good}");
        }
        assert!(Number::value_of("-0").unwrap().is_sign_positive());
    }

    #[test]
    fn a_difference_that_is_not_zero_never_prints_as_zero() {
        assert_eq!(signed_delta(1.073_142 - 1.074_207), "-0.001065");
        assert_eq!(signed_delta(3e-9), "+0.000000003");
        assert_eq!(signed_delta(-0.0), "+0.000000");
        assert_eq!(signed_delta(1e-300), "+1e-300");
        assert_eq!(signed_delta(2e9), "+2000000000.000000");
    }

    #[test]
    fn a_delta_may_be_rounded_at_its_last_digit() {
        assert!(is_difference(-0.001, "-0.001", 1.0724, 1.0731));
        assert!(!is_difference(-0.001, "-0.001000", 1.0724, 1.0731));
        assert!(is_difference(2e-9, "2e-9", 1.000_000_002, 1.0));
    }
}
