//! An observer can wait for the next event, with or without a time limit, until the ring is closed.

use std::thread;
use std::time::Duration;

use broadring::{End, ReadTimeoutError, Ring, TryReadError};

use crate::common::{WAITS, count, finite, join, publish_at_once, publish_next, settle_down};
use crate::rig::{account, observed};

#[test]
fn dependents_read_what_is_left_before_the_end() {
    finite(|| {
        for left in 0..5 {
            let (mut writer, mut observer, ring) = observed(8);
            for _ in 0..left {
                publish_at_once(&mut writer);
            }
            drop(writer);
            if left > 0 {
                assert_eq!(account(&observer.wait_look().unwrap()), (0, left));
            }
            for _ in 0..3 {
                assert_eq!(observer.look().map(drop), Err(TryReadError::Ended(End::Closed)));
                assert_eq!(observer.look_up_to(0).unwrap_err().end(), Some(&End::Closed));
                assert_eq!(observer.wait_look().map(drop), Err(End::Closed));
                let timed = observer.look_timeout(Duration::MAX).map(drop);
                assert_eq!(timed, Err(ReadTimeoutError::Ended(End::Closed)));
            }
            let mut late = ring.reader().from_oldest().observe().unwrap();
            assert_eq!(late.wait_look().map_or(0, |glimpse| account(&glimpse).1), left);
            assert_eq!(late.wait_look().map(drop), Err(End::Closed));
        }
    });
}

#[test]
fn a_waiting_observer_is_woken_by_an_event_and_by_the_end() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = Ring::builder(4).build(|| 0);
            let mut observer = ring.reader().wait(wait).observe().unwrap();
            for round in 0..count(40) {
                let waiting = thread::spawn(move || {
                    assert_eq!(account(&observer.wait_look().unwrap()), (0, 1));
                    observer
                });
                settle_down(round);
                publish_next(&mut writer);
                observer = join(waiting);
            }
            let waiting = thread::spawn(move || observer.wait_look().map(drop));
            settle_down(0);
            drop(writer);
            assert_eq!(join(waiting), Err(End::Closed));
        }
    });
}

#[test]
fn an_observer_that_gives_up_waiting_can_go_on() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = Ring::builder(4).reader_wait(wait).build(|| 0);
            let mut observer = ring.observe().unwrap();
            for _ in 0..count(20) {
                let short = Duration::from_micros(50);
                assert_eq!(observer.look_timeout(short).map(drop), Err(ReadTimeoutError::Timeout));
                publish_next(&mut writer);
                assert_eq!(account(&observer.look_timeout(Duration::ZERO).unwrap()), (0, 1));
            }
        }
    });
}
