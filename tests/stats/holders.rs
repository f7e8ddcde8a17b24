//! A snapshot says how long the writer has been stalled, and which members hold it back.

use std::thread;
use std::time::{Duration, Instant};

use broadring::{End, Ring};

use crate::common::ring_of;
use crate::rig::{BRIEFLY, after, fill, holders, named, publish, read, row, slowest};

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
fn the_stalls_that_have_ended_count_for_no_longer_than_they_took() {
    let (mut writer, mut reader, ring) = ring_of(1);
    publish(&mut writer, 1);
    // If times since the ring was built were taken for lengths, they would be too long by this.
    thread::sleep(BRIEFLY);
    let begun = Instant::now();
    for _ in 0..3 {
        assert!(writer.try_publish(0).is_err());
        read(&mut reader, 1);
        publish(&mut writer, 1);
    }
    let stats = ring.stats().writer;
    assert_eq!((stats.stalls, stats.stalled_now), (3, None));
    assert!(stats.stalled <= begun.elapsed(), "{:?}", stats.stalled);
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
fn the_reader_that_holds_the_writer_back_is_named_until_it_moves() {
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
fn the_holding_time_starts_again_when_the_reader_moves() {
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
fn the_holding_time_of_a_plain_reader_goes_on_when_an_evictable_one_joins() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
    let plain = named(&ring, "plain");
    publish(&mut writer, 4);
    assert!(writer.try_publish(0).is_err());
    thread::sleep(BRIEFLY);
    // From now on the writer tells its readers apart.
    let _patient = ring.reader().evict_after(Duration::from_secs(3600)).subscribe().unwrap();
    assert!(writer.try_publish(0).is_err());
    let holding = |member| row(&ring.stats(), member).holding.unwrap();
    assert!(holding(plain.member()) >= BRIEFLY);

    let joined = Instant::now();
    let last = plain.clone();
    assert!(writer.try_publish(0).is_err());
    let held = holding(last.member());
    assert!(held <= joined.elapsed(), "{held:?} is longer than it has been here");
}

#[test]
fn the_holding_time_goes_on_when_a_dependent_joins() {
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
fn all_members_that_hold_the_writer_back_are_named() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
    let [_a, _b, mut c] = ["a", "b", "c"].map(|name| named(&ring, name));
    publish(&mut writer, 4);
    read(&mut c, 1);
    assert!(writer.try_publish(0).is_err());
    assert_eq!(holders(&ring), ["a", "b"]);
}

#[test]
fn a_reader_that_waits_for_another_does_not_hold_the_writer_back() {
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
fn an_editor_holds_the_writer_back_if_the_readers_have_read_everything() {
    let (mut writer, [mut first, mut second], ring) =
        Ring::builder(4).build_with_editors(["first", "second"], || 0_u64);
    let mut reader = named(&ring, "reader");
    writer.publish_all([1, 2, 3, 4]);
    assert!(writer.try_publish(0).is_err());
    assert_eq!(
        (holders(&ring), slowest(&ring)),
        (vec!["first".to_owned()], Some(("first".to_owned(), 0, 4)))
    );

    drop(first.try_batch_up_to(2).unwrap());
    assert_eq!(
        (holders(&ring), slowest(&ring)),
        (vec!["second".to_owned()], Some(("second".to_owned(), 0, 2)))
    );

    drop(second.try_batch_up_to(1).unwrap());
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
fn an_observer_holds_the_writer_back_only_while_it_looks() {
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
fn a_reader_whose_stream_has_ended_is_not_the_slowest() {
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
