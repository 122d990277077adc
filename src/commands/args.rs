//! Arguments that several commands share.

use std::{slice, str::FromStr, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use serde::{Serialize, Serializer};

use super::Usage;
use super::candidates;
use crate::import::ColumnMap;
use crate::log::{Direction, ExpId, Role, Row, Schema, Since, Trial, parse_time};
use crate::open::ReadOptions;
use crate::output::column_text;
use crate::output::records::Format;
use crate::output::trials::{Shown, TrialColumns};
use crate::text::{nearest, printable, visible};

/// About 31 years. A later time may be more than the clock can count to.
const MAX_SECONDS: u32 = 1_000_000_000;

const EXTERNAL: &str = "Reading external logs";

/// No terminal has more columns.
const MAX_WIDTH: usize = 10_000;

/// A length of time, and how it was given.
#[derive(Clone, Debug)]
pub(super) struct TimeLimit {
    pub(super) text: String,
    pub(super) duration: Duration,
}

impl FromStr for TimeLimit {
    type Err = anyhow::Error;

    /// Reads `90s`, `20m` or `1h30m`; a number alone is seconds.
    fn from_str(text: &str) -> Result<Self> {
        let is_in_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        let unit = if text.bytes().all(is_in_number) {
            "s"
        } else {
            ""
        };
        let text = format!("{text}{unit}");
        let parsed = text.parse::<SignedDuration>().ok();
        match parsed.and_then(|parsed| Duration::try_from(parsed).ok()) {
            Some(duration) if duration > Duration::from_secs(MAX_SECONDS.into()) => {
                bail!("more than {MAX_SECONDS}s, which is about 31 years")
            }
            Some(duration) if !duration.is_zero() => Ok(Self { text, duration }),
            _ => bail!("not a time; write 90s, 20m or 1h30m"),
        }
    }
}

/// How the log is read.
#[derive(Args, Clone, Debug, Serialize)]
pub struct ReadArgs {
    /// The column with the score [default: the setting, else the log's own metric]
    #[arg(long, value_name = "COLUMN", add = candidates::score_column())]
    pub metric: Option<String>,
    /// Which scores are better [default: the setting, else inferred from the log]
    #[arg(long)]
    pub direction: Option<Direction>,
    /// Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)
    ///
    /// The log is read as if it began there, but commands with --status and --grep still use all of it for the best and the parents if
    /// this is an age or a time. Numbers with a unit (s, m, h, d, w) are an age, what begins with YYYY-MM-DD is a time, and
    /// anything else is a trial.
    #[arg(long, value_name = "EXP|TIME", value_parser = Since::parse, add = candidates::trial())]
    pub since: Option<Since>,
    /// Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes;
    /// keep=WORD names the verdict that means keep
    #[arg(long, value_name = "ROLE=COLUMN,…", value_parser = parse_map, help_heading = EXTERNAL)]
    #[arg(add = candidates::map())]
    #[serde(serialize_with = "serialize_map")]
    pub map: Option<ColumnMap>,
    /// The segment to read, from 0, if a JSON lines log holds several searches [default: the last]
    #[arg(long, value_name = "N", value_parser = parse_count::<u64>, help_heading = EXTERNAL)]
    pub segment: Option<u64>,
}

/// A map as it was written.
#[allow(clippy::ref_option, reason = "serde's signature")]
fn serialize_map<S: Serializer>(map: &Option<ColumnMap>, to: S) -> Result<S::Ok, S::Error> {
    map.as_ref().map(ColumnMap::as_str).serialize(to)
}

impl ReadArgs {
    /// Takes the time out: the command reads the whole log, and lists the trials since then.
    pub fn take_time(&mut self) -> Option<Since> {
        self.since.take_if(|since| since.is_time())
    }
}

impl From<&ReadArgs> for ReadOptions {
    fn from(args: &ReadArgs) -> Self {
        Self {
            metric: args.metric.clone(),
            direction: args.direction,
            tie: None,
            as_of: None,
            since: args.since.clone(),
            map: args.map.clone().unwrap_or_default(),
            segment: args.segment,
        }
    }
}

/// What is printed of trials.
#[derive(Args, Debug)]
pub struct OutputArgs {
    /// Print only this column, one line per trial; `metric` is the score
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["format", "columns"])]
    #[arg(add = candidates::column())]
    pub field: Option<String>,
    /// Columns to show, in this order
    #[arg(long, value_name = "A,B", value_delimiter = ',', add = candidates::column())]
    pub columns: Vec<String>,
    /// Output format
    #[arg(long, default_value = "table")]
    pub format: Format,
}

impl OutputArgs {
    /// The column of --field; `step` is one if `has_step`.
    pub fn field(&self, schema: &Schema, has_step: bool) -> Result<Option<usize>> {
        let Some(name) = &self.field else {
            return Ok(None);
        };
        Ok(find_columns(slice::from_ref(name), schema, has_step)?.pop())
    }

    /// The columns of a table: the chosen ones, else `default`. `step` is one if the default has it.
    pub fn table_columns(
        &self,
        mut default: TrialColumns,
        schema: &Schema,
    ) -> Result<TrialColumns> {
        if !self.columns.is_empty() {
            let has_step = default.has_step();
            default.columns.clear();
            let columns = find_columns(&self.columns, schema, has_step)?;
            for (name, column) in self.columns.iter().zip(columns) {
                let shown = Shown::of_column(column, schema);
                default.columns.push((visible(name).into_owned(), shown));
            }
        }
        Ok(default)
    }
}

/// The order of a list of trials.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SortKey {
    /// Best first
    Score,
    /// Oldest first
    Time,
    /// Largest improvement over the best at the time first
    Delta,
}

impl SortKey {
    /// Trials without a value come last.
    pub fn sort(self, trials: &mut [Trial], direction: Direction) {
        let sign = match (self, direction) {
            (Self::Score | Self::Delta, Direction::Maximize) => -1.0,
            _ => 1.0,
        };
        trials.sort_by(|a, b| {
            let [a, b] = [a, b].map(|trial| self.value(&trial.row()) * sign);
            a.partial_cmp(&b).unwrap_or(a.is_nan().cmp(&b.is_nan()))
        });
    }

    /// NaN if there is none.
    fn value(self, row: &Row) -> f64 {
        let value = match self {
            Self::Score => row.score(),
            Self::Delta => row.number_in(Role::Delta),
            Self::Time => {
                let time = parse_time(&row.bytes(Role::Time));
                time.map(|time| time.as_millisecond() as f64)
            }
        };
        value.unwrap_or(f64::NAN)
    }
}

/// Columns by their names, or all of them. The index after the last column of the log is `step`.
pub fn find_columns(names: &[String], schema: &Schema, has_step: bool) -> Result<Vec<usize>> {
    let count = schema.names().len();
    if names.is_empty() {
        return Ok((0..count + usize::from(has_step)).collect());
    }
    let columns = names.iter().map(|name| match name.as_str() {
        "step" if has_step => Ok(count),
        name => find_column(name, schema),
    });
    columns.collect()
}

/// A column by its name or by what tables call it.
fn find_column(name: &str, schema: &Schema) -> Result<usize> {
    if let Some(column) = schema.find_field(name) {
        return Ok(column);
    }
    let role = match name {
        "exp" | "id" => Some(Role::Id),
        "time" => Some(Role::Time),
        "parent" => Some(Role::Parent),
        "delta" => Some(Role::Delta),
        "metric" | "score" => Some(Role::Score),
        name => (name == schema.metric || name == schema.label).then_some(Role::Score),
    };
    let column = role.and_then(|role| schema.column(role));
    column.with_context(|| {
        let nearest = nearest(name, schema.names().iter().map(String::as_str));
        Usage(format!("the log has no column '{name}'; {nearest}"))
    })
}

/// The column and the value of `--set`.
pub fn split_set(pair: &str) -> Result<(String, String)> {
    let split = pair.split_once('=');
    let (name, value) =
        split.with_context(|| Usage(format!("--set {pair}: write COLUMN=VALUE")))?;
    Ok((name.to_owned(), value.to_owned()))
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
    let message = match text.strip_prefix('-') {
        Some(_) => "not a whole number, 0 or more",
        None => "not a whole number",
    };
    text.parse().map_err(|_| message.to_owned())
}

pub fn parse_positive(text: &str) -> Result<usize, String> {
    match parse_count(text)? {
        0 => Err("must be at least 1".to_owned()),
        count => Ok(count),
    }
}

/// The columns of a terminal.
pub fn parse_width(text: &str) -> Result<usize, String> {
    match parse_positive(text)? {
        width if width <= MAX_WIDTH => Ok(width),
        _ => Err(format!("must be at most {MAX_WIDTH}")),
    }
}

pub fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=MAX_SECONDS.into()).contains(&seconds) => Ok(seconds),
        _ => Err(format!(
            "not a number of seconds between 0 and {MAX_SECONDS}"
        )),
    }
}
