//! A reader of records waits as any reader does, alone or with others.

use std::thread;
use std::time::Duration;

use broadring::{ByteRing, ReadTimeoutError, Ring, WaitSet, Waitable};

use crate::common::{PARK, count, finite, join, settle_down};
use crate::rig::record;

#[test]
fn a_sleeping_reader_is_woken_by_a_record_and_by_the_end() {
    finite(|| {
        for round in 0..count(60) {
            let (mut writer, ring) = ByteRing::builder(256).reader_wait(PARK).build();
            let mut reader = ring.subscribe().unwrap();
            let timeout = reader.batch_timeout(Duration::ZERO).map(drop);
            assert_eq!(timeout, Err(ReadTimeoutError::Timeout));
            let reading = thread::spawn(move || {
                let mut records = 0;
                while let Ok(batch) = reader.wait_batch() {
                    records += batch.iter().count();
                }
                records
            });
            settle_down(round);
            writer.publish(&record(round)).unwrap();
            settle_down(round + 1);
            drop(writer);
            assert_eq!(join(reading), 1);
        }
    });
}

#[test]
fn a_wait_set_waits_for_records_and_events() {
    finite(|| {
        for round in 0..count(60) {
            let (mut bytes, ring) = ByteRing::builder(256).build();
            let records = ring.subscribe().unwrap();
            let (mut numbers, ring) = Ring::builder(4).build(|| 0);
            let events = ring.subscribe().unwrap();
            let waiting = thread::spawn(move || {
                let both: [&dyn Waitable; 2] = [&events, &records];
                WaitSet::new().strategy(PARK).wait(&both)
            });
            settle_down(round);
            if round % 2 == 0 {
                bytes.publish(b"a record").unwrap();
            } else {
                numbers.publish(1);
            }
            assert_eq!(join(waiting) as u64, 1 - round % 2);
        }
    });
}
