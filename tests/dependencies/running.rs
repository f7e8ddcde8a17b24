//! A reader can come after one that is at work on another thread, or learns that it has left.

use std::thread;

use broadring::managed::ThreadBuilder;
use broadring::{AfterError, End, Ring, Upstream};

use crate::common::{
    PARK, Tally, count, departed_upstream, finite, join, publish_at_once, publish_next, settle_down,
};

#[test]
fn an_upstream_names_a_reader_wherever_it_is() {
    let (mut writer, ring) = Ring::builder(8).name("orders").build(|| 0);
    let first = ring.reader().name("first").subscribe().unwrap();
    let upstream = Upstream::from(&first);
    assert_eq!(upstream.member(), first.member());
    let moved = Box::new(first);
    let mut second = ring.reader().after(upstream.clone()).unwrap().subscribe().unwrap();
    let mut third = ring.reader().after(&upstream).unwrap().after(&second).unwrap();
    third = third.name("third");
    let mut third = third.subscribe().unwrap();
    publish_at_once(&mut writer);
    assert!(second.try_recv().is_err() && third.try_recv().is_err());
    let mut first = *moved;
    first.try_recv().unwrap();
    assert!(third.try_recv().is_err());
    second.try_recv().unwrap();
    third.try_recv().unwrap();
}

#[test]
fn an_upstream_that_has_left_is_named_and_no_other_reader_is_taken_for_it() {
    let (_writer, ring) = Ring::builder(8).max_readers(2).build(|| 0);
    let first = ring.reader().name("first").subscribe().unwrap();
    let upstream = Upstream::from(&first);
    drop(first);
    for _ in 0..3 {
        let error = ring.reader().after(&upstream).unwrap_err();
        assert!(error.is_gone());
        assert_eq!(error.to_string(), "the reader \"first\" has left");
        // It has the same gate and the same name, but is another one.
        let other = ring.reader().name("first").subscribe().unwrap();
        assert!(ring.reader().after(&upstream).unwrap_err().is_gone());
        drop(ring.reader().after(&other).unwrap().subscribe().unwrap());
    }
    assert_eq!(ring.reader_count(), 0);
}

#[test]
fn an_upstream_keeps_no_reader_in_the_ring_and_no_gate_taken() {
    let (mut writer, ring) = Ring::builder(1).max_readers(1).build(|| 0);
    for _ in 0..count(200) {
        let reader = ring.subscribe().unwrap();
        let upstream = Upstream::from(&reader);
        drop(reader);
        publish_at_once(&mut writer);
        assert!(!writer.has_readers());
        drop(upstream);
    }
}

#[test]
fn an_upstream_of_another_ring_is_refused() {
    let (_writer, ring) = Ring::builder(8).build(|| 0);
    let (_other_writer, other) = Ring::builder(8).build(|| 0);
    let reader = other.subscribe().unwrap();
    assert!(ring.reader().after(Upstream::from(&reader)).unwrap_err().is_other_ring());
}

#[test]
fn a_rejoined_reader_is_found_at_its_new_gate() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let first = ring.reader().name("first").evict_after(std::time::Duration::ZERO);
    let mut first = first.subscribe().unwrap();
    let upstream = Upstream::from(&first);
    (0..2).for_each(|_| publish_at_once(&mut writer));
    let mut lost = ring.reader().after(&upstream).unwrap().subscribe().unwrap();
    publish_at_once(&mut writer); // without the first reader
    first.rejoin().unwrap();
    assert_eq!(departed_upstream(lost.recv().unwrap_err()).1, 0);
    let mut found = ring.reader().after(&upstream).unwrap().subscribe().unwrap();
    publish_at_once(&mut writer);
    assert!(found.try_recv().unwrap_err().is_empty());
    first.try_recv().unwrap();
    found.try_recv().unwrap();
}

#[test]
fn readers_that_join_after_a_running_one_never_overtake_it_and_never_sleep_too_long() {
    finite(|| {
        for round in 0..count(30) {
            let total = 300;
            let builder = Ring::builder(8).reader_wait(PARK).writer_wait(PARK);
            let (mut writer, ring) = builder.build(|| 0);
            let mut first = ring.subscribe().unwrap();
            let upstream = Upstream::from(&first);
            let running = thread::spawn(move || {
                let mut tally = Tally::at(first.position());
                while let Ok(event) = first.recv() {
                    tally.take(event);
                }
                tally
            });
            let joining: Vec<_> = (0..3)
                .map(|number| {
                    let (ring, upstream) = (ring.clone(), upstream.clone());
                    thread::spawn(move || {
                        settle_down(round + number);
                        let Ok(after) = ring.reader().after(&upstream) else { return };
                        let mut reader = after.from_oldest().subscribe().unwrap();
                        let mut tally = Tally::at(reader.position());
                        let end = reader.run(|&event, at, _| tally.take_at(at, event));
                        assert_eq!(end, End::Closed);
                        tally.ends_at(total);
                    })
                })
                .collect();
            for _ in 0..total {
                publish_next(&mut writer);
            }
            drop(writer);
            join(running).ends_at(total);
            joining.into_iter().for_each(join);
        }
    });
}

#[test]
fn a_reader_that_joins_after_one_that_leaves_reads_what_it_has_read_or_is_refused() {
    finite(|| {
        for round in 0..count(100) {
            let builder = Ring::builder(4).reader_wait(PARK).writer_wait(PARK).max_readers(3);
            let (mut writer, ring) = builder.build(|| 0);
            let mut first = ring.subscribe().unwrap();
            let upstream = Upstream::from(&first);
            let leaving = thread::spawn(move || {
                settle_down(round);
                first.recv().unwrap();
            });
            publish_next(&mut writer);
            publish_next(&mut writer);
            if let Ok(after) = ring.reader().after(&upstream) {
                let mut reader = after.from_oldest().subscribe().unwrap();
                let end = reader.run(|_, _, _| ());
                assert_eq!(departed_upstream(end).1, 1);
                assert_eq!(reader.position().get(), 1);
            }
            join(leaving);
            // Nobody is left who could hold the writer back, and every gate is free.
            (0..9).for_each(|_| publish_at_once(&mut writer));
            drop([(); 3].map(|()| ring.subscribe().unwrap()));
        }
    });
}

#[test]
fn no_reader_can_come_after_the_managed_thread_of_an_observer_or_an_editor() {
    finite(|| {
        let (mut writer, [editor], ring) = Ring::builder(8).build_with_editors(["editor"], || 0);
        let (_, other) = Ring::builder(8).build(|| 0);
        let observer = ring.reader().name("tap").observe().unwrap();
        let editor = ThreadBuilder::new(editor).spawn(|_, _, _| ()).unwrap();
        let observer = ThreadBuilder::new(observer).spawn(|_, _, _| ()).unwrap();
        for (thread, named) in [(observer, "observer \"tap\""), (editor, "editor \"editor\"")] {
            assert!(other.reader().after(&thread).unwrap_err().is_other_ring());
            let error = ring.reader().after(&thread).unwrap_err();
            assert!(error.is_not_a_reader() && !error.is_gone());
            assert_eq!(error, AfterError::NotAReader(Box::new(thread.member().clone())));
            assert_eq!(
                error.to_string(),
                format!("a reader cannot come after the {named}, which is not a reader")
            );
            // The threads go on, and hold nobody back.
            (0..20).for_each(|_| _ = publish_next(&mut writer));
            thread.stop();
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_reader_comes_after_a_managed_thread_that_runs_already() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(8).build(|| 0);
        let (send, seen) = std::sync::mpsc::channel();
        let journal = ring.reader().name("journal").managed().spawn(move |_, at, _| {
            send.send(at).unwrap();
        });
        let journal = journal.unwrap();
        publish_next(&mut writer);
        assert_eq!(seen.recv().unwrap().get(), 0, "it runs");

        let last = ring.reader().name("last").after(&journal).unwrap().subscribe().unwrap();
        let upstreams = &ring.stats().members[1].after;
        assert_eq!(upstreams, &[journal.member().clone()]);
        let last = ThreadBuilder::new(last).spawn(move |_, at, _| {
            assert_eq!(seen.recv().unwrap(), at, "the journal has handled it before");
        });
        (0..100).for_each(|_| _ = publish_next(&mut writer));
        drop(writer);
        let upstream = Upstream::from(&journal);
        journal.join().unwrap();
        last.unwrap().join().unwrap();
        assert!(ring.reader().after(&upstream).unwrap_err().is_gone());
    });
}
