//! One writer and its readers, as fast as they can.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use super::carrier::{Carrier, Load};
use crate::cores::{Places, spawn};
use crate::throughput::stream::Pace;

/// Returns a closure that sends records for about as long as it is told, and returns how many million
/// a second every reader got, and how many million bytes.
pub(super) fn turns<C: Carrier>(places: Places, load: Load) -> impl FnMut(Duration) -> Vec<f64> {
    // Whole batches, and the ring wraps.
    let unit = (load.capacity / 16).next_multiple_of(load.batch) as u64;
    let mut pace = Pace::new(unit, 4);
    move |turn| {
        let mut each = 0.0;
        let rate = pace.take(turn, |count| {
            let (took, bytes) = race::<C>(&places, load, count);
            each = bytes as f64 / count as f64;
            took
        });
        vec![rate / 1e6, rate * each / 1e6]
    }
}

/// Sends so many records, and checks that every reader got all of them. Returns how long that took,
/// from when all were ready until the last reader had the last record, and how many bytes they had.
///
/// # Panics
///
/// If one did not.
pub fn race<C: Carrier>(places: &Places, load: Load, count: u64) -> (Duration, u64) {
    let (mut sender, receivers) = C::open(&load);
    let ready = Arc::new(Barrier::new(load.readers + 1));
    let (place, reader_places) = places.of(load.readers);
    let readers: Vec<_> = receivers
        .into_iter()
        .zip(reader_places)
        .map(|(mut receiver, place)| {
            let ready = Arc::clone(&ready);
            spawn("reader", place, move || {
                ready.wait();
                let ledger = C::read(&mut receiver, &load, count);
                (Instant::now(), ledger)
            })
        })
        .collect();
    let writer = spawn("writer", place, move || {
        ready.wait();
        let start = Instant::now();
        C::send(&mut sender, &load, count);
        // The sender goes back too, so that nothing is closed inside the timer.
        (start, sender)
    });
    let ends: Vec<_> = readers.into_iter().map(|it| it.join().expect("the reader ends")).collect();
    let (start, _sender) = writer.join().expect("the writer ends");
    ends.iter().for_each(|(_, ledger)| ledger.check(C::NAME, count, load.lengths));
    let (end, ledger) = ends.into_iter().max_by_key(|(end, _)| *end).expect("there is a reader");
    (end.duration_since(start), ledger.bytes())
}
