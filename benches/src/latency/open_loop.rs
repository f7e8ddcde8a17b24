//! One run: a subject, a rate, so many seconds.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use hdrhistogram::Histogram;

use super::clock::Clock;
use super::distribution;
use super::rate::Rate;
use super::schedule::Schedule;
use super::watch::{END, Seen, Watch};
use crate::cores::{self, Places};
use crate::subject::{Link, Mode, Receiver, Sender, Subject};

/// A run that falls behind is ended after so many times the planned time.
const PATIENCE: u32 = 3;

/// The writer begins so long after everybody is ready.
const LEAD: Duration = Duration::from_millis(1);

/// What is asked of a subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Events a second.
    pub(super) rate: Rate,
    /// How long, at that rate.
    pub(super) time: Duration,
    /// The first part of that, which is not recorded.
    pub(super) warm_up: Duration,
    /// Slots of the ring, or of each queue.
    pub(super) capacity: usize,
    /// Receiving ends, each with a thread.
    pub(super) readers: usize,
    /// How the threads wait.
    pub(super) mode: Mode,
}

impl Load {
    /// Returns how many events are planned, in pieces of how many: the readers ask for
    /// a piece at a time, and whether there is another one is told by the last event.
    pub(super) fn pieces(&self) -> (u64, u64) {
        let events = (self.rate.per_second() as f64 * self.time.as_secs_f64()).ceil() as u64;
        let piece = (events / 64).clamp(1, 1024);
        (events.div_ceil(piece).max(2) * piece, piece)
    }
}

/// What a subject did.
#[derive(Debug)]
pub(super) struct Run {
    /// Events sent to each reader.
    pub(super) events: u64,
    /// Events a second, from the first one's due time to the last one's arrival at the
    /// slowest reader.
    pub(super) reached: f64,
    /// Each reader's latencies.
    pub(super) readers: Vec<Histogram<u64>>,
}

impl Run {
    /// Puts the readers' latencies together.
    pub(super) fn merged(&self) -> Histogram<u64> {
        distribution::merge(&self.readers)
    }
}

/// Runs it.
pub(super) fn run<S: Subject, const WORDS: usize>(
    clock: &Clock,
    load: &Load,
    places: &Places,
) -> Result<Run> {
    let (planned, piece) = load.pieces();
    let (writer_core, reader_cores) = places.of(load.readers);
    let Link { sender, receivers, join } = S::open::<WORDS>(load.capacity, load.readers, load.mode);
    drop(join);
    let ready = Arc::new(Barrier::new(load.readers + 1));
    let warm_up = clock.ticks(load.warm_up);
    let readers: Vec<_> = receivers
        .into_iter()
        .zip(reader_cores)
        .map(|(receiver, core)| {
            let (clock, ready) = (clock.clone(), Arc::clone(&ready));
            cores::spawn("reader", core, move || {
                let watch = Watch::new(clock);
                ready.wait();
                read(receiver, watch, piece, warm_up)
            })
        })
        .collect();
    let writer = cores::spawn("writer", writer_core, {
        let (clock, load) = (clock.clone(), *load);
        move || {
            ready.wait();
            write(sender, &clock, &load, planned, piece)
        }
    });
    let broken = |_| anyhow!("a thread panicked");
    // The sending end lives until every reader is done: what its drop does is not
    // the question here.
    let (sent, _sender) = writer.join().map_err(broken)?;
    let readers = readers.into_iter().map(|reader| reader.join().map_err(broken));
    let readers: Vec<Seen> = readers.collect::<Result<_>>()?;
    for seen in &readers {
        ensure!(seen.count == sent, "{} of {sent} events were delivered", seen.count);
        ensure!(!seen.disorder, "events were delivered out of order");
        ensure!(!seen.torn, "an event was delivered torn");
    }
    let slowest = readers.iter().map(|seen| seen.ticks).max().unwrap_or_default();
    // The time holds one interval less than there are events.
    let seconds = clock.nanos(0, slowest.max(1)).max(1) as f64 / 1e9;
    let reached = (sent - 1) as f64 / seconds;
    Ok(Run { events: sent, reached, readers: readers.into_iter().map(|s| s.latency).collect() })
}

/// Sends every event when it is due, or at once if that has passed, and then the
/// events that end the run. Returns how many it sent before those.
fn write<const WORDS: usize, S: Sender<WORDS>>(
    mut sender: S,
    clock: &Clock,
    load: &Load,
    planned: u64,
    piece: u64,
) -> (u64, S) {
    let start = clock.raw() + clock.ticks(LEAD);
    let schedule = Schedule::new(clock, start, load.rate);
    let give_up = start.saturating_add(clock.ticks(load.time * PATIENCE));
    let mut sent = 0;
    while sent < planned {
        for number in sent..sent + piece {
            let due = schedule.due(number);
            // No pause in this loop: on some processors it is longer than the time
            // between two events.
            while clock.raw() < due {}
            sender.send(due);
        }
        sent += piece;
        if clock.raw() > give_up {
            break;
        }
    }
    for _ in 0..piece {
        sender.send(END);
    }
    (sent, sender)
}

/// Reads a piece at a time until one that ends the run.
fn read<const WORDS: usize>(
    mut receiver: impl Receiver<WORDS>,
    mut watch: Watch,
    piece: u64,
    warm_up: u64,
) -> Seen {
    receiver.drain(piece, |event| watch.see(event));
    watch.record_after(warm_up);
    while !watch.ended() {
        receiver.drain(piece, |event| watch.see(event));
    }
    watch.finish()
}
