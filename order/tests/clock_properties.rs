//! Whatever a clock is shown, its stamps grow and stay where they should.

#![cfg(not(all(loom, feature = "loom")))]

use std::time::Duration;

use broadring_order::Stamp;
use broadring_order::clock::{Hlc, Lamport, ManualClock};
use proptest::prelude::*;

const START: Duration = Duration::from_secs(1_000_000);
const MAX_AHEAD: Duration = Duration::from_millis(500);

/// What may happen to a hybrid logical clock.
#[derive(Clone, Debug)]
enum Step {
    /// A reading.
    Now,
    /// A stamp from elsewhere, so many microseconds ahead of the physical clock or behind.
    Observe(i64, u16),
    /// One that is close to the latest stamp.
    ObserveLatest(i64),
    /// The physical clock goes so many microseconds on, or back.
    Move(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let counter = prop_oneof![any::<u16>(), Just(u16::MAX)];
    prop_oneof![
        Just(Step::Now),
        (-1_000_000_i64..1_000_000, counter)
            .prop_map(|(micros, count)| Step::Observe(micros, count)),
        (-3_i64..3).prop_map(Step::ObserveLatest),
        (-2_000_000_i64..2_000_000).prop_map(Step::Move),
        (0_i64..20).prop_map(Step::Move),
    ]
}

fn moved(time: Duration, micros: i64) -> Duration {
    let by = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 { time - by } else { time + by }
}

proptest! {
    #[test]
    fn hlc_stamps_grow_and_stay_near_the_physical_time(
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let physical = ManualClock::new(START);
        let clock = Hlc::with_physical(physical.clone()).with_max_ahead(MAX_AHEAD);
        let mut time = START;
        let mut latest = Stamp::MIN;
        // The latest time that the physical clock has shown when the clock was asked.
        let mut furthest = Duration::ZERO;

        for step in steps {
            let remote = match step {
                Step::Move(micros) => {
                    time = moved(time, micros);
                    physical.set(time);
                    continue;
                }
                Step::Now => None,
                Step::Observe(micros, count) => {
                    let unit = Hlc::stamp_at(moved(time, micros)).get();
                    Some(Stamp::new(unit | u64::from(count)))
                }
                Step::ObserveLatest(by) => Some(Stamp::new(latest.get().saturating_add_signed(by))),
            };
            furthest = furthest.max(time);
            let remote_or_none = remote.unwrap_or(Stamp::MIN);
            let ahead = Hlc::physical(remote_or_none).saturating_sub(time);
            let stamp = match remote {
                None => clock.tick(),
                Some(remote) => match clock.observe(remote) {
                    Ok(stamp) => stamp,
                    Err(refused) => {
                        prop_assert!(ahead > MAX_AHEAD && remote > latest);
                        prop_assert_eq!((refused.ahead(), refused.allowed()), (ahead, MAX_AHEAD));
                        prop_assert_eq!(clock.latest(), latest);
                        continue;
                    }
                },
            };
            prop_assert!(ahead <= MAX_AHEAD || remote_or_none <= latest);
            prop_assert!(stamp > latest && stamp > remote_or_none);
            prop_assert!(stamp >= Hlc::stamp_at(time));
            // It is the smallest such stamp.
            let next = latest.max(remote_or_none).get() + 1;
            prop_assert_eq!(stamp.get(), next.max(Hlc::stamp_at(time).get()));
            // A full counter may have carried once: there are few events.
            let limit = furthest + MAX_AHEAD + Duration::from_nanos(15_259);
            prop_assert!(Hlc::physical(stamp) <= limit);
            latest = stamp;
            prop_assert_eq!(clock.latest(), latest);
        }
    }

    #[test]
    fn hlc_finds_the_unit_of_a_stamp_again(stamp in any::<u64>()) {
        let found = Hlc::stamp_at(Hlc::physical(Stamp::new(stamp)));
        prop_assert_eq!(found.get() | u64::from(Hlc::counter(Stamp::new(stamp))), stamp);
    }

    #[test]
    fn hlc_time_of_a_moment_is_less_than_a_unit_before_it(
        seconds in any::<u32>(), nanos in 0_u32..1_000_000_000,
    ) {
        let moment = Duration::new(u64::from(seconds), nanos);
        let found = Hlc::physical(Hlc::stamp_at(moment));
        prop_assert!(found <= moment && moment - found < Duration::from_nanos(15_259));
    }

    #[test]
    fn hlc_stamps_of_moments_are_ordered_as_they_are(
        one in any::<u64>().prop_map(Duration::from_nanos),
        other in any::<u64>().prop_map(Duration::from_nanos),
    ) {
        let (earlier, later) = (one.min(other), one.max(other));
        prop_assert!(Hlc::stamp_at(earlier) <= Hlc::stamp_at(later));
    }

    #[test]
    fn lamport_stamps_exceed_all_that_was_seen(
        shown in proptest::collection::vec(proptest::option::of(any::<u64>()), 1..100),
    ) {
        let clock = Lamport::new();
        let mut latest = Stamp::MIN;
        for remote in shown {
            let stamp = match remote.map(Stamp::new) {
                None => clock.tick(),
                Some(remote) => match clock.observe(remote) {
                    Ok(stamp) => {
                        prop_assert!(stamp > remote);
                        stamp
                    }
                    Err(refused) => {
                        prop_assert!(refused.latest() >= Lamport::LAST);
                        prop_assert_eq!(clock.latest(), latest);
                        continue;
                    }
                },
            };
            let seen = remote.map_or(latest, Stamp::new).max(latest);
            prop_assert_eq!(stamp.get(), seen.get() + 1);
            latest = stamp;
        }
    }
}
