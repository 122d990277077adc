//! Runs the command once: starts it, forwards signals and output, stops it after its time, and says how it ended.

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
use rustix::process::{Pid, Signal, WaitStatus};
use signal_hook::consts::{SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGTTIN, SIGTTOU};

use super::{
    RunningEntry,
    group::{Group, become_subreaper},
    signals::{Event, Events},
    stream::{Seen, Stream, restore_stderr, silence_blocked_stderr},
    terminal::{Foreground, give_foreground},
    values::Wanted,
};
use crate::log::Number;

/// The variable with the path of the file in which the command may say how it ended.
pub const RESULT_VARIABLE: &str = "LINEAGE_RESULT";

/// The variable with the number of the repetition, from 1.
const REPEAT_VARIABLE: &str = "LINEAGE_REPEAT";

/// The end of a process that is not a child of this one sends no signal, so it is looked for this often.
const PAUSE: Duration = Duration::from_millis(50);

/// The longest wait without an event, so that the heartbeat of the trial, once a minute, is on time.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// How long to wait for processes that even SIGKILL does not end, because the kernel is busy with them.
const MAX_DYING: Duration = Duration::from_secs(5);

/// How a command is run.
pub struct Plan {
    pub command: Vec<OsString>,
    pub timeout: Option<Duration>,
    /// From SIGTERM to SIGKILL.
    pub kill_after: Duration,
    pub log: Option<File>,
    pub wanted: Wanted,
}

/// How the command itself ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Exited(i32),
    Killed(i32),
    /// It could not be started, with the exit status that shells use for that.
    NotStarted(i32, String),
}

/// Why the command was stopped before its own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    TimedOut,
    /// By this signal.
    Interrupted(i32),
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

/// One running command.
struct Supervisor {
    group: Group,
    foreground: Option<Foreground>,
    /// Whether the command is stopped because it used the terminal in the background.
    waits_for_terminal: bool,
    has_warned: bool,
    /// Dropped when the command has ended and, if it was stopped, all that it has started has ended too.
    end_sender: Option<PipeWriter>,
    open_streams: usize,
    ending: Option<Ending>,
    /// When the command itself ended, once it has.
    ended: Instant,
    stop: Option<Stop>,
    /// Whether the command is to end, by `stop` or by `late_signal`.
    is_stopped: Arc<AtomicBool>,
    late_signal: Option<i32>,
    deadline: Option<Instant>,
    kill_at: Option<Instant>,
    give_up_at: Option<Instant>,
    kill_after: Duration,
}

impl Supervisor {
    /// Waits until the command and its output have ended.
    fn watch(&mut self, events: &Events, entry: &mut Option<RunningEntry>, warn: &dyn Fn(&str)) {
        while self.open_streams > 0 || self.end_sender.is_some() {
            match events.receiver.recv_timeout(self.pause()) {
                Ok(Event::StreamEnded) => self.open_streams -= 1,
                Ok(Event::Signal(signal)) => self.interrupt(signal),
                Ok(Event::PassedOn(signal)) => self.group.pass_on(signal),
                Ok(Event::ChildChanged) | Err(_) => {} // or time has passed
            }
            if let Some(status) = self.group.reap() {
                self.note_status(status);
            }
            self.give_terminal(warn);
            if let Some(entry) = entry {
                entry.beat();
            }
            self.enforce_deadlines();
            let is_nothing_left = || !self.group.has_members() || self.has_given_up();
            if self.ending.is_some() && (self.stop.is_none() || is_nothing_left()) {
                self.end_sender = None;
            }
        }
    }

    /// The longest time to wait for an event.
    fn pause(&self) -> Duration {
        if self.stop.is_some() || self.ending.is_some() {
            return PAUSE;
        }
        // A shell that brings this process to the foreground need not send a signal.
        let max = if self.waits_for_terminal {
            MAX_PAUSE / 10
        } else {
            MAX_PAUSE
        };
        match self.deadline {
            Some(deadline) => max.min(deadline.saturating_duration_since(Instant::now())),
            None => max,
        }
    }

    fn note_status(&mut self, status: WaitStatus) {
        if let Some(code) = status.exit_status() {
            self.note_terminal_signal(code - 128); // how a shell exits if a signal ended its command
            self.note_end(Ending::Exited(code));
        } else if let Some(signal) = status.terminating_signal() {
            self.note_terminal_signal(signal);
            self.note_end(Ending::Killed(signal));
        } else if let Some(signal) = status.stopping_signal() {
            if [SIGTTIN, SIGTTOU].contains(&signal) {
                self.waits_for_terminal = true;
            } else if let Some(foreground) = &self.foreground {
                foreground.handle_stop();
                self.group.signal(Signal::CONT);
            }
        }
    }

    /// Gives the terminal to a command that waits for it, as soon as this process has it.
    fn give_terminal(&mut self, warn: &dyn Fn(&str)) {
        if !self.waits_for_terminal {
            return;
        }
        let command = self.group.leader;
        if give_foreground(command) {
            self.waits_for_terminal = false;
            self.foreground
                .get_or_insert_with(|| Foreground { command });
            self.group.signal(Signal::CONT);
        } else if !self.has_warned {
            self.has_warned = true;
            warn("the command reads from the terminal in the background; give it `< /dev/null`");
        }
    }

    /// Only the command, which has the terminal, gets the signals of Ctrl-C and Ctrl-\. If one ends it, it was interrupted.
    fn note_terminal_signal(&mut self, signal: i32) {
        if self.foreground.is_some() && self.stop.is_none() && [SIGINT, SIGQUIT].contains(&signal) {
            self.begin_stop(Stop::Interrupted(signal));
        }
    }

    fn note_end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        self.ended = Instant::now();
        self.foreground = None;
        self.waits_for_terminal = false;
        // A shell's background jobs ignore SIGINT.
        if let Some(Stop::Interrupted(signal)) = self.stop
            && signal != SIGTERM
        {
            self.terminate(SIGTERM);
        }
    }

    /// From here on, the command is to end; what is left of it is killed after a while.
    fn begin_stop(&mut self, stop: Stop) {
        self.stop.get_or_insert(stop);
        self.is_stopped.store(true, Relaxed);
        let kill_at = Instant::now() + self.kill_after;
        self.kill_at.get_or_insert(kill_at);
    }

    /// Forwards a signal; the first one says how the trial ended. After the end of the command, it is kept for the next run
    /// of `--repeat`.
    fn interrupt(&mut self, signal: i32) {
        if self.ending.is_none() || self.stop.is_some() {
            self.begin_stop(Stop::Interrupted(signal));
            self.terminate(signal);
        } else {
            self.late_signal = Some(signal);
            self.is_stopped.store(true, Relaxed);
        }
    }

    fn terminate(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal) {
            self.group.signal(signal);
            self.group.signal(Signal::CONT); // a stopped process cannot end
        }
    }

    /// Stops the command when its time is over, and kills what is left after the grace period.
    fn enforce_deadlines(&mut self) {
        let now = Instant::now();
        if self.stop.is_none() && self.ending.is_none() && is_over(self.deadline, now) {
            self.begin_stop(Stop::TimedOut);
            self.terminate(SIGTERM);
        }
        if is_over(self.kill_at, now) {
            self.give_up_at.get_or_insert_with(|| now + MAX_DYING);
            self.group.signal(Signal::KILL);
        }
        if self.ending.is_none() && self.has_given_up() {
            self.note_end(Ending::Killed(SIGKILL));
        }
    }

    fn has_given_up(&self) -> bool {
        is_over(self.give_up_at, Instant::now())
    }
}

fn is_over(end: Option<Instant>, now: Instant) -> bool {
    end.is_some_and(|end| now >= end)
}
