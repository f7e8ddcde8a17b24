//! A writer and a reader that each have a core to themselves, and therefore spin
//! while they wait.
//!
//! Spinning is the quickest way to notice an event, and the worst one when
//! threads outnumber cores: the thread that spins keeps the core from the one
//! that it waits for. So this example spins only if it could pin both threads,
//! and otherwise says so and lets them sleep.
//!
//! ```text
//! cargo run --release --example pinned
//! ```

use std::thread;
use std::time::Instant;

use broadring::{Reader, Ring, SubscribeError, Wait, Writer};
use core_affinity::CoreId;

const EVENTS: u64 = 2_000_000;

fn main() -> Result<(), SubscribeError> {
    let cores = two_cores();
    let wait = match &cores {
        Ok((writer, reader)) => {
            println!("writer on core {}, reader on core {}; both spin", writer.id, reader.id);
            Wait::SPIN
        }
        Err(reason) => {
            println!("{reason}: both threads run where they may, and sleep while they wait");
            Wait::PARK
        }
    };

    let (writer, ring) = Ring::builder(4096).reader_wait(wait).writer_wait(wait).build(|| 0);
    let reader = ring.subscribe()?;
    let (writer_core, reader_core) = cores.ok().unzip();

    let start = Instant::now();
    let reading = thread::spawn(move || {
        pin(reader_core);
        sum(reader)
    });
    let writing = thread::spawn(move || {
        pin(writer_core);
        publish(writer);
    });
    writing.join().expect("the writer publishes to the end");
    let sum = reading.join().expect("the reader reads to the end");
    let seconds = start.elapsed().as_secs_f64();

    assert_eq!(sum, EVENTS * (EVENTS - 1) / 2);
    println!("{EVENTS} events in {seconds:.2} s, {:.0} million/s", EVENTS as f64 / seconds / 1e6);
    println!("(one run, with the start of the threads in it: not a benchmark)");
    Ok(())
}

/// Finds two cores that this process may be pinned to, by trying.
///
/// Two cores may still be two halves of one, where the processor runs two threads
/// on each: that costs speed, but no thread waits for a core for long.
fn two_cores() -> Result<(CoreId, CoreId), &'static str> {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let &[first, second, ..] = cores.as_slice() else {
        return Err("there are no two cores for this process");
    };
    let tried = thread::spawn(move || pin(Some(first)) && pin(Some(second)));
    match tried.join() {
        Ok(true) => Ok((first, second)),
        _ => Err("the system does not let threads be pinned"),
    }
}

/// Pins the current thread, if there is a core for it.
fn pin(core: Option<CoreId>) -> bool {
    core.is_some_and(core_affinity::set_for_current)
}

fn publish(mut writer: Writer<u64>) {
    for number in 0..EVENTS {
        writer.publish(number);
    }
}

fn sum(mut reader: Reader<u64>) -> u64 {
    let mut sum = 0;
    while let Ok(batch) = reader.wait_batch() {
        sum += batch.events().sum::<u64>();
    }
    sum
}
