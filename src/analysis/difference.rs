//! Whether a difference is the one that a row says.

use crate::{
    log::Role,
    log::{Number, Row},
};

/// Whether a row's `delta` is its score less another, rounded or cut off at the last digit of its text.
pub(super) fn is_difference(row: &Row, delta: f64, score: f64, base: f64) -> bool {
    let (off, noise) = (
        (score - base - delta).abs(),
        1e-12 * score.abs().max(base.abs()),
    );
    off <= noise || off <= 1.01 * last_digit(&row.text(Role::Delta)) + noise
}

/// The worth of the last digit of a decimal number: 0.01 for `1.25`.
fn last_digit(text: &str) -> f64 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let decimals = mantissa
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.trim().len());
    let exponent = exponent.trim().parse::<i32>().unwrap_or(0);
    debug_assert!(Number::value_of(text).is_some());
    10_f64.powi(exponent.saturating_sub(i32::try_from(decimals).unwrap_or(i32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::last_digit;

    #[test]
    fn a_number_is_as_coarse_as_its_last_digit() {
        assert!((last_digit("-0.001065") - 1e-6).abs() < 1e-12);
        assert!((last_digit("12") - 1.0).abs() < 1e-12);
        assert!((last_digit("1.5e-3") - 1e-4).abs() < 1e-12);
    }
}
