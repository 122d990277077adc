//! One output stream of the command: forwarded unchanged as it arrives, copied to the log file, and searched.

use std::{
    fs::File,
    io::{self, ErrorKind, PipeReader, Read, Write},
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{ioctl_fionread, retry_on_intr},
    stdio::dup2_stderr,
};

use super::values::{Finder, Wanted};

const CHUNK: usize = 64 * 1024;

/// How much of the end of a stream is kept to find the error in it.
const MAX_TAIL: usize = 256 * 1024;

/// A pipe that can be written takes this much without blocking.
const PIPE_BUF: usize = 4096;

/// How long to wait for a stream that only descendants of the command still have, or that nothing reads.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// How long to wait for a reader of the trial that cannot be logged.
const MAX_WAIT_TO_RESTORE: Duration = Duration::from_secs(30);

/// A stream of the command, and where it goes.
pub(super) struct Stream {
    pub(super) source: File,
    /// Hangs up when the `Supervisor` is done with the command.
    pub(super) end_receiver: PipeReader,
    /// Whether the command is to end; then a reader that does not read is not waited for.
    pub(super) is_stopped: Arc<AtomicBool>,
    /// The stream of this process, as long as it can be written.
    pub(super) own: Option<File>,
    /// The file of --log, as long as it can be written.
    pub(super) log: Option<File>,
    pub(super) after_end: Option<AfterEnd>,
    pub(super) seen: Seen,
}

/// What is still read after the end of the command.
pub(super) struct AfterEnd {
    /// Bytes that the command may have written: they are forwarded, however slow the reader is.
    left: u64,
    deadline: Instant,
}

/// What was found in a stream.
pub(super) struct Seen {
    pub(super) finder: Finder,
    /// Its last bytes.
    pub(super) tail: Vec<u8>,
    /// Why the log file lacks the rest.
    pub(super) log_error: Option<io::Error>,
}

impl Seen {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            finder: Finder::new(wanted),
            tail: Vec::new(),
            log_error: None,
        }
    }
}

impl Stream {
    /// Forwards the stream until it ends.
    pub(super) fn forward(mut self) -> Seen {
        let mut buffer = vec![0; CHUNK];
        while self.wait_for_data() {
            match self.source.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                Ok(count) => self.take(&buffer[..count]),
            }
        }
        self.seen.finder.finish();
        self.seen
    }

    /// Waits until there is something to read, or the end; false if nothing more is to be read.
    fn wait_for_data(&mut self) -> bool {
        loop {
            let now = Instant::now();
            let timeout = match &self.after_end {
                None => None,
                Some(end) if end.left > 0 || now < end.deadline => Some(end.deadline - now),
                Some(_) => return false,
            };
            let Ok([has_data, has_ended]) = self.poll(timeout) else {
                return true; // the read tells what is wrong
            };
            if has_ended && self.after_end.is_none() {
                self.after_end = Some(AfterEnd {
                    left: ioctl_fionread(&self.source).unwrap_or(0),
                    deadline: now + MAX_WAIT,
                });
            } else if has_data {
                return true;
            } else if let Some(end) = &mut self.after_end {
                end.left = 0; // nothing is left in the pipe
            }
        }
    }

    /// Whether there is data, and whether the command has ended.
    fn poll(&self, timeout: Option<Duration>) -> io::Result<[bool; 2]> {
        let timeout = timeout.map(|timeout| Timespec::try_from(timeout).unwrap_or_default());
        let mut polled = [
            PollFd::new(&self.source, PollFlags::IN),
            PollFd::new(&self.end_receiver, PollFlags::IN),
        ];
        let count = if self.after_end.is_some() { 1 } else { 2 };
        retry_on_intr(|| poll(&mut polled[..count], timeout.as_ref()))?;
        Ok(polled.map(|fd| !fd.revents().is_empty()))
    }

    fn take(&mut self, bytes: &[u8]) {
        // A reader that has gone away, or a full disk, does not end the trial.
        let is_stopped = &self.is_stopped;
        self.own
            .take_if(|own| write_all(own, bytes, is_stopped).is_err());
        if let Some(log) = &mut self.log
            && let Err(error) = write_all(log, bytes, is_stopped)
        {
            self.log = None;
            self.seen.log_error = Some(error);
        }
        self.seen.finder.feed(bytes);
        let tail = &mut self.seen.tail;
        tail.extend_from_slice(bytes);
        if tail.len() > 2 * MAX_TAIL {
            tail.drain(..tail.len() - MAX_TAIL);
        }
        if let Some(end) = &mut self.after_end {
            end.left = end.left.saturating_sub(bytes.len() as u64);
        }
    }
}

/// Writes everything, also to a stream that another program has set to not block. Fails if nothing can be written for a while
/// although the command is to end.
fn write_all(sink: &mut File, mut bytes: &[u8], is_stopped: &AtomicBool) -> io::Result<()> {
    while !bytes.is_empty() {
        while !can_write(&*sink, MAX_WAIT)? {
            if is_stopped.load(Relaxed) {
                return Err(ErrorKind::TimedOut.into());
            }
        }
        // More could block.
        match sink.write(&bytes[..bytes.len().min(PIPE_BUF)]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error)
                if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Waits until a stream can be written; false if that takes too long.
fn can_write(sink: impl AsFd, max_wait: Duration) -> io::Result<bool> {
    let timeout = Timespec::try_from(max_wait).unwrap_or_default();
    let mut polled = [PollFd::new(&sink, PollFlags::OUT)];
    Ok(retry_on_intr(|| poll(&mut polled, Some(&timeout)))? > 0)
}

/// Sends the messages of this process nowhere if they would block it. Then it returns where they went before.
pub(super) fn silence_blocked_stderr() -> Option<OwnedFd> {
    let stderr = io::stderr();
    if can_write(&stderr, MAX_WAIT).unwrap_or(true) {
        return None;
    }
    let before = stderr.as_fd().try_clone_to_owned().ok()?;
    let null = File::options().write(true).open("/dev/null").ok()?;
    dup2_stderr(null).ok()?;
    Some(before)
}

/// Undoes `silence_blocked_stderr`, if messages can be written again after a while.
pub(super) fn restore_stderr(before: &OwnedFd) {
    if let Ok(true) = can_write(before, MAX_WAIT_TO_RESTORE) {
        let _ = dup2_stderr(before);
        let _ = io::stderr().write_all(b"\n"); // the output may have stopped within a line
    }
}
