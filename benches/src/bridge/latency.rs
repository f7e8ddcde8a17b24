//! How long an event takes from one process into another: ours from ring to ring, beside the client alone.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use broadring_jetstream::Window;

use super::bare::Bare;
use super::cluster::{Cluster, connect};
use super::errand::{Errand, Helper, Task};
use super::event::{Event, LAST, MEASURED, WARM_UP, append, event, now};
use super::latencies::Latencies;
use super::ours::Ours;
use super::rounds::{Results, Turn, hold};
use crate::harness::Harness;

const UNITS: [&str; 4] =
    ["read p50, us", "read p99, us", "acknowledged p50, us", "acknowledged p99, us"];

/// How long an acknowledgement, or the other process, may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many events a turn has before those that are measured, once the other process reads.
const BEFORE: u64 = 20;

/// How the events follow each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How many are measured in each turn.
    pub(super) events: u64,
    /// How long after the one before each is due; none if it is sent when that is acknowledged.
    pub(super) each: Option<Duration>,
}

/// Measures events at this pace.
///
/// # Errors
///
/// If a turn fails.
pub(super) fn run(
    harness: &Harness,
    rounds: usize,
    cluster: &Cluster,
    program: &Path,
    pace: Pace,
) -> Result<Results> {
    let cast: Vec<(String, Turn<'_>)> = vec![
        ("broadring-jetstream".into(), Box::new(move || ours(cluster, program, pace))),
        ("async-nats".into(), Box::new(move || bare(cluster, program, pace))),
    ];
    let when = match pace.each {
        Some(each) => format!("each {each:?}"),
        None => "each when the one before is acknowledged".to_owned(),
    };
    let what = format!("one event of {} bytes at a time, {when}", size_of::<Event>());
    hold(harness, rounds, ("latency", what, &UNITS), Some(1), cast)
}

fn ours(cluster: &Cluster, program: &Path, pace: Pace) -> Result<Vec<f64>> {
    let name = cluster.fresh("latency-ours");
    let stream = connect(cluster.urls(), &name)?;
    let mut ours = Ours::start(&stream, Window::default(), 1024)?;
    let found = turn(cluster, program, &name, Task::Mirror, pace, |meaning| {
        ours.publish(|number| event(number, meaning))?;
        ours.acknowledged(PATIENCE)
    })?;
    ours.end()?;
    drop(stream);
    cluster.remove(&name)?;
    Ok(found)
}

fn bare(cluster: &Cluster, program: &Path, pace: Pace) -> Result<Vec<f64>> {
    let name = cluster.fresh("latency-bare");
    let bare = Bare::connect(cluster.urls())?;
    bare.create(&name)?;
    let mut next = 0;
    let found = turn(cluster, program, &name, Task::Read, pace, |meaning| {
        let mut bytes = Vec::with_capacity(size_of::<Event>());
        append(&event(next, meaning), &mut bytes);
        next += 1;
        bare.publish(&name, bytes.into())
    })?;
    bare.remove(&name)?;
    Ok(found)
}

/// Sends events one at a time, and asks the process that reads them how old they were. `send` returns when the event is
/// acknowledged.
fn turn(
    cluster: &Cluster,
    program: &Path,
    stream: &str,
    task: Task,
    pace: Pace,
    mut send: impl FnMut(u64) -> Result<()>,
) -> Result<Vec<f64>> {
    let errand = Errand { task, urls: cluster.urls().to_vec(), stream: stream.to_owned() };
    let mut reader = errand.start(program)?;
    let ready = in_motion(&mut reader, &mut send)?;
    ensure!(ready, "the process that reads has not begun within {PATIENCE:?}");
    for _ in 0..BEFORE {
        send(WARM_UP)?;
    }
    let mut acknowledged = Vec::new();
    let mut due = Instant::now();
    for _ in 0..pace.events {
        if let Some(each) = pace.each {
            due += each;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let from = now();
        send(MEASURED)?;
        acknowledged.push(now() - from);
    }
    send(LAST)?;
    let read = reader.latencies().context("the process that reads")?;
    ensure!(read.count as u64 == pace.events, "it has read {} of {}", read.count, pace.events);
    let acknowledged = Latencies::of(acknowledged)?;
    Ok(vec![read.p50, read.p99, acknowledged.p50, acknowledged.p99])
}

/// Sends events now and then until the other process has read one. Returns whether it has.
fn in_motion(reader: &mut Helper, send: &mut impl FnMut(u64) -> Result<()>) -> Result<bool> {
    thread::scope(|scope| {
        let (to, ready) = mpsc::channel();
        scope.spawn(move || to.send(reader.ready()));
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            send(WARM_UP)?;
            if let Ok(ready) = ready.recv_timeout(Duration::from_millis(20)) {
                return ready.map(|()| true);
            }
        }
        Ok(false)
    })
}
