//! The lines of a comparison: the same figures of every search.

use std::collections::BTreeSet;

use super::Comparison;
use super::record::{Figure, Line, Value, decimal};
use crate::analysis::{Rate, Search};
use crate::log::{Direction, Number, Status, signed_delta};
use crate::output::format::{change_percent, hours, percent, share};
use crate::output::visible_or_dash;
use crate::text::{NOTHING, count, visible};

pub(super) fn compare_lines(comparison: &Comparison) -> Vec<Line> {
    let scores = choose_scores(comparison);
    let outcomes = list_outcomes(comparison);
    let list_figures = |search: &Search| {
        let mut figures = vec![
            best_figure(search),
            baseline_figure(search),
            improvement_figure(search, comparison.has_one_metric),
        ];
        let reach = |score| reach_figure(search, score, comparison.direction);
        figures.extend(scores.iter().map(reach));
        figures.push(trials_figure(search));
        figures.push(rate_figure("keep", search.keep_rate()));
        figures.push(rate_figure("completion", search.completion_rate()));
        figures.push(completed_figure(search.completion_rate()));
        figures.push(compute_figure(search));
        let outcomes = outcomes.iter();
        figures.extend(outcomes.map(|(status, word)| outcome_figure(search, *status, word)));
        figures
    };
    let mut lines = Vec::new();
    for empty in list_figures(&Search::default()) {
        let figures = Vec::new();
        lines.push(Line { empty, figures });
    }
    for figures in comparison.each(list_figures) {
        for (line, figure) in lines.iter_mut().zip(figures) {
            line.figures.push(figure);
        }
    }
    lines
}

/// The scores of which it is shown what it took to reach them, easiest first; none if the metrics differ.
fn choose_scores(comparison: &Comparison) -> Vec<Number> {
    if !comparison.has_one_metric {
        return Vec::new();
    }
    let mut scores = comparison.reach.clone();
    if scores.is_empty() {
        let best = comparison.each(|search| search.tally.total.best.clone());
        let texts = best.iter().flatten().map(|(_, text, _)| text.parse());
        scores.extend(texts.filter_map(Result::ok));
    }
    scores.sort_by(|a, b| a.value().total_cmp(&b.value()));
    scores.dedup_by(|a, b| a.value().total_cmp(&b.value()).is_eq());
    if comparison.direction.better(0.0, 1.0) {
        scores.reverse();
    }
    scores
}

/// Every outcome that occurs in a search.
fn list_outcomes(comparison: &Comparison) -> BTreeSet<(Status, String)> {
    let mut outcomes = BTreeSet::new();
    for (_, search) in &comparison.searches {
        let entries = search.tally.total.entries();
        outcomes.extend(entries.map(|entry| (entry.status, entry.word)));
    }
    outcomes
}

fn best_figure(search: &Search) -> Figure {
    let (text, score, id) = match &search.tally.total.best {
        Some((_, score, id)) => {
            let text = format!("{} ({})", visible(score), visible(id));
            (text, score.clone(), id.clone())
        }
        None => (NOTHING.to_owned(), String::new(), String::new()),
    };
    let mut values = vec![Value::new("best", score), Value::new("best_exp", id)];
    values[1].is_text = true;
    Figure::new("best", text, values)
}

fn baseline_figure(search: &Search) -> Figure {
    let score = search.tally.baseline.as_ref().map(|(_, text)| text.clone());
    let score = score.unwrap_or_default();
    let text = visible_or_dash(&score);
    Figure::new("baseline", text, vec![Value::new("baseline_score", score)])
}

/// The best score minus the baseline's.
fn improvement_figure(search: &Search, has_one_metric: bool) -> Figure {
    let (mut text, mut value) = (NOTHING.to_owned(), Value::new("improvement", String::new()));
    if let Some((best, ..)) = &search.tally.total.best
        && let Some((baseline, _)) = &search.tally.baseline
        && (best - baseline).is_finite()
    {
        let change = best - baseline;
        value.cell = signed_delta(change);
        value.number = Some(change).filter(|_| has_one_metric);
        text = value.cell.clone() + &change_percent(change, *baseline);
    }
    Figure::new("improvement", text, vec![value])
}

fn reach_figure(search: &Search, score: &Number, direction: Direction) -> Figure {
    let reached = search.reach(score.value(), direction);
    let text = match &reached {
        Some(reached) if reached.hours > 0.0 => {
            let trials = count(reached.trials, "trial");
            format!("{trials}, {}", hours(reached.hours))
        }
        Some(reached) => count(reached.trials, "trial"),
        None => "not reached".to_owned(),
    };
    let score = score.text();
    let [trials_key, hours_key] = ["trials", "hours"].map(|unit| format!("{unit}_to_{score}"));
    let values = match reached {
        Some(reached) => vec![
            Value::count(trials_key, reached.trials),
            Value::number(hours_key, Some(reached.hours)),
        ],
        None => vec![
            Value::number(trials_key, None),
            Value::number(hours_key, None),
        ],
    };
    Figure::new(&format!("to reach {score}"), text, values)
}

fn trials_figure(search: &Search) -> Figure {
    let (all, rated) = (search.tally.total.all(), search.tally.total.rated());
    let text = match all - rated {
        0 => all.to_string(),
        ignored => format!("{all}, {ignored} ignored"),
    };
    Figure::new("trials", text, vec![Value::count("trials", all)])
}

/// A rate with its interval: `8.0 % (5.0–12.5 %)`.
fn rate_figure(key: &str, rate: Rate) -> Figure {
    let text = match rate.interval() {
        Some((low, high)) => {
            let rate = share(rate.part, rate.whole);
            format!("{rate} ({:.1}–{})", 100.0 * low, percent(high))
        }
        None => NOTHING.to_owned(),
    };
    let (low, high) = rate.interval().unzip();
    let cell = |end: Option<f64>| end.map_or_else(String::new, decimal);
    let mut values = vec![
        Value::number(format!("{key}_rate"), rate.value()),
        Value::new(format!("{key}_rate_low"), cell(low)),
        Value::new(format!("{key}_rate_high"), cell(high)),
    ];
    values[0].rate = Some(rate);
    Figure::new(&format!("{key} rate"), text, values)
}

fn completed_figure(rate: Rate) -> Figure {
    let text = format!("{} of {}", rate.part, rate.whole);
    Figure::new(
        "completed",
        text,
        vec![Value::count("completed", rate.part)],
    )
}

fn compute_figure(search: &Search) -> Figure {
    let total = &search.tally.total;
    let (all, lost) = (total.rated_hours(), total.hours_without_score());
    let text = if all > 0.0 {
        format!("{lost:.1} of {all:.1} h ({})", percent(lost / all))
    } else {
        NOTHING.to_owned()
    };
    let values = vec![
        Value::number("hours", Some(all)),
        Value::number("hours_without_score", Some(lost)),
    ];
    Figure {
        main: 1,
        ..Figure::new("no usable score", text, values)
    }
}

fn outcome_figure(search: &Search, status: Status, word: &str) -> Figure {
    let total = &search.tally.total;
    let entry = total.entries().find(|entry| entry.word == word);
    let (part, spent) = entry.map_or((0, 0.0), |entry| (entry.trials, entry.hours));
    let whole = total.rated();
    let mut text = part.to_string();
    let mut values = vec![Value::count(word, part)];
    if !status.is_ignored() {
        let rate = Rate { part, whole };
        values.push(Value::number(format!("{word}_share"), rate.value()));
        if part > 0 {
            text += &format!(" ({})", share(part, whole));
        }
    }
    if spent > 0.0 {
        text += &format!(", {}", hours(spent));
    }
    values.push(Value::number(format!("{word}_hours"), Some(spent)));
    Figure::new(&visible_or_dash(word), text, values)
}
