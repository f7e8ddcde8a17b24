//! The merge of several writers into one order. `order/docs/design.md` says which model covers which
//! ordering.
//!
//! Writers and readers are made before the threads start wherever a model is not about joining: the
//! roster's lock is not what is explored then. A thread that is done hands its writer back, so that
//! leaving does not help anybody to go on.

use std::collections::BTreeSet;
use std::time::Duration;

use broadring::{End, TryReadError, Wait};
use broadring_order::clock::{Clock, Hlc, Lamport, ManualClock, Turns};
use broadring_order::{Merged, Order, Stamp, Writer, Writers};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use loom::thread;
use loom_tests::{explore, explore_unwinding, on_purpose, panics};

/// A clock that gives one stamp to several writers, and moves only when a publication is over.
struct Coarse(AtomicU64);

impl Coarse {
    fn new() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl Clock for Coarse {
    const EXCLUSIVE: bool = false;

    fn now(&self) -> Stamp {
        Stamp::new(self.0.load(Ordering::Relaxed))
    }

    fn stamp(&self, _latest: Stamp) -> Stamp {
        self.now()
    }

    fn settle(&self, stamp: Stamp) {
        self.0.fetch_max(stamp.get() + 1, Ordering::Relaxed);
    }

    fn cut(&self) -> Stamp {
        let now = self.now();
        self.settle(now);
        now
    }
}

/// What a reader has got: position, stamp, writer, and the event.
type Got = (u64, u64, u32, u64);

fn order<C: Clock>(clock: C) -> (Writers<u64, C>, Order<u64, C>) {
    let builder = Writers::builder(2).clock(clock).max_readers(2);
    builder.writer_wait(Wait::YIELD).build(|| 0)
}

/// A reader that yields to loom while it waits.
fn subscribe<C: Clock>(order: &Order<u64, C>) -> Merged<u64, C> {
    order.reader().wait(Wait::YIELD).subscribe().unwrap()
}

type TwoWriters<C> = ([Writer<u64, C>; 2], Merged<u64, C>, Order<u64, C>);

/// Two writers, and a reader that knows them.
fn two_writers<C: Clock>(clock: C) -> TwoWriters<C> {
    let (writers, order) = order(clock);
    let pair = [writers.join(), writers.join()];
    let reader = subscribe(&order);
    (pair, reader, order)
}

/// Publishes the event on another thread.
fn publishing<C: Clock>(
    mut writer: Writer<u64, C>,
    event: u64,
) -> thread::JoinHandle<Writer<u64, C>> {
    thread::spawn(move || {
        writer.publish(event);
        writer
    })
}

/// Takes the next event, if there is one now.
fn take<C: Clock>(reader: &mut Merged<u64, C>, got: &mut Vec<Got>) -> bool {
    let Ok(next) = reader.try_recv() else { return false };
    got.push((next.position, next.stamp.get(), next.source.get(), next.event));
    true
}

/// Takes all events that there are now, a batch at a time.
fn take_all<C: Clock>(reader: &mut Merged<u64, C>, got: &mut Vec<Got>) {
    while let Ok(mut batch) = reader.try_batch() {
        for next in &mut batch {
            got.push((next.position, next.stamp.get(), next.source.get(), *next.event));
        }
    }
}

/// Panics unless the events are in the order of their stamps and then of their writers, and their
/// positions are without a gap.
fn in_order(got: &[Got]) {
    let keys: Vec<_> = got.iter().map(|&(_, stamp, source, _)| (stamp, source)).collect();
    assert!(keys.is_sorted(), "out of order: {got:?}");
    let positions = got.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
    assert!(positions, "a gap: {got:?}");
}

/// The events alone.
fn events(got: &[Got]) -> Vec<u64> {
    got.iter().map(|&(.., event)| event).collect()
}

/// Two writers publish at the same time as a reader reads: how many events it has got before they
/// are done, and in which order.
fn what_two_writers_publish<C: Clock>(clock: C) -> (usize, Vec<u64>) {
    let (writers, mut reader, _order) = two_writers(clock);
    let mut numbers = 0..;
    let threads = writers.map(|writer| publishing(writer, numbers.next().unwrap()));
    let mut got = Vec::new();
    take(&mut reader, &mut got);
    let early = got.len();
    let _writers = threads.map(|thread| thread.join().unwrap());
    take_all(&mut reader, &mut got);
    in_order(&got);
    (early, events(&got))
}

/// All outcomes in which no event has come early, or one.
fn any_order() -> [(usize, Vec<u64>); 4] {
    [(0, vec![0, 1]), (0, vec![1, 0]), (1, vec![0, 1]), (1, vec![1, 0])]
}

#[test]
fn ticks_of_two_writers_come_in_order() {
    explore(140, any_order(), || what_two_writers_publish(Lamport::new()));
}

#[test]
fn turns_of_two_writers_come_in_order() {
    explore(140, any_order(), || what_two_writers_publish(Turns::new()));
}

#[test]
fn equal_stamps_of_two_writers_come_in_order() {
    explore(410, any_order(), || what_two_writers_publish(Coarse::new()));
}

#[test]
fn a_writer_that_goes_on_with_its_turn_comes_before_the_next_turn() {
    let expected = [vec![0, 1, 2], vec![0, 2, 1]];
    explore(78, expected, || {
        let ([mut first, second], mut reader, _order) = two_writers(Turns::new());
        first.publish(0);
        let mut got = Vec::new();
        take(&mut reader, &mut got);
        let threads = [publishing(first, 1), publishing(second, 2)];
        take(&mut reader, &mut got);
        let _writers = threads.map(|thread| thread.join().unwrap());
        take_all(&mut reader, &mut got);
        in_order(&got);
        events(&got)
    });
}

#[test]
fn what_a_hybrid_clock_has_promised_holds_when_the_time_steps_back() {
    explore(170, [vec![0, 1, 2], vec![0, 2, 1]], || {
        let time = ManualClock::new(Duration::from_secs(10));
        let ([mut first, second], mut reader, _order) =
            two_writers(Hlc::with_physical(time.clone()));
        first.publish(0);
        time.advance(Duration::from_secs(10));
        let mut got = Vec::new();
        assert!(take(&mut reader, &mut got));
        time.step_back(Duration::from_secs(5));
        let threads = [publishing(first, 1), publishing(second, 2)];
        take(&mut reader, &mut got);
        let _writers = threads.map(|thread| thread.join().unwrap());
        take_all(&mut reader, &mut got);
        in_order(&got);
        events(&got)
    });
}

#[test]
fn what_was_seen_to_be_published_comes_first() {
    explore(270, [vec![0, 1], vec![0, 2], vec![1, 0]], || {
        let ([mut first, mut second], mut reader, _order) = two_writers(Turns::new());
        let published = Arc::new(AtomicBool::new(false));
        let cause = {
            let published = Arc::clone(&published);
            thread::spawn(move || {
                first.publish(0);
                published.store(true, Ordering::Release);
                first
            })
        };
        let effect = thread::spawn(move || {
            let seen = published.load(Ordering::Acquire);
            second.publish(if seen { 2 } else { 1 });
            second
        });
        let mut got = Vec::new();
        take(&mut reader, &mut got);
        let _writers = [cause, effect].map(|thread| thread.join().unwrap());
        take_all(&mut reader, &mut got);
        in_order(&got);
        events(&got)
    });
}

#[test]
fn two_readers_agree() {
    explore(440, [vec![0, 1], vec![1, 0]], || {
        let (writers, mut one, order) = two_writers(Lamport::new());
        let mut other = subscribe(&order);
        let mut numbers = 0..;
        let threads = writers.map(|writer| publishing(writer, numbers.next().unwrap()));
        let mut got = [const { Vec::new() }; 2];
        take(&mut one, &mut got[0]);
        take(&mut other, &mut got[1]);
        let _writers = threads.map(|thread| thread.join().unwrap());
        take_all(&mut one, &mut got[0]);
        take_all(&mut other, &mut got[1]);
        assert_eq!(got[0], got[1]);
        events(&got[0])
    });
}

#[test]
fn a_writer_that_publishes_nothing_delays_nobody() {
    explore(14, [()], || {
        let ([mut first, mut second], mut reader, _order) = two_writers(Lamport::new());
        second.publish(1);
        let silent = thread::spawn(move || {
            let mut claim = first.claim(1).unwrap();
            claim[0] = 7;
            drop(claim);
            drop(first);
        });
        assert_eq!(reader.try_recv().unwrap().event, 1);
        silent.join().unwrap();
        assert_eq!(reader.try_recv().err(), Some(TryReadError::Empty));
    });
}

#[test]
fn a_writer_that_leaves_is_read_to_its_end() {
    explore(290, [vec![0, 1], vec![1, 0]], || {
        let ([mut first, second], mut reader, _order) = two_writers(Turns::new());
        let leaving = thread::spawn(move || {
            first.publish(0);
        });
        let second = publishing(second, 1);
        let mut got = Vec::new();
        take(&mut reader, &mut got);
        leaving.join().unwrap();
        let _second = second.join().unwrap();
        take_all(&mut reader, &mut got);
        in_order(&got);
        events(&got)
    });
}

#[test]
fn what_is_published_together_stays_together() {
    explore(410, [vec![0, 1, 2], vec![2, 0, 1]], || {
        let ([mut first, second], mut reader, _order) = two_writers(Lamport::new());
        let claiming = thread::spawn(move || {
            let mut claim = first.claim(2).unwrap();
            (claim[0], claim[1]) = (0, 1);
            claim.publish();
            first
        });
        let second = publishing(second, 2);
        let mut got = Vec::new();
        // Perhaps one of the two, and then the reader has to ask while it has the other.
        take(&mut reader, &mut got);
        take(&mut reader, &mut got);
        let _writers = (claiming.join().unwrap(), second.join().unwrap());
        take_all(&mut reader, &mut got);
        in_order(&got);
        events(&got)
    });
}

#[test]
fn a_writer_that_joins_publishes_nothing_late() {
    explore(110, [vec![0, 1], vec![1, 0]], || {
        let (writers, order) = order(Lamport::new());
        let first = writers.join();
        let mut reader = subscribe(&order);
        let joining = thread::spawn(move || {
            let mut second = writers.join();
            second.publish(1);
            (writers, second)
        });
        let first = publishing(first, 0);
        let mut got = Vec::new();
        take(&mut reader, &mut got);
        let _first = first.join().unwrap();
        let _second = joining.join().unwrap();
        take_all(&mut reader, &mut got);
        in_order(&got);
        events(&got)
    });
}

#[test]
fn the_order_ends_after_everything_that_was_published() {
    explore(210, [()], || {
        let (writers, order) = order(Lamport::new());
        let mut reader = subscribe(&order);
        let last = thread::spawn(move || {
            let mut writer = writers.join();
            drop(writers);
            writer.publish(0);
        });
        let mut got = Vec::new();
        assert_eq!(reader.run(|event| got.push(*event.event)), End::Closed);
        last.join().unwrap();
        assert_eq!(got, [0], "it has ended too early");
    });
}

/// A reader joins while two writers publish, and gets the end of what one has got that was there
/// before, with the same positions.
fn what_a_late_reader_gets<C: Clock>(clock: C) -> usize {
    let (writers, mut early, order) = two_writers(clock);
    let mut numbers = 0..;
    let threads = writers.map(|writer| publishing(writer, numbers.next().unwrap()));
    let mut late = subscribe(&order);
    let _writers = threads.map(|thread| thread.join().unwrap());
    let mut got = [const { Vec::new() }; 2];
    take_all(&mut early, &mut got[0]);
    take_all(&mut late, &mut got[1]);
    assert_eq!(got[0].len(), 2);
    assert!(got[0].ends_with(&got[1]), "the readers disagree: {got:?}");
    got[1].len()
}

#[test]
fn a_reader_that_joins_between_ticks_agrees_with_the_others() {
    explore(870, [0, 1, 2], || what_a_late_reader_gets(Lamport::new()));
}

#[test]
fn a_reader_that_joins_between_turns_agrees_with_the_others() {
    explore(1600, [0, 1, 2], || what_a_late_reader_gets(Turns::new()));
}

#[test]
fn a_reader_counts_what_it_skips_of_a_writer_that_leaves() {
    explore(71, [(0, 2), (1, 2)], || {
        let ([mut first, mut second], _early, order) = two_writers(Lamport::new());
        let leaving = thread::spawn(move || {
            first.publish(0);
        });
        let mut late = subscribe(&order);
        leaving.join().unwrap();
        second.publish(1);
        let mut got = Vec::new();
        take_all(&mut late, &mut got);
        let skipped = got[0].0;
        (skipped, skipped + got.len() as u64)
    });
}

/// A reader that sleeps. A lost wake-up deadlocks the model.
mod sleep {
    use super::*;

    fn subscribe_asleep<C: Clock>(order: &Order<u64, C>) -> Merged<u64, C> {
        order.reader().wait(Wait::PARK).subscribe().unwrap()
    }

    /// Receives so many events on another thread.
    fn receiving<C: Clock>(
        mut reader: Merged<u64, C>,
        count: usize,
    ) -> thread::JoinHandle<(Merged<u64, C>, BTreeSet<u64>)> {
        thread::spawn(move || {
            let got = (0..count).map(|_| reader.recv().unwrap().event).collect();
            (reader, got)
        })
    }

    #[test]
    fn a_parked_reader_is_woken_by_either_writer() {
        explore(18, [BTreeSet::from([1])], || {
            let (writers, order) = order(Lamport::new());
            let (first, mut second) = (writers.join(), writers.join());
            let reading = receiving(subscribe_asleep(&order), 1);
            second.publish(1);
            let (_reader, got) = reading.join().unwrap();
            drop((first, second));
            got
        });
    }

    #[test]
    fn a_reader_does_not_sleep_behind_a_publication_that_it_has_read() {
        explore(51, [BTreeSet::from([0, 1])], || {
            let (writers, order) = order(Lamport::new());
            let (mut first, mut second) = (writers.join(), writers.join());
            let reader = subscribe_asleep(&order);
            second.publish(1);
            let reading = receiving(reader, 2);
            first.publish(0);
            let (_reader, got) = reading.join().unwrap();
            drop((first, second));
            got
        });
    }

    #[test]
    fn a_reader_does_not_sleep_behind_a_smaller_stamp_that_it_has_read() {
        explore(1000, [BTreeSet::from([0, 1])], || {
            let (writers, order) = order(Lamport::new());
            let (first, mut second) = (writers.join(), writers.join());
            let reading = receiving(subscribe_asleep(&order), 2);
            let first = publishing(first, 0);
            second.publish(1);
            let (_reader, got) = reading.join().unwrap();
            drop((first.join().unwrap(), second));
            got
        });
    }

    #[test]
    fn a_parked_reader_is_woken_by_a_writer_that_comes() {
        explore(190, [BTreeSet::from([0])], || {
            let (writers, order) = order(Lamport::new());
            let reading = receiving(subscribe_asleep(&order), 1);
            let mut writer = writers.join();
            writer.publish(0);
            let (_reader, got) = reading.join().unwrap();
            drop(writer);
            got
        });
    }

    #[test]
    fn a_parked_reader_is_woken_by_writers_that_come_together() {
        explore(5100, [BTreeSet::from([1])], || {
            let (writers, order) = order(Lamport::new());
            let reading = receiving(subscribe_asleep(&order), 1);
            let other = writers.clone();
            // It publishes nothing, so that only the bell can be what wakes the reader.
            let joining = thread::spawn(move || (other.join(), other));
            let mut writer = writers.join();
            writer.publish(1);
            let (_reader, got) = reading.join().unwrap();
            drop((joining.join().unwrap(), writer));
            got
        });
    }

    /// Ticks, and panics when it gives the stamp of this number.
    struct Faulty(Lamport, u64);

    impl Clock for Faulty {
        const EXCLUSIVE: bool = true;

        fn now(&self) -> Stamp {
            self.0.now()
        }

        fn stamp(&self, latest: Stamp) -> Stamp {
            let stamp = self.0.stamp(latest);
            if stamp.get() == self.1 {
                on_purpose();
            }
            stamp
        }

        fn cut(&self) -> Stamp {
            self.0.cut()
        }
    }

    #[test]
    fn a_parked_reader_is_woken_when_a_clock_panics() {
        explore_unwinding(33, [1], || {
            // The reader's cut is the first tick.
            let (writers, order) = order(Faulty(Lamport::new(), 3));
            let (mut first, mut second) = (writers.join(), writers.join());
            let mut reader = subscribe_asleep(&order);
            second.publish(1);
            let reading = thread::spawn(move || {
                let event = reader.recv().unwrap().event;
                (reader, event)
            });
            assert!(panics(|| {
                first.publish(0);
            }));
            let (_reader, event) = reading.join().unwrap();
            drop((first, second));
            event
        });
    }

    #[test]
    fn a_parked_reader_is_woken_by_the_end() {
        explore(34, [()], || {
            let (writers, order) = order(Lamport::new());
            let mut reader = subscribe_asleep(&order);
            let reading = thread::spawn(move || reader.recv().unwrap_err());
            drop(writers);
            assert_eq!(reading.join().unwrap(), End::Closed);
        });
    }
}
