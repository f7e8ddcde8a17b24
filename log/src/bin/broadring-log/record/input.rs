//! Where the lines come from.

use core::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, IsTerminal, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::output;
use crate::stopping::Stop;

/// How much is read at once, in bytes.
const AT_ONCE: usize = 64 * 1024;

/// How long a wait for the input lasts before it is asked whether to stop, in nanoseconds.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// The lines of a file, or of standard input.
pub(super) struct Input {
    name: String,
    bytes: BufReader<File>,
    len: Option<u64>,
    position: u64,
    lines: u64,
    max_line: u64,
}

/// What there is to read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A line was read.
    Line,
    /// The input has ended.
    End,
    /// There is nothing yet.
    Nothing,
}

impl Input {
    /// Opens a file, or standard input.
    pub(super) fn open(path: Option<&Path>, max_line: u64) -> anyhow::Result<Self> {
        let (name, file) = match path {
            Some(path) => {
                let name = path.display().to_string();
                let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
                ensure!(!file.metadata()?.is_dir(), "cannot read {name}: it is a directory");
                (name, file)
            }
            None => {
                if io::stdin().is_terminal() {
                    output::note("recording what you type; end it with Ctrl-D");
                }
                let stdin: OwnedFd = io::stdin().as_fd().try_clone_to_owned()?;
                ("standard input".to_owned(), File::from(stdin))
            }
        };
        let len = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|there| there.len());
        let bytes = BufReader::with_capacity(AT_ONCE, file);
        // A file that the system makes up while it is read has no length.
        Ok(Self { name, bytes, len: len.filter(|len| *len > 0), position: 0, lines: 0, max_line })
    }

    /// How many bytes there are, if that is known.
    pub(super) fn len(&self) -> Option<u64> {
        self.len
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Passes over so many lines, and returns how many there were.
    pub(super) fn skip(&mut self, lines: u64, stop: &Stop) -> anyhow::Result<u64> {
        let mut line = Vec::new();
        for skipped in 0..lines {
            line.clear();
            loop {
                match self.read_line(&mut line, stop)? {
                    Next::Line => break,
                    Next::End => return Ok(skipped),
                    Next::Nothing if stop.is_asked() => return Ok(skipped),
                    Next::Nothing => {}
                }
            }
        }
        Ok(lines)
    }

    /// Whether the next line is here, so that reading it does not wait.
    pub(super) fn has_line(&self) -> bool {
        self.bytes.buffer().contains(&b'\n')
    }

    /// Appends the next line, without its end, to `line`. If there is nothing for a while, it returns; the next call
    /// goes on with the same line.
    pub(super) fn read_line(&mut self, line: &mut Vec<u8>, stop: &Stop) -> anyhow::Result<Next> {
        loop {
            if self.bytes.buffer().is_empty() && !self.is_ready(stop)? {
                return Ok(Next::Nothing);
            }
            let room = self.max_line.saturating_sub(line.len() as u64).saturating_add(1);
            let there = match self.bytes.fill_buf() {
                Ok(there) => there.len() as u64,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot read {}", self.name));
                }
            };
            let ended = there == 0;
            // Of what is in the buffer, so that this does not wait.
            let read = self.bytes.by_ref().take(there.min(room)).read_until(b'\n', line)?;
            self.position += read as u64;
            if line.last() == Some(&b'\n') {
                line.pop();
            } else if line.len() as u64 > self.max_line {
                bail!(
                    "line {} of {} is longer than {}; see --max-line",
                    self.lines + 1,
                    self.name,
                    output::bytes(self.max_line)
                );
            } else if ended {
                // The last line may have no end.
                if line.is_empty() {
                    return Ok(Next::End);
                }
            } else {
                continue;
            }
            self.lines += 1;
            return Ok(Next::Line);
        }
    }

    /// Waits a while until something can be read.
    fn is_ready(&self, stop: &Stop) -> anyhow::Result<bool> {
        if stop.is_asked() {
            return Ok(false);
        }
        let mut polled = [PollFd::new(self.bytes.get_ref(), PollFlags::IN)];
        match poll(&mut polled, Some(&LOOK)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot wait for {}", self.name)),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("name", &self.name).field("lines", &self.lines).finish()
    }
}
