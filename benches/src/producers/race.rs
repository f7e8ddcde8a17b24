//! Several producers and the readers, as fast as they can.

use std::ops::Range;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use super::lanes::{self, Lanes};
use super::way::{Feed, Load, Way};
use crate::cores::{Places, spawn};
use crate::subject::{Mode, Sender};
use crate::throughput::stream::Pace;

/// What came of one turn.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// From when all were ready until the last reader had the last event.
    pub took: Duration,
    /// When the first of the producers had sent its last event, as a part of the time
    /// until the last one had.
    pub first_done: f64,
}

/// Returns a closure that sends events for about as long as it is told, and returns how
/// many million a second every reader got; and, if there are several producers, after how
/// many per cent of the time the first was done.
pub(super) fn turns<W: Way, const WORDS: usize>(
    places: Places,
    load: Load,
    mode: Mode,
) -> impl FnMut(Duration) -> Vec<f64> {
    // Every producer sends whole laps, and the ring wraps.
    let mut pace = Pace::new((load.capacity * load.producers) as u64, 4);
    move |turn| {
        let mut first_done = 0.0;
        let rate = pace.take(turn, |count| {
            let outcome = race::<W, WORDS>(&places, load, mode, count / load.producers as u64);
            first_done = outcome.first_done;
            outcome.took
        });
        match load.producers {
            1 => vec![rate / 1e6],
            _ => vec![rate / 1e6, 100.0 * first_done],
        }
    }
}

/// Has every producer send `each` events, and checks that every reader got all of them.
///
/// # Panics
///
/// If one did not.
pub fn race<W: Way, const WORDS: usize>(
    places: &Places,
    load: Load,
    mode: Mode,
    each: u64,
) -> Outcome {
    let Load { producers, readers, batch, .. } = load;
    let threads = W::THREADS + producers + readers;
    let (place, mut places) = places.of(threads - 1);
    places.insert(0, place);
    let own_place = (W::THREADS > 0).then(|| places.pop()).flatten().flatten();
    let Feed { senders, receivers, thread } = W::open::<WORDS>(&load, mode, own_place);
    let mut places = places.into_iter();

    let ready = Arc::new(Barrier::new(producers + readers));
    let senders = senders.into_iter().enumerate().zip(&mut places);
    let senders: Vec<_> = senders
        .map(|((producer, mut sender), place)| {
            let ready = Arc::clone(&ready);
            let numbers = lanes::numbers(producer, each);
            spawn("producer", place, move || {
                ready.wait();
                let start = Instant::now();
                send(&mut sender, numbers, batch);
                // The sender goes back too, so that nothing is closed inside the timer.
                (start, Instant::now(), sender)
            })
        })
        .collect();
    let receivers: Vec<_> = receivers
        .into_iter()
        .zip(places)
        .map(|(mut receiver, place)| {
            let ready = Arc::clone(&ready);
            spawn("reader", place, move || {
                ready.wait();
                let lanes = Lanes::read(&mut receiver, each * producers as u64);
                (Instant::now(), lanes)
            })
        })
        .collect();

    let mut end = None;
    for receiver in receivers {
        let (instant, lanes) = receiver.join().expect("the reader ends");
        lanes.check::<WORDS>(W::NAME, producers, each);
        end = end.max(Some(instant));
    }
    let senders: Vec<_> =
        senders.into_iter().map(|sender| sender.join().expect("the producer ends")).collect();
    let start = senders.iter().map(|(start, ..)| *start).min().expect("there is a producer");
    let sent = || senders.iter().map(|(_, sent, _)| sent.duration_since(start).as_secs_f64());
    let (first, last) = (sent().fold(f64::INFINITY, f64::min), sent().fold(0.0, f64::max));
    drop(senders);
    if let Some(thread) = thread {
        thread.join().expect("it ends when the senders are gone");
    }
    let took = end.expect("there is a reader").duration_since(start);
    Outcome { took, first_done: first / last }
}

/// Sends the events of these numbers in such batches; the last may be smaller.
#[inline(always)]
pub fn send<S: Sender<WORDS>, const WORDS: usize>(
    sender: &mut S,
    numbers: Range<u64>,
    batch: usize,
) {
    if batch == 1 {
        return numbers.for_each(|number| sender.send(number));
    }
    let end = numbers.end;
    for number in numbers.step_by(batch) {
        sender.send_batch(number, batch.min((end - number) as usize));
    }
}
