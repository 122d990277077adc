//! Axes: where values and ticks are, and what the ticks say.

use jiff::Timestamp;

/// A map from values to a side of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// The values at the ends.
    pub(super) from: f64,
    pub(super) to: f64,
    /// Where the ends are.
    pub(super) start: f64,
    pub(super) end: f64,
}

impl Scale {
    /// A map from two values to two places.
    pub(super) fn new((from, to): (f64, f64), (start, end): (f64, f64)) -> Self {
        Self {
            from,
            to,
            start,
            end,
        }
    }

    /// Where a value is; a value beyond an end is at the end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let mut part = (value - self.from) / (self.to - self.from);
        if (self.to - self.from).is_infinite() {
            part = (value / 2.0 - self.from / 2.0) / (self.to / 2.0 - self.from / 2.0);
        }
        self.start + part.clamp(0.0, 1.0) * (self.end - self.start)
    }

    pub(super) fn contains(&self, value: f64) -> bool {
        (self.from.min(self.to)..=self.from.max(self.to)).contains(&value)
    }
}

/// Round values between two bounds, at most `max` of them, with their texts.
pub(super) fn number_ticks(low: f64, high: f64, max: f64) -> Vec<(f64, String)> {
    let max = max.max(1.0);
    let step = nice_step(high / max - low / max); // the difference alone may be infinite
    if !step.is_normal() {
        return vec![(low, format!("{low:e}")), (high, format!("{high:e}"))];
    }
    let (mut ticks, first) = (Vec::new(), (low / step).ceil());
    for n in 0..1000 {
        let value = (first + f64::from(n)) * step;
        if value > high {
            break;
        }
        ticks.push((value, tick_text(value, step)));
    }
    ticks
}

/// Whole values between two bounds, none below zero.
pub(super) fn count_ticks(low: f64, high: f64, max: f64) -> Vec<(f64, String)> {
    let step = nice_step((high - low) / max.max(1.0)).max(1.0);
    let mut ticks = number_ticks(low.max(0.0), high, (high - low.max(0.0)) / step);
    ticks.retain(|(value, _)| value.fract() == 0.0);
    for (value, text) in &mut ticks {
        *text = format!("{value}");
    }
    ticks
}

/// The next number 1, 2 or 5 times a power of ten.
fn nice_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    let factor = factors
        .into_iter()
        .find(|factor| factor * power >= least * 0.999_999);
    factor.unwrap_or(10.0) * power
}

/// A value with the decimals that tell it from the next one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers of digits"
)]
fn tick_text(value: f64, step: f64) -> String {
    if value.abs() < step / 2.0 {
        return "0".to_owned();
    }
    let last_digit = (step * 1.000_001).log10().floor();
    if value.abs() >= 1e7 || last_digit < -9.0 && value.abs() < 1e-3 {
        let digits = (value.abs().log10().floor() - last_digit).clamp(0.0, 16.0) as usize;
        return format!("{value:.digits$e}");
    }
    let decimals = (-last_digit).max(0.0) as usize;
    format!("{value:.decimals$}")
}

/// Steps between times in seconds, from a second to a year.
const TIME_STEPS: [i64; 18] = [
    1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800,
    2_592_000, 7_776_000, 31_536_000,
];

/// Round times between two bounds, at most `max` of them, with their texts in UTC.
pub(super) fn time_ticks(low: f64, high: f64, max: f64) -> Vec<(f64, String)> {
    let distance = ((high - low) / max.max(1.0)).ceil();
    #[allow(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    let (first, last, shortest) = (low.ceil() as i64, high as i64, distance as i64);
    let step = TIME_STEPS.into_iter().find(|&step| step >= shortest);
    let step = step.unwrap_or(shortest.max(1));
    let format = match step {
        ..60 => "%H:%M:%S",
        60..86_400 if last - first < 86_400 => "%H:%M",
        60..86_400 => "%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    let mut ticks = Vec::new();
    let mut time = first + (-first).rem_euclid(step);
    while time <= last {
        if let Ok(timestamp) = Timestamp::from_second(time) {
            ticks.push((time as f64, timestamp.strftime(format).to_string()));
        }
        time += step;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: Vec<(f64, String)>) -> Vec<String> {
        ticks.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_have_no_more_digits_than_they_need() {
        for (low, high, max, expected) in [
            (0.0, 200.0, 5.0, "0 50 100 150 200"),
            (1.0731, 1.0812, 5.0, "1.074 1.076 1.078 1.080"),
            (-0.2, 0.1, 3.0, "-0.2 -0.1 0 0.1"),
            (0.0, 3e12, 3.0, "0 1e12 2e12 3e12"),
            (-1.5e308, 1.5e308, 3.0, "-1e308 0 1e308"),
            (1e-12, 3e-12, 2.0, "1e-12 2e-12 3e-12"),
        ] {
            assert_eq!(texts(number_ticks(low, high, max)).join(" "), expected);
        }
    }

    #[test]
    fn times_are_round() {
        let start = 1_777_607_739.0; // 2026-05-01T03:55:39Z
        let day = texts(time_ticks(start, start + 80_000.0, 5.0));
        assert_eq!(day, ["06:00", "12:00", "18:00", "00:00"]);
        let month = texts(time_ticks(start, start + 2_600_000.0, 5.0));
        assert_eq!(month[0], "2026-05-07");
    }
}
