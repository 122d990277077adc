//! Number formats: one function for each quantity.

/// A duration in the unit that fits: `12 s`, `3.4 min`, `342.7 h`.
pub fn duration(seconds: f64) -> String {
    if seconds >= 3600.0 {
        format!("{:.1} h", seconds / 3600.0)
    } else if seconds >= 60.0 {
        format!("{:.1} min", seconds / 60.0)
    } else if seconds >= 10.0 || seconds == 0.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{seconds:.1} s")
    }
}

/// A signed difference with two significant digits, for a sentence: `-0.0010`, `+12`.
pub fn short_delta(delta: f64) -> String {
    let magnitude = delta.abs().log10().floor();
    if delta == 0.0 {
        "+0".to_owned()
    } else if (-9.0..15.0).contains(&magnitude) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 10"
        )]
        let decimals = (1.0 - magnitude).max(0.0) as usize;
        format!("{delta:+.decimals$}")
    } else {
        format!("{delta:+.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_the_unit_that_fits() {
        let texts = [0.0, 3.6, 12.0, 204.0, 1_233_720.0].map(duration);
        assert_eq!(texts, ["0 s", "3.6 s", "12 s", "3.4 min", "342.7 h"]);
    }

    #[test]
    fn a_short_delta_never_prints_as_zero() {
        let texts = [-0.001, 0.00108, 0.066, -12.345, 3e-9, 1e-20, 0.0].map(short_delta);
        let wanted = [
            "-0.0010",
            "+0.0011",
            "+0.066",
            "-12",
            "+0.0000000030",
            "+1.0e-20",
            "+0",
        ];
        assert_eq!(texts, wanted);
    }
}
