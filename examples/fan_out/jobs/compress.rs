//! Writes a compressed copy.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use indicatif::HumanBytes;

use super::Job;
use crate::record::Record;

/// Compresses the bytes of the input as they are: `gunzip` gives them back.
pub(super) struct Compress {
    encoder: GzEncoder<Counted>,
    read: u64,
    /// Where the copy is, in words.
    place: String,
}

impl Compress {
    /// Compresses into a new file, or without a path into nothing, to learn how
    /// small the copy would be.
    pub(super) fn new(output: Option<&Path>) -> anyhow::Result<Self> {
        let (out, place): (Box<dyn Write + Send>, _) = match output {
            Some(path) => {
                (Box::new(BufWriter::new(create(path)?)), format!("in {}", path.display()))
            }
            None => (Box::new(io::sink()), "and not kept (see --output)".to_owned()),
        };
        let encoder = GzEncoder::new(Counted { out, written: 0 }, Compression::fast());
        Ok(Self { encoder, read: 0, place })
    }
}

impl Job for Compress {
    fn name(&self) -> &'static str {
        "compress"
    }

    fn take(&mut self, record: &Record) -> anyhow::Result<()> {
        self.encoder
            .write_all(&record.bytes)
            .with_context(|| format!("cannot write the compressed copy {}", self.place))?;
        self.read += record.bytes.len() as u64;
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<String> {
        let Self { encoder, read, place } = *self;
        let finished = encoder.finish().and_then(|mut counted| {
            counted.flush()?;
            Ok(counted.written)
        });
        let written =
            finished.with_context(|| format!("cannot write the compressed copy {place}"))?;
        Ok(format!("{} compressed to {} {place}", HumanBytes(read), HumanBytes(written)))
    }
}

/// Opens a file that was not there before, so that nothing is overwritten, least
/// of all the input. Devices and pipes are there before, and are written to.
fn create(path: &Path) -> anyhow::Result<File> {
    let shown = path.display();
    let opened = match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            if fs::metadata(path).is_ok_and(|there| there.is_file()) {
                bail!("{shown} is there already: remove it, or name another --output");
            }
            OpenOptions::new().write(true).open(path)
        }
        opened => opened,
    };
    opened.with_context(|| format!("cannot write the compressed copy to {shown}"))
}

/// Counts the bytes that go through.
struct Counted {
    out: Box<dyn Write + Send>,
    written: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
