//! A snapshot shows positions and lags, which are exact while nothing moves.

use std::panic::RefUnwindSafe;
use std::panic::UnwindSafe;
use std::thread;
use std::time::Duration;

use broadring::{MemberStats, Ring, Sequence, Slowest, Stats, WriterStats};

use crate::common::{count, finite, join, ring_of};
use crate::rig::{after, fill, named, publish, read, row};

#[test]
fn snapshots_are_send_and_sync_and_static() {
    fn portable<T: Send + Sync + Clone + Eq + UnwindSafe + RefUnwindSafe + 'static>() {}
    portable::<Stats>();
    portable::<WriterStats>();
    portable::<MemberStats>();
    portable::<Slowest>();
}

#[test]
fn a_snapshot_of_a_new_ring_is_empty() {
    let (writer, ring) = Ring::builder(16).build(|| 0_u64);
    let stats = ring.stats();
    assert_eq!((stats.capacity, stats.closed), (16, false));
    assert_eq!((stats.published, stats.cursor), (Sequence::new(0), Sequence::new(0)));
    assert_eq!((stats.writer.stalls, stats.writer.stalled), (0, Duration::ZERO));
    assert_eq!(stats.writer.stalled_now, None);
    assert_eq!((stats.writer.parks, stats.writer.wakes, stats.reader_wakes), (0, 0, 0));
    assert_eq!((stats.editor_left.as_ref(), stats.members.len()), (None, 0));
    assert_eq!((stats.slowest(), ring.slowest(), writer.slowest()), (None, None, None));
}

#[test]
fn the_snapshot_of_the_writer_equals_that_of_the_ring() {
    let (mut writer, mut reader, ring) = ring_of(8);
    fill(&mut writer);
    read(&mut reader, 3);
    let (mut asked_writer, asked_ring) = (writer.stats(), ring.stats());
    assert!(asked_writer.age <= asked_ring.age);
    asked_writer.age = asked_ring.age;
    asked_writer.writer.stalled = asked_ring.writer.stalled;
    asked_writer.writer.stalled_now = asked_ring.writer.stalled_now;
    assert_eq!(asked_writer, asked_ring);
    assert_eq!(writer.slowest(), ring.slowest());
}

#[test]
fn positions_and_lags_are_exact_while_nothing_moves() {
    let (mut writer, mut reader, ring) = ring_of(16);
    publish(&mut writer, 5);
    let mut late = ring.subscribe().unwrap();
    publish(&mut writer, 6);
    read(&mut reader, 2);
    read(&mut late, 6);
    let stats = ring.stats();
    assert_eq!((stats.published, stats.cursor), (Sequence::new(11), Sequence::new(11)));
    for (reader, position, lag) in [(&reader, 2, 9), (&late, 11, 0)] {
        let row = row(&stats, reader.member());
        assert_eq!((row.position.get(), row.lag, row.gating), (position, lag, true));
        assert_eq!((row.position, row.lag), (reader.position(), reader.lag()));
    }
}

#[test]
fn an_event_that_a_batch_still_holds_is_not_committed() {
    let (mut writer, mut reader, ring) = ring_of(16);
    publish(&mut writer, 8);
    let mut batch = reader.try_batch().unwrap();
    assert_eq!(ring.stats().members[0].lag, 8);
    batch.commit_through(Sequence::new(2));
    assert_eq!(ring.stats().members[0].lag, 5);
    drop(batch);
    assert_eq!(ring.stats().members[0].lag, 0);
}

#[test]
fn a_snapshot_shows_that_the_ring_is_closed() {
    let (mut writer, reader, ring) = ring_of(8);
    publish(&mut writer, 3);
    drop(writer);
    let stats = ring.stats();
    assert!(stats.closed);
    assert_eq!((stats.published.get(), row(&stats, reader.member()).lag), (3, 3));
}

#[test]
fn snapshots_taken_while_all_members_move_are_plausible() {
    finite(|| {
        let (mut writer, [mut editor], ring) =
            Ring::builder(8).build_with_editors(["editor"], || 0_u64);
        let journal = named(&ring, "journal");
        let logic = after(&ring, "logic", &journal);
        let editing = thread::spawn(move || editor.run(|event, _, _| *event += 1));
        let reading =
            [journal, logic].map(|mut reader| thread::spawn(move || reader.iter().count()));
        let events = count(5_000);
        let writing = thread::spawn(move || writer.publish_all(0..events));

        let mut before = ring.stats();
        while !(before.closed && before.members.len() == 1) {
            let visitor = ring.subscribe().unwrap();
            let stats = ring.stats();
            drop(visitor);
            assert!(stats.age >= before.age && stats.published >= before.published);
            assert!(stats.cursor >= before.cursor && stats.cursor <= stats.published);
            assert!(stats.writer.stalls >= before.writer.stalls);
            assert!(stats.writer.parks >= before.writer.parks);
            assert!(stats.reader_wakes >= before.reader_wakes);
            assert!(stats.members[0].position == stats.cursor, "the editor moves the cursor");
            for row in &stats.members[1..] {
                assert_eq!(row.position + row.lag, stats.cursor);
            }
            for row in &stats.members {
                assert!(row.holding.is_none() || row.gating && row.lag > 0);
                let earlier = before.members.iter().find(|earlier| earlier.member == row.member);
                let Some(earlier) = earlier else { continue };
                assert!(row.position >= earlier.position && row.batches >= earlier.batches);
                assert!(row.largest_batch >= earlier.largest_batch && row.parks >= earlier.parks);
            }
            before = stats;
            before.members.retain(|row| row.member.name().is_some());
        }
        assert_eq!(join(writing).end, Sequence::new(events));
        assert!(join(editing).is_closed());
        assert_eq!(reading.map(join), [events as usize; 2]);
    });
}
