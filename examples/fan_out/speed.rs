//! Act one: how fast the ring is by itself, with events of 8 bytes and nothing else to do.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use broadring::{Reader, Ring};
use indicatif::HumanCount;

/// How long the act takes.
const LENGTH: Duration = Duration::from_secs(1);

/// How many readers there are: more than the cores of a small machine.
const READERS: usize = 3;

const CAPACITY: usize = 4096;

/// How many events are published between two readings of the clock.
const EVENTS_PER_CLOCK: u64 = 1 << 16;

/// What the act has shown.
#[derive(Debug)]
pub(crate) struct Speed {
    events: u64,
    elapsed: Duration,
    /// Whether every reader has seen what the writer has published, in that order.
    agreed: bool,
}

/// Publishes numbers one by one for a second, to readers that digest every one of them.
pub(crate) fn run() -> anyhow::Result<Speed> {
    let (mut writer, ring) = Ring::builder(CAPACITY).max_readers(READERS).build(|| 0_u64);
    let mut threads = Vec::new();
    for _ in 0..READERS {
        let reader = ring.subscribe()?;
        threads.push(thread::spawn(move || read(reader)));
    }

    let start = Instant::now();
    let mut digest = 0;
    let mut events = 0;
    while start.elapsed() < LENGTH {
        for number in events..events + EVENTS_PER_CLOCK {
            let event = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            digest = fold(digest, event);
            writer.publish(event);
        }
        events += EVENTS_PER_CLOCK;
    }
    drop(writer); // closes the ring: the readers finish what is left

    let mut agreed = true;
    for thread in threads {
        let seen = thread.join().map_err(|_| anyhow::anyhow!("a reader panicked"))?;
        agreed &= seen == (events, digest);
    }
    Ok(Speed { events, elapsed: start.elapsed(), agreed })
}

/// Reads to the end, and returns how many events there were, and their digest.
fn read(mut reader: Reader<u64>) -> (u64, u64) {
    let (mut events, mut digest) = (0, 0);
    while let Ok(batch) = reader.wait_batch() {
        events += batch.len() as u64;
        digest = batch.events().fold(digest, |digest, &event| fold(digest, event));
    }
    (events, digest)
}

/// Takes an event into a digest that depends on the order of the events.
fn fold(digest: u64, event: u64) -> u64 {
    digest.rotate_left(5).wrapping_add(event)
}

impl Speed {
    /// Returns what went wrong, in words.
    pub(crate) fn complaint(&self) -> Option<String> {
        (!self.agreed).then(|| "a reader saw other events or another order".to_owned())
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, elapsed, agreed } = *self;
        let delivered = events * READERS as u64;
        let rate = |count: u64| count as f64 / elapsed.as_secs_f64() / 1e6;
        writeln!(
            f,
            "{} events of 8 bytes, published one by one, to {READERS} readers in {:.2} s:",
            HumanCount(events),
            elapsed.as_secs_f64(),
        )?;
        writeln!(
            f,
            "{:.0} million events a second to each reader, {:.0} million deliveries a second.",
            rate(events),
            rate(delivered),
        )?;
        if agreed {
            writeln!(f, "All {READERS} readers saw the same events in the same order.")?;
        }
        Ok(())
    }
}
