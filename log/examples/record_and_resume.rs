//! A recorder that crashes, and goes on with the next event.
//!
//! A child process publishes the readings of a sensor into a ring. A journal writes them down; behind it a reader of
//! the ring sees only what is on the disk, and reports it. After a while the child aborts, in the middle of all that.
//! The next one opens the log, and begins its ring with the sequence that the log goes on with. At the end the log has
//! one stream without a gap, although four processes have written it; and all that was reported is in it.
//!
//! ```text
//! cargo run --release -p broadring-log --example record_and_resume
//! ```

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use broadring::Ring;
use broadring_log::codec::Fixed;
use broadring_log::{Journal, Log, LogReader};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What a sensor says.
#[derive(Clone, Copy, Debug, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Reading {
    /// The process that has written it down, counting from 1.
    run: u64,
    /// In thousandths of a degree.
    temperature: i64,
}

const RUNS: u64 = 4;

fn codec() -> Fixed<Reading> {
    Fixed::new(1)
}

fn main() -> Result<()> {
    if let [_, word, directory, run] = &*std::env::args().collect::<Vec<_>>()
        && word == "record"
    {
        return record(Path::new(directory), run.parse()?);
    }
    let directory = tempfile::tempdir()?;
    let directory = directory.path();
    println!(
        "{:>4}  {:>12}  {:>22}  {:>16}",
        "run", "begins with", "reported as durable", "found in the log"
    );
    for run in 1..=RUNS {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("record")
            .arg(directory)
            .arg(run.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        // What the child reports is heard even though it does not live to say more.
        let mut numbers = Vec::new();
        for line in BufReader::new(child.stdout.take().context("the output is piped")?).lines() {
            numbers.push(line?.parse::<u64>()?);
        }
        ensure!(!child.wait()?.success(), "the child was to crash");
        let log = Log::open(directory)?;
        let (begin, durable) = (numbers[0], numbers[numbers.len() - 1]);
        let found = u64::from(log.next_sequence());
        println!(
            "{run:>4}  {begin:>12}  {:>22}  {:>16}",
            format!("before {durable}"),
            format!("before {found}")
        );
        if let Some(cut) = log.recovery().cut() {
            println!("      half a frame was cut off: {cut:?}");
        }
        ensure!(found >= durable, "something that was reported is not in the log");
    }

    let reader = LogReader::open(directory)?;
    let mut frames = reader.from(0)?;
    let mut counts = [0; RUNS as usize];
    let mut next = 0;
    let mut warmest = i64::MIN;
    while let Some(frame) = frames.next_frame()? {
        for event in frame.view(&codec()) {
            let (sequence, reading) = event?;
            ensure!(sequence == next.into(), "event {next} is missing");
            ensure!(reading.temperature == temperature(next), "event {next} is another one");
            counts[reading.run as usize - 1] += 1;
            warmest = warmest.max(reading.temperature);
            next += 1;
        }
    }
    println!("\nThe log has {next} readings without a gap, {counts:?} of the four processes.");
    println!("The warmest one is {} degrees.", warmest as f64 / 1000.0);
    Ok(())
}

/// What the sensor says at a sequence: about 20 degrees, with waves.
fn temperature(sequence: u64) -> i64 {
    let wave = (sequence as f64 / 1000.0).sin();
    (20_000.0 + 5000.0 * wave).round() as i64
}

/// What the child does: publishes readings, tells its parent which of them are on the disk, and crashes.
fn record(directory: &Path, run: u64) -> Result<()> {
    let log = Log::open(directory)?;
    let next = log.next_sequence();
    let (mut writer, ring) = Ring::builder(1024).first_sequence(next).build(Reading::default);
    let journal = Journal::builder(log, codec()).start(&ring)?;
    let mut durable = ring.reader().after(&journal)?.from(next).subscribe()?;
    println!("{next}");

    thread::spawn(move || -> Result<()> {
        let mut out = std::io::stdout();
        loop {
            let batch = durable.wait_batch()?;
            let behind = batch.sequences().end;
            drop(batch);
            writeln!(out, "{behind}")?;
            out.flush()?;
        }
    });
    let end = Instant::now() + Duration::from_millis(300 + 100 * run);
    let mut sequence = u64::from(next);
    while Instant::now() < end {
        writer.publish(Reading { run, temperature: temperature(sequence) });
        sequence += 1;
    }
    // Nothing is closed, and nothing is said.
    std::process::abort();
}
