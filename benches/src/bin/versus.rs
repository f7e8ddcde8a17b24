//! A first look at how broadring compares with the `disruptor` crate, on this
//! machine, in one run: `cargo run --release -p broadring-benches --bin versus`.
//!
//! Every scenario runs both libraries in turn, A B A B, and reports the median
//! of each and their ratio. Writer and reader are pinned to cores 0 and 1 before
//! the clock starts. Each event is a `u64` that is written and read; the reader
//! checks the count and the sum of all it got. The rings have 4096 slots, and so
//! wrap many times.

use std::hint::{black_box, spin_loop};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use broadring::{Ring, Wait};
use disruptor::{
    BusySpin, Polling, Producer, SingleConsumerBarrier, SingleProducer, build_single_producer,
};

const CAPACITY: usize = 4096;
const BATCH: usize = 16;
const EVENTS: u64 = 20_000_000;
const ROUND_TRIPS: u64 = 1_000_000;
const ROUNDS: usize = 9;

fn main() {
    let cores = core_affinity::get_core_ids().unwrap_or_default().len();
    println!("cores: {cores}, capacity: {CAPACITY}, medians of {ROUNDS}, interleaved");
    if cores < 2 {
        println!("two cores are needed for what follows");
        return;
    }
    println!("{:<42} {:>10} {:>10} {:>14}", "", "broadring", "disruptor", "times as fast");
    let per_event = |took: Duration| took.as_nanos() as f64 / EVENTS as f64;
    compare("publish + receive on one thread, ns", false, per_event, ours_alone, theirs_alone);
    let millions = |took: Duration| EVENTS as f64 / took.as_secs_f64() / 1e6;
    compare("one at a time, million events/s", true, millions, ours_single, theirs_single);
    compare("batches of 16, million events/s", true, millions, ours_batched, theirs_batched);
    let round_trip = |took: Duration| took.as_nanos() as f64 / ROUND_TRIPS as f64;
    compare("ping-pong, ns for a round trip", false, round_trip, ours_ping_pong, theirs_ping_pong);
}

fn compare(
    what: &str,
    more_is_better: bool,
    unit: impl Fn(Duration) -> f64,
    ours: fn() -> Duration,
    theirs: fn() -> Duration,
) {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        eprint!("\r{what}: {round} of {ROUNDS} \r");
        a.push(unit(ours()));
        b.push(unit(theirs()));
    }
    let (a, b) = (median(a), median(b));
    let times_as_fast = if more_is_better { a / b } else { b / a };
    println!("{what:<42} {a:>10.1} {b:>10.1} {times_as_fast:>14.2}");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn pin(core: usize) {
    core_affinity::set_for_current(core_affinity::CoreId { id: core });
}

/// Runs `read` on core 1 and `write` on core 0, and times from when both are
/// ready until both are done. The reader returns the sum of what it has read.
fn race(
    write: impl FnOnce() + Send + 'static,
    read: impl FnOnce() -> u64 + Send + 'static,
) -> Duration {
    let ready = Arc::new(Barrier::new(3));
    let writer = thread::spawn({
        let ready = Arc::clone(&ready);
        move || {
            pin(0);
            ready.wait();
            write();
        }
    });
    let reader = thread::spawn({
        let ready = Arc::clone(&ready);
        move || {
            pin(1);
            ready.wait();
            let sum = read();
            (sum, Instant::now())
        }
    });
    let start = {
        ready.wait();
        Instant::now()
    };
    writer.join().expect("the writer ends");
    let (sum, end) = reader.join().expect("the reader ends");
    assert_eq!(sum, EVENTS * (EVENTS - 1) / 2, "every event, once");
    end.duration_since(start)
}

fn our_ring() -> (broadring::Writer<u64>, Ring<u64>) {
    Ring::builder(CAPACITY).reader_wait(Wait::SPIN).writer_wait(Wait::SPIN).build(|| 0)
}

type TheirPoller = disruptor::EventPoller<u64, disruptor::SingleProducerBarrier>;

fn their_ring() -> (SingleProducer<u64, SingleConsumerBarrier>, TheirPoller) {
    let builder = build_single_producer(CAPACITY, || 0_u64, BusySpin);
    let (poller, builder) = builder.new_event_poller();
    (builder.build(), poller)
}

fn ours_alone() -> Duration {
    let (mut writer, ring) = our_ring();
    let mut reader = ring.subscribe().expect("a gate is free");
    pin(0);
    let start = Instant::now();
    for n in 0..EVENTS {
        writer.publish(n);
        assert_eq!(black_box(reader.recv()), Ok(n));
    }
    start.elapsed()
}

fn theirs_alone() -> Duration {
    let (mut producer, mut poller) = their_ring();
    pin(0);
    let start = Instant::now();
    for n in 0..EVENTS {
        producer.publish(|slot| *slot = n);
        let mut events = poller.poll().expect("an event is there");
        assert_eq!(black_box((&mut events).next()), Some(&n));
    }
    start.elapsed()
}

fn our_reader(ring: &Ring<u64>) -> impl FnOnce() -> u64 + Send + use<> {
    let mut reader = ring.subscribe().expect("a gate is free");
    move || {
        let (mut sum, mut count) = (0, 0);
        while let Ok(batch) = reader.wait_batch() {
            for event in batch.events() {
                sum += event;
                count += 1;
            }
        }
        assert_eq!(count, EVENTS);
        sum
    }
}

fn their_reader(mut poller: TheirPoller) -> impl FnOnce() -> u64 + Send {
    move || {
        let (mut sum, mut count) = (0, 0);
        loop {
            match poller.poll() {
                Ok(mut events) => {
                    for event in &mut events {
                        sum += event;
                        count += 1;
                    }
                }
                Err(Polling::NoEvents) => spin_loop(),
                Err(Polling::Shutdown) => break,
            }
        }
        assert_eq!(count, EVENTS);
        sum
    }
}

fn ours_single() -> Duration {
    let (mut writer, ring) = our_ring();
    let read = our_reader(&ring);
    let write = move || {
        for n in 0..EVENTS {
            writer.publish(n);
        }
    };
    race(write, read)
}

fn theirs_single() -> Duration {
    let (mut producer, poller) = their_ring();
    let write = move || {
        for n in 0..EVENTS {
            producer.publish(|slot| *slot = n);
        }
    };
    race(write, their_reader(poller))
}

fn ours_batched() -> Duration {
    let (mut writer, ring) = our_ring();
    let read = our_reader(&ring);
    let write = move || {
        let mut n = 0;
        while n < EVENTS {
            let mut claim = writer.claim(BATCH).expect("a batch fits the ring");
            for slot in &mut claim {
                *slot = n;
                n += 1;
            }
            claim.publish();
        }
    };
    race(write, read)
}

fn theirs_batched() -> Duration {
    let (mut producer, poller) = their_ring();
    let write = move || {
        let mut n = 0;
        while n < EVENTS {
            producer.batch_publish(BATCH, |slots| {
                for slot in slots {
                    *slot = n;
                    n += 1;
                }
            });
        }
    };
    race(write, their_reader(poller))
}

/// Sends a number to core 1 and waits for its return, over and over.
fn ping_pong(
    mut round_trip: impl FnMut(u64) -> u64 + Send + 'static,
    mut echo: impl FnMut() -> bool + Send + 'static,
) -> Duration {
    let echoing = thread::spawn(move || {
        pin(1);
        while echo() {}
    });
    let timing = thread::spawn(move || {
        pin(0);
        for n in 0..ROUND_TRIPS / 100 {
            assert_eq!(round_trip(n), n);
        }
        let start = Instant::now();
        for n in 0..ROUND_TRIPS {
            assert_eq!(round_trip(n), n);
        }
        start.elapsed()
    });
    let took = timing.join().expect("every ping comes back");
    echoing.join().expect("the echo ends when the pings do");
    took
}

fn ours_ping_pong() -> Duration {
    let (mut ping, pings) = our_ring();
    let (mut pong, pongs) = our_ring();
    let mut pings = pings.subscribe().expect("a gate is free");
    let mut pongs = pongs.subscribe().expect("a gate is free");
    let round_trip = move |n| {
        ping.publish(n);
        pongs.recv().expect("the echo lives longer")
    };
    let echo = move || pings.recv().map(|n| pong.publish(n)).is_ok();
    ping_pong(round_trip, echo)
}

fn theirs_ping_pong() -> Duration {
    fn wait(poller: &mut TheirPoller) -> Option<u64> {
        loop {
            match poller.poll() {
                Ok(mut events) => return (&mut events).next().copied(),
                Err(Polling::NoEvents) => spin_loop(),
                Err(Polling::Shutdown) => return None,
            }
        }
    }

    let (mut ping, mut pings) = their_ring();
    let (mut pong, mut pongs) = their_ring();
    let round_trip = move |n| {
        ping.publish(|slot| *slot = n);
        wait(&mut pongs).expect("the echo lives longer")
    };
    let echo = move || match wait(&mut pings) {
        Some(n) => {
            pong.publish(|slot| *slot = n);
            true
        }
        None => false,
    };
    ping_pong(round_trip, echo)
}
