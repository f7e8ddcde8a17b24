//! How the delay answers to what looks find. No time passes in these tests.

use super::{ENOUGH, LONGEST, LONGEST_REST, PRICE, Pacing, SHORTEST};

fn pacing() -> Pacing {
    Pacing::new(1 << 20)
}

/// What a writer at full speed publishes in the current delay, and then some.
fn a_lot(pacing: &Pacing) -> u64 {
    u64::from(pacing.delay / PRICE) + 1
}

#[test]
fn a_reader_that_never_finds_events_at_once_never_holds_off() {
    let mut pacing = pacing();
    for _ in 0..1000 {
        pacing.found_nothing();
        assert_eq!(pacing.delay, 0);
    }
}

#[test]
fn a_delay_that_pays_grows_up_to_the_longest() {
    let mut pacing = pacing();
    pacing.found(1);
    assert_eq!(pacing.delay, SHORTEST);
    for _ in 0..10 {
        let before = pacing.delay;
        pacing.found(a_lot(&pacing));
        assert_eq!(pacing.delay, (2 * before).min(LONGEST));
    }
    assert_eq!(pacing.delay, LONGEST);
}

#[test]
fn a_delay_that_does_not_pay_is_dropped_and_tried_more_and_more_rarely() {
    // One event at each look: who publishes and receives by turns.
    let mut pacing = pacing();
    let (mut looks, mut delays) = (0_u32, Vec::new());
    while delays.len() < 14 {
        pacing.found(1);
        looks += 1;
        if pacing.delay > 0 {
            delays.push(looks);
        }
    }
    let between: Vec<_> = delays.windows(2).map(|pair| pair[1] - pair[0] - 2).collect();
    let expected: Vec<_> = (0..13).map(|times| (1 << times).min(LONGEST_REST)).collect();
    assert_eq!(between, expected);
}

#[test]
fn finding_nothing_halves_the_delay_and_soon_ends_it() {
    let mut pacing = pacing();
    pacing.delay = LONGEST;
    let delays = [(); 4].map(|()| {
        pacing.found_nothing();
        pacing.delay
    });
    assert_eq!(delays, [LONGEST / 2, LONGEST / 4, SHORTEST, 0]);
}

#[test]
fn a_reader_far_behind_does_not_hold_off() {
    let mut pacing = pacing();
    pacing.found(4 * ENOUGH);
    assert_eq!(pacing.delay, 0);
    pacing.delay = LONGEST;
    for _ in 0..4 {
        pacing.found(4 * ENOUGH);
    }
    assert_eq!(pacing.delay, 0);
}

#[test]
fn a_small_ring_is_not_waited_full() {
    let mut pacing = Pacing::new(8);
    pacing.found(2);
    assert_eq!(pacing.delay, 0, "a quarter of the ring is enough");
}
