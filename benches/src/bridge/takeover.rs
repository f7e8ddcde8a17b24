//! How long a stream stands still: when its writer goes, and when the server that leads it is killed.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use broadring_jetstream::{Shipper, Window};

use super::bare::Bare;
use super::cluster::{Cluster, connect, patiently};
use super::errand::{Errand, Task};
use super::event::{MEASURED, append, codec, event};
use super::ours::{Ours, ring};
use super::rounds::{Results, Turn, hold};
use crate::harness::Harness;

/// How long the servers may stand still before that is an error.
const PATIENCE: Duration = Duration::from_secs(60);

/// The events of each ring.
const CAPACITY: usize = 1 << 12;

/// Measures how long it takes until a hot standby writes: once with a writer that gives the stream back, and once with
/// each patience when the writer falls silent.
///
/// # Errors
///
/// If a turn fails.
pub(super) fn standby(
    harness: &Harness,
    rounds: usize,
    cluster: &Cluster,
    program: &Path,
    patiences: &[Duration],
) -> Result<Results> {
    const UNITS: [&str; 3] = ["acknowledged, ms", "read from a mirror, ms", "claimed, ms"];
    let mut cast: Vec<(String, Turn<'_>)> = vec![(
        "the writer gives the stream back".into(),
        Box::new(|| take_over(cluster, program, None)),
    )];
    for &patience in patiences {
        let name = format!("the writer is stopped, patience {patience:?}");
        cast.push((name, Box::new(move || take_over(cluster, program, Some(patience)))));
    }
    let what = "from then on until the first event of a hot standby".to_owned();
    hold(harness, rounds, ("takeover", what, &UNITS), None, cast)
}

/// One takeover: with a resignation, or with silence that is borne so long.
pub(super) fn take_over(
    cluster: &Cluster,
    program: &Path,
    silence: Option<Duration>,
) -> Result<Vec<f64>> {
    let name = cluster.fresh("takeover");
    let errand = Errand { task: Task::Write, urls: cluster.urls().to_vec(), stream: name.clone() };
    let mut old = errand.start(program)?;
    old.ready()?;
    // The standby has everything that there is in a ring of its own.
    let stream = connect(cluster.urls(), &name)?;
    let (writer, mirrored) = ring(CAPACITY, 0.into());
    let mut reader = mirrored.subscribe()?;
    let mirror = stream.mirror(codec()).name("standby").start(writer);
    let reading = thread::spawn(move || {
        // Until an event comes whose number says that it is the new writer's.
        let mut next = 0;
        let seen = reader.run_until(|event, sequence, _| {
            next = u64::from(sequence);
            match event[3] == STANDBY {
                true => std::ops::ControlFlow::Break(Instant::now()),
                false => std::ops::ControlFlow::Continue(()),
            }
        });
        seen.ok().with_context(|| format!("the mirror has ended behind event {next}"))
    });
    let candidate = stream.candidate("standby").patience(silence.unwrap_or(PATIENCE));
    let campaign = thread::spawn(move || candidate.campaign());
    // Long enough for the candidate to have heard the writer.
    thread::sleep(Duration::from_millis(500));

    let start = Instant::now();
    match silence {
        Some(_) => old.pause(true)?,
        None => old.let_end(),
    }
    let leadership = campaign.join().ok().context("the candidate has panicked")??;
    let claimed = start.elapsed();
    let first = leadership.next_sequence();
    let (mut writer, shipped) = ring(CAPACITY, first);
    let shipper = Shipper::builder(leadership, codec()).start(&shipped)?;
    let mut event = event(first.into(), MEASURED);
    event[3] = STANDBY;
    writer.publish(event);
    ensure!(shipper.wait_acknowledged(u64::from(first) + 1, PATIENCE), "it is not acknowledged");
    let acknowledged = start.elapsed();
    let read = reading.join().ok().context("the reader has panicked")?? - start;

    if silence.is_some() {
        // It goes on as if nothing had been, and has to find out.
        old.pause(false)?;
        old.deposed()?;
    }
    mirror.stop();
    drop(writer);
    shipper.join()?;
    drop(stream);
    cluster.remove(&name)?;
    Ok([acknowledged, read, claimed].map(|time| time.as_secs_f64() * 1e3).to_vec())
}

/// What the standby's event has in its fourth word.
const STANDBY: u64 = u64::MAX;

/// Measures how long nothing is acknowledged when the server that leads the stream is killed.
///
/// # Errors
///
/// If a turn fails.
pub(super) fn outage(harness: &Harness, rounds: usize, cluster: &Cluster) -> Result<Results> {
    let cast: Vec<(String, Turn<'_>)> = vec![
        ("broadring-jetstream".into(), Box::new(|| ours(cluster))),
        ("async-nats, each message until it is acknowledged".into(), Box::new(|| bare(cluster))),
    ];
    let what = "the server that leads the stream gets SIGKILL".to_owned();
    let units = ["longest time without an acknowledgement, s"];
    hold(harness, rounds, ("outage", what, &units), Some(1), cast)
}

fn ours(cluster: &Cluster) -> Result<Vec<f64>> {
    let name = cluster.fresh("outage-ours");
    let stream = connect(cluster.urls(), &name)?;
    let mut ours = Ours::start(&stream, Window::default(), CAPACITY)?;
    let leader = patiently("a leader", || Ok(stream.status()?.leader))?;
    let mut publish = || {
        ours.publish(|number| event(number, MEASURED))?;
        ours.acknowledged(PATIENCE)
    };
    let (gap, killed) = around(cluster, leader, &mut publish)?;
    ours.end()?;
    drop(stream);
    recover(cluster, killed, &name)?;
    Ok(vec![gap.as_secs_f64()])
}

fn bare(cluster: &Cluster) -> Result<Vec<f64>> {
    let name = cluster.fresh("outage-bare");
    let bare = Bare::connect(cluster.urls())?;
    bare.create(&name)?;
    let leader = patiently("a leader", || bare.leader(&name))?;
    let mut next = 0;
    let mut publish = || {
        let mut bytes = Vec::new();
        append(&event(next, MEASURED), &mut bytes);
        next += 1;
        let until = Instant::now() + PATIENCE;
        // What a program does that wants its message to be there, whatever it takes.
        while let Err(error) = bare.publish(&name, bytes.clone().into()) {
            ensure!(Instant::now() < until, "it is not acknowledged: {error}");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    };
    let (gap, killed) = around(cluster, leader, &mut publish)?;
    recover(cluster, killed, &name)?;
    Ok(vec![gap.as_secs_f64()])
}

/// Publishes for a second, kills the leader in the middle of that, and returns the longest time that an event took, and
/// which server was killed. It goes on for a second once there are acknowledgements again.
fn around(
    cluster: &Cluster,
    leader: Option<String>,
    publish: &mut impl FnMut() -> Result<()>,
) -> Result<(Duration, usize)> {
    const SECOND: Duration = Duration::from_secs(1);
    let mut longest = Duration::ZERO;
    let mut last = Instant::now();
    let mut go_on = |until: Instant| {
        loop {
            publish()?;
            longest = longest.max(last.elapsed());
            last = Instant::now();
            if last >= until {
                return anyhow::Ok(());
            }
        }
    };
    go_on(Instant::now() + SECOND)?;
    let killed = cluster.kill(leader)?;
    // The first of these waits for the next leader.
    go_on(Instant::now())?;
    go_on(Instant::now() + SECOND)?;
    Ok((longest, killed))
}

/// Has all three servers again before the next turn. It does not ask whether the one that was killed has everything: of a
/// stream without messages the servers may not say so for long, and the next turn has a stream of its own.
fn recover(cluster: &Cluster, killed: usize, name: &str) -> Result<()> {
    cluster.restart(killed)?;
    let bare = Bare::connect(cluster.urls())?;
    patiently("all servers", || {
        let online = bare.online(name)?;
        ensure!(online == 2, "{online} of the two others are there");
        Ok(())
    })?;
    bare.remove(name)
}
