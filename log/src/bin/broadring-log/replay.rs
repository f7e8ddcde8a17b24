//! Replays a log into a ring.

use std::hash::{DefaultHasher, Hasher};
use std::io::Write;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use broadring::{Reader, Ring, Sequence, Writer};
use broadring_log::LogReader;
use clap::Args;

use crate::output;
use crate::stopping::Stop;

/// Replays a log into a ring, from which several readers read it.
///
/// Each reader counts the events and makes a digest of them, in order; all digests must agree. Prints how many events a
/// second were replayed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The directory of the log.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// How many events a second, or `max`.
    #[arg(long, value_name = "EVENTS", default_value = "max", value_parser = rate)]
    rate: Rate,
    /// How many readers there are.
    #[arg(long, value_name = "READERS", default_value = "2")]
    readers: NonZero<u16>,
    /// How many events the ring has room for: a power of two.
    #[arg(long, value_name = "EVENTS", default_value_t = 4096)]
    capacity: usize,
    /// The sequence of the first event. The oldest one that there is, unless given.
    #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(u64).range(..=Sequence::MAX.get()))]
    from: Option<u64>,
}

/// How many events a second; as many as there can be if it is `None`.
#[derive(Clone, Copy, Debug)]
struct Rate(Option<NonZero<u32>>);

fn rate(text: &str) -> anyhow::Result<Rate> {
    Ok(Rate(match text {
        "max" => None,
        number => Some(number.parse().context("it is a number of events a second, or max")?),
    }))
}

/// What a reader has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    digest: u64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let reader = LogReader::open(&options.directory)?;
    let from = match options.from {
        Some(from) => from.into(),
        None => reader.oldest()?,
    };
    let readers = options.readers.get();
    let (seen, time) = replay(&reader, from, options.capacity, readers, options.rate.0, &stop)?;
    let mut out = output::stdout();
    writeln!(
        out,
        "replayed {}, {} in {:.3} s: {} a second, {} a second",
        output::counted(seen.events, "event"),
        output::bytes(seen.bytes),
        time.as_secs_f64(),
        output::counted(output::rate(seen.events, time), "event"),
        output::bytes(output::rate(seen.bytes, time)),
    )?;
    let readers = output::counted(readers.into(), "reader");
    writeln!(out, "digest {:016x}, in {readers}", seen.digest)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Replays everything from a sequence on, and returns what every reader has seen.
pub(crate) fn replay(
    log: &LogReader,
    from: Sequence,
    capacity: usize,
    readers: u16,
    rate: Option<NonZero<u32>>,
    stop: &Stop,
) -> anyhow::Result<(Seen, Duration)> {
    let (writer, ring) = Ring::try_builder(capacity)
        .context("--capacity")?
        .max_readers(readers.into())
        .first_sequence(from)
        .build(Vec::new);
    let start = Instant::now();
    let threads: Vec<_> = (0..readers)
        .map(|_| Ok(ring.subscribe().map(|reader| thread::spawn(|| look(reader)))?))
        .collect::<anyhow::Result<_>>()?;
    let published = publish(writer, log, from, rate, stop);
    let seen: Vec<Seen> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        .collect();
    let time = start.elapsed();
    published?;
    ensure!(
        seen.iter().all(|one| *one == seen[0]),
        "the readers have seen different events: {seen:?}"
    );
    Ok((seen[0], time))
}

/// Publishes what is in the log: copies each record into a slot, whose memory is used again.
fn publish(
    mut writer: Writer<Vec<u8>>,
    log: &LogReader,
    from: Sequence,
    rate: Option<NonZero<u32>>,
    stop: &Stop,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut frames = log.from(from)?;
    let mut published = 0_u64;
    while let Some(frame) = frames.next_frame()? {
        let mut records = frame.records();
        while records.len() > 0 && !stop.is_asked() {
            let allowed = rate.map_or(usize::MAX, |rate| {
                let due = start.elapsed().as_secs_f64() * f64::from(rate.get());
                (due as u64).saturating_sub(published) as usize
            });
            let most = records.len().min(allowed).min(writer.capacity());
            if most == 0 {
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            let mut claim = writer.claim_up_to(most)?;
            for (slot, (_, record)) in claim.iter_mut().zip(&mut records) {
                slot.clear();
                slot.extend_from_slice(record);
            }
            published += claim.len() as u64;
            claim.publish();
        }
        if stop.is_asked() {
            break;
        }
    }
    Ok(())
}

/// Counts what a reader reads, and makes a digest of it.
fn look(mut reader: Reader<Vec<u8>>) -> Seen {
    let mut seen = Seen::default();
    // With the same keys in every thread and every run.
    let mut digest = DefaultHasher::new();
    reader.run(|event, sequence, _| {
        seen.events += 1;
        seen.bytes += event.len() as u64;
        digest.write_u64(sequence.into());
        digest.write_usize(event.len());
        digest.write(event);
    });
    Seen { digest: digest.finish(), ..seen }
}
