//! One writer and its readers, as fast as they can.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use crate::cores::{Places, spawn};
use crate::event::Ledger;
use crate::subject::{Mode, Receiver, Sender, Subject};

/// Returns a closure that sends events for about as long as it is told, and
/// returns how many million a second every reader got.
pub(super) fn turns<S: Subject, const WORDS: usize>(
    places: Places,
    capacity: usize,
    mode: Mode,
    readers: usize,
    batch: usize,
) -> impl FnMut(Duration) -> Vec<f64> {
    // Whole laps: batches come out even, and every ring wraps.
    let mut pace = Pace::new(capacity as u64, 4);
    move |turn| {
        let rate = pace.take(turn, |count| {
            let link = S::open::<WORDS>(capacity, readers, mode);
            let reading = |receiver| reading::<_, WORDS>(S::NAME, receiver);
            let readers = link.receivers.into_iter().map(reading).collect();
            race::<_, WORDS>(link.sender, readers, &places, batch, count)
        });
        vec![rate / 1e6]
    }
}

/// Returns what a reader does: it receives so many events, says when it had the last one,
/// and checks them. Only then is the receiver dropped.
pub(crate) fn reading<R: Receiver<WORDS>, const WORDS: usize>(
    name: &'static str,
    mut receiver: R,
) -> impl FnOnce(u64) -> Instant + Send + 'static {
    checked::<WORDS>(name, move |count| {
        let mut ledger = Ledger::default();
        receiver.drain(count, |event| ledger.see(event));
        ledger
    })
}

/// Returns what a reader does that fills its ledger in a way of its own.
pub(crate) fn checked<const WORDS: usize>(
    name: &'static str,
    mut read: impl FnMut(u64) -> Ledger + Send + 'static,
) -> impl FnOnce(u64) -> Instant + Send + 'static {
    move |count| {
        let ledger = read(count);
        let end = Instant::now();
        ledger.check::<WORDS>(name, count);
        end
    }
}

/// Sends `count` events while each of the readers does what it does with so many, and
/// returns the time from when all were ready until the last reader had the last event.
pub(crate) fn race<S: Sender<WORDS>, const WORDS: usize>(
    mut sender: S,
    readers: Vec<impl FnOnce(u64) -> Instant + Send + 'static>,
    places: &Places,
    batch: usize,
    count: u64,
) -> Duration {
    let ready = Arc::new(Barrier::new(readers.len() + 1));
    let (place, reader_places) = places.of(readers.len());
    let readers: Vec<_> = readers
        .into_iter()
        .zip(reader_places)
        .map(|(read, place)| {
            let ready = Arc::clone(&ready);
            spawn("reader", place, move || {
                ready.wait();
                read(count)
            })
        })
        .collect();
    let writer = spawn("writer", place, move || {
        ready.wait();
        let start = Instant::now();
        if batch == 1 {
            (0..count).for_each(|number| sender.send(number));
        } else {
            (0..count).step_by(batch).for_each(|first| sender.send_batch(first, batch));
        }
        // The sender goes back too, so that nothing is closed inside the timer.
        (start, sender)
    });
    let ends: Vec<_> =
        readers.into_iter().map(|reader| reader.join().expect("the reader ends")).collect();
    let (start, _sender) = writer.join().expect("the writer ends");
    ends.into_iter().max().expect("there is a reader").duration_since(start)
}

/// Finds out how many operations fill a turn.
#[derive(Debug)]
pub(crate) struct Pace {
    unit: u64,
    least: u64,
    rate: Option<f64>,
}

impl Pace {
    /// Counts in multiples of `unit`, at least `least` of them.
    pub(crate) fn new(unit: u64, least: u64) -> Self {
        Self { unit, least, rate: None }
    }

    /// Does as many operations as should take about as long as the turn, and returns
    /// how many were done in a second.
    pub(crate) fn take(&mut self, turn: Duration, mut run: impl FnMut(u64) -> Duration) -> f64 {
        let mut measure = |count: u64| {
            let took = run(count).max(Duration::from_nanos(1));
            (took, count as f64 / took.as_secs_f64())
        };
        let rate = match self.rate {
            Some(rate) => rate,
            // The first turn finds the pace, and warms up.
            None => {
                let mut units = self.least;
                loop {
                    let (took, rate) = measure(units * self.unit);
                    if took >= turn / 8 {
                        break rate;
                    }
                    units *= 4;
                }
            }
        };
        let units = (rate * turn.as_secs_f64() / self.unit as f64) as u64;
        let (_, rate) = measure(units.max(self.least) * self.unit);
        self.rate = Some(rate);
        rate
    }
}
