//! The same exploration finds the faults of protocols that are slightly wrong. Each prints its counterexample.

use stateright::{Checker, HasDiscoveries, Model};

use super::explore::{CHAIN, Exploration, FENCE, KEPT, ONCE, ONE, SETTLES};
use super::hostile::{Bounds, Flaw};

const SMALL: Bounds =
    Bounds { seats: 2, claims: 2, leap: 2, window: 2, frames: 2, failures: 1, resignations: false };

const ALONE: Bounds = Bounds { seats: 1, claims: 1, ..SMALL };

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

/// The last step is a frame of the first writer, behind the claim of the second.
fn is_stale(steps: &[String]) -> bool {
    steps.last().is_some_and(|step| step.starts_with("the stream accepts 1:"))
}

/// What a writer gets that makes frames expect places, and claims too, and does nothing more.
#[test]
fn a_claim_of_one_place_is_no_fence() {
    let bounds = Bounds { leap: 1, failures: 0, ..SMALL };
    assert!(is_stale(&find(Flaw::ShortLeap, bounds, FENCE)));
    find(Flaw::ShortLeap, bounds, CHAIN);
    find(Flaw::ShortLeap, bounds, KEPT);
}

#[test]
fn a_claim_of_fewer_places_than_a_window_is_no_fence() {
    let bounds = Bounds { leap: 2, window: 3, frames: 3, failures: 0, ..SMALL };
    assert!(is_stale(&find(Flaw::ShortLeap, bounds, FENCE)));
}

#[test]
fn a_claim_that_comes_in_pieces_is_no_fence() {
    let bounds = Bounds { failures: 0, ..SMALL };
    find(Flaw::ClaimsInPieces, bounds, FENCE);
    // Another candidate comes in between.
    find(Flaw::ClaimsInPieces, Bounds { frames: 0, ..bounds }, ONE);
    find(Flaw::ClaimsInLoosePieces, Bounds { frames: 0, ..bounds }, CHAIN);
    find(Flaw::ClaimsInPart, bounds, FENCE);
}

#[test]
fn frames_that_expect_nothing_come_twice() {
    find(Flaw::FramesWithoutExpectation, ALONE, ONCE);
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
    find(Flaw::GoesOn, ALONE, KEPT);
}

#[test]
fn other_frames_under_the_same_id_lose_events() {
    find(Flaw::NewFrames, ALONE, KEPT);
}

#[test]
fn servers_have_to_accept_what_they_acknowledge() {
    find(Flaw::ServerAcknowledgesRefused, ALONE, KEPT);
}

#[test]
fn servers_have_to_look_at_the_place_before_the_first() {
    find(Flaw::ServerIgnoresPlaceZero, SMALL, ONE);
}

#[test]
fn servers_have_to_count_what_they_have_not_stored_yet() {
    let bounds = Bounds { failures: 0, ..SMALL };
    find(Flaw::ServerChecksTooEarly, Bounds { frames: 0, ..bounds }, ONE);
    find(Flaw::ServerChecksTooEarly, bounds, FENCE);
}

#[test]
fn servers_have_to_keep_what_they_accept() {
    find(Flaw::ServerLoses, Bounds { frames: 3, ..SMALL }, FENCE);
}

#[test]
fn whoever_asks_once_only_settles_nothing() {
    find(Flaw::GivesUp, ALONE, SETTLES);
}
