//! A thread that measures and tasks that watch, with tokio: the writer blocks, the
//! readers do not.
//!
//! A probe is read on a thread of its own, which publishes as any program without
//! tasks would. Three tasks get every reading: one takes the average of a stream, one
//! looks for alarms and tells between them that it is alive, and one archives whole
//! batches on something slow. While it waits for that it holds its batch, and so it is
//! what the others wait for. A fourth reader is a thread, beside them.
//!
//! ```text
//! cargo run --release --features async --example async_tokio
//! ```

use std::error::Error;
use std::thread;
use std::time::Duration;

use broadring::{End, Reader, Ring, Sequence, Writer};
use futures::StreamExt;
use futures::stream::FusedStream;
use tokio::time::{self, MissedTickBehavior};

const READINGS: u64 = 20_000;
const TOO_HOT: f64 = 99.0;

/// What the probe says.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Reading {
    celsius: f64,
}

impl Reading {
    fn at(tick: u64) -> Self {
        Self { celsius: (tick * 37 % 1000) as f64 / 10.0 }
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let (writer, ring) = Ring::builder(256).build(Reading::default);
    let average = tokio::spawn(average(ring.subscribe()?));
    let alarms = tokio::spawn(alarms(ring.subscribe()?));
    let archive = tokio::spawn(archive(ring.subscribe()?));
    let hottest = thread::spawn({
        let mut reader = ring.subscribe()?;
        move || reader.iter().map(|reading| reading.celsius).fold(f64::MIN, f64::max)
    });

    thread::spawn(move || measure(writer));

    let average = average.await?;
    let (alarms, signs_of_life) = alarms.await?;
    let archive = archive.await?;
    let hottest = hottest.join().expect("the thread only compares");

    println!("average:  {average:.2} °C");
    println!("hottest:  {hottest:.1} °C, found by a thread");
    println!("alarms:   {} times too hot, first at reading {}", alarms.len(), alarms[0]);
    println!("          alive {signs_of_life} times meanwhile");
    println!("archive:  {} readings in {} batches", archive.readings, archive.batches);

    let expected = || (0..READINGS).map(|tick| Reading::at(tick).celsius);
    assert!((average - expected().sum::<f64>() / READINGS as f64).abs() < 1e-6);
    assert_eq!(hottest, expected().fold(f64::MIN, f64::max));
    assert_eq!(alarms.len(), expected().filter(|&celsius| celsius > TOO_HOT).count());
    assert_eq!(archive.readings, READINGS);
    Ok(())
}

/// The thread that measures. When it is done it drops the writer, and that is the end.
fn measure(mut writer: Writer<Reading>) {
    for tick in 0..READINGS {
        writer.publish(Reading::at(tick));
    }
}

/// Takes the average of all readings, as a stream.
async fn average(reader: Reader<Reading>) -> f64 {
    let add = async |(sum, count), reading: Reading| (sum + reading.celsius, count + 1.0);
    let (sum, count) = reader.into_stream().fold((0.0, 0.0), add).await;
    sum / count
}

/// Returns where it was too hot, and how many times it has said meanwhile that it is alive.
///
/// The stream is made before the loop: so it waits through the turns at which the clock is
/// quicker, and no event is lost at any.
async fn alarms(mut reader: Reader<Reading>) -> (Vec<Sequence>, usize) {
    let (mut alarms, mut alive) = (Vec::new(), 0);
    let mut clock = time::interval(Duration::from_millis(5));
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut readings = reader.stream();
    while !readings.is_terminated() {
        tokio::select! {
            Some(reading) = readings.next() => {
                if reading.celsius > TOO_HOT {
                    alarms.push(readings.reader().position() - 1);
                }
            }
            _ = clock.tick() => alive += 1,
        }
    }
    assert_eq!(readings.end(), Some(&End::Closed), "nothing else ends this ring");
    (alarms, alive)
}

/// What was archived.
#[derive(Default)]
struct Archive {
    readings: u64,
    batches: u64,
}

/// Archives everything that is there at a time, and keeps it until that is done.
async fn archive(mut reader: Reader<Reading>) -> Archive {
    let mut archive = Archive::default();
    while let Ok(batch) = reader.batch_async().await {
        time::sleep(Duration::from_micros(200)).await; // the slow disk
        for (sequence, &reading) in &batch {
            assert_eq!(reading, Reading::at(sequence.get()));
        }
        archive.readings += batch.len() as u64;
        archive.batches += 1;
    }
    archive
}
