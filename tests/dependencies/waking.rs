//! A parked dependent is woken by everything that lets it read on or ends its stream.

use std::thread;
use std::time::Duration;

use broadring::{End, ReadTimeoutError, Reader, Ring};

use crate::common::{
    PARK, Tally, count, departed_upstream, event, finite, join, publish_at_once, publish_next,
    settle_down,
};
use crate::rig::sleepers;

#[test]
fn a_dependent_is_woken_when_the_last_of_its_upstreams_commits() {
    finite(|| {
        for others in [1, 2, 5] {
            let (mut writer, mut upstreams, mut last) = sleepers(others);
            for round in 0..count(100) {
                let waiting = thread::spawn(move || {
                    assert_eq!(last.recv(), Ok(event(round)));
                    last
                });
                publish_next(&mut writer);
                let first = round as usize % others;
                for index in 0..others {
                    settle_down(round / 4);
                    assert_eq!(upstreams[(first + index) % others].recv(), Ok(event(round)));
                }
                last = join(waiting);
            }
        }
    });
}

#[test]
fn a_dependent_is_woken_by_the_end_of_the_stream() {
    finite(|| {
        for others in [1, 2, 5] {
            for round in 0..8 {
                let (mut writer, mut upstreams, mut last) = sleepers(others);
                let waiting = thread::spawn(move || {
                    let mut tally = Tally::at(last.position());
                    assert_eq!(last.run(|&event, at, _| tally.take_at(at, event)), End::Closed);
                    tally.ends_at(round % 2);
                });
                for _ in 0..round % 2 {
                    publish_next(&mut writer);
                    for upstream in &mut upstreams {
                        upstream.recv().unwrap();
                    }
                }
                settle_down(round);
                drop(writer);
                join(waiting);
                drop(upstreams);
            }
        }
    });
}

#[test]
fn a_dependent_that_gives_up_waiting_can_go_on() {
    finite(|| {
        let (mut writer, mut upstreams, mut last) = sleepers(2);
        for round in 0..count(20) {
            publish_next(&mut writer);
            for upstream in &mut upstreams {
                let short = Duration::from_micros(50);
                assert_eq!(last.recv_timeout(short), Err(ReadTimeoutError::Timeout));
                assert_eq!(last.batch_timeout(short).map(drop), Err(ReadTimeoutError::Timeout));
                assert_eq!(upstream.recv(), Ok(event(round)));
            }
            assert_eq!(last.recv_timeout(Duration::ZERO), Ok(event(round)));
        }
    });
}

#[test]
fn a_sleeping_writer_is_woken_when_the_stream_of_the_last_dependent_ends() {
    finite(|| {
        for round in 0..count(40) {
            let (mut writer, upstreams, mut last) = sleepers(1);
            let writing = thread::spawn(move || {
                for _ in 0..20 {
                    publish_next(&mut writer);
                }
            });
            settle_down(round);
            drop(upstreams);
            let mut tally = Tally::at(last.position());
            let end = last.run(|&event, at, _| tally.take_at(at, event));
            assert_eq!(departed_upstream(end), ("reader 0".to_owned(), 0));
            tally.ends_at(0);
            // The reader is still there, and the writer gets done all the same.
            join(writing);
            assert_eq!(last.lag(), 20);
        }
    });
}

#[test]
fn a_dependent_is_woken_when_its_upstream_skips_events() {
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
fn a_dependent_is_woken_when_any_of_its_upstreams_leaves() {
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
                assert_eq!(departed_upstream(end), (format!("reader {leaves}"), 0));
                drop(writer);
            }
        }
    });
}

#[test]
fn a_dependent_is_woken_when_the_stream_of_any_of_its_upstreams_ends() {
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
            assert_eq!(departed_upstream(second.recv().unwrap_err()).0, "reader 1");
            assert_eq!(departed_upstream(join(waiting).unwrap_err()).0, "reader \"second\"");
            drop((writer, steady));
        }
    });
}

#[test]
fn a_dependent_is_woken_when_any_of_its_upstreams_is_evicted() {
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
            assert_eq!(departed_upstream(join(waiting).unwrap_err()).0, "reader \"slow\"");
            drop(steady);
        }
    });
}
