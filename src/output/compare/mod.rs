//! Searches side by side: one column for each, as a table for a person or as records for a script.

mod lines;
mod record;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use self::lines::compare_lines;
use self::record::{Figure, Line, Record, Value};
use super::columns::Column;
use super::json::json;
use super::records::{Format, format_records};
use super::table::{Cell, format_table};
use super::{BOLD, Look, status_style, visible_or_dash};
use crate::analysis::{Reason, Search};
use crate::log::{Direction, Number, Schema, Status};
use crate::text::{count, cut_middle, squeeze, visible};

/// How many reasons of failures are listed for a search, and their length.
const MAX_REASONS: usize = 5;
const MAX_REASON_CHARS: usize = 100;

/// The columns of a record beside those of the searches.
const RECORD_COLUMNS: [&str; 3] = ["measure", "ratio", "differs"];

/// The searches to compare, with their names.
#[derive(Debug)]
pub struct Comparison {
    pub searches: Vec<(String, Search)>,
    pub metric: String,
    pub direction: Direction,
    /// Whether the scores may be compared.
    pub has_one_metric: bool,
    /// The scores of which it is shown what it took to reach them; if there are none, the best of each search.
    pub reach: Vec<Number>,
}

impl Comparison {
    pub fn new(schema: &Schema, reach: &[Number]) -> Self {
        Self {
            searches: Vec::new(),
            metric: schema.metric.clone(),
            direction: schema.direction,
            has_one_metric: true,
            reach: reach.to_vec(),
        }
    }

    /// Asks every search the same.
    fn each<T>(&self, ask: impl Fn(&Search) -> T) -> Vec<T> {
        let searches = self.searches.iter();
        searches.map(|(_, search)| ask(search)).collect()
    }
}

/// The table, then the failures that one search has and another has not.
pub fn format_comparison(comparison: &Comparison, look: Look) -> String {
    let lines = compare_lines(comparison);
    let better = comparison.direction.better_word();
    let mut parts = vec![format!(
        "{}, {better} is better\n",
        visible(&comparison.metric)
    )];
    for columns in fit_columns(comparison, &lines, look) {
        parts.push(format_columns(comparison, &lines, &columns, look));
    }
    parts.extend(format_reasons(comparison, look));
    parts.join("\n")
}

/// The searches whose columns fit beside each other on a terminal: one range for each table.
fn fit_columns(comparison: &Comparison, lines: &[Line], look: Look) -> Vec<Range<usize>> {
    let titles = lines.iter().map(|line| line.empty.title.width() + 2).max();
    let remarks = lines.iter().map(|line| line.remark().width() + 2).max();
    let around = titles.unwrap_or(0) + remarks.unwrap_or(0);
    let room = look
        .width
        .map_or(usize::MAX, |width| width.saturating_sub(around));
    let (mut tables, mut start, mut used) = (Vec::new(), 0, 0);
    for (at, (name, _)) in comparison.searches.iter().enumerate() {
        let texts = lines.iter().map(|line| line.figures[at].text.width());
        let wanted = texts.max().unwrap_or(0).max(name.width()) + 2;
        if at > start && used + wanted > room {
            tables.push(start..at);
            (start, used) = (at, 0);
        }
        used += wanted;
    }
    tables.push(start..comparison.searches.len());
    tables
}

fn format_columns(
    comparison: &Comparison,
    lines: &[Line],
    columns: &Range<usize>,
    look: Look,
) -> String {
    let names = comparison.searches[columns.clone()].iter();
    let names: Vec<_> = names.map(|(name, _)| visible_or_dash(name)).collect();
    let mut head = vec![""];
    head.extend(names.iter().map(String::as_str));
    head.push("");
    let rows = lines.iter().map(|line| {
        let title = &line.empty.title;
        let mut row = vec![Cell::new(title, status_style_of(title))];
        let figures = line.figures[columns.clone()].iter();
        row.extend(figures.map(|figure| Cell::from(figure.text.clone())));
        row.push(Cell::from(line.remark()));
        row
    });
    format_table(&head, &[], rows.collect(), look)
}

fn status_style_of(title: &str) -> Style {
    match Status::parse(title.as_bytes()) {
        Status::Other => Style::new(),
        status => status_style(status),
    }
}

/// For each search, the reasons of failures that no other search has, most frequent first.
fn format_reasons(comparison: &Comparison, look: Look) -> Vec<String> {
    let mut lists = Vec::new();
    for (name, search) in &comparison.searches {
        let mut own = Vec::new();
        for (key, reason) in &search.reasons {
            let having = comparison.each(|search| search.reasons.contains_key(key));
            if having.into_iter().filter(|&has| has).count() == 1 {
                own.push((key.0, reason));
            }
        }
        own.sort_by_key(|(_, reason)| Reverse(reason.trials));
        if !own.is_empty() {
            let title = format!("Failures only in {}", visible_or_dash(name));
            lists.push(look.paint(BOLD, &title) + "\n" + &format_own(&own, look));
        }
    }
    lists
}

fn format_own(own: &[(Status, &Reason)], look: Look) -> String {
    let listed = own.iter().take(MAX_REASONS).map(|(status, reason)| {
        let text = squeeze(&visible(&reason.text));
        vec![
            Cell::from(reason.trials.to_string()),
            Cell::new(status.name(), status_style(*status)),
            Cell::from(cut_middle(&text, MAX_REASON_CHARS).into_owned()),
        ]
    });
    let mut out = format_table(
        &["trials", "status", "reason"],
        &[0],
        listed.collect(),
        look,
    );
    if own.len() > MAX_REASONS {
        let more = count((own.len() - MAX_REASONS) as u64, "more reason");
        out += &format!("… and {more}\n");
    }
    out
}

/// For each reason of failures that some searches have and others have not: how many trials failed so.
fn compare_reasons(comparison: &Comparison) -> Vec<Line> {
    let mut reasons = BTreeMap::new();
    for (_, search) in &comparison.searches {
        for (key, reason) in &search.reasons {
            reasons.entry(key).or_insert(reason);
        }
    }
    let mut lines = Vec::new();
    for (key, reason) in reasons {
        let trials = comparison.each(|search| search.reasons.get(key).map_or(0, |r| r.trials));
        if trials.contains(&0) {
            let key = format!("{}: {}", key.0.name(), reason.text);
            let figure =
                |trials| Figure::new(&key, String::new(), vec![Value::count(&key, trials)]);
            let figures = trials.into_iter().map(figure).collect();
            lines.push(Line {
                empty: figure(0),
                figures,
            });
        }
    }
    lines
}

/// One record for each figure and for each reason of failures, with a column for each search.
pub fn format_comparison_records(comparison: &Comparison, format: Format) -> String {
    let names = comparison.searches.iter().map(|(name, _)| {
        if RECORD_COLUMNS.contains(&&**name) {
            format!("{name}′")
        } else {
            name.clone()
        }
    });
    let names: Vec<String> = names.collect();
    let mut lines = compare_lines(comparison);
    lines.extend(compare_reasons(comparison));
    let records: Vec<_> = lines.iter().flat_map(Line::records).collect();
    let objects = records.iter().map(|record| json(&record.to_json(&names)));
    match format {
        Format::Json => format!("[\n{}\n]\n", objects.collect::<Vec<_>>().join(",\n")),
        Format::Jsonl => objects.map(|object| object + "\n").collect(),
        format => {
            let names = names.iter().map(|name| Column::number(name));
            let mut columns = vec![Column::text("measure")];
            columns.extend(names.chain(["ratio", "differs"].map(Column::number)));
            format_records(format, columns, records.iter().map(Record::to_cells))
        }
    }
}
