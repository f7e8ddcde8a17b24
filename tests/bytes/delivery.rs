//! Every reader sees every record, in order, whole, however it is published and wherever it lies.

use std::thread;
use std::time::{Duration, Instant};

use broadring::{ByteRing, End};

use crate::common::{PARK, WAITS, count, finite, join};
use crate::rig::{Seen, record, ring_of};

#[test]
fn every_way_to_publish_gives_the_position_at_which_readers_see_the_record() {
    let (mut writer, mut reader, _ring) = ring_of(512);
    for number in 0..200 {
        let bytes = record(number);
        let published = match number % 8 {
            0 => writer.publish(&bytes).unwrap(),
            1 => writer.try_publish(&bytes).unwrap(),
            2 => writer.publish_timeout(&bytes, Duration::ZERO).unwrap(),
            3 => writer.publish_deadline(&bytes, Instant::now()).unwrap(),
            4 => {
                let mut claim = writer.claim(bytes.len()).unwrap();
                claim.copy_from_slice(&bytes);
                let position = claim.position();
                assert_eq!(claim.publish(), position);
                position
            }
            5 => {
                let mut claim = writer.try_claim(bytes.len() + 9).unwrap();
                claim[..bytes.len()].copy_from_slice(&bytes);
                claim.publish_first(bytes.len())
            }
            6 => {
                let mut claim = writer.claim_timeout(bytes.len(), Duration::ZERO).unwrap();
                claim.copy_from_slice(&bytes);
                claim.publish()
            }
            _ => {
                let run = writer.publish_all([&bytes]).unwrap();
                assert_eq!(run.end, writer.cursor());
                // A padding may come first.
                let batch = reader.try_batch().unwrap();
                let (position, seen) = batch.iter().next().unwrap();
                assert_eq!(seen, bytes);
                assert!(run.contains(&position));
                continue;
            }
        };
        let batch = reader.try_batch().unwrap();
        let seen: Vec<_> = batch.iter().collect();
        assert_eq!(seen, [(published, &bytes[..])]);
    }
}

#[test]
fn records_keep_their_order_and_their_bytes_while_the_writer_publishes() {
    finite(|| {
        for wait in WAITS {
            for capacity in [256, 1024, 1 << 16] {
                let total = count(1_000);
                let builder = ByteRing::builder(capacity).reader_wait(wait).writer_wait(wait);
                let (mut writer, ring) = builder.build();
                let reading: Vec<_> = (0..2)
                    .map(|_| {
                        let mut reader = ring.subscribe().unwrap();
                        thread::spawn(move || {
                            let mut seen = Seen::default();
                            let end = reader.run(|bytes, at, _| seen.take(at.get(), bytes));
                            assert_eq!(end, End::Closed);
                            seen.next
                        })
                    })
                    .collect();
                let mut number = 0;
                while number < total {
                    let run = number % 9;
                    writer.publish_all((number..number + run).map(record)).unwrap();
                    number += run;
                    writer.publish(&record(number)).unwrap();
                    number += 1;
                }
                drop(writer);
                for reader in reading {
                    assert_eq!(join(reader), number);
                }
            }
        }
    });
}

#[test]
fn a_dependent_reads_no_record_before_its_upstream_has() {
    finite(|| {
        let builder = ByteRing::builder(512).reader_wait(PARK).writer_wait(PARK);
        let (mut writer, ring) = builder.build();
        let mut first = ring.subscribe().unwrap();
        let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
        writer.publish(&record(0)).unwrap();
        assert!(second.is_empty() && second.try_batch().unwrap_err().is_empty());
        drop(first.try_batch().unwrap());
        let mut seen = Seen::default();
        second.try_batch().unwrap().for_each(|bytes, at| seen.take(at.get(), bytes));

        let total = count(3_000);
        let upstream = thread::spawn(move || {
            let mut seen = Seen { next: 1, ..Seen::default() };
            first.run(|bytes, at, _| seen.take(at.get(), bytes));
            seen.next
        });
        let dependent = thread::spawn(move || {
            second.run(|bytes, at, _| seen.take(at.get(), bytes));
            seen.next
        });
        for number in 1..total {
            writer.publish(&record(number)).unwrap();
        }
        drop(writer);
        assert_eq!((join(upstream), join(dependent)), (total, total));
    });
}

#[test]
fn an_empty_record_is_a_record() {
    let (mut writer, mut reader, _ring) = ring_of(32);
    for _ in 0..20 {
        assert!(writer.claim(0).unwrap().is_empty());
        writer.publish(b"").unwrap();
        let batch = reader.try_batch().unwrap();
        assert!(batch.iter().map(|(_, record)| record).eq([b""]));
    }
}
