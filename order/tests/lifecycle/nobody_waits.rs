//! Nobody waits for a writer that is silent, holds a claim open, has left or has panicked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use broadring::{End, ReadTimeoutError, TryReadError};
use broadring_order::clock::{Clock, Hlc, Lamport, Monotonic, Turns};
use broadring_order::{Order, Stamp, Writer, Writers};

use crate::common::{PARK, Stepped, count, finite, join};

fn order<C: Clock>(capacity: usize, clock: C) -> (Writers<u64, C>, Order<u64, C>) {
    Writers::builder(capacity).clock(clock).build(|| u64::MAX)
}

/// Runs the test for every clock.
macro_rules! with_every_clock {
    ($test:ident) => {
        $test(Monotonic::new);
        $test(Turns::new);
        $test(Lamport::new);
        $test(Hlc::new);
        $test(Stepped::<true>::new);
        $test(Stepped::<false>::new);
    };
}

/// One writer publishes, and a sleeping reader gets everything, whatever the others are doing.
fn goes_through<C: Clock>(writer: &mut Writer<u64, C>, order: &Order<u64, C>) {
    let total = count(300);
    let mut reader = order.reader().wait(PARK).subscribe().unwrap();
    let first = reader.position();
    let reading = thread::spawn(move || {
        for event in 0..total {
            let seen = reader.recv().unwrap();
            assert_eq!((seen.position, seen.event), (first + event, event));
        }
    });
    (0..total).for_each(|event| _ = writer.publish(event));
    join(reading);
}

fn silent<C: Clock>(clock: impl Fn() -> C + Send + 'static) {
    finite(move || {
        let (writers, order) = order(8, clock());
        let never = writers.join();
        let mut once = writers.join();
        once.publish(7);
        let mut writer = writers.join();
        let late = writers.join();
        goes_through(&mut writer, &order);
        drop((never, once, late));
    });
}

#[test]
fn a_writer_that_is_silent_holds_nobody_up() {
    with_every_clock!(silent);
}

fn with_a_claim<C: Clock>(clock: impl Fn() -> C + Send + 'static) {
    finite(move || {
        let (writers, order) = order(8, clock());
        let (mut first, mut writer, mut last) = (writers.join(), writers.join(), writers.join());
        let claim = first.claim(3).unwrap();
        last.publish_with(|_| goes_through(&mut writer, &order));
        claim.publish_first(2);
        let claim = last.claim(8).unwrap();
        goes_through(&mut writer, &order);
        drop(claim);
    });
}

#[test]
fn an_open_claim_and_a_slow_closure_hold_nobody_up() {
    with_every_clock!(with_a_claim);
}

fn gone<C: Clock>(clock: impl Fn() -> C + Send + 'static) {
    finite(move || {
        let (writers, order) = order(8, clock());
        let mut early = order.subscribe().unwrap();
        let (mut first, mut writer, mut last) = (writers.join(), writers.join(), writers.join());
        first.publish(1);
        drop(first);
        let died = catch_unwind(AssertUnwindSafe(|| {
            let mut last = last;
            last.publish(2);
            last.publish_with(|_| std::panic::resume_unwind(Box::new("on purpose")))
        }));
        assert!(died.is_err());
        for event in [1, 2] {
            assert_eq!(early.recv().unwrap().event, event);
        }
        drop(early);
        goes_through(&mut writer, &order);
        // One that panics and stays, too.
        last = writers.join();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            last.publish_with(|_| std::panic::resume_unwind(Box::new("on purpose")))
        }));
        assert!(panicked.is_err());
        assert_eq!(last.latest(), Stamp::MIN);
        goes_through(&mut writer, &order);
    });
}

#[test]
fn a_writer_that_has_left_or_panicked_holds_nobody_up() {
    with_every_clock!(gone);
}

fn full<C: Clock>(clock: impl Fn() -> C + Send + 'static) {
    let (writers, order) = order(4, clock());
    let mut reader = order.subscribe().unwrap();
    let (mut a, mut b) = (writers.join(), writers.join());
    for round in 0..10_u64 {
        // What is not read holds back the one whose events they are, and only that one.
        (0..4).for_each(|_| _ = a.try_publish(0).unwrap());
        assert!(a.try_publish(0).is_err());
        (0..4).for_each(|_| _ = b.try_publish(1).unwrap());
        assert!(b.try_publish(1).is_err());
        let stuck = a.publish_timeout(7, Duration::ZERO).unwrap_err();
        assert_eq!(stuck.into_inner(), 7);

        let mut batch = reader.try_batch().unwrap();
        assert_eq!(batch.iter().next().map(|event| event.source), Some(a.id()));
        assert!(a.try_publish(0).is_err(), "what is lent is not given back");
        drop(batch);
        assert_eq!((a.remaining_capacity(), b.remaining_capacity()), (1, 0));
        while reader.position() < 8 * round + 4 {
            assert_eq!(reader.try_recv().unwrap().source, a.id());
        }
        assert_eq!((a.remaining_capacity(), b.remaining_capacity()), (4, 0));
        while let Ok(event) = reader.try_recv() {
            assert_eq!(event.source, b.id());
        }
        assert_eq!((a.remaining_capacity(), b.remaining_capacity()), (4, 4));
    }
}

#[test]
fn a_reader_holds_back_the_writers_whose_events_it_has_not_taken() {
    with_every_clock!(full);
}

fn timed<C: Clock>(clock: impl Fn() -> C + Send + 'static) {
    finite(move || {
        let (writers, order) = order(4, clock());
        let mut reader = order.subscribe().unwrap();
        let mut writer = writers.join();
        for timeout in [Duration::ZERO, Duration::from_millis(5)] {
            let start = Instant::now();
            assert_eq!(reader.recv_timeout(timeout), Err(ReadTimeoutError::Timeout));
            let timed_out = reader.batch_timeout(timeout).map(drop);
            assert_eq!(timed_out, Err(ReadTimeoutError::Timeout));
            let timed_out = reader.batch_deadline(start + 3 * timeout).map(drop);
            assert_eq!(timed_out, Err(ReadTimeoutError::Timeout));
            assert!(start.elapsed() >= 3 * timeout);
        }
        // What is there comes even after the deadline.
        (0..4).for_each(|event| _ = writer.publish(event));
        assert_eq!(reader.recv_timeout(Duration::ZERO).unwrap().event, 0);
        let seen = reader.batch_timeout(Duration::MAX).unwrap().iter().next().unwrap().position;
        assert_eq!(seen, 1);
        let past = Instant::now();
        let seen = reader.batch_deadline(past).unwrap().iter().next().unwrap().position;
        assert_eq!(seen, 2);
        assert_eq!(reader.recv_timeout(Duration::MAX).unwrap().position, 3);
        drop((writer, writers));
        let ended = Err(ReadTimeoutError::Ended(End::Closed));
        assert_eq!(reader.recv_timeout(Duration::MAX).map(drop), ended);
        assert_eq!(reader.batch_timeout(Duration::ZERO).map(drop), ended);
        assert_eq!(reader.batch_deadline(past).map(drop), ended);
    });
}

#[test]
fn a_reader_waits_no_longer_than_it_was_told() {
    with_every_clock!(timed);
}

fn a_stamp_never_goes_back<C: Clock>(clock: impl Fn() -> C + Send + 'static) {
    let (writers, order) = order(4, clock());
    let mut both = [writers.join(), writers.join()];
    let mut latest = [Stamp::MIN; 2];
    let mut last = (Stamp::MIN, 2);
    for number in 0..200_u64 {
        let index = (number / 3 % 2) as usize;
        let writer = &mut both[index];
        let stamp = match number % 5 {
            0 => {
                writer.publish_all([number; 3]);
                writer.latest()
            }
            1 => writer.claim(2).unwrap().publish(),
            2 => {
                assert_eq!(writer.claim(2).unwrap().publish_first(0), latest[index]);
                continue;
            }
            _ => writer.publish(number),
        };
        assert!(stamp >= latest[index] && stamp != Stamp::MAX);
        assert_eq!(stamp, writer.latest());
        // That of the other one is over.
        assert!(last.1 == index || stamp > last.0, "{stamp} after {}", last.0);
        latest[index] = stamp;
        last = (stamp, index);
    }
    assert!(matches!(order.subscribe().unwrap().try_recv(), Err(TryReadError::Empty)));
}

#[test]
fn the_stamps_of_a_writer_never_go_back() {
    with_every_clock!(a_stamp_never_goes_back);
}
