//! The clocks keep their contract: what happens after something else has a larger stamp.

#![cfg(not(all(loom, feature = "loom")))]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use broadring_order::clock::{Clock, Hlc, Lamport, ManualClock, Monotonic, SystemClock};
use broadring_order::{ClockExhausted, Stamp};

/// How often a stamp goes from one thread to another.
const HAND_OFFS: u64 = if cfg!(miri) { 100 } else { 100_000 };

/// The length of a unit in the stamps of `Hlc`, rounded up.
const UNIT: Duration = Duration::from_nanos(15_259);

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Whether the second reading of this clock may come after the first.
fn in_order(clock: &Monotonic, first: u64, second: u64) -> bool {
    if clock.is_strict() { first < second } else { first <= second }
}

/// Takes stamps on several threads at once, and checks that each thread sees them grow and that none
/// is given twice.
fn stamps_are_distinct(clock: impl Clock + Clone) {
    const THREADS: usize = 4;
    const EACH: usize = if cfg!(miri) { 50 } else { 5_000 };

    let start = Barrier::new(THREADS);
    let mut all = thread::scope(|scope| {
        let take = || {
            let clock = clock.clone();
            start.wait();
            (0..EACH).map(|_| clock.stamp(Stamp::MIN)).collect::<Vec<_>>()
        };
        let threads = [(); THREADS].map(|()| scope.spawn(take));
        threads.map(|thread| thread.join().expect("the thread does not panic")).concat()
    });
    assert!(all.chunks(EACH).all(|own| own.is_sorted_by(|first, second| first < second)));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), THREADS * EACH);
}

mod monotonic {
    use super::*;

    #[test]
    fn a_reading_after_a_message_is_later() {
        let clock = Monotonic::new();
        let (to_other, from_one) = mpsc::sync_channel::<u64>(1);
        let (to_one, from_other) = mpsc::sync_channel::<u64>(1);
        let other = thread::spawn(move || {
            while let Ok(sent) = from_one.recv() {
                let received = clock.now().get();
                assert!(in_order(&clock, sent, received));
                to_one.send(clock.now().get()).expect("the first thread waits");
            }
        });
        for _ in 0..HAND_OFFS / 2 {
            to_other.send(clock.now().get()).expect("the other thread waits");
            let sent = from_other.recv().expect("the other thread answers");
            assert!(in_order(&clock, sent, clock.now().get()));
        }
        drop(to_other);
        other.join().expect("every stamp was later");
    }

    /// The quickest hand-off there is: a thread looks for a flag, and reads the clock when it is there.
    #[test]
    fn a_reading_after_a_flag_is_later() {
        let clock = Monotonic::new();
        let (turn, reading) = (AtomicU64::new(0), AtomicU64::new(0));
        // Returns how many readings were wrong: a thread that panicked would keep the other waiting.
        let take_turns = |own: u64| {
            let mut wrong = 0;
            for round in (own..HAND_OFFS).step_by(2) {
                // ORDERING: Acquire pairs with the Release store of the other thread's turn.
                while turn.load(Ordering::Acquire) != round {
                    thread::yield_now();
                }
                let now = clock.now().get();
                let before = reading.load(Ordering::Relaxed);
                wrong += u64::from(!in_order(&clock, before, now));
                reading.store(now, Ordering::Relaxed);
                // ORDERING: Release pairs with the Acquire load above.
                turn.store(round + 1, Ordering::Release);
            }
            wrong
        };
        let wrong = thread::scope(|scope| {
            let other = scope.spawn(|| take_turns(1));
            take_turns(0) + other.join().expect("it does not panic")
        });
        assert_eq!(wrong, 0);
    }

    #[test]
    fn all_clocks_of_the_process_are_one() {
        let (one, other) = (Monotonic::new(), Monotonic::default());
        let readings = [one.now(), other.now(), one.now(), other.now()];
        assert!(readings.is_sorted());
        assert_eq!(one.uses_counter(), other.uses_counter());
        assert_eq!(one.is_strict(), other.is_strict());
    }

    #[test]
    fn only_the_counter_can_be_strict() {
        let clock = Monotonic::new();
        assert!(clock.uses_counter() || !clock.is_strict());
    }

    #[test]
    fn time_between_stamps_is_at_least_the_time_slept() {
        let clock = Monotonic::new();
        let earlier = clock.now();
        thread::sleep(millis(20));
        let later = clock.now();
        // Its rate is measured, and not known to the last digit.
        assert!(clock.duration_between(earlier, later) >= millis(19));
    }

    #[test]
    fn time_between_stamps_in_the_wrong_order_is_zero() {
        let clock = Monotonic::new();
        let now = clock.now();
        assert_eq!(clock.duration_between(now, Stamp::MIN), Duration::ZERO);
        assert_eq!(clock.duration_between(now, now), Duration::ZERO);
        assert_eq!(clock.duration_between(Stamp::MAX, Stamp::MIN), Duration::ZERO);
    }
}

mod lamport {
    use super::*;

    /// A clock that has given its last stamp but one.
    fn near_the_end() -> Lamport {
        let clock = Lamport::new();
        let observed = clock.observe(Stamp::new(Lamport::LAST.get() - 2));
        assert_eq!(observed, Ok(Stamp::new(Lamport::LAST.get() - 1)));
        clock
    }

    #[test]
    fn stamps_count_from_one() {
        let clock = Lamport::new();
        assert_eq!(clock.latest(), Stamp::MIN);
        let stamps: Vec<u64> = (0..5).map(|_| clock.tick().get()).collect();
        assert_eq!(stamps, [1, 2, 3, 4, 5]);
        assert_eq!(clock.latest(), Stamp::new(5));
    }

    #[test]
    fn clones_share_the_counter() {
        let clock = Lamport::new();
        let clone = clock.clone();
        assert_eq!([clock.tick(), clone.tick(), clock.tick()].map(Stamp::get), [1, 2, 3]);
    }

    #[test]
    fn stamps_of_many_threads_are_distinct() {
        let clock = Lamport::new();
        stamps_are_distinct(clock.clone());
        let taken = if cfg!(miri) { 200 } else { 20_000 };
        assert_eq!(clock.latest(), Stamp::new(taken));
    }

    #[test]
    fn the_last_stamp_is_given_and_then_it_panics_and_stays() {
        let clock = near_the_end();
        assert_eq!(clock.tick(), Lamport::LAST);
        for _ in 0..3 {
            let clock = clock.clone();
            assert!(thread::spawn(move || clock.tick()).join().is_err());
        }
        assert_eq!(clock.latest(), Lamport::LAST);
    }

    #[test]
    fn the_end_met_by_many_threads_is_given_once() {
        let clock = near_the_end();
        let threads = [(); 8].map(|()| {
            let clock = clock.clone();
            thread::spawn(move || (0..100).filter_map(|_| clock.observe(Stamp::MIN).ok()).count())
        });
        let given: usize = threads.map(|thread| thread.join().expect("no panic")).iter().sum();
        assert_eq!(given, 1);
        assert_eq!(clock.latest(), Lamport::LAST);
    }

    #[test]
    fn a_stamp_at_the_end_is_refused_and_not_noticed() {
        let clock = Lamport::new();
        clock.tick();
        for stamp in [Lamport::LAST, Stamp::new(u64::MAX - 1), Stamp::MAX] {
            let refused: ClockExhausted = clock.observe(stamp).unwrap_err();
            assert_eq!(refused.latest(), stamp);
        }
        assert_eq!(clock.tick(), Stamp::new(2));
    }

    #[test]
    fn at_the_end_every_stamp_is_refused() {
        let clock = near_the_end();
        assert_eq!(clock.observe(Stamp::MIN), Ok(Lamport::LAST));
        assert_eq!(clock.observe(Stamp::MIN).unwrap_err().latest(), Lamport::LAST);
    }
}

mod hlc {
    use super::*;

    fn clock_at(time: Duration) -> (ManualClock, Hlc<ManualClock>) {
        let physical = ManualClock::new(time);
        (physical.clone(), Hlc::with_physical(physical))
    }

    fn parts(stamp: Stamp) -> (Duration, u16) {
        (Hlc::physical(stamp), Hlc::counter(stamp))
    }

    #[test]
    fn stamps_of_one_unit_are_counted() {
        let (_, clock) = clock_at(seconds(10));
        assert_eq!(clock.latest(), Stamp::MIN);
        for count in 0..5 {
            assert_eq!(parts(clock.tick()), (seconds(10), count));
        }
        assert_eq!(parts(clock.latest()), (seconds(10), 4));
    }

    #[test]
    fn the_counter_starts_again_in_the_next_unit() {
        let (physical, clock) = clock_at(seconds(10));
        clock.tick();
        clock.tick();
        physical.advance(UNIT);
        assert_eq!(parts(clock.tick()), (seconds(10) + UNIT, 0));
    }

    #[test]
    fn it_counts_on_while_the_physical_clock_is_behind() {
        let (physical, clock) = clock_at(seconds(10));
        clock.tick();
        physical.step_back(seconds(4));
        assert_eq!(parts(clock.tick()), (seconds(10), 1));
        physical.advance(seconds(3));
        assert_eq!(parts(clock.tick()), (seconds(10), 2));
        physical.advance(seconds(2));
        assert_eq!(parts(clock.tick()), (seconds(11), 0));
    }

    #[test]
    fn what_now_returns_holds_when_the_physical_clock_steps_back() {
        let (physical, clock) = clock_at(seconds(10));
        let promised = clock.now();
        physical.step_back(seconds(4));
        assert!(clock.stamp(Stamp::MIN) >= promised);
    }

    #[test]
    fn a_full_counter_carries_into_the_time() {
        let (physical, clock) = clock_at(seconds(10));
        let full = Stamp::new(Hlc::stamp_at(seconds(10)).get() + 0xffff);
        assert_eq!(parts(full), (seconds(10), u16::MAX));
        assert_eq!(clock.observe(full).map(parts), Ok((seconds(10) + UNIT, 0)));
        // Nor does it go back when the physical clock comes to the unit that it has begun.
        physical.advance(UNIT);
        assert_eq!(parts(clock.tick()), (seconds(10) + UNIT, 1));
    }

    #[test]
    fn local_events_alone_fill_the_counter() {
        let (_, clock) = clock_at(seconds(10));
        for _ in 0..1 << 16 {
            assert_eq!(Hlc::physical(clock.tick()), seconds(10));
        }
        assert_eq!(parts(clock.tick()), (seconds(10) + UNIT, 0));
    }

    #[test]
    fn an_observed_stamp_is_exceeded() {
        let (_, clock) = clock_at(seconds(10));
        let remote = Stamp::new(Hlc::stamp_at(seconds(10) + millis(250)).get() + 7);
        assert_eq!(clock.observe(remote).map(parts), Ok((seconds(10) + millis(250), 8)));
        assert_eq!(parts(clock.tick()), (seconds(10) + millis(250), 9));
    }

    #[test]
    fn an_old_stamp_changes_nothing_but_counts_as_an_event() {
        let (_, clock) = clock_at(seconds(10));
        clock.tick();
        assert_eq!(clock.observe(Hlc::stamp_at(seconds(3))).map(parts), Ok((seconds(10), 1)));
    }

    #[test]
    fn a_stamp_as_far_ahead_as_allowed_is_accepted_and_one_unit_more_is_not() {
        let (_, clock) = clock_at(seconds(10));
        let clock = clock.with_max_ahead(seconds(1));
        let refused = clock.observe(Hlc::stamp_at(seconds(11) + UNIT)).unwrap_err();
        assert_eq!((refused.ahead(), refused.allowed()), (seconds(1) + UNIT, seconds(1)));
        assert!(clock.observe(Hlc::stamp_at(seconds(11))).is_ok());
    }

    #[test]
    fn a_refused_stamp_leaves_the_clock_unchanged() {
        let (_, clock) = clock_at(seconds(10));
        let before = clock.tick();
        let refused = clock.observe(Hlc::stamp_at(millis(12_500))).unwrap_err();
        assert_eq!(refused.to_string(), "the stamp is 2.5s ahead of this clock, 500ms are allowed");
        assert!(clock.observe(Stamp::MAX).is_err());
        assert_eq!(clock.latest(), before);
        assert_eq!(parts(clock.tick()), (seconds(10), 1));
    }

    #[test]
    fn a_stamp_that_does_not_advance_the_clock_is_accepted_though_it_is_ahead() {
        let (physical, clock) = clock_at(seconds(10));
        let before = clock.tick();
        physical.step_back(seconds(5));
        assert_eq!(clock.observe(before).map(parts), Ok((seconds(10), 1)));
        let ahead = Stamp::new(clock.latest().get() + 1);
        assert_eq!(clock.observe(ahead).unwrap_err().ahead(), seconds(5));
    }

    #[test]
    fn clones_share_the_latest_stamp_but_not_the_limit() {
        let (_, clock) = clock_at(seconds(10));
        let strict = clock.clone().with_max_ahead(Duration::ZERO);
        clock.tick();
        assert_eq!(parts(strict.tick()), (seconds(10), 1));
        assert!(strict.observe(Hlc::stamp_at(seconds(10) + millis(1))).is_err());
        assert!(clock.observe(Hlc::stamp_at(seconds(10) + millis(1))).is_ok());
    }

    #[test]
    fn stamps_of_many_threads_are_distinct() {
        stamps_are_distinct(clock_at(seconds(10)).1);
        stamps_are_distinct(Hlc::<SystemClock>::with_physical(SystemClock));
    }

    #[test]
    fn the_last_stamp_is_given_and_then_it_panics_and_stays() {
        let (_, clock) = clock_at(seconds(1 << 33));
        assert_eq!(clock.tick().get(), u64::MAX << 16);
        let last = Stamp::new(u64::MAX - 1);
        assert_eq!(clock.observe(Stamp::new(u64::MAX - 2)), Ok(last));
        for _ in 0..3 {
            let clock = clock.clone();
            assert!(thread::spawn(move || clock.tick()).join().is_err());
        }
        assert_eq!(clock.latest(), last);
    }

    #[test]
    fn time_is_enough_until_2106() {
        let last = Duration::new(u64::from(u32::MAX), 999_999_999);
        assert_eq!(Hlc::stamp_at(last).get(), u64::MAX << 16);
        assert_eq!(Hlc::stamp_at(Duration::MAX), Hlc::stamp_at(last));
        assert_eq!(Hlc::physical(Stamp::MAX).as_secs(), u64::from(u32::MAX));
    }
}
