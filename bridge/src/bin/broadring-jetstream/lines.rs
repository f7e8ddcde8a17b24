//! Where lines come from, and where they go.

use core::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How much is read at once, in bytes.
const AT_ONCE: usize = 64 * 1024;

/// How long a wait for the input lasts before it is asked whether to stop.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// The lines of a file, or of standard input.
pub(crate) struct Lines {
    name: String,
    bytes: BufReader<File>,
    /// The line that is being read.
    line: Vec<u8>,
}

impl Lines {
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let (name, file) = match path {
            Some(path) => {
                let name = path.display().to_string();
                let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
                ensure!(!file.metadata()?.is_dir(), "cannot read {name}: it is a directory");
                (name, file)
            }
            None => {
                let input: OwnedFd = io::stdin().as_fd().try_clone_to_owned()?;
                ("standard input".to_owned(), File::from(input))
            }
        };
        let bytes = BufReader::with_capacity(AT_ONCE, file);
        Ok(Self { name, bytes, line: Vec::new() })
    }

    /// Returns the next line without its end: none at the end, or when it is to stop.
    pub(crate) fn next(&mut self, stop: &impl Fn() -> bool) -> anyhow::Result<Option<&[u8]>> {
        self.line.clear();
        loop {
            if self.bytes.buffer().is_empty() {
                while !self.is_ready()? {
                    if stop() {
                        return Ok(None);
                    }
                }
            }
            if stop() {
                return Ok(None);
            }
            let there = match self.bytes.fill_buf() {
                Ok(there) => there,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot read {}", self.name));
                }
            };
            if there.is_empty() {
                // The last line may have no end.
                return Ok((!self.line.is_empty()).then_some(&*self.line));
            }
            let end = there.iter().position(|&byte| byte == b'\n');
            let taken = end.unwrap_or(there.len());
            self.line.extend_from_slice(&there[..taken]);
            let whole = end.is_some();
            self.bytes.consume(taken + usize::from(whole));
            if whole {
                return Ok(Some(&*self.line));
            }
        }
    }

    /// Waits a while until something can be read.
    fn is_ready(&self) -> anyhow::Result<bool> {
        let mut polled = [PollFd::new(self.bytes.get_ref(), PollFlags::IN)];
        match poll(&mut polled, Some(&LOOK)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot wait for {}", self.name)),
        }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("name", &self.name).finish_non_exhaustive()
    }
}
