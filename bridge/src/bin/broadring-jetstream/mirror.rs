//! `mirror`: the stream to standard output, or into a log.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use broadring::{ReadTimeoutError, Ring, Sequence, Writer};
use broadring_jetstream::{Mirror, MirrorEnd, MirrorStats, RequestError, Stream};
use broadring_log::codec::Bytes;
use broadring_log::{Journal, Log, LogReader};
use clap::Args;

use crate::connection::{Connection, seconds};
use crate::digest::Digest;
use crate::stopping::Stop;
use crate::watching::Watching;

/// How long to wait for events before it is asked whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Follow the stream: to standard output, or into a log
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    connection: Connection,

    /// Where to begin: `oldest`, `next` (what is to come), or a sequence
    #[arg(long, default_value = "oldest", conflicts_with = "log")]
    from: From,

    /// A directory with a log of `broadring-log` that gets a copy of the stream, and goes on where it was
    #[arg(long, value_name = "DIRECTORY")]
    log: Option<PathBuf>,

    /// The name of this mirror, for `status`
    #[arg(long, default_value = "mirror", value_name = "NAME")]
    name: String,

    /// End when the writer has given the stream back
    #[arg(long)]
    until_resigned: bool,

    /// Print a digest of the order at the end, instead of lines
    #[arg(long)]
    digest: bool,

    /// Fail when the servers have not answered for so many seconds; it waits for ever unless given
    #[arg(long, value_name = "SECONDS")]
    give_up_after: Option<f64>,

    /// How many events the ring has room for
    #[arg(long, default_value_t = 1 << 16, value_name = "EVENTS")]
    capacity: usize,

    /// Say nothing but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Oldest,
    Next,
    Sequence(u64),
}

impl FromStr for From {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "oldest" => Ok(Self::Oldest),
            "next" => Ok(Self::Next),
            number => number
                .parse()
                .map(Self::Sequence)
                .map_err(|_| "`oldest`, `next` or a number".to_owned()),
        }
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let stop = Stop::on_signals()?;
    let stream = options.connection.connect()?;
    match &options.log {
        Some(directory) => into_log(options, &stream, directory, &stop),
        None => to_output(options, &stream, &stop),
    }
}

/// A ring of lines, and its writer.
type Lines = (Writer<Vec<u8>>, Ring<Vec<u8>>);

/// Makes a ring that begins with this event.
fn ring(options: &Options, stream: &Stream, first: Sequence) -> anyhow::Result<Lines> {
    ensure!(first <= Sequence::MAX, "--from {first} is later than any sequence");
    let builder = Ring::try_builder(options.capacity)
        .with_context(|| format!("--capacity {}", options.capacity))?;
    Ok(builder.name(stream.name()).first_sequence(first).build(Vec::new))
}

/// Starts the mirror. Whoever is to see all has joined the ring before.
fn start(
    options: &Options,
    stream: &Stream,
    writer: Writer<Vec<u8>>,
) -> anyhow::Result<Arc<Mirror>> {
    let mut builder =
        stream.mirror(Bytes).name(&options.name).until_resigned(options.until_resigned);
    if let Some(limit) = options.give_up_after {
        builder = builder.give_up_after(seconds(limit)?);
    }
    Ok(Arc::new(builder.start(writer)))
}

fn describe(stats: &MirrorStats) -> (u64, String) {
    let mut said = format!("here, {} messages to come, epoch {}", stats.pending, stats.epoch);
    if let Some(stalled) = stats.stalled {
        said.push_str(&format!(", no answer for {} s", stalled.as_secs()));
    }
    (stats.next.into(), said)
}

fn watch(options: &Options, mirror: &Arc<Mirror>) -> Watching {
    let watched = Arc::clone(mirror);
    Watching::start(options.quiet, move || describe(&watched.stats()))
}

/// How the mirror has ended.
fn join(mirror: Arc<Mirror>) -> anyhow::Result<MirrorEnd> {
    let mirror = Arc::into_inner(mirror).context("somebody else has the mirror")?;
    Ok(mirror.join()?)
}

fn to_output(options: &Options, stream: &Stream, stop: &Stop) -> anyhow::Result<()> {
    let first = match options.from {
        From::Oldest => stream.oldest()?,
        From::Next => stream.next_sequence()?,
        From::Sequence(sequence) => sequence.into(),
    };
    let (writer, ring) = ring(options, stream, first)?;
    let mut reader = ring.subscribe()?;
    let mirror = start(options, stream, writer)?;
    let watching = watch(options, &mirror);
    let mut out = BufWriter::new(io::stdout().lock());
    let mut digest = Digest::default();
    loop {
        match reader.batch_timeout(LOOK) {
            Ok(batch) => {
                let mut refused = Ok(());
                batch.for_each(|line, sequence| {
                    digest.add(sequence.into(), line);
                    if !options.digest && refused.is_ok() {
                        refused = out.write_all(line).and_then(|()| out.write_all(b"\n"));
                    }
                });
                refused.and_then(|()| out.flush())?;
            }
            Err(ReadTimeoutError::Timeout) if stop.is_asked() => mirror.stop(),
            Err(ReadTimeoutError::Timeout) => {}
            Err(_) => break,
        }
        if stop.is_asked() {
            mirror.stop();
        }
    }
    drop(watching);
    join(mirror)?;
    if options.digest {
        writeln!(out, "{digest}")?;
    }
    Ok(out.flush()?)
}

fn into_log(
    options: &Options,
    stream: &Stream,
    directory: &Path,
    stop: &Stop,
) -> anyhow::Result<()> {
    // A log that is made gets the identity of the stream, which is known when somebody has claimed it.
    let (id, oldest) = loop {
        match stream.id().and_then(|id| Ok((id, stream.oldest()?))) {
            Ok((Some(id), oldest)) => break (id, oldest),
            // The mirror that is to be waits for the servers in the same way.
            Ok((None, _)) | Err(RequestError::Unanswered(_)) if stop.is_asked() => return Ok(()),
            Ok((None, _)) | Err(RequestError::Unanswered(_)) => thread::sleep(LOOK),
            Err(error) => return Err(error.into()),
        }
    };
    let log = Log::options().id(id).first_sequence(oldest).open(directory)?;
    ensure!(
        log.id() == id,
        "{} is a log of the stream {}, and this stream is {id}",
        directory.display(),
        log.id()
    );
    let (writer, ring) = ring(options, stream, log.next_sequence())?;
    let journal = Journal::builder(log, Bytes).start(&ring)?;
    let mirror = start(options, stream, writer)?;
    let watching = watch(options, &mirror);
    // The journal ends with the ring, and the ring with the mirror.
    while !journal.is_finished() {
        if stop.is_asked() {
            mirror.stop();
        }
        if let Some(failure) = journal.failure() {
            // Nothing makes room in the ring any more.
            mirror.stop();
            return Err(failure.into());
        }
        thread::sleep(LOOK);
    }
    drop(watching);
    let log = journal.join()?;
    let (next, reader) = (log.next_sequence(), log.reader());
    log.close()?;
    join(mirror)?;
    if options.digest {
        println!("{}", digest_of(&reader)?);
    } else if !options.quiet {
        eprintln!("the log has everything before event {next}");
    }
    Ok(())
}

/// The digest of everything that a log has.
fn digest_of(log: &LogReader) -> anyhow::Result<Digest> {
    let mut digest = Digest::default();
    let mut frames = log.from(log.oldest()?)?;
    while let Some(frame) = frames.next_frame()? {
        for (sequence, line) in frame.records() {
            digest.add(sequence.into(), line);
        }
    }
    Ok(digest)
}
