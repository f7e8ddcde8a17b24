//! An observer sees by reference what is still there, knows exactly how much it has
//! missed, and disturbs nobody between two looks.

mod common;

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use broadring::{End, Glimpse, Observer, ReadTimeoutError, Ring, Role, TryReadError, Wait, Writer};
use common::{
    PARK, WAITS, cases, count, drain, event, events, finite, join, publish_at_once, publish_next,
    ring_of, settle_down,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A ring of numbers with an observer, and nobody who reads.
fn observed(capacity: usize) -> (Writer<u64>, Observer<u64>, Ring<u64>) {
    let (writer, ring) = Ring::builder(capacity).build(|| u64::MAX);
    let observer = ring.observe().unwrap();
    (writer, observer, ring)
}

/// Sees that a glimpse is made of the events that it says it is, and returns how many it
/// has missed and how many it shows.
#[track_caller]
fn account(glimpse: &Glimpse<'_, u64>) -> (u64, u64) {
    assert!(glimpse.iter().all(|(at, &seen)| seen == event(at.get())), "a torn event");
    assert!(glimpse.events().eq(glimpse.into_iter().map(|(_, event)| event)));
    (glimpse.missed(), glimpse.len() as u64)
}

/// One thing to do.
#[derive(Debug, Clone)]
enum Op {
    /// Publishes so many, one by one.
    Publish(u64),
    /// Publishes so many of a claim of so many.
    Claim(u64, u64),
    Look {
        observer: Index,
        limit: usize,
    },
    Latest(Index),
    Observe,
    LookAway(Index),
}

fn an_op(largest_claim: u64) -> impl Strategy<Value = Op> {
    let limit = prop_oneof![0..3_usize, 0..70_usize, Just(usize::MAX)];
    let claim = (0..=largest_claim).prop_flat_map(|len| (Just(len), 0..=len));
    prop_oneof![
        4 => (0..4_u64).prop_map(Op::Publish),
        1 => (0..200_u64).prop_map(Op::Publish),
        3 => claim.prop_map(|(len, publish)| Op::Claim(len, publish)),
        6 => (any::<Index>(), limit).prop_map(|(observer, limit)| Op::Look { observer, limit }),
        1 => any::<Index>().prop_map(Op::Latest),
        1 => Just(Op::Observe),
        1 => any::<Index>().prop_map(Op::LookAway),
    ]
}

/// What an observer must have seen and missed by now.
struct Seen {
    observer: Observer<u64>,
    start: u64,
    seen: u64,
    missed: u64,
}

/// Runs a schedule in which no claim is larger than that. What is certain to be there is the
/// latest half of the ring, or less by as much as a claim is larger than half of it.
fn a_schedule(capacity: u64, largest_claim: u64, ops: Vec<Op>) {
    let (mut writer, ring) = Ring::builder(capacity as usize).max_readers(4).build(|| u64::MAX);
    let mut observers: Vec<Seen> = Vec::new();
    let certain = (capacity - (capacity / 2).max(largest_claim)).min(capacity);
    let choose = |index: Index, len: usize| (len > 0).then(|| index.index(len));
    for op in ops {
        let cursor = writer.cursor().get();
        match op {
            Op::Publish(len) => (0..len).for_each(|_| publish_at_once(&mut writer)),
            Op::Claim(len, publish) => {
                let mut claim = writer.claim(len as usize).unwrap();
                for (slot, event) in claim.iter_mut().zip(events(cursor..cursor + len)) {
                    *slot = event;
                }
                claim.publish_first(publish as usize);
            }
            Op::Look { observer, limit } => {
                let Some(index) = choose(observer, observers.len()) else { continue };
                let Seen { observer, start, seen, missed } = &mut observers[index];
                let before = *start + *seen + *missed;
                assert_eq!((observer.position().get(), observer.lag()), (before, cursor - before));
                if before == cursor {
                    assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
                    continue;
                }
                let glimpse = observer.look_up_to(limit).unwrap();
                let (left_out, shown) = account(&glimpse);
                let first = before + left_out;
                assert_eq!(glimpse.sequences().start.get(), first);
                // What is there is shown, from the oldest on, and that is enough.
                assert!(first <= before.max(cursor.saturating_sub(certain)));
                assert!(first >= before.max(cursor.saturating_sub(capacity)));
                assert_eq!(shown, (cursor - first).min(limit as u64));
                *missed += left_out;
                *seen += shown;
            }
            Op::Latest(observer) => {
                let Some(index) = choose(observer, observers.len()) else { continue };
                let Seen { observer, start, seen, missed } = &mut observers[index];
                let before = *start + *seen + *missed;
                let Some(glimpse) = observer.latest() else {
                    assert!(certain == 0 || cursor == 0, "the latest event is certainly there");
                    continue;
                };
                assert_eq!(account(&glimpse), ((cursor - 1).saturating_sub(before), 1));
                assert_eq!(glimpse.last().unwrap().0.get(), cursor - 1);
                if before < cursor {
                    *missed += glimpse.missed();
                    *seen += 1;
                }
            }
            Op::Observe => {
                let observer = ring.observe();
                assert_eq!(observer.is_ok(), observers.len() < 4);
                if let Ok(observer) = observer {
                    observers.push(Seen { observer, start: cursor, seen: 0, missed: 0 });
                }
            }
            Op::LookAway(observer) => {
                if let Some(index) = choose(observer, observers.len()) {
                    observers.swap_remove(index);
                }
            }
        }
        // Nobody has held the writer up, nor does now.
        assert_eq!(writer.remaining_capacity() as u64, capacity);
        assert_eq!((writer.has_readers(), ring.reader_count()), (false, 0));
    }
    // In the end every event was seen or missed, once.
    let published = writer.cursor().get();
    drop(writer);
    for Seen { mut observer, start, seen, missed } in observers {
        let (mut left_out, mut shown) = (0, 0);
        while let Ok(glimpse) = observer.look() {
            left_out += glimpse.missed();
            shown += glimpse.len() as u64;
        }
        assert_eq!(start + seen + shown + missed + left_out, published);
        assert_eq!(observer.look().map(drop), Err(TryReadError::Ended(End::Closed)));
    }
}

#[test]
fn whatever_happens_every_event_was_seen_or_missed() {
    finite(|| {
        let capacity = (0..7_u32).prop_map(|power| 1 << power);
        let schedule = (capacity, any::<Index>()).prop_flat_map(|(capacity, largest)| {
            let largest = largest.index(capacity as usize + 1) as u64;
            (Just(capacity), Just(largest), vec(an_op(largest), 1..100))
        });
        proptest!(cases(256), |((capacity, largest_claim, ops) in schedule)| {
            a_schedule(capacity, largest_claim, ops);
        });
    });
}

#[test]
fn everything_is_there_until_a_whole_ring_is_published() {
    for capacity in [1, 2, 8, 64] {
        let (mut writer, mut observer, ring) = observed(capacity);
        for published in 1..=capacity as u64 {
            publish_at_once(&mut writer);
            let mut young = ring.reader().from_oldest().observe().unwrap();
            assert_eq!(account(&young.look().unwrap()), (0, published));
            assert_eq!(young.look().map(drop), Err(TryReadError::Empty));
        }
        assert_eq!(account(&observer.look().unwrap()), (0, capacity as u64));
    }
}

#[test]
fn in_a_ring_of_one_the_latest_event_is_there_until_the_writer_has_asked_for_its_slot() {
    let (mut writer, mut observer, _ring) = observed(1);
    for sequence in 0..10 {
        publish_at_once(&mut writer);
        if sequence % 2 == 0 {
            assert_eq!(account(&observer.look().unwrap()), (sequence.min(1), 1));
            assert_eq!(account(&observer.latest().unwrap()), (0, 1));
        }
    }
    // A claim that is dropped has reserved the slot, and nothing is there any more.
    drop(writer.claim(1).unwrap());
    assert!(observer.latest().is_none());
    assert_eq!(account(&observer.look().unwrap()), (1, 0));
    assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
    // While it is looked at, the writer waits.
    publish_at_once(&mut writer);
    let glimpse = observer.latest().unwrap();
    assert!(writer.try_publish(0).is_err());
    assert_eq!(account(&glimpse), (0, 1));
    drop(glimpse);
    publish_at_once(&mut writer);
}

#[test]
fn an_observer_begins_with_the_next_event_unless_told_otherwise() {
    let (mut writer, _early, ring) = ring_of(8);
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    let mut observer = ring.observe().unwrap();
    let mut from_cursor = ring.reader().from_oldest().from_cursor().observe().unwrap();
    let mut from_oldest = ring.reader().from_oldest().observe().unwrap();
    assert_eq!((observer.position().get(), observer.lag()), (5, 0));
    assert_eq!((from_oldest.position().get(), from_oldest.lag()), (0, 5));
    assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
    publish_at_once(&mut writer);
    assert_eq!(account(&observer.look().unwrap()), (0, 1));
    assert_eq!(account(&from_cursor.look().unwrap()), (0, 1));
    assert_eq!(account(&from_oldest.look().unwrap()), (0, 6));
}

#[test]
fn a_look_with_a_limit_shows_the_oldest_events_and_the_next_one_those_behind() {
    for limit in 1..10 {
        let (mut writer, mut observer, _ring) = observed(64);
        for round in 0..5 {
            for _ in 0..20 {
                publish_at_once(&mut writer);
            }
            // To look at nothing is a look as well.
            assert_eq!(account(&observer.look_up_to(0).unwrap()), (0, 0));
            let mut next = 20 * round;
            while next < 20 * (round + 1) {
                let glimpse = observer.look_up_to(limit).unwrap();
                let shown = (20 * (round + 1) - next).min(limit as u64);
                assert_eq!(account(&glimpse), (0, shown));
                assert_eq!(glimpse.first().unwrap().0.get(), next);
                next += shown;
            }
            assert_eq!(observer.look_up_to(limit).map(drop), Err(TryReadError::Empty));
            assert_eq!(observer.look_up_to(0).map(drop), Err(TryReadError::Empty));
        }
    }
}

#[test]
fn a_glimpse_is_a_batch() {
    let (mut writer, mut observer, _ring) = observed(8);
    for _ in 0..13 {
        publish_at_once(&mut writer);
    }
    let glimpse = observer.look().unwrap();
    let (missed, len) = account(&glimpse);
    assert_eq!(missed + len, 13);
    assert_eq!(glimpse.len(), len as usize);
    assert!(!glimpse.is_empty());
    assert_eq!(glimpse[0], event(missed));
    assert_eq!(glimpse.get(glimpse.len()), None);
    let (first, last) = (glimpse.first().unwrap(), glimpse.last().unwrap());
    assert_eq!((first.0.get(), *first.1), (missed, event(missed)));
    assert_eq!((last.0.get(), *last.1), (12, event(12)));
    assert!(glimpse.is_last(last.0) && !glimpse.is_last(first.0));
    let mut expected = missed..13;
    for (at, &seen) in &glimpse {
        assert_eq!((Some(at.get()), seen), (expected.next(), event(at.get())));
    }
    let shown = format!("{glimpse:?}");
    assert!(shown.starts_with(&format!("Glimpse {{ missed: {missed}, events: {{")), "{shown}");
}

#[test]
fn the_latest_event_is_shown_alone_whether_or_not_it_was_seen() {
    let (mut writer, mut observer, _ring) = observed(8);
    assert!(observer.latest().is_none());
    for published in 1..30 {
        publish_at_once(&mut writer);
        let missed = if published % 3 == 0 { 2 } else { 0 };
        if published % 3 == 0 {
            for again in 0..3 {
                let glimpse = observer.latest().unwrap();
                assert_eq!(account(&glimpse), (if again == 0 { missed } else { 0 }, 1));
                assert_eq!(glimpse.first().unwrap().0.get(), published - 1);
            }
            assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
            assert_eq!((observer.position(), observer.lag()), (writer.cursor(), 0));
        }
    }
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    // What was looked at is behind, and what comes then is not.
    assert_eq!(account(&observer.latest().unwrap()), (3, 1));
    publish_at_once(&mut writer);
    assert_eq!(account(&observer.look().unwrap()), (0, 1));
    // Also when the stream has ended.
    drop(writer);
    assert_eq!(account(&observer.latest().unwrap()), (0, 1));
    assert_eq!(observer.look().map(drop), Err(TryReadError::Ended(End::Closed)));
    assert_eq!(account(&observer.latest().unwrap()), (0, 1));
}

#[test]
fn observers_take_nothing_from_the_readers_and_the_writer() {
    let (mut writer, mut reader, ring) = ring_of(8);
    let mut observers: Vec<_> = (0..10).map(|_| ring.observe().unwrap()).collect();
    for sequence in 0..200 {
        publish_at_once(&mut writer);
        if sequence % 3 == 0 {
            observers.swap_remove(sequence as usize % 10);
            observers.push(ring.reader().from_oldest().observe().unwrap());
        }
        for (index, observer) in observers.iter_mut().enumerate() {
            if (sequence as usize).is_multiple_of(index + 1) {
                drop(observer.look());
                drop(observer.latest());
            }
        }
        assert_eq!(writer.remaining_capacity(), 7);
        assert_eq!((reader.position().get(), reader.lag()), (sequence, 1));
        assert_eq!(reader.try_recv(), Ok(event(sequence)));
        assert_eq!(ring.reader_count(), 1);
    }
    drop(reader);
    assert!(!writer.has_readers());
    for _ in 0..100 {
        publish_at_once(&mut writer);
    }
}

#[test]
fn an_observer_takes_the_place_of_a_reader() {
    let (writer, ring) = Ring::builder(4).max_readers(3).build(|| 0_u64);
    for _ in 0..10 {
        let reader = ring.reader().name("reader").subscribe().unwrap();
        let observer = ring.reader().name("tap").observe().unwrap();
        let nameless = ring.observe().unwrap();
        assert_eq!(ring.observe().unwrap_err().max_readers(), 3);
        assert_eq!(ring.subscribe().unwrap_err().max_readers(), 3);
        assert!(reader.try_clone().is_err());
        assert_eq!(ring.reader_count(), 1);
        assert_eq!((observer.name(), nameless.name()), (Some("tap"), None));
        assert_eq!(observer.member().role(), Role::Observer);
        assert_eq!(observer.member().to_string(), "observer \"tap\"");
        assert_eq!(nameless.member().number(), observer.member().number() + 1);
        assert!(format!("{observer:?}").contains("tap"));
        drop(observer);
        let guest = ring.subscribe().unwrap();
        assert!(ring.subscribe().is_err());
        assert_eq!(ring.reader_count(), 2);
        drop((guest, nameless, reader));
    }
    assert!(!writer.has_readers());
    let (_writer, ring) = Ring::builder(4).max_readers(0).build(|| 0_u64);
    assert_eq!(ring.observe().unwrap_err().max_readers(), 0);
}

#[test]
#[should_panic(expected = "an observer cannot come after others")]
fn an_observer_comes_after_nobody() {
    let (_writer, reader, ring) = ring_of(4);
    let _ = ring.reader().after(&reader).unwrap().observe();
}

#[test]
#[should_panic(expected = "an observer cannot be evicted")]
fn an_observer_is_never_evicted() {
    let (_writer, _reader, ring) = ring_of(4);
    let _ = ring.reader().evict_after(Duration::ZERO).observe();
}

#[test]
fn while_a_glimpse_is_held_the_writer_does_not_touch_what_it_shows() {
    for capacity in [1, 2, 8, 64] {
        let (mut writer, mut observer, ring) = observed(capacity);
        for round in 0..20 {
            for _ in 0..1 + event(round) % (2 * capacity as u64) {
                publish_at_once(&mut writer);
            }
            let limit = 1 + event(round + 1) as usize % capacity;
            let glimpse = observer.look_up_to(limit).unwrap();
            let start = glimpse.sequences().start.get();
            while writer.try_publish(event(writer.cursor().get())).is_ok() {}
            assert_eq!(writer.cursor().get(), start + capacity as u64);
            assert!(writer.has_readers());
            assert_eq!(ring.reader_count(), 0);
            account(&glimpse);
            drop(glimpse);
            assert!(!writer.has_readers());
            assert_eq!(writer.remaining_capacity(), capacity);
        }
    }
}

#[test]
fn a_glimpse_that_is_forgotten_holds_the_writer_until_the_next_look() {
    for ends_by in 0..3 {
        let (mut writer, mut observer, _ring) = observed(4);
        for _ in 0..6 {
            publish_at_once(&mut writer);
        }
        let glimpse = observer.look().unwrap();
        let missed = account(&glimpse).0;
        mem::forget(glimpse);
        while writer.try_publish(event(writer.cursor().get())).is_ok() {}
        let full = missed + 4;
        assert_eq!((writer.cursor().get(), observer.position().get()), (full, missed));
        match ends_by {
            0 => {
                // It begins there again; but the writer has reserved half a ring.
                let glimpse = observer.look().unwrap();
                assert_eq!(account(&glimpse), (2, 2));
                assert_eq!(glimpse.sequences().end.get(), full);
            }
            1 => assert_eq!(account(&observer.latest().unwrap()), (3, 1)),
            _ => drop(observer),
        }
        assert_eq!(writer.remaining_capacity(), 4);
        for _ in 0..10 {
            publish_at_once(&mut writer);
        }
    }
}

#[test]
fn a_panic_while_a_glimpse_is_held_ends_the_look() {
    let (mut writer, mut observer, _ring) = observed(4);
    for round in 0..10 {
        publish_at_once(&mut writer);
        publish_at_once(&mut writer);
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
            let glimpse = observer.look().unwrap();
            assert_eq!(account(&glimpse), (0, 2));
            panic::resume_unwind(Box::new(()));
        }));
        assert!(panicked.is_err());
        assert_eq!(observer.position().get(), 2 * round + 2);
        assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
        assert!(!writer.has_readers());
    }
}

#[test]
fn what_is_left_is_seen_before_the_end() {
    finite(|| {
        for left in 0..5 {
            let (mut writer, mut observer, ring) = observed(8);
            for _ in 0..left {
                publish_at_once(&mut writer);
            }
            drop(writer);
            if left > 0 {
                assert_eq!(account(&observer.wait_look().unwrap()), (0, left));
            }
            for _ in 0..3 {
                assert_eq!(observer.look().map(drop), Err(TryReadError::Ended(End::Closed)));
                assert_eq!(observer.look_up_to(0).unwrap_err().end(), Some(&End::Closed));
                assert_eq!(observer.wait_look().map(drop), Err(End::Closed));
                let timed = observer.look_timeout(Duration::MAX).map(drop);
                assert_eq!(timed, Err(ReadTimeoutError::Ended(End::Closed)));
            }
            let mut late = ring.reader().from_oldest().observe().unwrap();
            assert_eq!(late.wait_look().map_or(0, |glimpse| account(&glimpse).1), left);
            assert_eq!(late.wait_look().map(drop), Err(End::Closed));
        }
    });
}

#[test]
fn who_waits_to_look_is_woken_by_an_event_and_by_the_end() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = Ring::builder(4).build(|| 0);
            let mut observer = ring.reader().wait(wait).observe().unwrap();
            for round in 0..count(40) {
                let waiting = thread::spawn(move || {
                    assert_eq!(account(&observer.wait_look().unwrap()), (0, 1));
                    observer
                });
                settle_down(round);
                publish_next(&mut writer);
                observer = join(waiting);
            }
            let waiting = thread::spawn(move || observer.wait_look().map(drop));
            settle_down(0);
            drop(writer);
            assert_eq!(join(waiting), Err(End::Closed));
        }
    });
}

#[test]
fn who_looks_with_a_time_limit_gives_up_and_is_as_good_as_before() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = Ring::builder(4).reader_wait(wait).build(|| 0);
            let mut observer = ring.observe().unwrap();
            for _ in 0..count(20) {
                let short = Duration::from_micros(50);
                assert_eq!(observer.look_timeout(short).map(drop), Err(ReadTimeoutError::Timeout));
                publish_next(&mut writer);
                assert_eq!(account(&observer.look_timeout(Duration::ZERO).unwrap()), (0, 1));
            }
        }
    });
}

#[test]
fn a_writer_that_sleeps_behind_a_glimpse_is_woken_when_that_is_over() {
    finite(|| {
        for round in 0..count(60) {
            let (mut writer, ring) = Ring::builder(2).writer_wait(PARK).build(|| 0);
            let mut observer = ring.observe().unwrap();
            publish_next(&mut writer);
            publish_next(&mut writer);
            let glimpse = observer.look_up_to(1 + round as usize % 2).unwrap();
            let writing = thread::spawn(move || {
                let next = writer.cursor().get();
                let mut claim = writer.claim(2).unwrap();
                claim.iter_mut().zip(events(next..next + 2)).for_each(|(slot, event)| {
                    *slot = event;
                });
                claim.publish();
                writer
            });
            settle_down(round);
            account(&glimpse);
            if round % 3 == 0 {
                mem::forget(glimpse);
                settle_down(round);
                // What ends it is the next look, or that there will be none.
                if round % 2 == 0 {
                    drop(observer.latest());
                } else {
                    drop(observer);
                }
            } else {
                drop(glimpse);
            }
            assert_eq!(join(writing).cursor().get(), 4);
        }
    });
}

#[test]
fn observers_on_a_ring_that_runs_free_see_whole_events_and_account_for_all() {
    finite(|| {
        let total = count(60_000);
        for capacity in [1, 2, 8, 512] {
            // Events that own memory, and use it again.
            let (mut writer, ring) = Ring::builder(capacity).build(String::new);
            let text =
                |sequence: u64| event(sequence).to_string().repeat(1 + sequence as usize % 5);
            let looking: Vec<_> = (0..4)
                .map(|index| {
                    let wait = [Wait::PARK, PARK, Wait::YIELD, Wait::PARK.spins(0)][index];
                    let mut observer = ring.reader().wait(wait).observe().unwrap();
                    thread::spawn(move || {
                        let (mut seen, mut missed) = (0, 0);
                        let mut look = 0;
                        loop {
                            look += 1;
                            let limit = [usize::MAX, 1, 3][look % 3];
                            let glimpse = match look % 4 {
                                0 => observer.wait_look(),
                                _ => match observer.look_up_to(limit) {
                                    Ok(glimpse) => Ok(glimpse),
                                    Err(TryReadError::Empty) => {
                                        thread::yield_now();
                                        continue;
                                    }
                                    Err(TryReadError::Ended(end)) => Err(end),
                                },
                            };
                            let Ok(glimpse) = glimpse else { break };
                            assert_eq!(
                                glimpse.sequences().start.get(),
                                seen + missed + glimpse.missed()
                            );
                            for round in 0..2 {
                                for (at, shown) in &glimpse {
                                    assert_eq!(*shown, text(at.get()), "a torn event");
                                }
                                if round == 0 && look % 64 == 0 {
                                    // However long it takes, what is shown stays.
                                    thread::yield_now();
                                }
                            }
                            missed += glimpse.missed();
                            seen += glimpse.len() as u64;
                        }
                        assert_eq!(observer.lag(), 0);
                        (seen, missed)
                    })
                })
                .collect();
            let gauge = {
                let mut observer = ring.observe().unwrap();
                let ring = ring.clone();
                thread::spawn(move || {
                    let mut latest = 0;
                    while ring.cursor().get() < total {
                        if let Some(glimpse) = observer.latest() {
                            let (at, shown) = glimpse.first().unwrap();
                            assert_eq!(*shown, text(at.get()), "a torn event");
                            assert!(at.get() >= latest, "an older event than before");
                            latest = at.get();
                        }
                        thread::yield_now();
                    }
                })
            };
            while writer.cursor().get() < total {
                let next = writer.cursor().get();
                let run = (1 + event(next) % capacity as u64).min(total - next);
                if event(next + 1).is_multiple_of(7) {
                    let mut claim = writer.claim(run as usize).unwrap();
                    for (slot, at) in claim.iter_mut().zip(next..) {
                        *slot = text(at);
                    }
                    claim.publish();
                } else {
                    writer.publish_with(|slot| {
                        slot.clear();
                        slot.push_str(&text(next));
                    });
                }
                if event(next + 2).is_multiple_of(100) {
                    thread::yield_now();
                }
            }
            drop(writer);
            for looking in looking {
                let (seen, missed) = join(looking);
                assert_eq!(seen + missed, total);
            }
            join(gauge);
        }
    });
}

#[test]
fn readers_miss_nothing_however_many_observers_come_and_go() {
    finite(|| {
        let total = count(30_000);
        for capacity in [1, 4, 64] {
            let (mut writer, reader, ring) = ring_of(capacity);
            let reading = thread::spawn(move || drain(reader));
            let stop = Arc::new(AtomicBool::new(false));
            let visiting: Vec<_> = (0..3)
                .map(|visitor| {
                    let (ring, stop) = (ring.clone(), Arc::clone(&stop));
                    thread::spawn(move || {
                        let mut visit = visitor;
                        while !stop.load(Ordering::Relaxed) {
                            visit += 3;
                            let builder = ring.reader();
                            let builder =
                                if visit % 2 == 0 { builder.from_oldest() } else { builder };
                            let mut observer = builder.observe().unwrap();
                            let start = observer.position().get();
                            let mut accounted = 0;
                            for _ in 0..visit % 5 {
                                if let Ok(glimpse) = observer.look() {
                                    let (missed, seen) = account(&glimpse);
                                    accounted += missed + seen;
                                }
                                thread::yield_now();
                            }
                            assert_eq!(observer.position().get(), start + accounted);
                        }
                    })
                })
                .collect();
            for _ in 0..total {
                publish_next(&mut writer);
            }
            drop(writer);
            join(reading).ends_at(total);
            stop.store(true, Ordering::Relaxed);
            visiting.into_iter().for_each(join);
            assert_eq!(ring.reader_count(), 0);
        }
    });
}

#[test]
fn events_of_no_size_are_observed_as_well() {
    let (mut writer, ring) = Ring::builder(4).build(|| ());
    let mut observer = ring.observe().unwrap();
    for _ in 0..10 {
        writer.publish_all([(); 7]);
        let glimpse = observer.look().unwrap();
        assert_eq!(glimpse.missed() + glimpse.events().count() as u64, 7);
        drop(glimpse);
        assert_eq!(observer.latest().unwrap().len(), 1);
    }
}

#[test]
fn what_was_missed_before_a_latest_event_that_is_not_there_is_not_forgotten() {
    for capacity in [1, 2, 8] {
        for ends in [false, true] {
            let (mut writer, ring) = Ring::builder(capacity).build(|| 0_u64);
            let mut observer = ring.observe().unwrap();
            for published in 1..10 {
                publish_at_once(&mut writer);
                // The writer has reserved the whole ring, and may be writing any slot of it.
                drop(writer.claim(capacity).unwrap());
                assert!(observer.latest().is_none());
                assert!(observer.latest().is_none());
                assert_eq!((observer.position().get(), observer.lag()), (0, published));
            }
            if ends {
                drop(writer);
                let glimpse = observer.look().unwrap();
                assert_eq!((glimpse.missed(), glimpse.len()), (9, 0));
                drop(glimpse);
                assert!(observer.look().unwrap_err().is_closed());
            } else {
                publish_at_once(&mut writer);
                let glimpse = observer.look().unwrap();
                assert_eq!(glimpse.missed() + glimpse.len() as u64, 10);
                assert!(glimpse.last().is_none_or(|(at, &last)| (at.get(), last) == (9, event(9))));
            }
        }
    }
}
