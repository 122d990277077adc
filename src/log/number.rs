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
        Self::value_of_bytes(text.as_bytes())
    }

    /// The same for bytes of which nobody knows whether they are text.
    #[inline(always)]
    pub fn value_of_bytes(bytes: &[u8]) -> Option<f64> {
        short_decimal(bytes).or_else(|| Self::any_value(bytes))
    }

    fn any_value(bytes: &[u8]) -> Option<f64> {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return None; // before a slower way says so
        }
        let is_plain = bytes
            .iter()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(b));
        let value: f64 = std::str::from_utf8(bytes)
            .ok()?
            .parse()
            .ok()
            .filter(|value: &f64| is_plain && value.is_finite())?;
        Some(value + 0.0) // no -0: it would be another number than 0 to some comparisons
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn value(&self) -> f64 {
        self.value
    }
}

/// Powers of ten that an `f64` has exactly, as far as they are needed here.
const TENS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// The value of a sign, digits and a point, no more than fifteen digits: nearly every number in a log. A whole number of
/// fifteen digits and a power of ten are exact, so their quotient is rounded once, as it should be (Clinger, "How to read
/// floating point numbers accurately", 1990). Eight digits are read at once: a loop over them ends somewhere else for each
/// number, which a processor cannot foresee.
#[inline(always)]
fn short_decimal(bytes: &[u8]) -> Option<f64> {
    let (negative, rest) = match bytes {
        [sign @ (b'-' | b'+'), rest @ ..] => (*sign == b'-', rest),
        rest => (false, rest),
    };
    let (mut high, mut low) = match rest.len() {
        1..=8 => (0, last_digits(rest)),
        9..=16 => (
            last_digits(&rest[..rest.len() - 8]),
            last_digits(&rest[rest.len() - 8..]),
        ),
        _ => return None,
    };
    // The point is taken out, and what stands before it moved up.
    let (count, behind) = match (others(high), others(low)) {
        (0, 0) => (rest.len(), 0),
        (0, point) => {
            let (before, after, behind) = parted(low, point)?;
            (high, low) = (high << 8, before << 8 | after | high >> 56);
            (rest.len() - 1, behind)
        }
        (point, 0) => {
            let (before, after, behind) = parted(high, point)?;
            high = before << 8 | after;
            (rest.len() - 1, behind + 8)
        }
        _ => return None,
    };
    if !(1..16).contains(&count) {
        return None;
    }
    let whole = eight_digits(high) * 100_000_000 + eight_digits(low);
    #[allow(
        clippy::cast_precision_loss,
        reason = "fifteen digits are less than 2^53"
    )]
    let value = whole as f64 / TENS[behind];
    Some(if negative { 0.0 - value } else { value })
}

/// A whole number of no more than eight digits.
#[inline]
pub(crate) fn short_whole(bytes: &[u8]) -> Option<u64> {
    let digits = (1..=8).contains(&bytes.len()).then(|| last_digits(bytes))?;
    (others(digits) == 0).then(|| eight_digits(digits))
}

/// A byte in all places of a word.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The last eight digits of a number that ends with these one to eight bytes: a byte each, the first one lowest, as long as there
/// is nothing else among them. Reads that overlap cost less than a copy of any length.
#[inline]
fn last_digits(bytes: &[u8]) -> u64 {
    let word = if let Some(all) = bytes.first_chunk() {
        u64::from_le_bytes(*all)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        u64::from(u32::from_le_bytes(*first))
            | u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4))
    } else {
        bytes
            .iter()
            .rev()
            .fold(0, |word, b| word << 8 | u64::from(*b))
    };
    (word ^ each(b'0')) << (64 - 8 * bytes.len())
}

/// The highest bit of each byte that is no digit.
fn others(digits: u64) -> u64 {
    (((digits & each(0x7f)) + each(0x7f - 9)) | digits) & each(0x80)
}

/// What stands before the point and behind it, and how many digits that are: if it is a point, and the only one.
fn parted(digits: u64, point: u64) -> Option<(u64, u64, usize)> {
    let at = point.trailing_zeros() / 8;
    let is_point = digits >> (8 * at) & 0xff == u64::from(b'.' ^ b'0') && point.is_power_of_two();
    let before = digits & ((1 << (8 * at)) - 1);
    is_point.then(|| {
        (
            before,
            digits & (u64::MAX << (8 * at) << 8),
            7 - at as usize,
        )
    })
}

/// The number of eight digits: pairs of them, pairs of those, and the two that are left.
fn eight_digits(digits: u64) -> u64 {
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
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
        for bad in [
            "",
            "NaN",
            "inf",
            "-Infinity",
            "1e400",
            "1,07",
            "0x1f",
            "٣",
            "1_000",
            "27/50",
            "e",
            "--1",
        ] {
            assert_eq!(Number::value_of(bad), None, "{bad}");
        }
        for good in ["1.0731", "+0.5", "-0", ".5", "2000000000", "1e-300", " 7 "] {
            assert!(Number::value_of(good).is_some(), "{good}");
        }
    }

    #[test]
    fn a_short_decimal_is_what_it_is_to_everybody() {
        for text in [
            "0",
            "-0",
            "1.073142",
            "+.5",
            "5.",
            "-0.000001",
            "999999999999999",
            "0.99999999999999",
            "123.456",
            "600.123000",
        ] {
            assert_eq!(
                short_decimal(text.as_bytes()),
                Some(text.parse::<f64>().unwrap() + 0.0),
                "{text}"
            );
        }
        for text in [
            "",
            "-",
            ".",
            "1.2.3",
            "1e5",
            "1234567890123456",
            "12345678.90123456",
            "--1",
        ] {
            assert_eq!(short_decimal(text.as_bytes()), None, "{text}");
        }
        assert!(Number::value_of("-0").unwrap().is_sign_positive());
    }

    proptest::proptest! {
        #[test]
        fn any_decimal_is_read_as_the_standard_library_reads_it(text in "[+-]?[0-9]{0,9}[.]?[0-9]{0,9}") {
            let expected = text.parse::<f64>().ok().map(|value| value + 0.0);
            proptest::prop_assert_eq!(Number::value_of(&text), expected);
        }

        #[test]
        fn nothing_else_is_read_as_a_decimal(bytes in proptest::collection::vec(proptest::prop_oneof![8 => b'-'..=b':', 1 => proptest::num::u8::ANY], 0..18)) {
            if let Some(value) = short_decimal(&bytes) {
                let text = std::str::from_utf8(&bytes).unwrap();
                proptest::prop_assert!(text.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b'.'));
                proptest::prop_assert_eq!(Ok(value), text.parse::<f64>().map(|value| value + 0.0));
            }
            if let Some(whole) = short_whole(&bytes) {
                proptest::prop_assert!(bytes.iter().all(u8::is_ascii_digit));
                proptest::prop_assert_eq!(Ok(whole), std::str::from_utf8(&bytes).unwrap().parse());
            }
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
