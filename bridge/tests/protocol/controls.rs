//! The same exploration finds the faults of protocols that are slightly wrong. Each prints its counterexample.

use stateright::{Checker, HasDiscoveries, Model};

use super::explore::{CHAIN, Exploration, FENCE, KEPT, ONCE, ONE, SETTLES};
use super::hostile::{Bounds, Flaw};

const SMALL: Bounds = Bounds { seats: 2, claims: 2, frames: 2, failures: 1, resignations: false };

/// Finds a state that is wrong in this way with as few steps as can be, and returns the steps that lead to it.
fn find(flaw: Flaw, bounds: Bounds, wrong: &'static str) -> Vec<String> {
    for depth in 1..20 {
        let exploration = Exploration { bounds, flaw: Some(flaw), forgets: false };
        let until = HasDiscoveries::AnyOf([wrong].into());
        // One thread, so that it finds the same each time. The checker counts the first state too, and does not look at
        // those of the last depth.
        let checker = exploration.checker().finish_when(until).target_max_depth(depth + 2);
        let checker = checker.spawn_bfs().join();
        if let Some(found) = checker.discovery(wrong) {
            let steps: Vec<_> = found.into_actions().iter().map(ToString::to_string).collect();
            println!("{flaw:?}, against \"{wrong}\":");
            for (number, step) in (1..).zip(&steps) {
                println!("{number:3}. {step}");
            }
            assert_eq!(steps.len(), depth);
            return steps;
        }
    }
    panic!("{flaw:?} was not found out: {wrong}");
}

#[test]
fn expected_places_are_no_fence() {
    let steps = find(Flaw::FramesByPlace, SMALL, FENCE);
    // The last step is a frame of the first writer, behind the claim of the second.
    assert!(steps.last().is_some_and(|step| step.starts_with("the stream accepts 1:")));
}

#[test]
fn expected_places_leave_holes() {
    find(Flaw::FramesByPlace, SMALL, CHAIN);
    find(Flaw::FramesByPlace, SMALL, KEPT);
}

#[test]
fn frames_that_expect_nothing_come_twice() {
    find(Flaw::FramesWithoutExpectation, Bounds { seats: 1, claims: 1, ..SMALL }, ONCE);
    find(Flaw::FramesWithoutExpectation, SMALL, FENCE);
}

#[test]
fn claims_that_expect_nothing_share_an_epoch() {
    find(Flaw::ClaimsWithoutExpectation, SMALL, ONE);
}

#[test]
fn candidates_with_one_nonce_both_win() {
    find(Flaw::SharedNonce, SMALL, ONE);
    find(Flaw::SharedNonce, SMALL, KEPT);
}

#[test]
fn a_writer_that_just_goes_on_acknowledges_what_is_lost() {
    find(Flaw::GoesOn, Bounds { seats: 1, claims: 1, ..SMALL }, KEPT);
}

#[test]
fn other_frames_under_the_same_id_lose_events() {
    find(Flaw::NewFrames, Bounds { seats: 1, claims: 1, ..SMALL }, KEPT);
}

#[test]
fn servers_have_to_accept_what_they_acknowledge() {
    find(Flaw::ServerAcknowledgesRefused, Bounds { seats: 1, claims: 1, ..SMALL }, KEPT);
}

#[test]
fn servers_have_to_look_at_the_place_before_the_first() {
    find(Flaw::ServerIgnoresPlaceZero, SMALL, ONE);
}

#[test]
fn whoever_asks_once_only_settles_nothing() {
    find(Flaw::GivesUp, Bounds { seats: 1, claims: 1, ..SMALL }, SETTLES);
}
