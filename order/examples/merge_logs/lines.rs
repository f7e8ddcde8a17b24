//! Lines of bytes, which need not be UTF-8.

use std::io::{self, BufRead, BufReader, Read};
use std::thread;
use std::time::Duration;

/// The longest line that is read: a file without line ends is not a log.
const LONGEST: u64 = 16 << 20;

/// How often the end of a file is looked at again.
const FOLLOW_EVERY: Duration = Duration::from_millis(50);

pub(crate) struct Lines<R> {
    input: BufReader<R>,
    follow: bool,
}

impl<R: Read> Lines<R> {
    /// Reads lines; with `follow` it waits for more at the end of the file.
    pub(crate) fn new(input: R, follow: bool) -> Self {
        Self { input: BufReader::with_capacity(64 << 10, input), follow }
    }

    /// Replaces `line` by the next line, with its end; the last one is given an end if it has none.
    /// Returns false if there is no line.
    pub(crate) fn read(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        line.clear();
        loop {
            let room = (LONGEST + 1).saturating_sub(line.len() as u64);
            let read = self.input.by_ref().take(room).read_until(b'\n', line)?;
            if line.ends_with(b"\n") {
                return Ok(true);
            }
            if line.len() as u64 > LONGEST {
                return Err(io::Error::other(format!("a line is longer than {LONGEST} bytes")));
            }
            if read == 0 && !self.follow {
                if !line.is_empty() {
                    line.push(b'\n');
                }
                return Ok(!line.is_empty());
            }
            if read == 0 {
                thread::sleep(FOLLOW_EVERY);
            }
        }
    }

    /// Whether the next line can be read without waiting.
    pub(crate) fn has_line(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }
}
