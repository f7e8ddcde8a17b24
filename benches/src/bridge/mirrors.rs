//! How many events a second the slowest of some mirrors has in its ring.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::cluster::{Cluster, connect};
use super::event::{Event, check, codec, timeless};
use super::ours::{Ours, Shape, ring};
use super::rounds::{Results, Turn, hold};
use crate::harness::Harness;

/// The events of a mirror's ring.
const CAPACITY: usize = 1 << 16;

const UNITS: [&str; 2] = ["M events/s", "MB/s in all mirrors"];

/// Measures each number of mirrors.
///
/// # Errors
///
/// If a turn fails.
pub(super) fn run(
    harness: &Harness,
    rounds: usize,
    turn: Duration,
    cluster: &Cluster,
    shape: Shape,
    counts: &[usize],
) -> Result<Results> {
    let cast = counts.iter().map(|&count| {
        let name = if count == 1 { "1 mirror".to_owned() } else { format!("{count} mirrors") };
        let turn: Turn<'_> = Box::new(move || mirrors(cluster, shape, turn, count));
        (name, turn)
    });
    let what = format!(
        "until the slowest mirror has the last event; events of {} bytes in frames of {}, {} on their way",
        size_of::<Event>(),
        shape.events,
        shape.window,
    );
    hold(harness, rounds, ("mirrors", what, &UNITS), None, cast.collect())
}

/// Ships as fast as it goes, with so many mirrors, each with a connection of its own, and a reader each.
pub(super) fn mirrors(
    cluster: &Cluster,
    shape: Shape,
    turn: Duration,
    count: usize,
) -> Result<Vec<f64>> {
    let name = cluster.fresh("mirrors");
    let stream = connect(cluster.urls(), &name)?;
    let mut ours = Ours::start(&stream, shape.window(), shape.capacity())?;
    let readers = (0..count).map(|number| {
        let stream = connect(cluster.urls(), &name)?;
        let (writer, ring) = ring(CAPACITY, 0.into());
        let mut reader = ring.subscribe()?;
        let mirror = stream.mirror(codec()).name(format!("mirror-{number}"));
        let mirror = mirror.until_resigned(true).start(writer);
        Ok(thread::spawn(move || {
            let mut next = 0;
            let mut wrong = None;
            reader.run(|event, _, _| {
                if let Err(error) = check(event, next) {
                    wrong.get_or_insert(error);
                }
                next += 1;
            });
            let at = Instant::now();
            mirror.join()?;
            match wrong {
                Some(error) => Err(error),
                None => Ok((next, at)),
            }
        }))
    });
    let readers: Vec<_> = readers.collect::<Result<_>>()?;
    // They are all to be there before it begins.
    for _ in 0..shape.events {
        ours.publish(timeless)?;
    }
    super::cluster::patiently("all mirrors", || {
        let there = stream.status()?.mirrors.iter().filter(|mirror| mirror.lag == 0).count();
        ensure!(there == count, "{there} of {count} mirrors read");
        Ok(())
    })?;

    let (start, before) = (Instant::now(), ours.next);
    while start.elapsed() < turn {
        for _ in 0..shape.events {
            ours.publish(timeless)?;
        }
    }
    let events = ours.next;
    ours.end()?;
    let mut slowest = start;
    for reader in readers {
        let (read, at) = reader.join().ok().context("a reader has panicked")??;
        ensure!(read == events, "a mirror has {read} of {events} events");
        slowest = slowest.max(at);
    }
    drop(stream);
    cluster.remove(&name)?;
    let rate = (events - before) as f64 / (slowest - start).as_secs_f64();
    Ok(vec![rate / 1e6, rate * (size_of::<Event>() * count) as f64 / 1e6])
}
