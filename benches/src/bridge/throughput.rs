//! How many events a second the servers acknowledge: ours in frames, beside the client alone with the same bytes.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;

use super::bare::{Bare, chained, plain};
use super::cluster::{Cluster, connect};
use super::event::{Event, append, timeless};
use super::ours::{Ours, Shape};
use super::rounds::{Results, Turn, hold};
use crate::harness::Harness;

/// How many messages of one event each are on their way.
const SINGLE: usize = 1000;

/// How long the last acknowledgement may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The figures: the first is what was achieved, the others what it was done with.
const UNITS: [&str; 4] = ["M events/s", "MB/s", "events a message", "bytes a message"];

/// Measures one size of frames.
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
) -> Result<Results> {
    // The client alone sends messages as long as ours have been in the same round.
    let average = Cell::new(None);
    let average = &average;
    let cast: Vec<(String, Turn<'_>)> = vec![
        ("broadring-jetstream".into(), Box::new(|| ours(cluster, shape, turn, average))),
        (
            "async-nats, the same messages".into(),
            Box::new(|| bare(cluster, shape.window, turn, average, false)),
        ),
        (
            "async-nats, the same messages, ids and expectations".into(),
            Box::new(|| bare(cluster, shape.window, turn, average, true)),
        ),
        ("async-nats, a message for each event".into(), Box::new(|| single(cluster, turn))),
    ];
    let what = format!(
        "events of {} bytes in frames of {}, {} frames on their way; single events: {SINGLE}",
        size_of::<Event>(),
        shape.events,
        shape.window,
    );
    hold(harness, rounds, ("throughput", what, &UNITS), Some(1), cast)
}

/// What our messages were like in a turn.
#[derive(Clone, Copy)]
struct Average {
    events: f64,
    bytes: f64,
}

/// What a turn amounts to.
fn figures(messages: u64, average: Average, took: Duration) -> Vec<f64> {
    let Average { events, bytes } = average;
    let rate = messages as f64 / took.as_secs_f64();
    vec![rate * events / 1e6, rate * bytes / 1e6, events, bytes]
}

fn ours(
    cluster: &Cluster,
    shape: Shape,
    turn: Duration,
    average: &Cell<Option<Average>>,
) -> Result<Vec<f64>> {
    let name = cluster.fresh("ours");
    let stream = connect(cluster.urls(), &name)?;
    let mut ours = Ours::start(&stream, shape.window(), shape.capacity())?;
    let start = Instant::now();
    while start.elapsed() < turn {
        for _ in 0..shape.events {
            ours.publish(timeless)?;
        }
    }
    ours.acknowledged(PATIENCE)?;
    let took = start.elapsed();
    let (events, stats) = (ours.next, ours.shipper.stats());
    ours.end()?;
    drop(stream);
    cluster.remove(&name)?;
    let frames = stats.frames as f64;
    let found = Average { events: events as f64 / frames, bytes: stats.bytes as f64 / frames };
    average.set(Some(found));
    Ok(figures(stats.frames, found, took))
}

fn bare(
    cluster: &Cluster,
    window: usize,
    turn: Duration,
    average: &Cell<Option<Average>>,
    expectations: bool,
) -> Result<Vec<f64>> {
    let average = average.get().context("ours comes first")?;
    let payload = Bytes::from(vec![0x5a; average.bytes.round() as usize]);
    let name = cluster.fresh("bare");
    let bare = Bare::connect(cluster.urls())?;
    bare.create(&name)?;
    let sent = bare.publish_for(&name, turn, window, |number| match expectations {
        true => chained(&name, payload.clone(), number),
        false => plain(payload.clone()),
    })?;
    bare.remove(&name)?;
    Ok(figures(sent.messages, average, sent.took))
}

fn single(cluster: &Cluster, turn: Duration) -> Result<Vec<f64>> {
    let name = cluster.fresh("single");
    let bare = Bare::connect(cluster.urls())?;
    bare.create(&name)?;
    let sent = bare.publish_for(&name, turn, SINGLE, |number| {
        let mut bytes = Vec::with_capacity(size_of::<Event>());
        append(&timeless(number), &mut bytes);
        plain(bytes.into())
    })?;
    bare.remove(&name)?;
    let average = Average { events: 1.0, bytes: size_of::<Event>() as f64 };
    Ok(figures(sent.messages, average, sent.took))
}
