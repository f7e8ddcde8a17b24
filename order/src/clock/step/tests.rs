use proptest::prelude::*;

use super::may_be_at_least;

/// What a counter shows that advances by `step` 64ths of a tick at once, at these times in 64ths.
fn differences(step: u64, work: &[u64]) -> Vec<u64> {
    let mut time = 0;
    let mut readings = vec![0];
    for work in work {
        time += work;
        readings.push(time / step * step / 64);
    }
    readings.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_step_of_many_ticks_is_noticed_though_their_divisor_is_one() {
    let seen = [49, 73, 73, 74, 98, 122, 123, 147, 171, 172, 196, 245, 318, 760, 833];
    assert!(may_be_at_least(12, &seen));
}

#[test]
fn a_counter_that_stands_still_is_coarse() {
    assert!(may_be_at_least(12, &[0; 100]));
}

#[test]
fn without_readings_a_counter_is_taken_for_coarse() {
    assert!(may_be_at_least(12, &[]));
}

#[test]
fn an_interruption_does_not_make_a_counter_fine() {
    let seen = [50, 75, 100, 25, 150, 1_000_003, 125];
    assert!(may_be_at_least(12, &seen));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_coarse_step_is_noticed(
        step in 12_u64 * 64..300 * 64,
        work in proptest::collection::vec(40_u64 * 64..400 * 64, 200),
    ) {
        prop_assert!(may_be_at_least(12, &differences(step, &work)));
    }

    #[test]
    fn no_fine_step_is_taken_for_a_coarse_one(
        step in 1_u64..4 * 64,
        work in proptest::collection::vec(40_u64 * 64..400 * 64, 200),
    ) {
        prop_assert!(!may_be_at_least(12, &differences(step, &work)));
    }
}
