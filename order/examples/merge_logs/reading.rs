//! What every reader does: a digest of the order that it sees. And what the first one prints.

use std::io::{self, BufWriter, Write};
use std::thread::JoinHandle;

use broadring_order::SourceId;
use sha2::{Digest, Sha256};

use crate::spawn;

/// A reader at work.
pub(crate) struct Reading(JoinHandle<io::Result<Seen>>);

/// What a reader has seen in the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) digest: String,
    pub(crate) lines: usize,
    pub(crate) events: u64,
}

impl Reading {
    /// Starts a reader: `read` shows it everything, in order.
    pub(crate) fn start(
        number: usize,
        printer: Option<Printer>,
        read: impl FnOnce(&mut Sight) -> io::Result<()> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let mut sight = Sight { printer, digest: Sha256::new(), lines: 0, events: 0 };
        let reading = spawn(format!("reader {number}"), move || {
            read(&mut sight)?;
            sight.close()
        });
        Ok(Self(reading?))
    }

    /// Waits until the reader has seen everything.
    pub(crate) fn join(self) -> anyhow::Result<Seen> {
        Ok(self.0.join().map_err(|_| anyhow::anyhow!("a reader has panicked"))??)
    }
}

/// What a reader is shown.
pub(crate) struct Sight {
    printer: Option<Printer>,
    digest: Sha256,
    lines: usize,
    events: u64,
}

impl Sight {
    /// Takes the next event: lines of this source that belong together.
    pub(crate) fn take(&mut self, source: SourceId, lines: &[u8]) -> io::Result<()> {
        // The length too, or the same bytes in other events would have the same digest.
        self.digest.update(source.get().to_le_bytes());
        self.digest.update((lines.len() as u64).to_le_bytes());
        self.digest.update(lines);
        self.lines += lines.iter().filter(|byte| **byte == b'\n').count();
        self.events += 1;
        self.printer.as_mut().map_or(Ok(()), |printer| printer.print(source, lines))
    }

    /// Lets everything that was printed be seen, if there may be a pause now.
    pub(crate) fn pause(&mut self) -> io::Result<()> {
        match &mut self.printer {
            Some(printer) if printer.promptly => printer.out.flush(),
            _ => Ok(()),
        }
    }

    fn close(mut self) -> io::Result<Seen> {
        if let Some(printer) = &mut self.printer {
            printer.out.flush()?;
        }
        let digest = self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Seen { digest, lines: self.lines, events: self.events })
    }
}

/// Prints lines, each behind the name of its file if that is wanted.
pub(crate) struct Printer {
    out: BufWriter<Box<dyn Write + Send>>,
    labels: Option<Vec<String>>,
    /// Whether lines that come now are not to wait for those after them.
    promptly: bool,
}

impl Printer {
    /// Prints to `out`.
    pub(crate) fn new(
        out: impl Write + Send + 'static,
        labels: Option<Vec<String>>,
        promptly: bool,
    ) -> Self {
        Self { out: BufWriter::with_capacity(64 << 10, Box::new(out)), labels, promptly }
    }

    fn print(&mut self, source: SourceId, lines: &[u8]) -> io::Result<()> {
        let Some(labels) = &self.labels else { return self.out.write_all(lines) };
        let label = &labels[source.get() as usize];
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            write!(self.out, "{label}: ")?;
            self.out.write_all(line)?;
        }
        Ok(())
    }
}
