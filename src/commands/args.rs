//! Arguments that several commands share.

use std::str::FromStr;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde::{Serialize, Serializer};

use super::Usage;
use crate::import::ColumnMap;
use crate::log::{Direction, ExpId, Role, Row, Schema, Trial};
use crate::open::ReadOptions;
use crate::output::column_text;
use crate::output::json::object_or_null;
use crate::output::records::{Format, format_trial_records};
use crate::text::{nearest, printable};

const EXTERNAL: &str = "Reading external logs";

/// How the log is read.
#[derive(Args, Clone, Debug, Serialize)]
pub struct ReadArgs {
    /// The column with the score [default: the setting, else the log's own metric]
    #[arg(long, value_name = "COLUMN")]
    pub metric: Option<String>,
    /// Which scores are better [default: the setting, else inferred from the log]
    #[arg(long)]
    pub direction: Option<Direction>,
    /// The meaning of columns; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes
    #[arg(long, value_name = "ROLE=COLUMN,…", value_parser = parse_map, help_heading = EXTERNAL)]
    #[serde(serialize_with = "serialize_map")]
    pub map: Option<ColumnMap>,
    /// The segment of a JSON lines log [default: the last]
    #[arg(long, value_name = "N", value_parser = parse_count::<u64>, help_heading = EXTERNAL)]
    pub segment: Option<u64>,
}

/// A map as it was written.
#[allow(clippy::ref_option, reason = "serde's signature")]
fn serialize_map<S: Serializer>(map: &Option<ColumnMap>, to: S) -> Result<S::Ok, S::Error> {
    map.as_ref().map(ColumnMap::as_str).serialize(to)
}

impl From<&ReadArgs> for ReadOptions {
    fn from(args: &ReadArgs) -> Self {
        Self {
            metric: args.metric.clone(),
            direction: args.direction,
            tie: None,
            as_of: None,
            map: args.map.clone().unwrap_or_default(),
            segment: args.segment,
        }
    }
}

/// What is printed of trials.
#[derive(Args, Debug)]
pub struct OutputArgs {
    /// Print only this column, one line per trial; `metric` is the score
    #[arg(long, value_name = "COLUMN", conflicts_with = "format")]
    pub field: Option<String>,
    /// Output format
    #[arg(long, default_value = "table")]
    pub format: Format,
}

impl OutputArgs {
    pub fn column(&self, schema: &Schema) -> Result<Option<usize>> {
        let field = self.field.as_deref();
        field.map(|name| find_column(name, schema)).transpose()
    }

    /// Formats trials as one column, as records, or with `table`. As JSON, a single trial is an object or `null`.
    pub fn format_trials(
        &self,
        trials: &[Trial],
        schema: &Schema,
        is_single: bool,
        table: impl FnOnce() -> String,
    ) -> Result<String> {
        if let Some(column) = self.column(schema)? {
            let lines = trials.iter().map(|trial| format_cell(&trial.row(), column));
            return Ok(lines.collect());
        }
        Ok(match self.format {
            Format::Table => table(),
            Format::Json if is_single => object_or_null(trials.first()),
            format => format_trial_records(trials, schema, format),
        })
    }
}

/// A column by its name, or by `metric` for the score.
fn find_column(name: &str, schema: &Schema) -> Result<usize> {
    if let Some(column) = schema.find_field(name) {
        return Ok(column);
    }
    let is_score = name == "metric" || name == schema.metric;
    let score = schema.column(Role::Score).filter(|_| is_score);
    score.with_context(|| {
        let nearest = nearest(name, schema.names().iter().map(String::as_str));
        Usage(format!("the log has no column '{name}'; {nearest}"))
    })
}

/// A cell on its own line, for a script.
pub fn format_cell(row: &Row, column: usize) -> String {
    printable(&column_text(row, column)).into_owned() + "\n"
}

pub fn parse_id(text: &str) -> Result<ExpId> {
    let message = "an id must not be empty; `lineage tail` lists trials";
    ExpId::parse(text).context(Usage(message.to_owned()))
}

fn parse_map(text: &str) -> Result<ColumnMap> {
    let map: ColumnMap = text.parse()?;
    ensure!(
        !map.is_empty(),
        "it is empty; write ROLE=COLUMN, such as score=loss"
    );
    Ok(map)
}

pub fn parse_count<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "not a whole number".to_owned())
}

pub fn parse_positive(text: &str) -> Result<usize, String> {
    match parse_count(text)? {
        0 => Err("must be at least 1".to_owned()),
        count => Ok(count),
    }
}

pub fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=1e9).contains(&seconds) => Ok(seconds),
        _ => Err("not a number of seconds between 0 and 1000000000".to_owned()),
    }
}
