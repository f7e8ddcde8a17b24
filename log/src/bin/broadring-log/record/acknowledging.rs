//! Acknowledges lines: a reader that comes after the journal, and so sees only what is on the disk.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread::{self, JoinHandle};

use anyhow::Context;
use broadring::Reader;

/// The thread that acknowledges lines.
#[derive(Debug)]
pub(super) struct Acknowledging(JoinHandle<anyhow::Result<u64>>);

impl Acknowledging {
    /// Starts to write the number of acknowledged lines to a file, if there is one. `-` is standard output.
    pub(super) fn start(reader: Reader<Vec<u8>>, to: Option<&Path>) -> anyhow::Result<Self> {
        let sink = match to {
            None => Sink::Nowhere,
            Some(path) if path.as_os_str() == "-" => Sink::Output,
            Some(path) => Sink::File(
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
            ),
        };
        let thread = thread::Builder::new()
            .name("acknowledging".to_owned())
            .spawn(|| acknowledge(reader, sink))?;
        Ok(Self(thread))
    }

    /// Waits for the end of the stream, and returns how many lines are acknowledged.
    pub(super) fn join(self) -> anyhow::Result<u64> {
        self.0.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Where the number of acknowledged lines goes.
#[derive(Debug)]
enum Sink {
    Nowhere,
    Output,
    File(File),
}

impl Sink {
    fn write(&self, acknowledged: u64) -> io::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Output => writeln!(io::stdout(), "{acknowledged}"),
            // Always of the same length, so that one number replaces another.
            Self::File(file) => file.write_all_at(format!("{acknowledged:020}\n").as_bytes(), 0),
        }
    }
}

fn acknowledge(mut reader: Reader<Vec<u8>>, sink: Sink) -> anyhow::Result<u64> {
    let mut refused = sink.write(reader.position().into());
    // Ends with the stream, or when the journal has left.
    while let Ok(batch) = reader.wait_batch() {
        let acknowledged = batch.sequences().end.into();
        drop(batch);
        // Recording goes on if nobody hears of it.
        refused = refused.and_then(|()| sink.write(acknowledged));
    }
    match refused {
        // Whoever read the acknowledgements has seen enough of them.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        refused => refused.context("cannot write acknowledgements")?,
    }
    Ok(reader.position().into())
}
