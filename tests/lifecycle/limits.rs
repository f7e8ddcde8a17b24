//! A ring accepts as many readers as it was built for, and reuses the gates of readers that
//! have left.

use broadring::{Ring, SubscribeError, TryReadError};

use crate::common::{built_for, count, event, publish_at_once, ring_of};

#[test]
fn a_ring_accepts_exactly_max_readers_and_one_more_whenever_one_leaves() {
    for max_readers in [0, 1, 2, 5, 64, 200] {
        let (writer, ring) = Ring::builder(4).max_readers(max_readers).build(|| 0_u64);
        assert_eq!(ring.max_readers(), max_readers);
        let mut readers = Vec::new();
        for joined in 0..max_readers {
            assert_eq!(ring.reader_count(), joined);
            assert_eq!(writer.has_readers(), joined > 0);
            readers.push(ring.subscribe().unwrap());
        }
        for _ in 0..3 {
            let refusals: [SubscribeError; 2] = [
                ring.subscribe().unwrap_err(),
                ring.reader().from_oldest().subscribe().unwrap_err(),
            ];
            for refusal in refusals {
                assert!(refusal.to_string().contains(&max_readers.to_string()));
                if let Some(reader) = readers.first() {
                    assert_eq!(reader.try_clone().unwrap_err(), refusal);
                }
                assert_eq!(built_for(refusal), max_readers);
            }
            assert_eq!(ring.reader_count(), max_readers);
            // As soon as one reader leaves, another can join.
            if let Some(left) = readers.pop() {
                drop(left);
                assert_eq!(ring.reader_count(), max_readers - 1);
                readers.push(ring.subscribe().unwrap());
            }
        }
        drop(readers);
        assert_eq!(ring.reader_count(), 0);
        assert!(!writer.has_readers());
    }
}

#[test]
fn a_ring_accepts_64_readers_by_default() {
    let (_writer, ring) = Ring::builder(1).build(|| 0_u64);
    assert_eq!(ring.max_readers(), 64);
    let readers: Vec<_> = (0..64).map(|_| ring.subscribe().unwrap()).collect();
    assert_eq!(built_for(ring.subscribe().unwrap_err()), 64);
    drop(readers);
}

#[test]
fn gates_are_reused_without_limit() {
    let (mut writer, ring) = Ring::builder(4).max_readers(2).build(|| 0);
    let mut steady = ring.subscribe().unwrap();
    for sequence in 0..count(2_000) {
        let mut guest = ring.subscribe().unwrap();
        publish_at_once(&mut writer);
        assert_eq!(guest.try_recv(), Ok(event(sequence)));
        if sequence % 3 == 0 {
            drop(guest);
            guest = steady.clone();
            assert_eq!(guest.try_recv(), Ok(event(sequence)));
        }
        assert_eq!(guest.try_recv(), Err(TryReadError::Empty));
        assert!(ring.subscribe().is_err());
        assert_eq!(steady.try_recv(), Ok(event(sequence)));
    }
}

#[test]
fn a_reused_gate_starts_at_the_position_of_its_new_reader() {
    let (mut writer, steady, ring) = ring_of(4);
    drop(steady);
    for lap in 0..10 {
        let slow = ring.subscribe().unwrap();
        for _ in 0..4 {
            publish_at_once(&mut writer);
        }
        assert!(writer.try_publish(0).is_err());
        drop(slow);
        let next = ring.subscribe().unwrap();
        assert_eq!(next.position().get(), 7 * lap + 4);
        for _ in 0..3 {
            publish_at_once(&mut writer);
        }
        assert_eq!((next.lag(), writer.remaining_capacity()), (3, 1));
    }
}
