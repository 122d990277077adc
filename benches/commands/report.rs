//! What was measured, as Markdown that can be read as it stands.

use crate::{
    digits::{figure, number},
    promises::{Limit, Promise, Worst},
    race::Race,
    results::{Measured, Results},
};

pub(super) fn report(
    facts: &[String],
    results: &Results,
    races: &[Race],
    promises: &[Promise],
) -> String {
    let facts: String = facts.iter().map(|fact| format!("* {fact}\n")).collect();
    let mut out = format!("{facts}\n### What it must show\n\n{}", promised(promises));
    out += "\n### Wall clock\n\nMilliseconds, and in brackets how many times the empty program at the same length.\n\n";
    out += &by_length(results, |measured| {
        let wall = measured.figures?.wall_ms;
        Some(format!(
            "{} ({}×)",
            figure(wall),
            figure(wall / results.empty(measured.rows)?)
        ))
    });
    out += "\n### Processor and memory\n\nMilliseconds of all cores together / peak of memory in millions of bytes.\n\n";
    out += &by_length(results, |measured| {
        let figures = measured.figures?;
        Some(format!(
            "{} / {}",
            figure(figures.cpu_ms),
            figure(figures.peak_mb)
        ))
    });
    if !races.is_empty() {
        out += "\n### Sixteen at once\n\nProcesses a second.\n\n";
        out += &raced(races);
    }
    let answers = answers(results);
    if !answers.is_empty() {
        out += "\n### What the peers answer\n\n";
        out += &table(4, &["what", "by", "trials", "answer"], &answers);
    }
    out
}

fn promised(promises: &[Promise]) -> String {
    let row = |promise: &Promise| {
        let limit = match promise.limit {
            Limit::AtMost(limit) => format!("≤ {limit}"),
            Limit::AtLeast(limit) => format!("≥ {limit}"),
        };
        let measured = match &promise.measured {
            Some(Worst {
                figure,
                of,
                others: 0,
            }) => format!("{figure:.2} ({of})"),
            Some(Worst { figure, of, others }) => format!("{figure:.2} ({of}; and {others} more)"),
            None => "not measured".to_owned(),
        };
        let verdict = match promise.holds() {
            Some(true) => "pass",
            Some(false) => "FAIL",
            None => "–",
        };
        vec![promise.text.clone(), limit, measured, verdict.to_owned()]
    };
    table(
        1,
        &["promise", "limit", "the worst measured", ""],
        &promises.iter().map(row).collect::<Vec<_>>(),
    )
}

/// One line for each who answers a question, one column a length of log.
fn by_length(results: &Results, cell: impl Fn(&Measured) -> Option<String>) -> String {
    let lengths = results.lengths();
    let numbers: Vec<String> = lengths.iter().map(|&rows| number(rows)).collect();
    let head: Vec<&str> = ["what", "by"]
        .into_iter()
        .chain(numbers.iter().map(String::as_str))
        .collect();
    let row = |(what, by): &(&str, &str)| {
        let cells = lengths
            .iter()
            .map(|&rows| match results.get(rows, what, by) {
                Some(measured) => cell(measured).unwrap_or_else(|| "failed".to_owned()),
                None => "–".to_owned(),
            });
        [(*what).to_owned(), (*by).to_owned()]
            .into_iter()
            .chain(cells)
            .collect()
    };
    table(
        2,
        &head,
        &results.lines().iter().map(row).collect::<Vec<_>>(),
    )
}

fn raced(races: &[Race]) -> String {
    let row = |race: &Race| {
        vec![
            number(race.rows),
            figure(race.lineage),
            figure(race.bare),
            format!("{:.0} %", 100.0 * race.lineage / race.bare),
            figure(race.empty),
            format!("all {} ids once, no gap", number(race.trials)),
        ]
    };
    let head = [
        "trials before",
        "lineage append",
        "lock, write, flush",
        "of that",
        "an empty program",
        "in the log",
    ];
    table(0, &head, &races.iter().map(row).collect::<Vec<_>>())
}

/// What the peers answered, lengths with the same verdict together; and what was run only once.
fn answers(results: &Results) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (what, by) in results.lines() {
        for length in results.lengths() {
            let Some(measured) = results.get(length, what, by) else {
                continue;
            };
            let Some(verdict) = &measured.verdict else {
                continue;
            };
            let mut answer = verdict
                .as_ref()
                .map_or_else(|wrong| format!("**{wrong}**"), |()| "right".to_owned());
            if measured.figures.is_some_and(|figures| figures.runs == 1) {
                answer += "; measured once";
            }
            match rows.last_mut() {
                Some(last) if last[0] == what && last[1] == by && last[3] == answer => {
                    last[2] += &format!("; {}", number(length));
                }
                _ => rows.push(vec![what.to_owned(), by.to_owned(), number(length), answer]),
            }
        }
    }
    rows
}

/// Markdown, padded so that it can be read as it stands; after the first `words` columns come figures, to the right.
fn table(words: usize, head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([head[column].chars().count(), 3])
            .max()
            .unwrap_or(3)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| -> String {
        let cell = |(column, (cell, width)): (usize, (&&str, &usize))| {
            if column < words {
                format!(" {cell:<width$} |")
            } else {
                format!(" {cell:>width$} |")
            }
        };
        format!(
            "|{}\n",
            cells
                .iter()
                .zip(&widths)
                .enumerate()
                .map(cell)
                .collect::<String>()
        )
    };
    let rule = widths.iter().enumerate().map(|(column, width)| {
        let end = if column < words { "-|" } else { ":|" };
        "-".repeat(width + 1) + end
    });
    let body: String = rows
        .iter()
        .map(|row| line(row.iter().map(String::as_str).collect()))
        .collect();
    format!(
        "{}|{}\n{body}",
        line(head.to_vec()),
        rule.collect::<String>()
    )
}
