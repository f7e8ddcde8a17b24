//! What a snapshot says: numbers that are exact while nobody moves, and who is to blame.

mod common;

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::thread;
use std::time::Duration;

use broadring::{
    End, Member, MemberStats, Reader, Ring, Role, Sequence, Slowest, Stats, Wait, Writer,
    WriterStats,
};
use common::{eventually, finite, join, publish_at_once, ring_of};

/// Long enough for whoever waits to have waited.
const BRIEFLY: Duration = Duration::from_millis(2);

/// Sleeps at once when there is nothing to do.
const DROWSY: Wait = Wait::PARK.spins(0).yields(0);

fn publish(writer: &mut Writer<u64>, events: u64) {
    for _ in 0..events {
        publish_at_once(writer);
    }
}

fn fill(writer: &mut Writer<u64>) {
    publish(writer, writer.remaining_capacity() as u64);
    assert!(writer.try_publish(0).is_err());
}

fn named(ring: &Ring<u64>, name: &str) -> Reader<u64> {
    ring.reader().name(name).subscribe().unwrap()
}

fn after(ring: &Ring<u64>, name: &str, upstream: &Reader<u64>) -> Reader<u64> {
    ring.reader().name(name).after(upstream).unwrap().subscribe().unwrap()
}

fn read(reader: &mut Reader<u64>, events: usize) {
    assert_eq!(reader.try_batch_up_to(events).unwrap().len(), events);
}

#[track_caller]
fn row<'s>(stats: &'s Stats, member: &Member) -> &'s MemberStats {
    stats.members.iter().find(|row| row.member == *member).expect("it is at the ring")
}

/// The names of those who hold the writer up.
fn holders(ring: &Ring<u64>) -> Vec<String> {
    let rows = ring.stats().members.into_iter().filter(|row| row.holding.is_some());
    rows.map(|row| row.member.name().unwrap().to_owned()).collect()
}

fn slowest(ring: &Ring<u64>) -> Option<(String, u64, u64)> {
    let slowest = ring.slowest()?;
    Some((slowest.member.name()?.to_owned(), slowest.position.get(), slowest.lag))
}

#[test]
fn snapshots_go_anywhere() {
    fn portable<T: Send + Sync + Clone + Eq + UnwindSafe + RefUnwindSafe + 'static>() {}
    portable::<Stats>();
    portable::<WriterStats>();
    portable::<MemberStats>();
    portable::<Slowest>();
}

#[test]
fn of_a_new_ring_there_is_nothing_to_say() {
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
fn the_writer_sees_what_the_ring_does() {
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
fn positions_and_lags_are_exact_while_nobody_moves() {
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
fn an_event_that_a_batch_still_holds_is_not_done() {
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
fn closing_is_seen() {
    let (mut writer, reader, ring) = ring_of(8);
    publish(&mut writer, 3);
    drop(writer);
    let stats = ring.stats();
    assert!(stats.closed);
    assert_eq!((stats.published.get(), row(&stats, reader.member()).lag), (3, 3));
}

#[test]
fn a_look_that_finds_events_is_a_batch_and_the_largest_is_remembered() {
    let (mut writer, mut reader, ring) = ring_of(16);
    let mut counted = Vec::new();
    for events in [3, 7, 1, 7, 2] {
        publish(&mut writer, events);
        read(&mut reader, events as usize);
        assert!(reader.try_batch().is_err(), "a look that finds nothing is none");
        let stats = ring.stats();
        counted.push((stats.members[0].batches, stats.members[0].largest_batch));
    }
    assert_eq!(counted, [(1, 3), (2, 7), (3, 7), (4, 7), (5, 7)]);
}

#[test]
fn what_a_limit_leaves_behind_is_counted_with_the_look_that_found_it() {
    let (mut writer, mut reader, ring) = ring_of(16);
    publish(&mut writer, 9);
    read(&mut reader, 4);
    reader.try_recv().unwrap();
    read(&mut reader, 4);
    publish(&mut writer, 2);
    reader.try_recv().unwrap();
    reader.try_recv().unwrap();
    let stats = ring.stats();
    assert_eq!((stats.members[0].batches, stats.members[0].largest_batch), (2, 9));
}

#[test]
fn readers_on_terms_are_counted_like_others() {
    let (mut writer, mut journal, ring) = ring_of(16);
    let mut logic = after(&ring, "logic", &journal);
    let patient = ring.reader().evict_after(Duration::from_secs(3600));
    let mut patient = patient.subscribe().unwrap();
    publish(&mut writer, 6);
    read(&mut journal, 4);
    read(&mut logic, 4);
    read(&mut patient, 6);
    read(&mut journal, 2);
    read(&mut logic, 2);
    let stats = ring.stats();
    let counted = [&journal, &logic, &patient].map(|reader| {
        let row = row(&stats, reader.member());
        (row.batches, row.largest_batch, row.lag)
    });
    // What the journal was asked for it had found at one look.
    assert_eq!(counted, [(1, 6, 0), (2, 4, 0), (1, 6, 0)]);
}

#[test]
fn an_observer_counts_what_it_has_seen() {
    let (mut writer, ring) = Ring::builder(16).build(|| 0_u64);
    let mut tap = ring.reader().name("tap").observe().unwrap();
    publish(&mut writer, 4);
    assert_eq!(tap.look().unwrap().len(), 4);
    publish(&mut writer, 3);
    assert_eq!(tap.look_up_to(2).unwrap().len(), 2);
    let stats = ring.stats();
    let row = row(&stats, tap.member());
    assert_eq!((row.member.role(), row.position.get(), row.lag), (Role::Observer, 6, 1));
    assert_eq!((row.batches, row.largest_batch), (2, 4));
}

#[test]
fn an_editor_counts_what_has_arrived() {
    let (mut writer, [mut first, mut second], ring) =
        Ring::builder(16).build_with_editors(["first", "second"], || 0_u64);
    let reader = ring.subscribe().unwrap();
    for _ in 0..9 {
        writer.publish(1);
    }
    assert_eq!(first.try_batch_up_to(4).unwrap().len(), 4);
    assert_eq!(first.try_batch_up_to(2).unwrap().len(), 2);
    assert_eq!(second.try_batch_up_to(1).unwrap().len(), 1);

    let stats = ring.stats();
    assert_eq!((stats.published.get(), stats.cursor.get()), (9, 1));
    let told = stats.members.iter().map(|row| {
        (row.position.get(), row.lag, row.batches, row.largest_batch, row.after.clone())
    });
    let told: Vec<_> = told.collect();
    let expected =
        [(6, 3, 2, 9, vec![]), (1, 5, 1, 6, vec![first.member().clone()]), (0, 1, 0, 0, vec![])];
    assert_eq!(told, expected);
    let members: Vec<_> = stats.members.iter().map(|row| &row.member).collect();
    assert_eq!(members, [first.member(), second.member(), reader.member()]);
}

#[test]
fn an_editor_that_leaves_too_early_is_named() {
    let (mut writer, [editor], ring) = Ring::builder(4).build_with_editors(["lost"], || 0_u64);
    writer.publish(1);
    assert_eq!(ring.stats().editor_left, None);
    let member = editor.member().clone();
    drop(editor);
    assert_eq!(ring.stats().editor_left, Some(member));
}

#[test]
fn members_are_listed_in_the_order_in_which_they_joined() {
    let (_writer, first, ring) = ring_of(8);
    let second = named(&ring, "second");
    drop(first);
    let tap = ring.reader().name("tap").observe().unwrap();
    let clone = second.clone(); // in the place of the first
    let stats = ring.stats();
    let members: Vec<_> = stats.members.iter().map(|row| &row.member).collect();
    assert_eq!(members, [second.member(), tap.member(), clone.member()]);
}

#[test]
fn whoever_has_left_is_not_listed_even_if_somebody_comes_after_it() {
    let (_writer, journal, ring) = ring_of(8);
    let logic = after(&ring, "logic", &journal);
    let journal_was = journal.member().clone();
    drop(journal);
    let stats = ring.stats();
    assert_eq!(stats.members.len(), 1);
    assert_eq!(row(&stats, logic.member()).after, [journal_was]);
}

#[test]
fn a_clone_and_the_next_in_a_place_begin_with_zero() {
    let (mut writer, mut reader, ring) = ring_of(8);
    publish(&mut writer, 4);
    read(&mut reader, 4);
    let clone = reader.clone();
    let counted = |reader: &Reader<u64>| row(&ring.stats(), reader.member()).batches;
    assert_eq!((counted(&reader), counted(&clone)), (1, 0));
    drop(reader);
    assert_eq!(counted(&ring.subscribe().unwrap()), 0);
}

#[test]
fn a_reader_that_rejoins_goes_on_counting() {
    // In its old place, or in another one because somebody comes after the old one.
    for kept in [false, true] {
        let (mut writer, ring) = Ring::builder(4).build(|| 0);
        let told = |reader: &Reader<u64>| {
            let stats = ring.stats();
            let row = row(&stats, reader.member());
            (row.gating, row.position.get(), row.lag, row.batches, row.largest_batch)
        };
        let evictable = || ring.reader().evict_after(Duration::ZERO);
        let mut dashboard = evictable().subscribe().unwrap();
        let mut dependent =
            kept.then(|| evictable().after(&dashboard).unwrap().subscribe().unwrap());
        publish(&mut writer, 3);
        read(&mut dashboard, 3);
        if let Some(dependent) = &mut dependent {
            read(dependent, 3);
        }
        publish(&mut writer, 5);
        assert_eq!(told(&dashboard), (false, 3, 5, 1, 3));
        assert!(matches!(dashboard.recv(), Err(End::Evicted(_))));
        assert_eq!(dashboard.rejoin(), Ok(5));
        publish(&mut writer, 2);
        read(&mut dashboard, 2);
        assert_eq!(told(&dashboard), (true, 10, 0, 2, 3));
    }
}

#[test]
fn a_full_ring_is_one_stall_until_the_writer_finds_room() {
    let (mut writer, mut reader, ring) = ring_of(4);
    let stalls = || {
        let stats = ring.stats();
        (stats.writer.stalls, stats.writer.stalled_now.is_some())
    };
    publish(&mut writer, 4);
    assert_eq!(stalls(), (0, false), "it did not want more");
    for _ in 0..3 {
        assert!(writer.try_publish(0).is_err());
        assert_eq!(stalls(), (1, true));
    }
    read(&mut reader, 1);
    assert_eq!(stalls(), (1, true), "the writer has not looked again");
    publish(&mut writer, 1);
    assert_eq!(stalls(), (1, false));
    assert!(writer.try_publish(0).is_err());
    assert_eq!(stalls(), (2, true));

    let before = ring.stats().writer.stalled;
    assert!(writer.publish_timeout(0, BRIEFLY).is_err());
    let stats = ring.stats().writer;
    assert_eq!(stats.stalls, 2);
    assert!(stats.stalled >= before + BRIEFLY && stats.stalled_now.unwrap() >= BRIEFLY);
    read(&mut reader, 3);
    publish(&mut writer, 1);
    let stalled = ring.stats().writer.stalled;
    assert!(stalled >= stats.stalled);
    assert_eq!(ring.stats().writer.stalled, stalled, "nothing holds the writer up now");
}

#[test]
fn a_claim_that_is_refused_is_a_stall() {
    let (mut writer, ring) = Ring::builder(8).build(|| 0_u64);
    let _reader = named(&ring, "reader");
    writer.try_claim(5).unwrap().publish();
    assert!(writer.try_claim(4).unwrap_err().is_full());
    assert_eq!((ring.stats().writer.stalls, holders(&ring).len()), (1, 1));
    writer.try_claim(3).unwrap().publish();
    assert_eq!((ring.stats().writer.stalls, holders(&ring).len()), (1, 0));
}

#[test]
fn the_reader_that_holds_the_writer_up_is_named_until_it_moves() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
    let [mut a, mut b] = ["a", "b"].map(|name| named(&ring, name));
    publish(&mut writer, 4);
    read(&mut b, 1);
    assert_eq!((holders(&ring), slowest(&ring)), (vec![], Some(("a".to_owned(), 0, 4))));
    assert!(writer.try_publish(0).is_err());
    assert_eq!(holders(&ring), ["a"]);

    // The writer has not looked again, but `a` is not where it was.
    read(&mut a, 2);
    assert_eq!((holders(&ring), slowest(&ring)), (vec![], Some(("b".to_owned(), 1, 3))));
    fill(&mut writer);
    assert_eq!(holders(&ring), ["b"]);
    let slowest = ring.slowest().unwrap();
    assert_eq!((slowest.lag, slowest.holding.is_some()), (4, true));
    drop(b);
    assert_eq!(holders(&ring), [""; 0]);
}

#[test]
fn the_time_begins_again_when_the_reader_moves() {
    for may_be_evicted in [false, true] {
        let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
        let builder = ring.reader();
        let builder = if may_be_evicted { builder.evict_after(Duration::MAX) } else { builder };
        let mut reader = builder.subscribe().unwrap();
        publish(&mut writer, 4);
        assert!(writer.try_claim(2).is_err());
        thread::sleep(BRIEFLY);
        let held = ring.slowest().unwrap().holding.unwrap();
        assert!(held >= BRIEFLY);
        let (before, _) = (ring.stats(), read(&mut reader, 1));
        assert!(writer.try_claim(2).is_err(), "one slot is not enough");
        let stats = ring.stats();
        let held = stats.members[0].holding.unwrap();
        assert!(held <= stats.age - before.age, "{held:?}");
        assert!(stats.writer.stalled_now.unwrap() >= held + BRIEFLY, "the stall goes on");
    }
}

#[test]
fn the_time_goes_on_when_somebody_comes_after_the_reader() {
    for stays in [false, true] {
        let (mut writer, reader, ring) = ring_of(4);
        publish(&mut writer, 4);
        assert!(writer.try_publish(0).is_err());
        thread::sleep(BRIEFLY);
        let builder = ring.reader().after(&reader).unwrap();
        let _after = stays.then(|| builder.subscribe().unwrap());
        for _ in 0..2 {
            assert!(ring.slowest().unwrap().holding.unwrap() >= BRIEFLY);
            assert!(writer.try_publish(0).is_err());
        }
    }
}

#[test]
fn all_that_hold_the_writer_up_are_named() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
    let [_a, _b, mut c] = ["a", "b", "c"].map(|name| named(&ring, name));
    publish(&mut writer, 4);
    read(&mut c, 1);
    assert!(writer.try_publish(0).is_err());
    assert_eq!(holders(&ring), ["a", "b"]);
}

#[test]
fn a_reader_that_waits_for_another_is_not_to_blame() {
    // Whichever of them has the first place.
    for swapped in [false, true] {
        let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
        let early = swapped.then(|| named(&ring, "early"));
        let mut journal = named(&ring, "journal");
        drop(early);
        let mut logic = after(&ring, "logic", &journal);
        fill(&mut writer);
        assert_eq!(slowest(&ring), Some(("journal".to_owned(), 0, 4)));
        assert_eq!(holders(&ring), ["journal"]);

        read(&mut journal, 3);
        assert_eq!(slowest(&ring), Some(("logic".to_owned(), 0, 4)));
        assert_eq!(holders(&ring), ["logic"]);
        read(&mut logic, 3);
        assert_eq!((holders(&ring), slowest(&ring)), (vec![], Some(("journal".to_owned(), 3, 1))));
    }
}

#[test]
fn an_editor_is_to_blame_if_every_reader_has_what_there_is() {
    let (mut writer, [mut first, mut second], ring) =
        Ring::builder(4).build_with_editors(["first", "second"], || 0_u64);
    let mut reader = named(&ring, "reader");
    writer.publish_all([1, 2, 3, 4]);
    assert!(writer.try_publish(0).is_err());
    assert_eq!(
        (holders(&ring), slowest(&ring)),
        (vec!["first".to_owned()], Some(("first".to_owned(), 0, 4)))
    );

    first.try_batch_up_to(2).unwrap();
    assert_eq!(
        (holders(&ring), slowest(&ring)),
        (vec!["second".to_owned()], Some(("second".to_owned(), 0, 2)))
    );

    second.try_batch_up_to(1).unwrap();
    assert_eq!(
        (holders(&ring), slowest(&ring)),
        (vec!["reader".to_owned()], Some(("reader".to_owned(), 0, 1)))
    );

    read(&mut reader, 1);
    writer.try_publish(5).unwrap();
    assert!(writer.try_publish(0).is_err());
    assert_eq!(
        (holders(&ring), slowest(&ring)),
        (vec!["second".to_owned()], Some(("second".to_owned(), 1, 1)))
    );
}

#[test]
fn an_observer_holds_the_writer_up_only_while_it_looks() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
    let mut tap = ring.reader().name("tap").observe().unwrap();
    publish(&mut writer, 2);
    let gating = || ring.stats().members[0].gating;
    assert_eq!((gating(), slowest(&ring)), (false, None));
    let glimpse = tap.look().unwrap();
    assert_eq!((gating(), slowest(&ring)), (true, Some(("tap".to_owned(), 0, 2))));
    fill(&mut writer);
    assert_eq!(holders(&ring), ["tap"]);
    drop(glimpse);
    assert_eq!((gating(), slowest(&ring), holders(&ring)), (false, None, vec![]));
    assert_eq!(ring.stats().members[0].lag, 2);
}

#[test]
fn whoever_reads_no_more_is_not_slowest() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
    let evicted = ring.reader().name("evicted").evict_after(Duration::ZERO);
    let evicted = evicted.subscribe().unwrap();
    let upstream = named(&ring, "upstream");
    let mut ended = after(&ring, "ended", &upstream);
    drop(upstream);
    assert!(matches!(ended.recv(), Err(End::UpstreamLeft(_))));
    publish(&mut writer, 6);
    assert_eq!((slowest(&ring), holders(&ring)), (None, vec![]));
    let stats = ring.stats();
    for reader in [&evicted, &ended] {
        let row = row(&stats, reader.member());
        assert_eq!((row.gating, row.position.get(), row.lag), (false, 0, 6));
    }
    assert_eq!(stats.writer.stalls, 1, "that was before the eviction");
}

#[test]
fn sleeping_and_waking_are_counted() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(4).writer_wait(DROWSY).build(|| 0_u64);
        let mut reader = ring.reader().wait(DROWSY).subscribe().unwrap();
        let parks = |ring: &Ring<u64>| {
            let stats = ring.stats();
            (stats.members[0].parks, stats.writer.parks)
        };
        assert!(reader.batch_timeout(BRIEFLY).unwrap_err().is_timeout());
        assert_eq!((parks(&ring), ring.stats().reader_wakes), ((1, 0), 0));

        let reading = thread::spawn(move || {
            reader.recv().unwrap();
            reader
        });
        eventually("the reader sleeps", || parks(&ring) == (2, 0));
        publish(&mut writer, 1);
        let mut reader = join(reading);
        assert_eq!((parks(&ring), ring.stats().reader_wakes), ((2, 0), 1));

        publish(&mut writer, 4);
        assert!(writer.publish_timeout(0, BRIEFLY).is_err());
        assert_eq!((parks(&ring), ring.stats().writer.wakes), ((2, 1), 0));
        let writing = thread::spawn(move || {
            writer.publish(5);
            writer
        });
        eventually("the writer sleeps", || parks(&ring) == (2, 2));
        read(&mut reader, 4);
        let writer = join(writing);
        assert_eq!((parks(&ring), ring.stats().writer.wakes), ((2, 2), 1));

        drop(writer);
        let stats = ring.stats();
        assert_eq!((stats.reader_wakes, stats.writer.wakes), (2, 1), "closing calls the readers");
        drop(reader);
        assert_eq!(ring.stats().writer.wakes, 2, "leaving calls the writer");
    });
}

#[test]
fn those_who_sleep_behind_others_are_counted_too() {
    finite(|| {
        let (mut writer, [mut editor], ring) =
            Ring::builder(4).reader_wait(DROWSY).build_with_editors(["editor"], || 0_u64);
        let mut journal = named(&ring, "journal");
        let mut logic = after(&ring, "logic", &journal);
        let reading = thread::spawn(move || logic.recv());
        let editing = thread::spawn(move || editor.wait_batch().unwrap().len());
        let parks = || ring.stats().members.iter().map(|row| row.parks).collect::<Vec<_>>();
        eventually("both sleep", || parks() == [1, 0, 1]);
        assert_eq!(ring.stats().reader_wakes, 0);
        writer.publish(7);
        assert_eq!(join(editing), 1);
        assert_eq!(journal.recv(), Ok(7));
        assert_eq!(join(reading), Ok(7));
        assert!(ring.stats().reader_wakes >= 2);
    });
}

#[test]
fn snapshots_taken_while_everybody_moves_make_sense() {
    finite(|| {
        let (mut writer, [mut editor], ring) =
            Ring::builder(8).build_with_editors(["editor"], || 0_u64);
        let journal = named(&ring, "journal");
        let logic = after(&ring, "logic", &journal);
        let editing = thread::spawn(move || editor.run(|event, _, _| *event += 1));
        let reading =
            [journal, logic].map(|mut reader| thread::spawn(move || reader.iter().count()));
        let events = common::count(5_000);
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

#[test]
fn a_refusal_names_who_held_the_writer_up() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0_u64);
    let mut journal = named(&ring, "journal");
    let logic = after(&ring, "logic", &journal);
    publish(&mut writer, 2);
    let refused = writer.publish_timeout(7, BRIEFLY).unwrap_err();
    assert_eq!(refused.holder(), Some(journal.member()));
    let said = "the ring was full until the time was up, because of the reader \"journal\"";
    assert_eq!(refused.to_string(), said);
    assert_eq!(refused.into_inner(), 7);

    read(&mut journal, 2);
    let refused = writer.publish_timeout(7, Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(logic.member()));
}

#[test]
fn a_refusal_names_the_editor_that_held_the_writer_up() {
    let (mut writer, [mut first, second], ring) =
        Ring::builder(2).build_with_editors(["first", "second"], || 0_u64);
    let mut reader = ring.subscribe().unwrap();
    writer.publish_all([1, 2]);
    let refused = writer.publish_timeout(7, BRIEFLY).unwrap_err();
    assert_eq!(refused.holder(), Some(first.member()));

    drop(first.try_batch());
    let refused = writer.publish_timeout(7, Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(second.member()));

    let mut second = second;
    drop(second.try_batch());
    let refused = writer.publish_timeout(7, Duration::ZERO).unwrap_err();
    assert_eq!(refused.holder(), Some(reader.member()));
    assert_eq!(reader.recv(), Ok(1));
}

#[test]
fn a_refusal_names_the_editor_that_has_left() {
    let (mut writer, [first, second], _ring) =
        Ring::builder(2).build_with_editors(["first", "second"], || 0_u64);
    writer.publish_all([1, 2]);
    let member = second.member().clone();
    drop(second);
    let refused = writer.publish_timeout(7, BRIEFLY).unwrap_err();
    assert_eq!(refused.holder(), Some(&member));
    drop(first);
}
