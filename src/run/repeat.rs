//! Several runs of the same command as one trial: the median of each number, and the spread of the scores.

use super::Attempt;
use crate::log::Number;

/// How far the scores of repeated runs are apart.
#[derive(Clone, Debug)]
pub struct Spread {
    /// The standard deviation of the sample.
    pub std: f64,
    /// For the notes.
    pub text: String,
}

/// One attempt for all; if one failed, that one. The spread is `None` unless at least two runs have a score.
pub fn combine(mut attempts: Vec<Attempt>) -> (Attempt, Option<Spread>) {
    let seconds = attempts.iter().map(|attempt| attempt.seconds).sum();
    let count = attempts.len();
    let mut warnings: Vec<String> = Vec::new();
    for warning in attempts.iter_mut().flat_map(|run| run.warnings.drain(..)) {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    let mut combined = attempts.pop().unwrap_or_default();
    (combined.seconds, combined.warnings) = (seconds, warnings);
    if attempts.is_empty() || !combined.is_completed {
        if count > 1 {
            combined.notes += &format!("\nrun {count} failed");
        }
        return (combined, None);
    }
    let earlier = attempts.iter();
    let mut scores: Vec<Number> = earlier.filter_map(|run| run.score.clone()).collect();
    scores.extend(combined.score.clone());
    let spread = measure(&scores);
    for (name, text) in combined.values.iter_mut().chain(&mut combined.said) {
        let Ok(last) = text.parse() else {
            continue; // a text: that of the last run counts
        };
        let mut numbers: Vec<Number> = vec![last];
        for run in &attempts {
            let mut values = run.said.iter().chain(&run.values);
            let value = values.find(|(other, _)| other == name);
            numbers.extend(value.and_then(|(_, text)| text.parse().ok()));
        }
        *text = median(numbers);
    }
    combined.score = median(scores).parse().ok();
    (combined, Some(spread))
}

/// The median with the digits it was given with; between two numbers, their mean.
fn median(mut numbers: Vec<Number>) -> String {
    numbers.sort_by(|a, b| a.value().total_cmp(&b.value()));
    let Some(upper) = numbers.get(numbers.len() / 2) else {
        return String::new();
    };
    let lower = &numbers[(numbers.len() - 1) / 2];
    if lower.value().total_cmp(&upper.value()).is_eq() {
        return upper.text().to_owned();
    }
    let mean = f64::midpoint(lower.value(), upper.value());
    match count_decimals(lower.text()).max(count_decimals(upper.text())) {
        Some(decimals) => format!("{mean:.*}", decimals + 1),
        None => mean.to_string(),
    }
}

/// Digits after the point; `None` in scientific notation.
fn count_decimals(text: &str) -> Option<usize> {
    if text.contains(['e', 'E']) {
        return None;
    }
    let (_, decimals) = text.split_once('.').unwrap_or((text, ""));
    Some(decimals.len())
}

fn measure(scores: &[Number]) -> Spread {
    let values: Vec<f64> = scores.iter().map(Number::value).collect();
    let count = values.len() as f64;
    // Differences from the first value, so that equal values have a deviation of exactly 0.
    let values: Vec<f64> = values.iter().map(|value| value - values[0]).collect();
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let std = (squares / (count - 1.0).max(1.0)).sqrt();
    let texts: Vec<&str> = scores.iter().map(Number::text).collect();
    Spread {
        text: format!(
            "median of {} runs, standard deviation {}: {}",
            scores.len(),
            format_std(std),
            texts.join(" ")
        ),
        std,
    }
}

/// Three significant digits.
pub fn format_std(std: f64) -> String {
    if std == 0.0 {
        return "0".to_owned();
    }
    let rounded: f64 = format!("{std:.2e}").parse().unwrap_or(std);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(score: &str, bytes: &str) -> Attempt {
        Attempt {
            is_completed: true,
            score: score.parse().ok(),
            values: vec![("bytes".to_owned(), bytes.to_owned())],
            seconds: 2.0,
            ..Attempt::default()
        }
    }

    #[test]
    fn equal_scores_have_no_deviation() {
        let (_, spread) = combine(vec![
            attempt("0.80", "7"),
            attempt("0.80", "7"),
            attempt("0.80", "7"),
        ]);
        assert!(spread.unwrap().text.contains("deviation 0: "));
    }

    #[test]
    fn between_two_numbers_their_mean_is_the_median() {
        let (combined, _) = combine(vec![attempt("1.3", "7"), attempt("1.2", "8")]);
        assert_eq!(combined.score.unwrap().text(), "1.25");
        assert_eq!(combined.values, [("bytes".to_owned(), "7.5".to_owned())]);
        let (combined, _) = combine(vec![attempt("1.3", "7"), attempt("1.3", "7")]);
        assert_eq!(combined.score.unwrap().text(), "1.3");
    }
}
