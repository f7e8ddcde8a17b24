//! Every subject keeps the promises of the traits that it is measured through, in each
//! of its modes, with events of every size: a broken one must not get as far as a figure.

mod watched;

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use broadring_benches::event::{Event, Ledger, event};
use broadring_benches::subject::{Kind, Mode, Receiver, Sender, Subject, Visitor};
use broadring_benches::subjects;

const CAPACITY: usize = 64;

/// Whose readers cannot leave: the sender goes on waiting for them.
const CANNOT_LEAVE: [&str; 1] = ["disruptor"];

/// What is true of a subject.
trait Property: 'static {
    /// Of which it is true.
    fn is_for<S: Subject>() -> bool;

    /// Panics if it is not.
    fn check<S: Subject, const WORDS: usize>(mode: Mode);
}

/// Checks it for all whom it is for.
fn of_every_subject<P: Property>() {
    subjects::visit(&mut Check::<P>(PhantomData));
}

struct Check<P>(PhantomData<P>);

impl<P: Property> Visitor for Check<P> {
    fn visit<S: Subject>(&mut self) {
        if P::is_for::<S>() {
            for mode in S::MODES {
                watched::<S>(*mode, 1, P::check::<S, 1>);
                watched::<S>(*mode, 8, P::check::<S, 8>);
                watched::<S>(*mode, 32, P::check::<S, 32>);
            }
        }
    }
}

/// Runs it alone, and not for ever.
fn watched<S: Subject>(mode: Mode, words: usize, check: fn(Mode)) {
    let what = format!("{} with {words} words in mode {mode}", S::NAME);
    watched::watched(&what, move || check(mode));
}

fn is_queue<S: Subject>() -> bool {
    matches!(S::KIND, Kind::Broadcast | Kind::QueuePerReader | Kind::OneToOne)
}

fn is_for_many<S: Subject>() -> bool {
    matches!(S::KIND, Kind::Broadcast | Kind::QueuePerReader)
}

/// How many times 192 events are sent, which is three laps and comes out even with every
/// batch: few where threads that spin may outnumber the cores, and wait for a turn again
/// and again.
fn rounds(mode: Mode) -> u64 {
    if mode == Mode::Spin { 1 } else { 30 }
}

/// Starts a sender of the events `0..count` in such batches.
fn start<S: Subject, const WORDS: usize>(
    mut sender: S::Sender<WORDS>,
    count: u64,
    batch: usize,
) -> thread::JoinHandle<S::Sender<WORDS>> {
    thread::spawn(move || {
        for first in (0..count).step_by(batch) {
            match batch {
                1 => sender.send(first),
                _ => sender.send_batch(first, batch),
            }
        }
        sender
    })
}

/// Starts a reader that drains the events `0..count`.
fn drain<S: Subject, const WORDS: usize>(
    mut receiver: S::Receiver<WORDS>,
    count: u64,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut ledger = Ledger::default();
        receiver.drain(count, |event| ledger.see(event));
        ledger.check::<WORDS>(S::NAME, count);
    })
}

struct EveryReaderGetsEveryEvent;

impl Property for EveryReaderGetsEveryEvent {
    fn is_for<S: Subject>() -> bool {
        is_queue::<S>() || S::KIND == Kind::Yardstick
    }

    fn check<S: Subject, const WORDS: usize>(mode: Mode) {
        // Readers and batches; 24 does not divide the capacity, so some go round the end.
        for (readers, batch) in [(1, 1), (1, 16), (1, 24), (1, CAPACITY), (3, 1), (3, 24)] {
            if readers > 1 && !is_for_many::<S>() {
                continue;
            }
            let count = rounds(mode) * 192;
            let link = S::open::<WORDS>(CAPACITY, readers, mode);
            assert_eq!(link.receivers.len(), readers);
            let drains = link.receivers.into_iter().map(|end| drain::<S, WORDS>(end, count));
            let drains: Vec<_> = drains.collect();
            let sender = start::<S, WORDS>(link.sender, count, batch);
            drains.into_iter().for_each(|drain| drain.join().expect("every event comes"));
            drop(sender.join().expect("every event goes"));
        }
    }
}

#[test]
fn every_reader_gets_every_event_once_in_order_and_whole() {
    of_every_subject::<EveryReaderGetsEveryEvent>();
}

struct ReceivingTakesOne;

impl Property for ReceivingTakesOne {
    fn is_for<S: Subject>() -> bool {
        is_queue::<S>()
    }

    fn check<S: Subject, const WORDS: usize>(mode: Mode) {
        let count = rounds(mode) * 192;
        let mut link = S::open::<WORDS>(CAPACITY, 1, mode);
        let receiver = &mut link.receivers[0];
        let sender = start::<S, WORDS>(link.sender, count, 16);
        let mut ledger = Ledger::default();
        // 1 received and 23 drained.
        for _ in 0..count / 24 {
            let event = receiver.receive();
            ledger.see(&event);
            receiver.drain(0, |_| panic!("none was asked for"));
            receiver.drain(23, |event| ledger.see(event));
        }
        ledger.check::<WORDS>(S::NAME, count);
        drop(sender.join().expect("every event goes"));
    }
}

#[test]
fn receiving_takes_one_event_and_draining_takes_as_many_as_asked_for() {
    of_every_subject::<ReceivingTakesOne>();
}

struct CapacityFits;

impl Property for CapacityFits {
    fn is_for<S: Subject>() -> bool {
        is_for_many::<S>()
    }

    fn check<S: Subject, const WORDS: usize>(mode: Mode) {
        let mut link = S::open::<WORDS>(CAPACITY, 3, mode);
        link.sender.send_batch(0, CAPACITY);
        for receiver in &mut link.receivers {
            let mut ledger = Ledger::default();
            receiver.drain(CAPACITY as u64, |event| ledger.see(event));
            ledger.check::<WORDS>(S::NAME, CAPACITY as u64);
        }
        // What was read has made room for as much again.
        link.sender.send_batch(CAPACITY as u64, CAPACITY);
        for receiver in &mut link.receivers {
            assert_eq!(receiver.receive(), event::<WORDS>(CAPACITY as u64), "{}", S::NAME);
        }
    }
}

#[test]
fn one_thread_can_fill_it_and_empty_it() {
    of_every_subject::<CapacityFits>();
}

struct DroppingLeaves;

impl Property for DroppingLeaves {
    fn is_for<S: Subject>() -> bool {
        is_for_many::<S>() && !CANNOT_LEAVE.contains(&S::NAME)
    }

    fn check<S: Subject, const WORDS: usize>(mode: Mode) {
        let count = rounds(mode) * 192;
        let mut link = S::open::<WORDS>(CAPACITY, 3, mode);
        let idle = link.receivers.remove(2);
        let mut brief = link.receivers.remove(1);
        let stays = drain::<S, WORDS>(link.receivers.remove(0), count);
        let sender = start::<S, WORDS>(link.sender, count, 16);
        brief.drain(10, |_| {});
        drop(brief);
        // The sender waits for the one that reads nothing, or will.
        thread::sleep(Duration::from_millis(2));
        drop(idle);
        stays.join().expect("every event comes");
        drop(sender.join().expect("every event goes"));
    }
}

#[test]
fn dropping_a_receiver_frees_the_sender() {
    of_every_subject::<DroppingLeaves>();
}

struct JoiningSeesASuffix;

impl Property for JoiningSeesASuffix {
    fn is_for<S: Subject>() -> bool {
        S::open::<1>(CAPACITY, 1, S::MODES[0]).join.is_some()
    }

    fn check<S: Subject, const WORDS: usize>(mode: Mode) {
        let mut link = S::open::<WORDS>(CAPACITY, 1, mode);
        let mut join = link.join.expect("it can");
        let mut steady = link.receivers.remove(0);
        let mut sender = link.sender;
        let joined = Arc::new(AtomicBool::new(false));
        // Unknown until all have joined.
        let end = Arc::new(AtomicU64::new(u64::MAX));

        let writer = thread::spawn({
            let (joined, end) = (Arc::clone(&joined), Arc::clone(&end));
            move || {
                let mut next = 0;
                // ORDERING: Acquire, with the Release below; a flag alone.
                while !joined.load(Ordering::Acquire) {
                    sender.send(next);
                    next += 1;
                }
                // ORDERING: Release, with the readers' Acquire. An event follows, so that
                // none of them waits for one that never comes.
                end.store(next + 200, Ordering::Release);
                (next..next + 200).for_each(|number| sender.send(number));
                sender
            }
        });
        let reader = thread::spawn({
            let end = Arc::clone(&end);
            move || follow(&mut steady, event(0), &end)
        });
        for _ in 0..5 {
            let mut passing = join();
            let mut next = passing.receive()[0] + 1;
            passing.drain(20, |found| {
                assert_eq!(*found, event::<WORDS>(next), "{}", S::NAME);
                next += 1;
            });
        }
        let mut last = join();
        // ORDERING: Release, with the writer's Acquire.
        joined.store(true, Ordering::Release);
        let first = last.receive();
        assert_eq!(first, event::<WORDS>(first[0]), "{}", S::NAME);
        follow(&mut last, event(first[0] + 1), &end);
        reader.join().expect("the first reader misses nothing");
        drop(writer.join().expect("every event goes"));
    }
}

/// Reads the events from that one to the end.
fn follow<const WORDS: usize>(
    receiver: &mut impl Receiver<WORDS>,
    mut next: Event<WORDS>,
    end: &AtomicU64,
) {
    // ORDERING: Acquire, with the writer's Release.
    while next[0] != end.load(Ordering::Acquire) {
        assert_eq!(receiver.receive(), next);
        next = event(next[0] + 1);
    }
}

#[test]
fn a_joined_receiver_sees_all_from_some_event_on() {
    of_every_subject::<JoiningSeesASuffix>();
}

struct PingPong;

impl Property for PingPong {
    fn is_for<S: Subject>() -> bool {
        S::KIND != Kind::Yardstick
    }

    fn check<S: Subject, const WORDS: usize>(mode: Mode) {
        const TRIPS: u64 = 10;

        let mut there = S::open::<WORDS>(CAPACITY, 1, mode);
        let mut back = S::open::<WORDS>(CAPACITY, 1, mode);
        let echo = thread::spawn(move || {
            for _ in 0..TRIPS {
                let event = there.receivers[0].receive();
                back.sender.send(event[0]);
            }
            back.sender
        });
        let mut ledger = Ledger::default();
        for number in 0..TRIPS {
            there.sender.send(number);
            ledger.see(&back.receivers[0].receive());
        }
        ledger.check::<WORDS>(S::NAME, TRIPS);
        drop(echo.join().expect("the echo ends"));
    }
}

#[test]
fn an_event_goes_there_and_another_comes_back() {
    of_every_subject::<PingPong>();
}

struct SleepersWake;

impl Property for SleepersWake {
    fn is_for<S: Subject>() -> bool {
        is_queue::<S>() && S::MODES.contains(&Mode::Park)
    }

    fn check<S: Subject, const WORDS: usize>(mode: Mode) {
        if mode != Mode::Park {
            return;
        }
        let count = 20;
        let link = S::open::<WORDS>(4, 3, mode);
        let drains = link.receivers.into_iter().map(|end| drain::<S, WORDS>(end, count));
        let drains: Vec<_> = drains.collect();
        let mut sender = link.sender;
        for number in 0..count {
            thread::sleep(Duration::from_micros(300));
            sender.send(number);
        }
        drains.into_iter().for_each(|drain| drain.join().expect("every event comes"));
    }
}

#[test]
fn a_reader_that_sleeps_is_woken() {
    of_every_subject::<SleepersWake>();
}
