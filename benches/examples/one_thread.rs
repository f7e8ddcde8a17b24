//! One thread that publishes events and then receives them, in a program of its own, optimized as a
//! whole: what the operations cost where nothing stands between them and the compiler.
//!
//! ```sh
//! taskset -c 0 cargo run --profile whole-program -p broadring-benches --example one_thread
//! ```
//!
//! The libraries take turns. The figures are the medians of the turns, in nanoseconds an event, and
//! how many times as long as the fastest other library ours takes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use broadring::{Reader, Ring, Wait, Writer};
use broadring_benches::figure::Figure;
use disruptor::{
    BusySpin, EventPoller, Producer, SingleConsumerBarrier, SingleProducer, SingleProducerBarrier,
    build_single_producer,
};

const CAPACITY: usize = 4096;
const BATCH: u64 = 16;
const TURNS: usize = 25;
const TURN: Duration = Duration::from_millis(40);

/// A library: a writing end and a reading end, in one thread.
trait Library {
    const NAME: &'static str;

    fn open() -> Self;

    /// Sends a number and receives it.
    fn one(&mut self, number: u64) -> u64;

    /// Sends [`BATCH`] numbers together, and returns the sum of what is received.
    fn batch(&mut self, first: u64) -> u64;
}

struct Broadring(Writer<u64>, Reader<u64>);

impl Library for Broadring {
    const NAME: &'static str = "broadring";

    fn open() -> Self {
        let (writer, ring) = Ring::builder(CAPACITY).reader_wait(Wait::SPIN).build(|| 0);
        Self(writer, ring.subscribe().expect("a gate is free"))
    }

    #[inline(always)]
    fn one(&mut self, number: u64) -> u64 {
        self.0.publish(number);
        self.1.recv().expect("the writer is there")
    }

    #[inline(always)]
    fn batch(&mut self, first: u64) -> u64 {
        let mut claim = self.0.claim(BATCH as usize).expect("a batch fits the ring");
        for (slot, number) in claim.iter_mut().zip(first..) {
            *slot = number;
        }
        claim.publish();
        let batch = self.1.wait_batch_up_to(BATCH as usize).expect("the writer is there");
        batch.events().sum()
    }
}

struct Disruptor(
    SingleProducer<u64, SingleConsumerBarrier>,
    EventPoller<u64, SingleProducerBarrier>,
);

impl Library for Disruptor {
    const NAME: &'static str = "disruptor";

    fn open() -> Self {
        let builder = build_single_producer(CAPACITY, || 0, BusySpin);
        let (poller, builder) = builder.new_event_poller();
        Self(builder.build(), poller)
    }

    #[inline(always)]
    fn one(&mut self, number: u64) -> u64 {
        self.0.publish(|slot| *slot = number);
        let mut events = self.1.take(1).expect("an event is there");
        *(&mut events).next().expect("the guard has it")
    }

    #[inline(always)]
    fn batch(&mut self, first: u64) -> u64 {
        self.0.batch_publish(BATCH as usize, |slots| {
            for (slot, number) in slots.zip(first..) {
                *slot = number;
            }
        });
        let mut events = self.1.take(BATCH).expect("a batch is there");
        (&mut events).sum()
    }
}

struct Rtrb(rtrb::Producer<u64>, rtrb::Consumer<u64>);

impl Library for Rtrb {
    const NAME: &'static str = "rtrb";

    fn open() -> Self {
        let (producer, consumer) = rtrb::RingBuffer::new(CAPACITY);
        Self(producer, consumer)
    }

    #[inline(always)]
    fn one(&mut self, number: u64) -> u64 {
        self.0.push(number).expect("there is room");
        self.1.pop().expect("an event is there")
    }

    #[inline(always)]
    fn batch(&mut self, first: u64) -> u64 {
        let chunk = self.0.write_chunk_uninit(BATCH as usize).expect("there is room");
        chunk.fill_from_iter(first..first + BATCH);
        let chunk = self.1.read_chunk(BATCH as usize).expect("a batch is there");
        let (one, two) = chunk.as_slices();
        let sum = one.iter().chain(two).sum();
        chunk.commit_all();
        sum
    }
}

/// Returns how many nanoseconds each of `count` events takes.
#[inline(never)]
fn turn<L: Library>(library: &mut L, by: u64, count: u64) -> f64 {
    let mut sum: u64 = 0;
    let start = Instant::now();
    if by == 1 {
        for number in 0..count {
            sum = sum.wrapping_add(library.one(black_box(number)));
        }
    } else {
        for first in (0..count).step_by(BATCH as usize) {
            sum = sum.wrapping_add(library.batch(black_box(first)));
        }
    }
    let took = start.elapsed();
    assert_eq!(sum, count * (count - 1) / 2, "{} lost an event", L::NAME);
    took.as_nanos() as f64 / count as f64
}

/// Returns a closure that takes a turn and returns its name and figure.
fn turns<L: Library>(by: u64) -> (&'static str, impl FnMut() -> f64) {
    let mut library = L::open();
    let mut count = BATCH * 1024;
    let pace = move || {
        let each = turn(&mut library, by, count);
        // A whole number of batches, as many as fit the turn.
        count = ((TURN.as_nanos() as f64 / each) as u64).max(BATCH).next_multiple_of(BATCH);
        each
    };
    (L::NAME, pace)
}

/// Lets all take turns, and prints the medians.
fn compare(by: u64) {
    let (ours, mut broadring) = turns::<Broadring>(by);
    let (theirs, mut disruptor) = turns::<Disruptor>(by);
    let (others, mut rtrb) = turns::<Rtrb>(by);
    let mut figures = [(ours, Vec::new()), (theirs, Vec::new()), (others, Vec::new())];
    for round in 0..=TURNS {
        for ((_, figures), each) in figures.iter_mut().zip([broadring(), disruptor(), rtrb()]) {
            // The first round only finds out how long a turn is.
            figures.extend((round > 0).then_some(each));
        }
    }
    let medians = figures.map(|(name, figures)| (name, Figure::of(figures).median));
    let how = if by == 1 { "one at a time".to_owned() } else { format!("in batches of {by}") };
    let listed = medians.map(|(name, median)| format!("{name} {median:.2} ns")).join(", ");
    let fastest = medians[1..].iter().map(|(_, median)| *median).fold(f64::INFINITY, f64::min);
    println!("{how}: {listed}; ours to the fastest other: {:.2}", medians[0].1 / fastest);
}

fn main() {
    compare(1);
    compare(BATCH);
}
