//! A file and what is read from it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use broadring_order::Stamp;

use crate::complaints::Complaints;
use crate::lines::Lines;
use crate::options::Options;
use crate::times::Times;

/// Lines that belong together are published together, up to about so many bytes.
const LARGEST: usize = 64 << 10;

/// A file to read, on a thread of its own.
pub(crate) struct Source {
    path: PathBuf,
    follow: bool,
    complaints: Complaints,
}

impl Source {
    pub(crate) fn new(path: &Path, options: &Options, complaints: &Complaints) -> Self {
        Self { path: path.to_owned(), follow: options.follow, complaints: complaints.clone() }
    }

    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Hands everything in the file to `publish`: lines that belong together, and their time. If the
    /// file fails, the rest of it is missing, and that is complained about.
    pub(crate) fn read(self, publish: impl FnMut(Stamp, &[u8])) {
        if let Err(error) = self.try_read(publish) {
            self.complaints.add(&format!("cannot read {}: {error}", self.name()));
        }
    }

    fn try_read(&self, mut publish: impl FnMut(Stamp, &[u8])) -> io::Result<()> {
        // Opening a pipe waits until somebody opens its other end: so it is done here.
        let input: Box<dyn Read> = if self.path.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(&self.path)?)
        };
        let mut lines = Lines::new(input, self.follow);
        let times = Times::now();
        let mut together = Vec::new();
        let mut latest = Stamp::MIN;
        let mut line = Vec::new();
        let mut flush = |together: &mut Vec<u8>, stamp| {
            if !together.is_empty() {
                publish(stamp, together);
                together.clear();
            }
        };
        loop {
            let read = lines.read(&mut line);
            if !matches!(read, Ok(true)) {
                flush(&mut together, latest);
                return read.map(drop);
            }
            if let Some(time) = times.of(&line) {
                flush(&mut together, latest);
                // A line never comes before the one above it, whatever its time says.
                latest = latest.max(time);
            }
            together.extend_from_slice(&line);
            // What is not there yet is not waited for.
            if !lines.has_line() || together.len() >= LARGEST {
                flush(&mut together, latest);
            }
        }
    }
}
