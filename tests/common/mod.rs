//! What the tests share: numbered events, tallies that notice a missing one, every wait strategy and way
//! to read, and deadlines for tests that could hang.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::ops::ControlFlow;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{env, panic, process};

use broadring::{End, ReadTimeoutError, Reader, Ring, Sequence, SubscribeError, Wait, Writer};
use proptest::prelude::*;
use proptest::test_runner::Config;

/// Far longer than any test takes, on any machine and under any sanitizer.
const DEADLINE: Duration = Duration::from_secs(if cfg!(miri) { 3600 } else { 60 });

/// How many seconds to wait instead, where many tests are expected to hang: see `.ci/mutants`. The
/// first one that does ends the program, because the others would take as long.
const SHORT_DEADLINE: &str = "BROADRING_TEST_DEADLINE";

/// Every way to wait, each with its knobs as they come and with none at all.
pub(crate) const WAITS: [Wait; 6] = [
    Wait::PARK,
    Wait::PARK.spins(0).yields(0),
    Wait::PARK.spins(7).yields(3),
    Wait::YIELD,
    Wait::YIELD.spins(0),
    Wait::SPIN,
];

/// Sleeps at once, so that every wait is a sleep that somebody has to end.
pub(crate) const PARK: Wait = Wait::PARK.spins(0).yields(0);

/// Gives other threads time to get to where they wait: more in some rounds, less in
/// others. It decides what a test tries, and never whether it passes.
pub(crate) fn settle_down(round: u64) {
    match round % 4 {
        0 if !cfg!(miri) => thread::sleep(Duration::from_millis(2)),
        yields => (0..3 * yields).for_each(|_| thread::yield_now()),
    }
}

/// Runs the body on a thread of its own, and fails if it is not done by the
/// deadline: what is broken then shows as a failure, not as a test that hangs.
#[track_caller]
pub(crate) fn finite<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    let (working, done) = mpsc::channel::<()>();
    let body = thread::spawn(move || {
        let _working = working;
        body()
    });
    match done.recv_timeout(deadline()) {
        Err(RecvTimeoutError::Disconnected) => join(body),
        _ => too_late("not done", "somebody waits for what never comes"),
    }
}

fn deadline() -> Duration {
    let seconds = env::var(SHORT_DEADLINE).ok().and_then(|seconds| seconds.parse().ok());
    seconds.map_or(DEADLINE, Duration::from_secs)
}

#[track_caller]
fn too_late(how: &str, what: &str) -> ! {
    let message = format!("{how} after {:?}: {what}", deadline());
    if env::var_os(SHORT_DEADLINE).is_some() {
        eprintln!("{message}");
        process::exit(101);
    }
    panic!("{message}");
}

/// Waits for a thread, and passes its panic on.
pub(crate) fn join<R>(thread: JoinHandle<R>) -> R {
    thread.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// Yields until something holds, and fails if it still does not at the deadline.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let (start, deadline) = (Instant::now(), deadline());
    while !holds() {
        if start.elapsed() >= deadline {
            too_late("still not so", what);
        }
        thread::yield_now();
    }
}

/// As many as that, or a few under an interpreter.
pub(crate) const fn count(full: u64) -> u64 {
    if cfg!(miri) {
        let few = full / 100;
        if few < 20 { 20 } else { few }
    } else {
        full
    }
}

/// A ring of numbers, with a reader that has joined before anything.
pub(crate) fn ring_of(capacity: usize) -> (Writer<u64>, Reader<u64>, Ring<u64>) {
    let (writer, ring) = Ring::builder(capacity).build(|| u64::MAX);
    let reader = ring.subscribe().expect("the first reader");
    (writer, reader, ring)
}

/// The event that the tests publish under a sequence. Neighbours look nothing
/// alike, so that an event out of place is noticed.
pub(crate) fn event(sequence: u64) -> u64 {
    let mixed = (sequence ^ 0x6272_6f61_6472_696e).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (mixed >> 29)
}

/// The events of a range of sequences.
pub(crate) fn events(sequences: std::ops::Range<u64>) -> impl ExactSizeIterator<Item = u64> {
    let first = sequences.start;
    (0..(sequences.end - first) as usize).map(move |index| event(first + index as u64))
}

/// Publishes the next event.
pub(crate) fn publish_next(writer: &mut Writer<u64>) -> Sequence {
    let next = writer.cursor();
    let sequence = writer.publish(event(next.get()));
    assert_eq!(sequence, next);
    sequence
}

/// Publishes the next event, which must not have to wait.
#[track_caller]
pub(crate) fn publish_at_once(writer: &mut Writer<u64>) {
    let next = writer.cursor();
    assert_eq!(writer.try_publish(event(next.get())), Ok(next));
}

/// What one reader has seen: which sequences, and what it adds up to.
#[derive(Debug)]
pub(crate) struct Tally {
    first: u64,
    next: u64,
    checksum: u64,
}

impl Tally {
    /// Starts a tally at the sequence where the reader starts.
    pub(crate) fn at(first: Sequence) -> Self {
        Self { first: first.get(), next: first.get(), checksum: 0 }
    }

    /// Counts an event, which must be the next one.
    #[track_caller]
    pub(crate) fn take(&mut self, seen: u64) {
        assert_eq!(seen, event(self.next), "not the event of sequence {}", self.next);
        self.checksum = Self::fold(self.checksum, seen);
        self.next += 1;
    }

    /// Counts an event, which must be the next one by its sequence too.
    #[track_caller]
    pub(crate) fn take_at(&mut self, sequence: Sequence, seen: u64) {
        assert_eq!(sequence.get(), self.next, "an event was skipped or came twice");
        self.take(seen);
    }

    /// The sequence that must come next.
    pub(crate) fn next(&self) -> Sequence {
        Sequence::new(self.next)
    }

    /// Ends the tally: exactly the events below `end` must have come, as the
    /// checksum, which is computed afresh from the events, confirms.
    #[track_caller]
    pub(crate) fn ends_at(&self, end: u64) {
        assert_eq!(self.next, end, "the last sequence is not where the stream ends");
        assert_eq!(self.checksum, events(self.first..end).fold(0, Self::fold), "the checksum");
    }

    fn fold(checksum: u64, event: u64) -> u64 {
        checksum.rotate_left(5).wrapping_mul(31).wrapping_add(event)
    }
}

/// Reads to the end of the stream in batches, and returns the tally.
pub(crate) fn drain(mut reader: Reader<u64>) -> Tally {
    let mut tally = Tally::at(reader.position());
    while let Ok(batch) = reader.wait_batch() {
        for (sequence, &event) in &batch {
            tally.take_at(sequence, event);
        }
    }
    tally
}

/// How many readers a ring was built for that has refused one more because of that.
#[track_caller]
pub(crate) fn built_for(refused: SubscribeError) -> usize {
    match refused {
        SubscribeError::Full(full) => full.max_readers(),
        other => panic!("refused for another reason: {other}"),
    }
}

/// The member because of which a stream has ended, and its position.
#[track_caller]
pub(crate) fn departed_upstream(end: End) -> (String, u64) {
    match end {
        End::UpstreamLeft(left) => (left.member().to_string(), left.position().get()),
        end => panic!("no upstream has left: {end:?}"),
    }
}

/// A sequence at which a stream may start: the usual one, or one around which a mistake with the width
/// of a number would show. Many events may follow.
pub(crate) fn a_first_sequence() -> impl Strategy<Value = u64> {
    let last = Sequence::MAX.get() - 100_000;
    prop_oneof![3 => Just(0), 1 => 0..200_u64, 1 => (1_u64 << 32) - 200..1_u64 << 32, 2 => last - 200..last]
}

/// So many cases of a property, or a few under an interpreter.
pub(crate) fn cases(full: u32) -> Config {
    let cases = if cfg!(miri) { 4 } else { full };
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// A way to ask a reader for something to read, which says why there is nothing.
pub(crate) type Way = fn(&mut Reader<u64>) -> End;

/// Every way to read, by name.
pub(crate) const WAYS_TO_READ: [(&str, Way); 9] = [
    ("recv", |reader| reader.recv().unwrap_err()),
    ("try_recv", |reader| reader.try_recv().unwrap_err().end().unwrap().clone()),
    ("recv_timeout", |reader| match reader.recv_timeout(Duration::MAX) {
        Err(ReadTimeoutError::Ended(end)) => end,
        other => panic!("{other:?}"),
    }),
    ("wait_batch", |reader| reader.wait_batch().unwrap_err()),
    ("try_batch", |reader| reader.try_batch().unwrap_err().end().unwrap().clone()),
    ("batch_timeout", |reader| match reader.batch_timeout(Duration::ZERO) {
        Err(ReadTimeoutError::Ended(end)) => end,
        other => panic!("{other:?}"),
    }),
    ("run", |reader| reader.run(|_, _, _| panic!("there is nothing"))),
    ("run_until", |reader| reader.run_until(|_, _, _| ControlFlow::Break(())).unwrap_err()),
    ("iter", |reader| {
        assert_eq!(reader.iter().next(), None);
        reader.recv().unwrap_err()
    }),
];
