//! A publication with a time limit waits until a slot is free or the time is up, and not less.

use std::thread;
use std::time::{Duration, Instant};

use broadring::{Ring, Sequence};

use crate::common::{WAITS, event, finite, join, publish_at_once, ring_of};

#[test]
fn a_publication_with_a_time_limit_succeeds_when_a_slot_is_freed_in_time() {
    finite(|| {
        for wait in WAITS {
            for by_deadline in [false, true] {
                let (mut writer, ring) = Ring::builder(1).writer_wait(wait).build(|| 0);
                let mut reader = ring.subscribe().unwrap();
                publish_at_once(&mut writer);
                let writer = thread::spawn(move || {
                    let long = Duration::from_secs(3600);
                    if by_deadline {
                        writer.publish_deadline(event(1), Instant::now() + long)
                    } else {
                        writer.publish_timeout(event(1), long)
                    }
                });
                assert_eq!(reader.recv(), Ok(event(0)));
                assert_eq!(join(writer), Ok(Sequence::new(1)));
                assert_eq!(reader.recv(), Ok(event(1)));
            }
        }
    });
}

#[test]
fn a_publication_with_a_time_limit_gives_up_but_not_too_early() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = Ring::builder(1).writer_wait(wait).build(|| 0);
            let _stuck = ring.subscribe().unwrap();
            publish_at_once(&mut writer);
            for milliseconds in [0, 1, 5] {
                let limit = Duration::from_millis(milliseconds);
                let start = Instant::now();
                assert_eq!(writer.publish_timeout(7, limit).unwrap_err().into_inner(), 7);
                assert!(start.elapsed() >= limit, "gave up too early");
                let deadline = Instant::now() + limit;
                assert_eq!(writer.publish_deadline(8, deadline).unwrap_err().into_inner(), 8);
                assert!(Instant::now() >= deadline, "gave up too early");
            }
            let past = Instant::now().checked_sub(Duration::from_millis(1));
            let refused = writer.publish_deadline(9, past.unwrap_or_else(Instant::now));
            assert_eq!(refused.unwrap_err().into_inner(), 9);
            assert_eq!(writer.cursor().get(), 1);
        }
    });
}

#[test]
fn the_longest_time_limit_never_expires() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(1);
        assert_eq!(writer.publish_timeout(event(0), Duration::MAX), Ok(Sequence::new(0)));
        let writer = thread::spawn(move || writer.publish_timeout(event(1), Duration::MAX));
        assert_eq!(reader.recv(), Ok(event(0)));
        assert_eq!(join(writer), Ok(Sequence::new(1)));
    });
}

#[test]
fn a_free_slot_is_used_even_if_the_deadline_has_passed() {
    let (mut writer, mut reader, _ring) = ring_of(1);
    for sequence in 0..20 {
        let published = if sequence % 2 == 0 {
            writer.publish_timeout(event(sequence), Duration::ZERO)
        } else {
            let past = Instant::now().checked_sub(Duration::from_millis(1));
            writer.publish_deadline(event(sequence), past.unwrap_or_else(Instant::now))
        };
        assert_eq!(published, Ok(Sequence::new(sequence)));
        assert_eq!(reader.try_recv(), Ok(event(sequence)));
    }
}
