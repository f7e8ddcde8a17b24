//! How often a wait looks, and whether it parks.

use std::time::{Duration, Instant};

use super::Wait;
use crate::sync::{Counter, Fences};
use crate::waiting::EventCount;

/// Whether the wait makes `enough` looks without parking: parked, it would not be woken.
fn found_by_looking(wait: Wait, enough: u32) -> bool {
    let mut looks = 0;
    let hour = Instant::now() + Duration::from_secs(3600);
    let found =
        wait.until(&EventCount::new(Fences::choose()), 0, Some(hour), &Counter::default(), || {
            looks += 1;
            (looks == enough).then_some(())
        });
    found.is_some()
}

#[test]
fn spinning_and_yielding_waits_never_park() {
    assert!(found_by_looking(Wait::SPIN, 10_000));
    assert!(found_by_looking(Wait::YIELD, 1_000));
}

#[test]
fn a_parking_wait_first_looks_as_often_as_it_is_told() {
    // And once more after it has registered, before it sleeps.
    assert!(found_by_looking(Wait::PARK.spins(7).yields(3), 7 + 3 + 1));
}

#[test]
fn a_parking_wait_looks_before_it_registers() {
    let events = EventCount::new(Fences::choose());
    let found =
        Wait::PARK.spins(0).yields(0).until(&events, 0, None, &Counter::default(), || Some(()));
    assert_eq!(found, Some(()));
    events.wake(0);
    assert_eq!(events.wakes(), 0, "nobody waits for position 0");
}

#[test]
fn after_the_deadline_every_wait_looks_once_and_gives_up() {
    let events = EventCount::new(Fences::choose());
    for wait in [Wait::SPIN, Wait::YIELD, Wait::YIELD.spins(0), Wait::PARK, Wait::PARK.spins(0)] {
        let mut looks = 0;
        let found = wait.until(&events, 0, Some(Instant::now()), &Counter::default(), || {
            looks += 1;
            None::<()>
        });
        assert_eq!((found, looks), (None, 1), "{wait:?}");
    }
}
