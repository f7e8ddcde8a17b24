//! A candidate alone, with each answer that it can get.

use broadring_jetstream::protocol::{ClaimStep, Claimant, Expected, Last, MessageId};

const NONCE: u64 = 0xabc;

fn frame(place: u64, epoch: u64, first: u64, next: u64) -> Option<Last> {
    Some(Last { place, id: MessageId::Frame { epoch, first }, next })
}

fn claim(place: u64, epoch: u64, nonce: u64) -> Option<Last> {
    Some(Last { place, id: MessageId::Claim { epoch, nonce }, next: 30 })
}

/// A candidate that has seen frame 3:20 at place 9.
fn candidate() -> Claimant {
    Claimant::begin(NONCE, frame(9, 3, 20, 30), 0)
}

fn again() -> ClaimStep {
    ClaimStep::Publish {
        id: MessageId::Claim { epoch: 4, nonce: NONCE },
        expected: Expected::Place(9),
        next: 30,
    }
}

#[test]
fn it_goes_on_behind_the_last_message() {
    let claimant = candidate();
    assert_eq!((claimant.epoch(), claimant.next()), (4, 30));
    assert_eq!(claimant.id(), MessageId::Claim { epoch: 4, nonce: NONCE });
    assert_eq!(claimant.publish(), again());
    assert_eq!(claimant.accepted(), ClaimStep::Won);
}

#[test]
fn the_first_of_all_begins_where_it_is_told() {
    let claimant = Claimant::begin(NONCE, None, 70);
    let first = ClaimStep::Publish {
        id: MessageId::Claim { epoch: 1, nonce: NONCE },
        expected: Expected::Place(0),
        next: 70,
    };
    assert_eq!(claimant.publish(), first);
    // The answer was lost, and the server that is asked has nothing yet.
    assert_eq!(claimant.last(None), first);
    // Any message shows that the place before the first is over.
    assert_eq!(claimant.last(frame(2, 1, 70, 71)), ClaimStep::Lost { epoch: 1 });
    assert_eq!(claimant.last(claim(1, 1, 5)), ClaimStep::Lost { epoch: 1 });
    assert_eq!(claimant.last(claim(1, 1, NONCE)), ClaimStep::Won);
}

#[test]
fn its_own_claim_is_the_last_message() {
    assert_eq!(candidate().last(claim(10, 4, NONCE)), ClaimStep::Won);
}

#[test]
fn another_claim_of_the_epoch_was_faster() {
    assert_eq!(candidate().last(claim(10, 4, 5)), ClaimStep::Lost { epoch: 4 });
    assert_eq!(candidate().last(frame(11, 4, 30, 31)), ClaimStep::Lost { epoch: 4 });
    assert_eq!(candidate().last(claim(12, 6, 5)), ClaimStep::Lost { epoch: 6 });
}

#[test]
fn the_writer_before_goes_on() {
    assert_eq!(candidate().last(frame(10, 3, 30, 31)), ClaimStep::Lost { epoch: 3 });
}

#[test]
fn nothing_has_come_so_it_publishes_again() {
    assert_eq!(candidate().last(frame(9, 3, 20, 30)), again());
}

#[test]
fn an_old_last_message_decides_nothing() {
    assert_eq!(candidate().last(frame(8, 3, 10, 20)), again());
    assert_eq!(candidate().last(claim(1, 1, 5)), again());
    assert_eq!(candidate().last(None), again());
}
