//! How the delay reacts to what polls find, and to the time since the last one. The tests supply
//! the time.

use std::time::Duration;

use super::{ENOUGH, LONGEST, LONGEST_REST, PRICE, Pacing, SHORTEST};

fn pacing() -> Pacing {
    Pacing::new(1 << 20)
}

/// A poll that finds so many events, so many nanoseconds after the last one.
fn poll(pacing: &mut Pacing, position: u64, events: u64, nanoseconds: u64) {
    match pacing.delay {
        0 => pacing.found(position, events),
        _ => {
            let now = pacing.looked + Duration::from_nanos(nanoseconds);
            pacing.judge(position, events, now);
        }
    }
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
    pacing.found(0, 1);
    assert_eq!(pacing.delay, SHORTEST);
    for _ in 0..10 {
        let before = pacing.delay;
        poll(&mut pacing, 0, 50, 50 * PRICE);
        assert_eq!(pacing.delay, (2 * before).min(LONGEST));
    }
    assert_eq!(pacing.delay, LONGEST);
}

#[test]
fn a_delay_that_does_not_pay_is_dropped_and_tried_more_and_more_rarely() {
    // One event at each poll: a thread that publishes and receives by turns.
    let mut pacing = pacing();
    let mut delays = Vec::new();
    for position in 0.. {
        poll(&mut pacing, position, 1, u64::from(SHORTEST));
        if pacing.delay > 0 {
            delays.push(position);
        }
        if delays.len() == 16 {
            break;
        }
    }
    let between: Vec<_> = delays.windows(2).map(|pair| pair[1] - pair[0] - 2).collect();
    let expected: Vec<_> = (0..15).map(|times| (1 << times).min(LONGEST_REST)).collect();
    assert_eq!(between, expected);
}

#[test]
fn a_longer_delay_after_which_events_come_slower_is_dropped() {
    // A thread that publishes a batch and then reads it, trial after trial.
    let mut pacing = pacing();
    let mut rests = Vec::new();
    for batch in 0.. {
        let (position, held_off) = (16 * batch, u64::from(pacing.delay));
        poll(&mut pacing, position, 16, held_off + 50);
        if held_off > u64::from(SHORTEST) {
            assert_eq!(pacing.delay, 0);
            rests.push(pacing.rest_until - position - 16);
        }
        if rests.len() == 14 {
            break;
        }
    }
    let expected: Vec<_> = (0..14).map(|times| (1 << times).min(LONGEST_REST)).collect();
    assert_eq!(rests, expected);
}

#[test]
fn many_events_do_not_pay_if_they_took_long_to_come() {
    // A reader that a writer at a moderate rate keeps busy.
    let mut pacing = pacing();
    pacing.found(0, 100);
    poll(&mut pacing, 0, 100, 100 * PRICE + 1);
    assert_eq!(pacing.delay, 0);
}

#[test]
fn a_reader_rests_for_as_many_events_as_it_is_told() {
    let mut pacing = pacing();
    pacing.delay = SHORTEST;
    pacing.next_rest = 8;
    poll(&mut pacing, 100, 1, PRICE + 1);
    assert!(pacing.rests(101) && pacing.rests(108) && !pacing.rests(109));
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
    pacing.found(0, 4 * ENOUGH);
    assert_eq!(pacing.delay, 0);
    pacing.delay = LONGEST;
    for _ in 0..4 {
        poll(&mut pacing, 0, 4 * ENOUGH, 1000);
    }
    assert_eq!(pacing.delay, 0);
}

#[test]
fn a_small_ring_is_not_waited_full() {
    let mut pacing = Pacing::new(8);
    pacing.found(0, 2);
    assert_eq!(pacing.delay, 0, "a quarter of the ring is enough");
}
