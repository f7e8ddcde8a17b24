//! How long a parked reader takes to get an event.

use std::thread;
use std::time::Duration;

use quanta::Clock;

use crate::cores::{Places, spawn};
use crate::subject::{Mode, Receiver, Sender, Subject};

/// Long enough between two events for the reader to fall asleep, whatever it does first.
const APART: Duration = Duration::from_micros(300);

/// Returns a closure that wakes a reader for about as long as it is told, and returns
/// the median and the 99th percentile of the microseconds from send to receipt.
pub(super) fn turns<S: Subject, const WORDS: usize>(
    places: Places,
    capacity: usize,
    mode: Mode,
) -> impl FnMut(Duration) -> Vec<f64> {
    move |turn| {
        let count = (turn.as_nanos() / APART.as_nanos()).max(20) as u64;
        let (writer, readers) = places.of(1);
        let mut link = S::open::<WORDS>(capacity, 1, mode);
        let mut receiver = link.receivers.pop().expect("there is one reader");
        let clock = Clock::new();
        let reader = spawn("reader", readers[0], {
            let clock = clock.clone();
            move || {
                let waits = (0..count).map(|_| {
                    let sent = receiver.receive()[0];
                    clock.delta_as_nanos(sent, clock.raw())
                });
                waits.collect::<Vec<_>>()
            }
        });
        let writer = spawn("writer", writer, move || {
            for _ in 0..count {
                thread::sleep(APART);
                link.sender.send(clock.raw());
            }
            link
        });
        let mut waits = reader.join().expect("the reader ends");
        drop(writer.join().expect("the writer ends"));
        waits.sort_unstable();
        let percentile = |percent: usize| waits[(waits.len() - 1) * percent / 100] as f64 / 1e3;
        vec![percentile(50), percentile(99)]
    }
}
