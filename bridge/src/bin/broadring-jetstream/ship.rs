//! `ship`: lines, or a log, into the stream.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, bail};
use broadring::{Reader, Ring, Writer};
use broadring_jetstream::{Candidate, Leadership, OnOutage, Shipper, ShipperStats, Stream, Window};
use broadring_log::LogReader;
use broadring_log::codec::Bytes;
use clap::Args;

use crate::connection::{Connection, seconds};
use crate::digest::Digest;
use crate::lines::Lines;
use crate::stopping::Stop;
use crate::watching::Watching;

/// How often it is looked what has become of the shipper.
const LOOK: Duration = Duration::from_millis(20);

/// How long the servers may not answer before a process that is to stop gives up.
const OUTAGE: Duration = Duration::from_secs(5);

/// Ship lines, or a log, into the stream
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    connection: Connection,

    /// The file whose lines are shipped; standard input unless given
    #[arg(long, value_name = "FILE", conflicts_with = "log")]
    file: Option<PathBuf>,

    /// A directory with a log of `broadring-log` that is shipped, instead of lines
    #[arg(long, value_name = "DIRECTORY")]
    log: Option<PathBuf>,

    /// With --log: go on with what is appended to it, until nobody writes it any more
    #[arg(long, requires = "log")]
    follow: bool,

    /// Pass over as many lines as the stream has: the same input goes on where it was
    #[arg(long, conflicts_with = "log")]
    resume: bool,

    /// The name of this writer
    #[arg(long, default_value_t = default_name(), value_name = "NAME")]
    name: String,

    /// How long the writer before may be silent before this one takes over, in seconds
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS")]
    patience: f64,

    /// Take over at once, whoever has the stream
    #[arg(long)]
    take_over: bool,

    /// Do not give the stream back at the end: others wait until they lose patience
    #[arg(long)]
    no_resign: bool,

    /// Fail when nothing was acknowledged for so many seconds; it waits for ever unless given
    #[arg(long, value_name = "SECONDS")]
    fail_after: Option<f64>,

    /// A file that always has the number of lines that are acknowledged
    #[arg(long, value_name = "FILE")]
    ack: Option<PathBuf>,

    /// How many events the ring has room for
    #[arg(long, default_value_t = 1 << 16, value_name = "EVENTS")]
    capacity: usize,

    /// How many frames may be on their way
    #[arg(long, default_value_t = Window::default().frames, value_name = "FRAMES")]
    window: usize,

    /// Say nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// The host and the process.
fn default_name() -> String {
    let host = rustix::system::uname();
    format!("{}-{}", host.nodename().to_string_lossy(), std::process::id())
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let stop = Stop::on_signals()?;
    let mut lines = match &options.log {
        Some(_) => None,
        None => Some(Lines::open(options.file.as_deref())?),
    };
    let log = options.log.as_deref().map(LogReader::open).transpose()?;
    let stream = options.connection.connect()?;
    let mut candidate = stream.candidate(&options.name).patience(seconds(options.patience)?);
    if let Some(log) = &log {
        candidate = candidate.id(log.id()).first_sequence(log.oldest()?);
    }
    let Some(leadership) = win(&candidate, options, &stop)? else {
        return Ok(());
    };
    say(
        options,
        &format!(
            "{} writes {} from event {} on, in epoch {}",
            options.name,
            stream.name(),
            leadership.next_sequence(),
            leadership.epoch()
        ),
    );
    match (log, &mut lines) {
        (Some(log), _) => ship_log(options, leadership, log, &stop),
        (None, Some(lines)) => ship_lines(options, &stream, leadership, lines, &stop),
        (None, None) => unreachable!("one of them is opened"),
    }
}

fn say(options: &Options, text: &str) {
    if !options.quiet {
        eprintln!("{text}");
    }
}

fn win(
    candidate: &Candidate,
    options: &Options,
    stop: &Stop,
) -> anyhow::Result<Option<Leadership>> {
    if options.take_over {
        return Ok(Some(candidate.claim()?));
    }
    Ok(candidate.campaign_until(|| stop.is_asked())?)
}

fn ship_lines(
    options: &Options,
    stream: &Stream,
    leadership: Leadership,
    lines: &mut Lines,
    stop: &Stop,
) -> anyhow::Result<()> {
    let first: u64 = leadership.next_sequence().into();
    if options.resume {
        for passed in 0..first {
            if lines.next(&|| stop.is_asked())?.is_none() {
                bail!("the stream has {first} lines, and the input only {passed}");
            }
        }
    }
    let (mut writer, ring) = Ring::try_builder(options.capacity)
        .with_context(|| format!("--capacity {}", options.capacity))?
        .name(stream.name())
        .first_sequence(first)
        .build(Vec::new);
    let window = Window::default().frames(options.window);
    let mut builder = Shipper::builder(leadership, Bytes).window(window).resign(!options.no_resign);
    if let Some(limit) = options.fail_after {
        builder = builder.on_outage(OnOutage::Fail { after: seconds(limit)? });
    }
    let shipper = Arc::new(builder.start(&ring)?);
    let acknowledged = ring.reader().after(&*shipper)?.from(first).subscribe()?;
    let acknowledging = acknowledge(acknowledged, options.ack.as_deref())?;
    let watched = Arc::clone(&shipper);
    let watching = Watching::start(options.quiet, move || describe(&watched.stats()));

    // Who has nothing to ship notices too that shipping has failed.
    let over = || stop.is_asked() || shipper.is_finished();
    while let Some(line) = lines.next(&over)? {
        if !publish(&shipper, &mut writer, line.to_vec(), stop) {
            break;
        }
    }
    // Ends the stream.
    drop(writer);
    while !shipper.is_finished() {
        // Whoever asks it to stop does not want to wait for servers that do not answer.
        if stop.is_asked() && shipper.stats().outage.is_some_and(|outage| outage >= OUTAGE) {
            shipper.stop();
        }
        thread::sleep(LOOK);
    }
    let shipper = {
        drop(watching);
        Arc::into_inner(shipper).context("somebody else has the shipper")?
    };
    let stats = shipper.stats();
    let result = shipper.join();
    drop(ring);
    let digest = acknowledging.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let end = result.with_context(|| {
        format!("shipping has stopped; everything before event {} is there", stats.acknowledged)
    })?;
    say(
        options,
        &format!("everything before event {end} is in the stream; acknowledged: {digest}"),
    );
    Ok(())
}

/// Publishes a line. Returns whether it is: not if the shipper has failed, or is to stop while there is no room.
fn publish(
    shipper: &Shipper<Vec<u8>>,
    writer: &mut Writer<Vec<u8>>,
    line: Vec<u8>,
    stop: &Stop,
) -> bool {
    let mut line = match writer.try_publish(line) {
        Ok(_) => return true,
        Err(refused) => refused.into_inner(),
    };
    while shipper.failure().is_none() && !stop.is_asked() {
        line = match writer.publish_timeout(line, LOOK) {
            Ok(_) => return true,
            Err(refused) => refused.into_inner(),
        };
    }
    false
}

fn ship_log(
    options: &Options,
    leadership: Leadership,
    log: LogReader,
    stop: &Stop,
) -> anyhow::Result<()> {
    let window = Window::default().frames(options.window);
    let mut builder = Shipper::log_builder(leadership).window(window).resign(!options.no_resign);
    if let Some(limit) = options.fail_after {
        builder = builder.on_outage(OnOutage::Fail { after: seconds(limit)? });
    }
    let sink = options.ack.as_deref().map(create).transpose()?;
    let shipper = Arc::new(builder.start_log(log, options.follow)?);
    let watched = Arc::clone(&shipper);
    let watching = Watching::start(options.quiet, move || describe(&watched.stats()));
    let mut told = None;
    while !shipper.is_finished() {
        if stop.is_asked() {
            shipper.stop();
        }
        tell(sink.as_ref(), shipper.acknowledged().into(), &mut told)?;
        thread::sleep(LOOK);
    }
    drop(watching);
    tell(sink.as_ref(), shipper.acknowledged().into(), &mut told)?;
    let shipper = Arc::into_inner(shipper).context("somebody else has the shipper")?;
    let end = shipper.join().context("shipping has stopped")?;
    say(options, &format!("everything before event {end} is in the stream"));
    Ok(())
}

fn describe(stats: &ShipperStats) -> (u64, String) {
    let mut said = format!("in the stream, {} messages on their way", stats.in_flight);
    if stats.doubts > 0 {
        said.push_str(&format!(", asked {} times what is there", stats.doubts));
    }
    if let Some(outage) = stats.outage {
        said.push_str(&format!(", no answer for {} s", outage.as_secs()));
    }
    (stats.acknowledged.into(), said)
}

fn create(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes down how many events are acknowledged, if that has changed.
fn tell(sink: Option<&File>, acknowledged: u64, told: &mut Option<u64>) -> anyhow::Result<()> {
    if let Some(sink) = sink
        && *told != Some(acknowledged)
    {
        // Always of the same length, so that one number replaces another.
        sink.write_all_at(format!("{acknowledged:020}\n").as_bytes(), 0)
            .context("cannot write acknowledgements")?;
        *told = Some(acknowledged);
    }
    Ok(())
}

/// Starts a reader that comes after the shipper, and so sees only what the cluster has. It ends with a digest of that.
fn acknowledge(
    mut reader: Reader<Vec<u8>>,
    to: Option<&Path>,
) -> anyhow::Result<JoinHandle<anyhow::Result<Digest>>> {
    let sink = to.map(create).transpose()?;
    let read = move || {
        let (mut digest, mut told) = (Digest::default(), None);
        let mut refused = tell(sink.as_ref(), reader.position().into(), &mut told);
        // Ends with the stream, or when the shipper has left.
        while let Ok(batch) = reader.wait_batch() {
            let end = batch.sequences().end.into();
            batch.for_each(|line, sequence| digest.add(sequence.into(), line));
            // Shipping goes on if nobody hears of it.
            refused = refused.and_then(|()| tell(sink.as_ref(), end, &mut told));
        }
        refused.map(|()| digest)
    };
    Ok(thread::Builder::new().name("acknowledging".to_owned()).spawn(read)?)
}
