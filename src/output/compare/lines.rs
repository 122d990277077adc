//! The lines of a comparison: each shows one or a few figures of every search.

use std::collections::BTreeSet;

use super::Comparison;
use super::record::{Line, Record, find_ratio, times, to_number, to_numbers};
use crate::analysis::{Milestone, Rate, Search};
use crate::log::{Number, Status, signed_delta};
use crate::output::format::{change_percent, duration, percent, share};
use crate::output::visible_or_dash;
use crate::text::{NOTHING, count, visible};

pub(super) fn compare_lines(comparison: &Comparison) -> Vec<Line> {
    let mut lines = vec![
        best_line(comparison),
        baseline_line(comparison),
        improvement_line(comparison),
    ];
    if comparison.has_one_metric {
        lines.extend(reach_lines(comparison));
    }
    lines.push(trials_line(comparison));
    lines.push(rate_line(comparison, "keep", Search::keep_rate));
    lines.push(rate_line(comparison, "completion", Search::completion_rate));
    lines.push(completed_line(comparison));
    lines.push(compute_line(comparison));
    lines.extend(outcome_lines(comparison));
    lines
}

fn best_line(comparison: &Comparison) -> Line {
    let best = comparison.each(|search| match &search.tally.total.best {
        Some((_, score, id)) => (score.clone(), id.clone()),
        None => Default::default(),
    });
    let texts = best.iter().map(|(score, id)| match &**id {
        "" => NOTHING.to_owned(),
        id => format!("{} ({})", visible(score), visible(id)),
    });
    let texts = texts.collect();
    let (scores, ids) = best.into_iter().unzip();
    let mut records = vec![Record::new("best", scores), Record::new("best_exp", ids)];
    records[1].is_text = true;
    Line::new("best", texts, records)
}

fn baseline_line(comparison: &Comparison) -> Line {
    let scores = comparison.each(|search| match &search.tally.baseline {
        Some((_, text)) => text.clone(),
        None => String::new(),
    });
    let texts = scores.iter().map(|text| visible_or_dash(text)).collect();
    Line::new(
        "baseline",
        texts,
        vec![Record::new("baseline_score", scores)],
    )
}

fn improvement_line(comparison: &Comparison) -> Line {
    let texts = comparison.each(|search| match find_improvement(search) {
        Some((change, baseline)) => signed_delta(change) + &change_percent(change, baseline),
        None => NOTHING.to_owned(),
    });
    let changes = comparison.each(|search| Some(find_improvement(search)?.0));
    let cells = changes
        .iter()
        .map(|change| change.map_or_else(String::new, signed_delta));
    let mut record = Record::new("improvement", cells.collect());
    record.ratio = find_ratio(&changes).filter(|_| comparison.has_one_metric);
    Line::new("improvement", texts, vec![record])
}

/// The best score minus the baseline's, and the baseline's.
fn find_improvement(search: &Search) -> Option<(f64, f64)> {
    let (best, ..) = search.tally.total.best.as_ref()?;
    let (baseline, _) = search.tally.baseline.as_ref()?;
    let change = best - baseline;
    change.is_finite().then_some((change, *baseline))
}

/// What it took to reach each of the scores.
fn reach_lines(comparison: &Comparison) -> Vec<Line> {
    let mut scores = comparison.reach.clone();
    if scores.is_empty() {
        let best = comparison.each(|search| search.tally.total.best.clone());
        let texts = best.iter().flatten().map(|(_, text, _)| text.parse());
        scores.extend(texts.filter_map(Result::ok));
    }
    scores.sort_by(|a, b| a.value().total_cmp(&b.value()));
    scores.dedup_by(|a, b| a.value().total_cmp(&b.value()).is_eq());
    if comparison.direction.better(0.0, 1.0) {
        scores.reverse(); // easiest first
    }
    scores
        .iter()
        .map(|score| reach_line(comparison, score))
        .collect()
}

fn reach_line(comparison: &Comparison, score: &Number) -> Line {
    let reached = comparison.each(|search| search.reach(score.value(), comparison.direction));
    let texts = reached.iter().map(|reached| match reached {
        Some(Milestone { trials, hours, .. }) if *hours > 0.0 => {
            format!("{}, {}", count(*trials, "trial"), duration(hours * 3600.0))
        }
        Some(Milestone { trials, .. }) => count(*trials, "trial"),
        None => "not reached".to_owned(),
    });
    let trials: Vec<_> = reached
        .iter()
        .map(|reached| Some(to_number(reached.as_ref()?.trials)))
        .collect();
    let hours: Vec<_> = reached
        .iter()
        .map(|reached| Some(reached.as_ref()?.hours))
        .collect();
    let records = vec![
        Record::of_numbers(format!("trials_to_{}", score.text()), &trials),
        Record::of_numbers(format!("hours_to_{}", score.text()), &hours),
    ];
    Line::new(
        &format!("to reach {}", score.text()),
        texts.collect(),
        records,
    )
}

fn trials_line(comparison: &Comparison) -> Line {
    let all = comparison.each(|search| search.tally.total.all());
    let texts = comparison.each(|search| {
        let (all, rated) = (search.tally.total.all(), search.tally.total.rated());
        match all - rated {
            0 => all.to_string(),
            ignored => format!("{all}, {ignored} ignored"),
        }
    });
    Line::new(
        "trials",
        texts,
        vec![Record::of_numbers("trials", &to_numbers(&all))],
    )
}

fn rate_line(comparison: &Comparison, key: &str, rate: fn(&Search) -> Rate) -> Line {
    let rates = comparison.each(rate);
    let values =
        |pick: fn(Rate) -> Option<f64>| rates.iter().map(|&rate| pick(rate)).collect::<Vec<_>>();
    let mut record = Record::of_numbers(format!("{key}_rate"), &values(Rate::value));
    record.differs = find_difference(&rates);
    let remark = match record.differs {
        Some(true) => "differ",
        Some(false) => "no clear difference",
        None => "",
    };
    let low = values(|rate| Some(rate.interval()?.0));
    let high = values(|rate| Some(rate.interval()?.1));
    let mut records = vec![
        record,
        Record::of_numbers(format!("{key}_rate_low"), &low),
        Record::of_numbers(format!("{key}_rate_high"), &high),
    ];
    records[1].ratio = None;
    records[2].ratio = None;
    let texts = rates.iter().map(|&rate| rate_text(rate)).collect();
    let mut line = Line::new(&format!("{key} rate"), texts, records);
    remark.clone_into(&mut line.remark);
    line
}

/// A rate with its interval: `8.0 % (5.0–12.5 %)`.
fn rate_text(rate: Rate) -> String {
    match rate.interval() {
        Some((low, high)) => {
            let rate = share(rate.part, rate.whole);
            format!("{rate} ({:.1}–{})", 100.0 * low, percent(high))
        }
        None => NOTHING.to_owned(),
    }
}

/// Whether the highest rate differs from the lowest.
fn find_difference(rates: &[Rate]) -> Option<bool> {
    let mut rates: Vec<Rate> = rates
        .iter()
        .copied()
        .filter(|rate| rate.whole > 0)
        .collect();
    rates.sort_by(|a, b| {
        a.value()
            .partial_cmp(&b.value())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    match &rates[..] {
        [lowest, .., highest] => highest.differs_from(*lowest),
        _ => None,
    }
}

fn completed_line(comparison: &Comparison) -> Line {
    let rates = comparison.each(Search::completion_rate);
    let texts = rates
        .iter()
        .map(|rate| format!("{} of {}", rate.part, rate.whole));
    let completed: Vec<u64> = rates.iter().map(|rate| rate.part).collect();
    let records = vec![Record::of_numbers("completed", &to_numbers(&completed))];
    Line::new("completed", texts.collect(), records)
}

fn compute_line(comparison: &Comparison) -> Line {
    let is_counted = |status: Status| !status.is_ignored();
    let all = comparison.each(|search| search.tally.total.hours(is_counted));
    let lost = comparison.each(|search| search.tally.total.hours_without_score());
    let texts = lost.iter().zip(&all).map(|(lost, all)| {
        if *all > 0.0 {
            format!("{lost:.1} of {all:.1} h ({})", percent(lost / all))
        } else {
            NOTHING.to_owned()
        }
    });
    let [all, lost] =
        [&all, &lost].map(|hours| hours.iter().copied().map(Some).collect::<Vec<_>>());
    let lost = Record::of_numbers("hours_without_score", &lost);
    let ratio = lost.ratio;
    let records = vec![Record::of_numbers("hours", &all), lost];
    let mut line = Line::new("no usable score", texts.collect(), records);
    line.remark = times(ratio);
    line
}

/// One line for each outcome that occurs in a search.
fn outcome_lines(comparison: &Comparison) -> Vec<Line> {
    let mut words = BTreeSet::new();
    for (_, search) in &comparison.searches {
        let entries = search.tally.total.entries();
        words.extend(entries.map(|entry| (entry.status, entry.word)));
    }
    let lines = words
        .iter()
        .map(|(status, word)| outcome_line(comparison, *status, word));
    lines.collect()
}

fn outcome_line(comparison: &Comparison, status: Status, word: &str) -> Line {
    let entries = comparison.each(|search| {
        let mut entries = search.tally.total.entries();
        let entry = entries.find(|entry| entry.word == word);
        entry.map_or((0, 0.0), |entry| (entry.trials, entry.hours))
    });
    let mut texts = Vec::new();
    for (&(trials, hours), (_, search)) in entries.iter().zip(&comparison.searches) {
        let mut text = trials.to_string();
        if !status.is_ignored() && trials > 0 {
            text += &format!(" ({})", share(trials, search.tally.total.rated()));
        }
        if hours > 0.0 {
            text += &format!(", {}", duration(hours * 3600.0));
        }
        texts.push(text);
    }
    let (trials, hours): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
    let hours: Vec<_> = hours.into_iter().map(Some).collect();
    let rated = comparison.each(|search| search.tally.total.rated());
    let shares = trials
        .iter()
        .zip(&rated)
        .map(|(&part, &whole)| Rate { part, whole }.value());
    let mut records = vec![
        Record::of_numbers(word, &to_numbers(&trials)),
        Record::of_numbers(format!("{word}_hours"), &hours),
    ];
    if !status.is_ignored() {
        records.insert(
            1,
            Record::of_numbers(format!("{word}_share"), &shares.collect::<Vec<_>>()),
        );
    }
    Line::new(&visible_or_dash(word), texts, records)
}
