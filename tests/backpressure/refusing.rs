//! A full ring refuses an event without any effect and returns it.

use std::time::{Duration, Instant};

use broadring::{Ring, Sequence, TryClaimError};

use crate::common::{Tally, event, publish_at_once, ring_of};

#[test]
fn a_full_ring_refuses_an_event_and_returns_it() {
    for capacity in [1, 2, 8] {
        let (mut writer, ring) = Ring::builder(capacity).build(String::new);
        let mut reader = ring.subscribe().unwrap();
        for lap in 0..3 {
            for index in 0..capacity {
                let sequence = (lap * capacity + index) as u64;
                let published = writer.try_publish(format!("event {sequence}"));
                assert_eq!(published.unwrap(), Sequence::new(sequence));
            }
            let refused = writer.try_publish("refused".to_owned()).unwrap_err();
            assert_eq!(refused.into_inner(), "refused");
            let refused = writer.publish_timeout("late".to_owned(), Duration::ZERO).unwrap_err();
            assert_eq!(refused.into_inner(), "late");
            let refused = writer.publish_deadline("later".to_owned(), Instant::now()).unwrap_err();
            assert_eq!(refused.into_inner(), "later");
            for index in 0..capacity {
                let sequence = (lap * capacity + index) as u64;
                assert_eq!(reader.try_recv(), Ok(format!("event {sequence}")));
            }
        }
    }
}

#[test]
fn a_full_ring_returns_the_closure_uncalled() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    let mut calls = 0;
    let refused = writer.try_publish_with(|slot| {
        calls += 1;
        *slot = event(2);
    });
    let write = refused.unwrap_err().into_inner();
    assert_eq!(reader.try_recv(), Ok(event(0)));
    assert_eq!(writer.try_publish_with(write).unwrap(), Sequence::new(2));
    assert_eq!(calls, 1);
    assert_eq!(reader.try_recv(), Ok(event(1)));
    assert_eq!(reader.try_recv(), Ok(event(2)));
}

#[test]
fn a_refused_publication_has_no_effect() {
    let (mut writer, mut reader, ring) = ring_of(4);
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    for _ in 0..100 {
        assert_eq!(writer.try_publish(1).unwrap_err().into_inner(), 1);
        assert_eq!(writer.publish_timeout(1, Duration::ZERO).unwrap_err().into_inner(), 1);
        assert_eq!(writer.try_claim(1).unwrap_err(), TryClaimError::Full);
        assert!(writer.try_publish_with(|_| unreachable!("the ring is full")).is_err());
        assert_eq!((writer.cursor().get(), ring.cursor().get()), (4, 4));
        assert_eq!((reader.lag(), writer.remaining_capacity()), (4, 0));
    }
    let mut tally = Tally::at(reader.position());
    reader.try_batch().unwrap().for_each(|&event, sequence| tally.take_at(sequence, event));
    tally.ends_at(4);
}
