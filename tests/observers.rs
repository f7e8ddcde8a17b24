//! An observer sees by reference what is still there, knows exactly how much it has
//! missed, and disturbs nobody between two looks.

mod common;

use broadring::Ring;
use common::{event, publish_at_once};

#[test]
fn what_was_missed_before_a_latest_event_that_is_not_there_is_not_forgotten() {
    for capacity in [1, 2, 8] {
        for ends in [false, true] {
            let (mut writer, ring) = Ring::builder(capacity).build(|| 0_u64);
            let mut observer = ring.observe().unwrap();
            for published in 1..10 {
                publish_at_once(&mut writer);
                // The writer has reserved the whole ring, and may be writing any slot of it.
                drop(writer.claim(capacity).unwrap());
                assert!(observer.latest().is_none());
                assert!(observer.latest().is_none());
                assert_eq!((observer.position().get(), observer.lag()), (0, published));
            }
            if ends {
                drop(writer);
                let glimpse = observer.look().unwrap();
                assert_eq!((glimpse.missed(), glimpse.len()), (9, 0));
                drop(glimpse);
                assert!(observer.look().unwrap_err().is_closed());
            } else {
                publish_at_once(&mut writer);
                let glimpse = observer.look().unwrap();
                assert_eq!(glimpse.missed() + glimpse.len() as u64, 10);
                assert!(glimpse.last().is_none_or(|(at, &last)| (at.get(), last) == (9, event(9))));
            }
        }
    }
}
