//! How often a wait looks, and whether it ever parks.

use std::time::{Duration, Instant};

use super::Wait;
use crate::sync::{Counter, Fences};
use crate::waiting::EventCount;

/// Looks until the `enough`th look, or for an hour, which nobody ends.
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
fn who_spins_or_yields_never_parks() {
    assert!(found_by_looking(Wait::SPIN, 10_000));
    assert!(found_by_looking(Wait::YIELD, 1_000));
}

#[test]
fn who_parks_looks_as_often_as_told_before() {
    // And once more when it has registered, before it sleeps.
    assert!(found_by_looking(Wait::PARK.spins(7).yields(3), 7 + 3 + 1));
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
