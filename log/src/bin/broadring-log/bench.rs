//! Measures how fast events are recorded and replayed here.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use broadring::Ring;
use broadring_log::codec::Bytes;
use broadring_log::{Durability, Journal, Log, LogReader};
use clap::Args;

use crate::output;
use crate::replay::replay;
use crate::stopping::Stop;
use crate::values::{bytes, time};

/// How many events the ring has room for.
const CAPACITY: usize = 4096;

/// Measures how fast events are recorded and replayed in a directory.
///
/// For each size of events and each durability it records events through a ring for a while, until all of them are
/// acknowledged, and then replays what it has recorded to two readers. The logs that it makes are removed at the end.
///
/// The disk decides: measure where the log is to be, with nothing else running.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The directory in which the logs are made.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// How long events are, in bytes.
    #[arg(long, value_name = "BYTES", value_delimiter = ',', default_value = "64,1024", value_parser = bytes)]
    sizes: Vec<u64>,
    /// For how long events are recorded each time.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = time)]
    time: Duration,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let durabilities = [
        ("batch", Durability::EveryBatch),
        ("every=1000,20", Durability::Every { events: 1000, within: Duration::from_millis(20) }),
        ("interval=20", Durability::Interval(Duration::from_millis(20))),
        ("system", Durability::System),
    ];
    let mut out = output::stdout();
    writeln!(
        out,
        "{:<14} {:>8} {:>12} {:>9} {:>8} {:>9} {:>9} {:>12}",
        "durability", "bytes", "events/s", "MB/s", "syncs", "p50 ms", "p99 ms", "replayed/s"
    )?;
    for size in &options.sizes {
        for (name, durability) in durabilities {
            if stop.is_asked() {
                return Ok(ExitCode::SUCCESS);
            }
            let place = Place::new(&options.directory)?;
            let event = vec![b'x'; usize::try_from(*size)?];
            let (log, elapsed) = record(&place.0, durability, &event, options.time, &stop)?;
            let stats = log.stats();
            log.close()?;
            let reader = LogReader::open(&place.0)?;
            let (seen, replayed) = replay(&reader, 0.into(), CAPACITY, 2, None, &stop)?;
            let events = output::rate(stats.events, elapsed);
            writeln!(
                out,
                "{name:<14} {size:>8} {events:>12} {:>9.1} {:>8} {:>9.2} {:>9.2} {:>12}",
                events as f64 * *size as f64 / 1e6,
                stats.syncs,
                stats.sync_times.quantile(0.5).as_secs_f64() * 1000.0,
                stats.sync_times.quantile(0.99).as_secs_f64() * 1000.0,
                output::rate(seen.events, replayed),
            )?;
            out.flush()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Records an event again and again for a while, until all are acknowledged.
fn record(
    directory: &Path,
    durability: Durability,
    event: &[u8],
    time: Duration,
    stop: &Stop,
) -> anyhow::Result<(Log, Duration)> {
    let log = Log::options().durability(durability).open(directory)?;
    let (mut writer, ring) = Ring::builder(CAPACITY).build(Vec::new);
    let journal = Journal::builder(log, Bytes).start(&ring)?;
    let mut acknowledged = ring.reader().after(&journal)?.from_oldest().subscribe()?;
    let start = Instant::now();
    let acknowledging = std::thread::spawn(move || {
        acknowledged.run(|_, _, _| ());
        start.elapsed()
    });
    while start.elapsed() < time && !stop.is_asked() && journal.failure().is_none() {
        // If the ring stays full, the journal may have stopped.
        let Ok(mut claim) = writer.claim_up_to_timeout(256, Duration::from_millis(50)) else {
            continue;
        };
        for slot in claim.iter_mut() {
            slot.clear();
            slot.extend_from_slice(event);
        }
        claim.publish();
    }
    drop(writer);
    let log = journal.join()?;
    let elapsed = acknowledging.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    Ok((log, elapsed))
}

/// A directory for one log, which is removed at the end.
#[derive(Debug)]
struct Place(PathBuf);

impl Place {
    fn new(parent: &Path) -> anyhow::Result<Self> {
        let place = parent.join(format!("broadring-log-bench-{}", std::process::id()));
        std::fs::create_dir_all(&place)
            .with_context(|| format!("cannot make {}", place.display()))?;
        Ok(Self(place))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Whoever finds it knows by its name what it is.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
