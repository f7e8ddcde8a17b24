//! A journal beside a ring: what it costs the stream, and how long it takes until an event is on the disk.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use broadring::{Reader, Ring, Writer};
use broadring_log::codec::Fixed;
use broadring_log::{Durability, Journal, Log};

use super::place;
use super::rounds::{Cast, Heading, Results, Setting, Turn, take_turns};

/// The slots of the ring.
const CAPACITY: usize = 4096;

/// How many events are published at once.
const BATCH: u64 = 16;

/// An event.
type Event = [u64; 8];

/// What a frame of one such event has in a file: its header and the event.
const FRAME: usize = 64 + size_of::<Event>();

fn event(number: u64) -> Event {
    [number; 8]
}

/// A log for events in a new directory.
fn log(dir: &Path, durability: Durability) -> Result<Log> {
    Ok(Log::options().durability(durability).open(dir)?)
}

/// The stream with and without a journal, as fast as it goes.
pub(super) fn throughput(setting: &Setting<'_>) -> Results {
    let heading = Heading {
        name: "ring-throughput".to_owned(),
        what: format!(
            "events of {} bytes in claims of {BATCH} to one reader, ring of {CAPACITY}",
            size_of::<Event>()
        ),
        units: &["M events/s"],
        more_is_better: true,
        after_a_crash: false,
    };
    let of = |name, durability| Cast::new(name, stream(setting, durability));
    let cast = vec![
        of("without a journal", None),
        of("with a journal, left to the system", Some(Durability::System)),
        of("with a journal, every batch synced", Some(Durability::EveryBatch)),
    ];
    take_turns(setting, heading, cast, Vec::new())
}

fn stream<'a>(setting: &'a Setting<'_>, durability: Option<Durability>) -> Turn<'a> {
    Box::new(move || {
        let dir = setting.place.empty("journal")?;
        let (writer, ring) = Ring::builder(CAPACITY).build(|| event(0));
        let reader = ring.subscribe()?;
        let journal = match durability {
            Some(durability) => Some(start(&dir, durability, &ring)?),
            None => None,
        };
        let rate = run(setting, writer, reader)?;
        if let Some(journal) = journal {
            journal.join()?.close()?;
        }
        place::remove(&dir)?;
        Ok(vec![rate / 1e6])
    })
}

fn start(dir: &Path, durability: Durability, ring: &Ring<Event>) -> Result<Journal<Event>> {
    Ok(Journal::builder(log(dir, durability)?, Fixed::new(0)).start(ring)?)
}

/// Publishes for one turn, and returns how many events a second were read.
fn run(setting: &Setting<'_>, mut writer: Writer<Event>, mut reader: Reader<Event>) -> Result<f64> {
    let turn = setting.turn;
    let start = Instant::now();
    let reading = thread::spawn(move || {
        let mut sum = 0;
        let mut count = 0_u64;
        reader.run(|event, _, _| {
            sum += event[7];
            count += 1;
        });
        (count, sum)
    });
    let mut number = 0;
    while start.elapsed() < turn {
        // The clock is read now and then only.
        for _ in 0..64 {
            let mut claim = writer.claim(BATCH as usize).context("the ring is larger")?;
            for slot in &mut claim {
                *slot = event(number);
                number += 1;
            }
            claim.publish();
        }
    }
    drop(writer);
    let (count, sum) = reading.join().expect("it only adds");
    let took = start.elapsed();
    anyhow::ensure!((count, sum) == (number, number * (number - 1) / 2), "events were lost");
    Ok(number as f64 / took.as_secs_f64())
}

/// From publishing to the reader behind the journal, one event at a time, beside the bare file.
pub(super) fn latency(setting: &Setting<'_>) -> Results {
    let heading = Heading {
        name: "publish-to-durable".to_owned(),
        what: format!(
            "one event of {} bytes at a time: until it is on the disk",
            size_of::<Event>()
        ),
        units: &["us, median", "us, 99 of 100"],
        more_is_better: false,
        after_a_crash: false,
    };
    let cast = vec![
        Cast::new("bare write and fdatasync", bare(setting)),
        Cast::new("published, and read behind the journal", durable(setting)),
    ];
    take_turns(setting, heading, cast, Vec::new())
}

/// Does it again and again for one turn, and returns the median and the 99th percentile in microseconds.
fn times(setting: &Setting<'_>, mut once: impl FnMut(u64) -> Result<()>) -> Result<Vec<f64>> {
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed() < setting.turn || times.len() < 10 {
        let before = Instant::now();
        once(times.len() as u64)?;
        times.push(before.elapsed());
    }
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
    Ok(vec![at(0.5), at(0.99)])
}

fn bare<'a>(setting: &'a Setting<'_>) -> Turn<'a> {
    Box::new(move || {
        let dir = setting.place.empty("bare")?;
        let mut file = OpenOptions::new().append(true).create_new(true).open(dir.join("frames"))?;
        File::open(&dir)?.sync_all()?;
        let frame = [7; FRAME];
        let times = times(setting, |_| {
            file.write_all(&frame)?;
            Ok(file.sync_data()?)
        });
        place::remove(&dir)?;
        times
    })
}

fn durable<'a>(setting: &'a Setting<'_>) -> Turn<'a> {
    Box::new(move || {
        let dir = setting.place.empty("journal")?;
        let (mut writer, ring) = Ring::builder(CAPACITY).build(|| event(0));
        let journal = start(&dir, Durability::EveryBatch, &ring)?;
        let mut behind = ring.reader().after(&journal)?.from_oldest().subscribe()?;
        let times = times(setting, |number| {
            writer.publish(event(number));
            anyhow::ensure!(behind.recv()? == event(number), "another event");
            Ok(())
        });
        drop((writer, behind));
        journal.join()?.close()?;
        place::remove(&dir)?;
        times
    })
}
