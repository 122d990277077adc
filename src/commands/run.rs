//! `lineage run`: run the command of one trial, and log its outcome.

mod outcome;
mod start;

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueHint};
use regex::bytes::Regex;

use self::start::Started;
use super::append::{
    given::TrialFlags,
    logging::{LOGGING, LoggingArgs},
};
use super::args::{TimeLimit, parse_positive};
use super::suggesting::Suggesting;
use super::{Context, ExitStatus, candidates};
use crate::log::{Role, Schema, Status, parse_status};
use crate::run::{Plan, Rules, Runner, Wanted, combine};
use crate::store::Store;

const RUNNING: &str = "How it is run";
const OUTCOME: &str = "How the outcome is found";

/// Columns that the output of a command does not tell, even if it has a number of their name.
const NOT_MEASURED: [Role; 4] = [Role::Expected, Role::Delta, Role::TotalSeconds, Role::Score];

/// Run the command of one trial, and log its outcome, whatever it is
///
/// Exits with the exit status of the command, with 124 after a timeout, and with 128 + the signal after an interrupt; the output of
/// the command passes through unchanged. The score is the last finite number in the output that is labelled with the metric's
/// name, as `val_loss: 1.07`, `val_loss=1.07` or `METRIC val_loss=1.07`; other columns of the log are filled in the same way.
///
/// With exit status 0 and a score, the trial is a keep or a discard (or the first baseline). A timeout is a `train_budget_overrun`
/// (see --timeout-status), an interrupt a `harness_abort`, and every other end, unless --on-exit gives its status, a crash whose
/// notes say why. To report its outcome itself, the command writes JSON with the keys of `append --json` to the file named in
/// $LINEAGE_RESULT. Parent and baseline default to the best trial at the start.
///
/// SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM and SIGXCPU are interrupts. SIGUSR1 and SIGUSR2 reach only the command, which may write a
/// checkpoint, and the trial goes on.
#[derive(Args, Debug)]
#[command(
    override_usage = "lineage run [OPTIONS] -- <COMMAND>...",
    next_help_heading = "The trial",
    after_help = "\
Examples:
  lineage run --hypothesis 'raise beta2 to 0.98' --snapshot work -- python work/train.py
  lineage run --timeout 20m --log train.log --specialist opt -- python work/train.py
  lineage run --once --job-name job-17 --on-exit 3=size_blocked -- ./train.sh
  lineage run --repeat 3 --metric-file metrics.json -- sh -c 'python train.py --seed $LINEAGE_REPEAT'"
)]
pub struct Run {
    #[command(flatten)]
    trial: TrialFlags,
    /// Who proposed it [default: $LINEAGE_SPECIALIST]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, add = candidates::specialist())]
    specialist: Option<OsString>,
    /// File or directory to freeze before the command runs, stored if the trial is a keep or a baseline [default: `path` in
    /// the settings]
    #[arg(long, value_name = "PATH", allow_hyphen_values = true, value_hint = ValueHint::AnyPath)]
    snapshot: Option<OsString>,
    /// Stop the command, or each run of --repeat, after this time, such as 90s, 20m or 1h30m, and exit with 124
    #[arg(long, value_name = "TIME", help_heading = RUNNING)]
    timeout: Option<TimeLimit>,
    /// Send SIGKILL this long after SIGTERM, or after a forwarded signal
    #[arg(long, value_name = "TIME", help_heading = RUNNING, default_value = "30s")]
    kill_after: TimeLimit,
    /// Run the command N times and log the median; $LINEAGE_REPEAT is the number of the run, from 1
    #[arg(long, value_name = "N", help_heading = RUNNING, default_value_t = 1, value_parser = parse_positive)]
    repeat: usize,
    /// Write stdout and stderr of the command to this file too
    #[arg(long, value_name = "FILE", help_heading = RUNNING)]
    log: Option<PathBuf>,
    /// Do not show similar trials before the start
    #[arg(long, help_heading = RUNNING)]
    no_similar: bool,
    /// The status of a trial that completes
    #[arg(long, value_name = "STATUS", help_heading = OUTCOME, default_value = "auto")]
    #[arg(value_parser = Suggesting::new(parse_status, &["auto"]), hide_possible_values = true)]
    status: String,
    /// The JSON file to which the command writes the score and other columns
    #[arg(long, value_name = "FILE", help_heading = OUTCOME, conflicts_with = "score_regex")]
    metric_file: Option<PathBuf>,
    /// Find the score with this expression instead; its capture group is the number, and the last finite number counts
    #[arg(long, value_name = "REGEX", help_heading = OUTCOME, value_parser = parse_score_regex)]
    score_regex: Option<Regex>,
    /// Log this status if the command exits with this code, such as 3=size_blocked; may be repeated
    #[arg(long, value_name = "CODE=STATUS", help_heading = OUTCOME, value_delimiter = ',', value_parser = parse_exit)]
    #[arg(add = candidates::exit_status())]
    on_exit: Vec<(i32, String)>,
    /// The status of a trial that is stopped by --timeout
    #[arg(long, value_name = "STATUS", help_heading = OUTCOME, default_value = "train_budget_overrun")]
    #[arg(value_parser = Suggesting::new(parse_failure, &[]), hide_possible_values = true)]
    #[arg(add = candidates::failure())]
    timeout_status: String,
    /// If the job given by --job-name and --attempt is already logged, exit with 0 without running the command
    #[arg(long, help_heading = LOGGING)]
    once: bool,
    #[command(flatten)]
    logging: LoggingArgs,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND", value_hint = ValueHint::AnyPath)]
    command: Vec<OsString>,
}

pub fn run(args: Run, context: &Context) -> Result<()> {
    let Some(mut started) = Started::new(&args, context)? else {
        return Ok(()); // the job is logged already
    };
    let rules = args.rules(&started.log.schema);
    let mut runner = Runner::new(args.plan(&rules, &started.store)?)?;
    let attempts = started.run(&args, &rules, &mut runner, context)?;
    let (attempt, spread) = combine(attempts);
    context.ui.warn_all(&attempt.warnings);
    started.add_outcome(&attempt, spread.as_ref(), context);
    outcome::log(started, &attempt, &args, &runner, context)?;
    drop(runner); // the trial is listed as in progress until it is logged
    match attempt.exit_code {
        0 => Ok(()),
        code => Err(ExitStatus(code).into()),
    }
}

impl Run {
    /// What the command's output is searched for, and what decides the outcome.
    fn rules(&self, schema: &Schema) -> Rules {
        let mut names = vec![schema.metric.clone()];
        for (column, name) in schema.names().iter().enumerate() {
            let is_taken = NOT_MEASURED
                .iter()
                .any(|&role| schema.column(role) == Some(column));
            let is_other = ["core_metric", "score_std"].contains(&name.as_str());
            let is_measured =
                !is_taken && !is_other && !schema.is_text(column) && !schema.is_id(column);
            if is_measured && *name != names[0] {
                names.push(name.clone());
            }
        }
        Rules {
            names,
            score_names: vec![
                schema.score_name().to_owned(),
                "metric".to_owned(),
                "core_metric".to_owned(),
            ],
            metric_file: self.metric_file.clone(),
            status: self.status.clone(),
            on_exit: self.on_exit.clone(),
            timeout_status: self.timeout_status.clone(),
            timeout: self
                .timeout
                .as_ref()
                .map_or_else(String::new, |limit| limit.text.clone()),
        }
    }

    fn plan(&self, rules: &Rules, store: &Store) -> Result<Plan> {
        Ok(Plan {
            command: self.command.clone(),
            timeout: self.timeout.as_ref().map(|limit| limit.duration),
            kill_after: self.kill_after.duration,
            log: match &self.log {
                Some(path) => Some(create_log(path, store)?),
                None => None,
            },
            wanted: Wanted {
                score_regex: self.score_regex.clone(),
                names: rules.names.clone(),
            },
        })
    }
}

fn create_log(path: &Path, store: &Store) -> Result<File> {
    store.check_output(path)?;
    File::create(path).with_context(|| format!("cannot create {}", path.display()))
}

fn parse_score_regex(text: &str) -> Result<Regex> {
    let regex = Regex::new(text)?;
    match regex.captures_len() {
        2 => Ok(regex),
        _ => bail!("needs one group, around the number: 'loss (\\S+)'"),
    }
}

fn parse_exit(text: &str) -> Result<(i32, String)> {
    let pair = text
        .split_once('=')
        .context("write CODE=STATUS, such as 3=size_blocked")?;
    let code: u8 = pair
        .0
        .trim()
        .parse()
        .context("an exit code is a number from 0 to 255")?;
    Ok((code.into(), parse_status(pair.1)?))
}

/// A status that needs no score.
fn parse_failure(text: &str) -> Result<String> {
    let status = parse_status(text)?;
    match Status::from_input(&status) {
        Some(known) if !known.needs_score() => Ok(status),
        _ => bail!("{status} is not the status of a failure"),
    }
}
