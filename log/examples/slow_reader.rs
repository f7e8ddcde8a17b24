//! A slow reader that costs the disk, and not the writer.
//!
//! A writer publishes measurements as fast as the journal takes them. A report follows the stream and is much slower.
//! First it is a reader of the ring: the writer waits for it. Then it is a follower that may be evicted: the writer
//! goes on, and the report reads from the log what the ring does not have any more, each event once. When it has
//! caught up, it reads live again.
//!
//! ```text
//! cargo run --release -p broadring-log --example slow_reader
//! ```

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use broadring::Ring;
use broadring_log::codec::Fixed;
use broadring_log::{Durability, Follower, Journal, Log};

const EVENTS: u64 = 200_000;
const CAPACITY: usize = 1024;

/// How long the report works on so many events.
const WORK: Duration = Duration::from_millis(2);
const EVENTS_A_WORK: u64 = 200;

/// What the report finds out: how many events there were, and what they add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Report {
    events: u64,
    sum: u64,
}

impl Report {
    /// Takes an event, slowly.
    fn take(&mut self, event: u64) {
        self.events += 1;
        self.sum += event;
        if self.events.is_multiple_of(EVENTS_A_WORK) {
            thread::sleep(WORK);
        }
    }
}

/// What a run was like.
#[derive(Debug)]
struct Run {
    writer: Duration,
    report: Duration,
    found: Report,
    evictions: u64,
}

fn main() -> Result<()> {
    let expected = Report { events: EVENTS, sum: EVENTS * (EVENTS - 1) / 2 };
    println!("{EVENTS} events through a ring of {CAPACITY}\n");
    println!("{:<34} {:>10} {:>10} {:>10}", "the report is", "writer", "report", "evictions");
    for (name, evictable) in
        [("a reader of the ring", false), ("a follower that may be evicted", true)]
    {
        let run = run(EVENTS, evictable)?;
        ensure!(run.found == expected, "the report has found {:?}", run.found);
        let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
        println!(
            "{name:<34} {:>10} {:>10} {:>10}",
            seconds(run.writer),
            seconds(run.report),
            run.evictions
        );
    }
    println!("\nBoth times the report has seen every event, once and in order.");
    Ok(())
}

fn run(events: u64, evictable: bool) -> Result<Run> {
    let directory = tempfile::tempdir()?;
    let log = Log::options().durability(Durability::System).open(directory.path())?;
    let (mut writer, ring) = Ring::builder(CAPACITY).build(|| 0);
    let journal = Journal::builder(log, Fixed::new(0)).start(&ring)?;
    let mut follower = journal.follow(Fixed::new(0));
    if evictable {
        follower = follower.evict_after(Duration::from_millis(1));
    }
    let mut follower = follower.start()?;
    let start = Instant::now();
    let report = thread::spawn(move || -> Result<_> {
        let found = report(&mut follower)?;
        Ok((found, follower.evictions(), start.elapsed()))
    });
    writer.publish_all(0..events);
    let took = start.elapsed();
    drop(writer);
    let (found, evictions, until) = report.join().expect("it does not panic")?;
    journal.join()?.close()?;
    Ok(Run { writer: took, report: until, found, evictions })
}

/// Reads to the end of the stream. It takes a few events at a time out of the batch and returns to read, so that it can
/// be evicted in between.
fn report(follower: &mut Follower<u64, Fixed<u64>>) -> Result<Report> {
    let mut found = Report::default();
    let mut next = 0;
    loop {
        // What is lent is copied, so that the writer does not wait for the work.
        let Some(batch) = follower.wait_batch()? else {
            return Ok(found);
        };
        let events: Vec<_> =
            batch.iter().map(|(sequence, event)| (u64::from(sequence), *event)).collect();
        drop(batch);
        for (sequence, event) in events {
            ensure!((sequence, event) == (next, next), "event {sequence} comes instead of {next}");
            next += 1;
            found.take(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, run};

    #[test]
    fn the_report_sees_every_event_as_a_reader_and_as_a_follower() {
        for evictable in [false, true] {
            let run = run(10_000, evictable).unwrap();
            assert_eq!(run.found, Report { events: 10_000, sum: 10_000 * 9999 / 2 });
        }
    }
}
