//! One output stream of the command: forwarded unchanged as it arrives, copied to the log file, and searched.

use std::{
    fs::File,
    io::{self, ErrorKind, PipeReader, Read, Write},
    os::fd::{AsFd, OwnedFd},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{ioctl_fionread, retry_on_intr},
};

use super::values::Finder;

const CHUNK: usize = 64 * 1024;

/// How much of the end of a stream is kept to find the error in it.
const MAX_TAIL: usize = 256 * 1024;

/// How long to wait for a stream that only descendants of the command still have.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// A stream of the command, and where it goes.
pub(super) struct Stream {
    source: File,
    /// Hangs up when the `Supervisor` is done with the command.
    end_receiver: PipeReader,
    /// The stream of this process, as long as it can be written.
    own: Option<File>,
    /// The file of --log, as long as it can be written.
    log: Option<File>,
    after_end: Option<AfterEnd>,
    seen: Seen,
}

/// What is still read after the end of the command.
struct AfterEnd {
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

impl Stream {
    pub(super) fn new(
        source: OwnedFd,
        end_receiver: PipeReader,
        own: File,
        log: Option<File>,
        finder: Finder,
    ) -> Self {
        Self {
            source: source.into(),
            end_receiver,
            own: Some(own),
            log,
            after_end: None,
            seen: Seen {
                finder,
                tail: Vec::new(),
                log_error: None,
            },
        }
    }

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
        self.own.take_if(|own| write_all(own, bytes).is_err());
        if let Some(log) = &mut self.log
            && let Err(error) = write_all(log, bytes)
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

/// Writes everything, also to a stream that another program has set to not block.
fn write_all(sink: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match sink.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(&sink.as_fd(), PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
