//! In any schedule, an observer has seen or missed every event exactly once, and never gates the writer
//! between two looks.

use broadring::{End, Observer, Ring, TryReadError};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::common::{cases, events, finite, publish_at_once};
use crate::rig::account;

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
fn in_any_schedule_every_event_was_seen_or_missed() {
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
