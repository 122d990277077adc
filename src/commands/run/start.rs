//! The part of `run` up to the end of the command: what is checked, shown and stored before it starts.

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;

use super::Run;
use crate::append::{Draft, LogState};
use crate::commands::append::freeze::{Staged, Stager};
use crate::commands::append::logging::LoggingArgs;
use crate::commands::similar::describe_close;
use crate::commands::{Context, append};
use crate::index::IndexedLog;
use crate::log::{ExpId, Number, Schema, Status};
use crate::open::open_log;
use crate::run::{
    Attempt, RESULT_VARIABLE, Rules, Runner, RunningEntry, Spread, format_std, remove_stale_entries,
};
use crate::snapshot::remove_unfinished_snapshots;
use crate::store::{RunningProcess, RunningTrial, Store, Unreachable};

/// A trial that is about to run.
pub(super) struct Started {
    pub(super) draft: Draft,
    pub(super) store: Store,
    /// The log at the start.
    pub(super) log: IndexedLog,
    pub(super) staged: Staged,
    state: LogState,
}

impl Started {
    /// Checks everything that can be wrong before time is spent; `None` if the job is logged already.
    pub(super) fn new(args: &Run, context: &Context) -> Result<Option<Self>> {
        let store = context.store()?;
        let draft = read_draft(args, &store, context)?;
        let log = read_log(&args.logging, &store)?;
        context.ui.note_all(&log.notes);
        let jobs = draft.job().filter(|_| args.once);
        let state = LogState::read(&log, draft.mentioned(), jobs)?;
        let job = draft.job().unwrap_or_default();
        if let Some(logged) = state.job(&job) {
            let id = &logged.id;
            context.ui.warn(&format!(
                "job {job} is already logged as trial {id}; the command is not run: --attempt 2 runs it again"
            ));
            return Ok(None);
        }
        check_proposal(&draft, &log.schema, &state)?;
        let mut started = Self {
            draft,
            store,
            log,
            staged: None,
            state,
        };
        started.warn(args, context);
        // Before the command changes the files.
        let stager = Stager {
            store: &started.store,
            log: &started.log,
            state: &started.state,
            context,
        };
        started.staged = stager.stage_proposal(&started.draft, args.snapshot.as_deref())?;
        Ok(Some(started))
    }

    /// Removes what killed runs left, and says what is known before the start: killed runs, and trials that are like this
    /// one.
    fn warn(&self, args: &Run, context: &Context) {
        let now = Timestamp::now();
        remove_unfinished_snapshots(&self.store);
        for stale in remove_stale_entries(&self.store, now) {
            context.ui.warn(&describe_stale(&stale));
        }
        for running in self.store.running_trials(now) {
            if !running.job_name.is_empty() && Some(&running.job_name) == self.draft.job().as_ref()
            {
                let (job, process) = (&running.job_name, &running.process);
                let (pid, host) = (process.pid, &process.host);
                let warning = format!("job {job} is in progress already: process {pid} on {host}");
                context.ui.warn(&warning);
            }
        }
        let hypothesis = self.draft.get("hypothesis").unwrap_or_default();
        if args.no_similar || !self.store.settings.similar.warn || hypothesis.is_empty() {
            return;
        }
        match describe_close(&self.store, &self.log, hypothesis, context.ui.stderr_look) {
            Ok(Some(lines)) => context.ui.advise(&lines),
            Ok(None) => {}
            Err(error) => {
                let warning = format!("cannot look for similar trials: {error:#}");
                context.ui.warn(&warning);
            }
        }
    }

    /// Runs the command as often as wanted, or until it fails.
    pub(super) fn run(
        &self,
        args: &Run,
        rules: &Rules,
        runner: &mut Runner,
        context: &Context,
    ) -> Result<Vec<Attempt>> {
        let results = tempfile::Builder::new().prefix("lineage-run-").tempdir();
        let results = results.context("cannot create a temporary directory")?;
        match RunningEntry::create(&self.store, self.describe(), Timestamp::now()) {
            Ok(entry) => runner.entry = entry,
            Err(error) => context.ui.warn(&format!("{error:#}")),
        }
        let mut attempts = Vec::new();
        for number in 1..=args.repeat {
            let result = results.path().join(format!("result-{number}.json"));
            let before = rules.metric_file_version();
            let warn = |text: &str| context.ui.warn(text);
            let attempt = match runner.run(number, &result, &warn) {
                Ok(finished) => {
                    if finished.ends_in_a_line() {
                        context.ui.aside(""); // messages start on their own line
                    }
                    rules.judge(&finished, &result, &before)
                }
                Err(error) => Attempt::aborted(&error),
            };
            let is_completed = attempt.is_completed;
            attempts.push(attempt);
            if !is_completed {
                break;
            }
        }
        Ok(attempts)
    }

    fn describe(&self) -> RunningTrial {
        let text = |name| self.draft.get(name).unwrap_or_default().to_owned();
        RunningTrial {
            specialist: self.draft.specialist().to_owned(),
            domain: self.draft.domain().to_owned(),
            parent_exp: match self.draft.get("parent_exp") {
                Some(parent) => ExpId::parse(parent)
                    .filter(|_| parent != "none")
                    .map_or_else(String::new, |id| id.to_string()),
                None => self.state.best_id().to_owned(),
            },
            hypothesis: text("hypothesis"),
            job_name: self.draft.job().unwrap_or_default(),
            ..RunningTrial::default()
        }
    }

    /// Completes the draft with what the command left.
    pub(super) fn add_outcome(
        &mut self,
        attempt: &Attempt,
        spread: Option<&Spread>,
        context: &Context,
    ) {
        self.draft.set("status", &attempt.status);
        self.set_default("total_s", &format!("{:.2}", attempt.seconds));
        let score = attempt.score.as_ref().map(Number::text);
        self.draft.set("metric", score.unwrap_or_default());
        for (name, text) in &attempt.values {
            if self.draft.get(name).is_none() {
                self.draft.set(name, text);
            }
        }
        self.add_to_notes(&attempt.notes);
        for (name, text) in &attempt.said {
            if let Err(error) = self.say(name, text) {
                let warning = format!("${RESULT_VARIABLE}: the key '{name}' is ignored: {error:#}");
                context.ui.warn(&warning);
            }
        }
        if let Some(spread) = spread {
            self.add_to_notes(&spread.text);
            self.draft.spread = Some(spread.std);
            self.set_default("score_std", &format_std(spread.std));
        }
        self.set_base();
        let max_text = self.store.settings.append.max_text_bytes;
        self.draft.shorten_texts(max_text);
    }

    /// Sets a value that was not given, if the log has a column for it.
    fn set_default(&mut self, name: &str, text: &str) {
        if self.log.schema.find(name).is_some() {
            self.draft.set(name, text);
        }
    }

    /// Puts a text before the notes.
    fn add_to_notes(&mut self, text: &str) {
        let notes = self.draft.get("notes").unwrap_or_default();
        let separator = if text.is_empty() || notes.is_empty() {
            ""
        } else {
            "\n"
        };
        let notes = format!("{text}{separator}{notes}");
        self.set_default("notes", &notes);
    }

    /// Takes a value from the command's result file, if the log can have it.
    fn say(&mut self, name: &str, text: &str) -> Result<()> {
        if name == "snapshot" {
            bail!("the files were frozen before the command ran; name them with --snapshot");
        }
        let mut draft = self.draft.clone();
        draft.set(name, text);
        let state = LogState::read(&self.log, draft.mentioned(), None)?;
        check_proposal(&draft, &self.log.schema, &state)?;
        self.draft = draft;
        Ok(())
    }

    /// The parent and the baseline are by default the best when the command was started, not when it ended.
    fn set_base(&mut self) {
        let is_root = self.draft.get("status") == Some(Status::Baseline.name());
        let best = match self.state.best_id() {
            "" => "none",
            best => best,
        };
        let best = best.to_owned();
        for (name, is_wanted) in [("parent_exp", !is_root), ("baseline_exp", true)] {
            if is_wanted && self.draft.get(name).is_none() {
                self.set_default(name, &best);
            }
        }
    }
}

/// Reads the log under the lock: whatever would refuse the trial later refuses it now.
fn read_log(logging: &LoggingArgs, store: &Store) -> Result<IndexedLog> {
    match logging.lock(store) {
        Ok(locked) => Ok(locked.release()),
        // The trial may wait for its database.
        Err(error) if error.is::<Unreachable>() && !logging.require_id => {
            open_log(store, &logging.read_options())
        }
        Err(error) => Err(error),
    }
}

fn read_draft(args: &Run, store: &Store, context: &Context) -> Result<Draft> {
    let max_text = store.settings.append.max_text_bytes;
    let (trial, specialist) = (&args.trial, args.specialist.as_ref());
    let draft = trial.to_proposal(&args.status, specialist, max_text, context)?;
    append::given::check_once(args.once, std::slice::from_ref(&draft))?;
    append::check(std::slice::from_ref(&draft))?;
    Ok(draft)
}

/// Fails if the log would refuse the trial, whatever its outcome.
fn check_proposal(draft: &Draft, schema: &Schema, state: &LogState) -> Result<()> {
    let mut probe = draft.clone();
    probe.set("status", Status::Crash.name());
    if probe.get("metric").is_none() {
        probe.set("metric", "0"); // fails if the log has no column for it
    }
    probe.check()?;
    probe.complete(schema, state, Timestamp::now())?;
    Ok(())
}

fn describe_stale(trial: &RunningTrial) -> String {
    let name = match (&*trial.job_name, &*trial.hypothesis) {
        ("", "") => "without a name".to_owned(),
        ("", hypothesis) => format!("'{}'", crate::text::cut_visible(hypothesis, 80)),
        (job, _) => format!("of job {job}"),
    };
    let (started, process) = (trial.started, &trial.process);
    let end = if process.is_visible_to(&RunningProcess::current()) {
        "was killed".to_owned()
    } else {
        format!("last sent a heartbeat at {}", trial.heartbeat)
    };
    format!(
        "a trial {name}, started at {started} by process {} on {}, {end} and is not logged",
        process.pid, process.host
    )
}
