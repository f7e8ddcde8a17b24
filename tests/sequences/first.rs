//! A ring that starts at another sequence than 0 does everything that one at 0 does, from there on.

use std::thread;
use std::time::Duration;

use broadring::{End, Ring, Sequence};

use crate::common::{
    PARK, Tally, count, drain, event, finite, join, publish_at_once, publish_next,
};

/// Where streams start here: before and behind the ends of a lap, and so that the last sequence there
/// is comes after so many events.
fn firsts(events: u64) -> [u64; 4] {
    [1, 7, (1 << 32) - 2, Sequence::MAX.get() - events]
}

#[test]
fn every_handle_starts_where_the_ring_does() {
    for first in firsts(0) {
        let builder = Ring::builder(4).first_sequence(first);
        let (writer, [editor], ring) = builder.build_with_editors(["edit"], || 0_u64);
        let first = Sequence::new(first);
        let oldest = ring.reader().from_oldest().subscribe().unwrap();
        let reader = ring.subscribe().unwrap();
        let mut observer = ring.observe().unwrap();
        assert_eq!([writer.cursor(), ring.cursor(), editor.position()], [first; 3]);
        assert_eq!([oldest.position(), reader.position(), observer.position()], [first; 3]);
        assert!(observer.latest().is_none(), "there is nothing yet");
        assert_eq!(observer.position(), first);
        assert_eq!(reader.lag() + oldest.lag() + observer.lag() + editor.lag(), 0);
        let stats = ring.stats();
        assert_eq!((stats.published, stats.cursor), (first, first));
        assert!(stats.members.iter().all(|row| row.position == first && row.lag == 0));
    }
}

#[test]
fn nothing_from_before_the_first_event_is_ever_read() {
    // Through the first lap, in which less than a ring is there.
    for first in firsts(20) {
        let (mut writer, ring) = Ring::builder(8).first_sequence(first).build(|| 0);
        for published in 0..20 {
            let oldest = ring.reader().from_oldest().subscribe().unwrap();
            assert!(oldest.position().get() >= first);
            assert!(oldest.lag() >= published.min(4), "half a ring is always there");
            let tally = Tally::at(oldest.position());
            let mut observer = ring.reader().from_oldest().observe().unwrap();
            let seen = observer.look();
            match seen {
                Ok(seen) => seen.iter().for_each(|(at, &seen)| assert_eq!(seen, event(at.get()))),
                Err(error) => assert!(published == 0 && error.is_empty()),
            }
            drop((oldest, tally));
            publish_at_once(&mut writer);
        }
    }
}

#[test]
fn a_stream_runs_to_the_last_sequence_and_not_beyond() {
    finite(|| {
        for capacity in [1, 2, 8, 64] {
            let total = 3 * capacity as u64 + 1;
            let first = Sequence::MAX.get() - total;
            let builder = Ring::builder(capacity).first_sequence(first);
            let builder = builder.reader_wait(PARK).writer_wait(PARK);
            let (mut writer, [mut editor], ring) = builder.build_with_editors(["edit"], || 0);
            let readers = [(); 3].map(|()| ring.subscribe().unwrap());
            let last = readers.iter().try_fold(ring.reader(), |last, it| last.after(it)).unwrap();
            let last = last.subscribe().unwrap();
            let editing = thread::spawn(move || editor.run(|_, _, _| ()));
            let readers = readers.map(|reader| thread::spawn(move || drain(reader)));
            let last = thread::spawn(move || drain(last));
            for _ in 0..total {
                publish_next(&mut writer);
            }
            assert_eq!(writer.cursor(), Sequence::MAX);
            let more = std::panic::AssertUnwindSafe(|| writer.try_publish(0));
            assert!(std::panic::catch_unwind(more).is_err());
            drop(writer);
            for reader in readers {
                join(reader).ends_at(Sequence::MAX.get());
            }
            join(last).ends_at(Sequence::MAX.get());
            assert_eq!(join(editing), End::Closed);
        }
    });
}

#[test]
fn a_claim_up_to_takes_what_is_left_before_the_last_sequence() {
    let first = Sequence::MAX.get() - 5;
    let (mut writer, ring) = Ring::builder(4).first_sequence(first).build(|| 0_u64);
    let mut reader = ring.subscribe().unwrap();
    assert_eq!(writer.claim_up_to(4).unwrap().publish().end.get(), first + 4);
    drop(reader.try_batch().unwrap());
    assert_eq!(writer.remaining_capacity(), 1);
    let claim = writer.claim_up_to(4).unwrap();
    assert_eq!((claim.len(), claim.first_sequence().get()), (1, first + 4));
    assert_eq!(claim.publish().end, Sequence::MAX);
    assert_eq!(writer.remaining_capacity(), 0);
}

#[test]
fn readers_are_evicted_and_rejoin_near_the_last_sequence() {
    let first = Sequence::MAX.get() - count(1000).min(1000);
    let (mut writer, ring) = Ring::builder(2).first_sequence(first).build(|| 0);
    let mut slow = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
    let mut missed = 0;
    let mut read = 0;
    while writer.cursor() < Sequence::MAX {
        publish_next(&mut writer);
        if writer.cursor().get() % 5 == 0 {
            match slow.recv() {
                Ok(seen) => {
                    assert_eq!(seen, event(slow.position().get() - 1));
                    read += 1;
                }
                Err(End::Evicted(evicted)) => {
                    assert_eq!(slow.rejoin(), Ok(evicted.missed()));
                    missed += evicted.missed();
                }
                Err(end) => panic!("{end}"),
            }
        }
    }
    assert_eq!(read + missed + slow.lag(), Sequence::MAX.get() - first);
    assert!(missed > 0);
}
