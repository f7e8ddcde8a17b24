//! A reader that comes after others sees no event before they have committed it,
//! misses none, and is told when one of them leaves too early.

mod common;

use std::mem;
use std::thread;
use std::time::Duration;

use broadring::{Reader, Ring};
use common::{PARK, blamed, count, event, finite, join, publish_at_once, settle_down};

#[test]
fn who_waits_is_woken_by_what_another_leaves_out() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(8).reader_wait(PARK).build(|| 0);
        let mut first = ring.subscribe().unwrap();
        let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
        for round in 0..count(50) {
            publish_at_once(&mut writer);
            publish_at_once(&mut writer);
            let waiting = thread::spawn(move || {
                assert_eq!(second.recv(), Ok(event(2 * round)));
                assert_eq!(second.recv(), Ok(event(2 * round + 1)));
                second
            });
            settle_down(round);
            assert_eq!(first.rejoin(), Ok(2));
            second = join(waiting);
        }
    });
}

#[test]
fn who_waits_for_several_is_woken_when_any_of_them_leaves() {
    finite(|| {
        for leaves in 0..3 {
            for round in 0..4 {
                let (writer, ring) = Ring::builder(8).reader_wait(PARK).build(|| 0_u64);
                let mut upstreams: Vec<Reader<u64>> =
                    (0..3).map(|_| ring.subscribe().unwrap()).collect();
                let mut builder = ring.reader();
                for upstream in &upstreams {
                    builder = builder.after(upstream).unwrap();
                }
                let mut last = builder.subscribe().unwrap();
                let waiting = thread::spawn(move || last.recv());
                settle_down(round);
                drop(upstreams.remove(leaves));
                let end = join(waiting).unwrap_err();
                assert_eq!(blamed(end), (format!("reader {leaves}"), 0));
                drop(writer);
            }
        }
    });
}

#[test]
fn who_waits_for_several_is_woken_when_any_of_them_learns_that_one_before_it_has_left() {
    finite(|| {
        for round in 0..4 {
            let (writer, ring) = Ring::builder(8).reader_wait(PARK).build(|| 0_u64);
            let steady = ring.subscribe().unwrap();
            let first = ring.subscribe().unwrap();
            let named = ring.reader().name("second");
            let mut second = named.after(&first).unwrap().subscribe().unwrap();
            let builder = ring.reader().after(&steady).unwrap().after(&second).unwrap();
            let mut last = builder.subscribe().unwrap();
            let waiting = thread::spawn(move || last.recv());
            drop(first);
            settle_down(round);
            assert_eq!(blamed(second.recv().unwrap_err()).0, "reader 1");
            assert_eq!(blamed(join(waiting).unwrap_err()).0, "reader \"second\"");
            drop((writer, steady));
        }
    });
}

#[test]
fn who_waits_for_several_is_woken_when_any_of_them_is_evicted() {
    finite(|| {
        for round in 0..4 {
            let (mut writer, ring) = Ring::builder(2).reader_wait(PARK).build(|| 0_u64);
            let mut steady = ring.subscribe().unwrap();
            let slow = ring.reader().name("slow").evict_after(Duration::ZERO).subscribe().unwrap();
            for sequence in 0..2 {
                publish_at_once(&mut writer);
                assert_eq!(steady.recv(), Ok(event(sequence)));
            }
            let builder = ring.reader().after(&steady).unwrap().after(&slow).unwrap();
            let mut last = builder.subscribe().unwrap();
            let waiting = thread::spawn(move || last.recv());
            settle_down(round);
            publish_at_once(&mut writer);
            assert_eq!(blamed(join(waiting).unwrap_err()).0, "reader \"slow\"");
            drop(steady);
        }
    });
}

#[test]
fn who_has_come_to_its_end_holds_the_writer_up_no_longer_whatever_it_has_forgotten() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let mut first = ring.subscribe().unwrap();
    let builder = ring.reader().after(&first).unwrap().evict_after(Duration::MAX);
    let mut second = builder.subscribe().unwrap();
    publish_at_once(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(0)));
    drop(first);
    let mut batch = second.try_batch().unwrap();
    batch.commit_through(batch.sequences().start);
    mem::forget(batch);
    assert!(second.recv().unwrap_err().is_upstream_left());
    assert_eq!(second.try_batch_up_to(0).unwrap().len(), 0);
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
}

#[test]
fn the_error_says_where_the_other_was_and_not_where_the_reader_is() {
    for (evicted, rejoins) in [(false, false), (true, false), (false, true), (true, true)] {
        let (mut writer, ring) = Ring::builder(4).build(|| 0);
        let builder = ring.reader().name("first");
        let builder = if evicted { builder.evict_after(Duration::ZERO) } else { builder };
        let mut first = builder.subscribe().unwrap();
        let mut early = ring.reader().after(&first).unwrap();
        early = early.evict_after(Duration::ZERO);
        let mut early = early.subscribe().unwrap();
        for _ in 0..4 {
            publish_at_once(&mut writer);
        }
        assert_eq!(first.try_recv(), Ok(event(0)));
        let mut late = ring.reader().after(&first).unwrap().subscribe().unwrap();
        assert_eq!(late.position().get(), 4);
        if evicted {
            assert_eq!(early.try_recv(), Ok(event(0)));
            publish_at_once(&mut writer);
            publish_at_once(&mut writer);
            assert!(early.recv().unwrap_err().is_evicted());
        } else {
            drop(first);
        }
        if rejoins {
            late.rejoin().unwrap();
        }
        assert_eq!(blamed(late.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
        assert_eq!(blamed(late.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
        early.rejoin().unwrap();
        assert_eq!(blamed(early.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
    }
}
