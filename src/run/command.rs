//! Runs the command once: starts it, forwards its output, and says how it ended.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs::File,
    io::{self, ErrorKind, PipeReader, PipeWriter},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::fs::{Stat, fstat};
use rustix::process::{Pid, Signal};

use super::{
    RunningEntry,
    group::{Group, become_subreaper},
    signals::{Event, Events},
    stream::{Seen, Stream, restore_stderr, silence_blocked_stderr},
    supervisor::{Ending, Stop, Supervisor},
    terminal::Foreground,
    values::Wanted,
};
use crate::log::Number;

/// The variable with the path of the file in which the command may say how it ended.
pub const RESULT_VARIABLE: &str = "LINEAGE_RESULT";

/// The variable with the number of the repetition, from 1.
const REPEAT_VARIABLE: &str = "LINEAGE_REPEAT";

/// How a command is run.
pub struct Plan {
    pub command: Vec<OsString>,
    pub timeout: Option<Duration>,
    /// From SIGTERM to SIGKILL.
    pub kill_after: Duration,
    pub log: Option<File>,
    pub wanted: Wanted,
}

/// One run of the command.
pub struct Finished {
    pub ending: Ending,
    pub stop: Option<Stop>,
    pub seconds: f64,
    /// The numbers that were found, in the order of `Wanted::names`.
    pub found: Vec<Option<Number>>,
    /// The last bytes of its output.
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// Why the log file lacks a part of the output.
    pub log_error: Option<io::Error>,
}

impl Finished {
    /// Whether what follows on stderr would be on the same line.
    pub fn ends_in_a_line(&self) -> bool {
        let is_torn = |tail: &[u8]| tail.last().is_some_and(|&byte| byte != b'\n');
        let id = |stat: Stat| (stat.st_dev, stat.st_ino);
        let has_one_place = fstat(io::stdout()).map(id) == fstat(io::stderr()).map(id);
        is_torn(&self.stderr) || has_one_place && is_torn(&self.stdout)
    }
}

/// Runs commands, one after the other.
pub struct Runner {
    plan: Plan,
    events: Events,
    /// Children that this process already had. They belong to no command, and get no signals.
    others: HashSet<u32>,
    /// The file that lists the trial as in progress.
    pub entry: Option<RunningEntry>,
    /// stderr, if it was silenced because nothing reads it.
    stderr: Option<OwnedFd>,
}

impl Runner {
    /// From here on, signals do not end this process.
    pub fn new(plan: Plan) -> Result<Self> {
        Ok(Self {
            plan,
            events: Events::listen()?,
            others: become_subreaper(),
            entry: None,
            stderr: None,
        })
    }

    /// Lets messages reach stderr again, for what must not be lost.
    pub fn restore_stderr(&self) {
        if let Some(stderr) = &self.stderr {
            restore_stderr(stderr);
        }
    }

    /// Runs the command; `result` is the file in which it may say how it ended.
    pub fn run(
        &mut self,
        repetition: usize,
        result: &Path,
        warn: &dyn Fn(&str),
    ) -> Result<Finished> {
        let started = Instant::now();
        // Dropping `end_sender` ends the threads of the streams, once they have forwarded what is left.
        let (end_receiver, end_sender) = io::pipe().context("cannot make a pipe")?;
        let mut child = match self.spawn(repetition, result) {
            Ok(child) => child,
            Err(error) => return Ok(self.not_started(&error)),
        };
        let mut supervisor = self.supervise(Pid::from_child(&child), started, end_sender);
        let is_stopped = &supervisor.is_stopped;
        let streams = self.forward_streams(&mut child, &end_receiver, is_stopped);
        let streams = streams.inspect_err(|_| supervisor.group.signal(Signal::KILL))?;
        supervisor.watch(&self.events, &mut self.entry, warn);
        if let Some(signal) = supervisor.late_signal {
            let _ = self.events.sender.send(Event::Signal(signal));
        }
        if supervisor.is_stopped.load(Relaxed) {
            self.stderr = self.stderr.take().or_else(silence_blocked_stderr);
        }
        let [Ok(stdout), Ok(stderr)] = streams.map(JoinHandle::join) else {
            bail!("a thread that forwards the output of the command has failed");
        };
        Ok(Finished {
            ending: supervisor.ending.context("the command has not ended")?,
            stop: supervisor.stop,
            seconds: (supervisor.ended - started).as_secs_f64(),
            found: stdout.finder.merge(stderr.finder),
            stdout: stdout.tail,
            stderr: stderr.tail,
            log_error: stdout.log_error.or(stderr.log_error),
        })
    }

    fn spawn(&self, repetition: usize, result: &Path) -> io::Result<Child> {
        Command::new(&self.plan.command[0])
            .args(&self.plan.command[1..])
            .env(RESULT_VARIABLE, result)
            .env(REPEAT_VARIABLE, repetition.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
    }

    /// Takes charge of a command that was just started, and gives it the terminal.
    fn supervise(&self, leader: Pid, started: Instant, end_sender: PipeWriter) -> Supervisor {
        Supervisor {
            group: Group::new(leader, self.others.clone()),
            foreground: Foreground::give_to(leader),
            waits_for_terminal: false,
            has_warned: false,
            end_sender: Some(end_sender),
            open_streams: 2, // stdout and stderr
            ending: None,
            ended: started,
            stop: None,
            is_stopped: Arc::default(),
            late_signal: None,
            deadline: self.plan.timeout.map(|timeout| started + timeout),
            kill_at: None,
            give_up_at: None,
            kill_after: self.plan.kill_after,
        }
    }

    fn not_started(&self, error: &io::Error) -> Finished {
        let is_missing = error.kind() == ErrorKind::NotFound;
        let program = self.plan.command[0].to_string_lossy();
        let message = format!("cannot run '{}': {error}", program.escape_debug());
        Finished {
            ending: Ending::NotStarted(if is_missing { 127 } else { 126 }, message),
            stop: None,
            seconds: 0.0,
            found: vec![None; self.plan.wanted.names.len()],
            stdout: Vec::new(),
            stderr: Vec::new(),
            log_error: None,
        }
    }

    /// Starts to forward stdout and stderr.
    fn forward_streams(
        &self,
        child: &mut Child,
        end_receiver: &PipeReader,
        is_stopped: &Arc<AtomicBool>,
    ) -> Result<[JoinHandle<Seen>; 2]> {
        let stdout = child.stdout.take().context("no stdout")?;
        let stderr = child.stderr.take().context("no stderr")?;
        let forward = |source: OwnedFd, own: BorrowedFd| {
            let stream = Stream {
                own: Some(File::from(own.try_clone_to_owned()?)),
                log: self.plan.log.as_ref().map(File::try_clone).transpose()?,
                end_receiver: end_receiver.try_clone()?,
                is_stopped: is_stopped.clone(),
                after_end: None,
                seen: Seen::new(self.plan.wanted.clone()),
                source: source.into(),
            };
            let events = self.events.sender.clone();
            io::Result::Ok(thread::spawn(move || {
                let seen = stream.forward();
                let _ = events.send(Event::StreamEnded);
                seen
            }))
        };
        Ok([
            forward(stdout.into(), io::stdout().as_fd())?,
            forward(stderr.into(), io::stderr().as_fd())?,
        ])
    }
}
