//! A candidate alone, with each answer that it can get.

use broadring_jetstream::protocol::{ClaimStep, Claimant, LEAP, Last, MessageId};

const NONCE: u64 = 0xabc;

fn last(place: u64, id: MessageId, next: u64) -> Option<Last> {
    Some(Last { place, id, next })
}

fn frame(place: u64, epoch: u64, first: u64, next: u64) -> Option<Last> {
    last(place, MessageId::Frame { epoch, first }, next)
}

fn claim(place: u64, epoch: u64, nonce: u64) -> Option<Last> {
    last(place, MessageId::Claim { epoch, nonce }, 30)
}

fn padding(place: u64, epoch: u64, nonce: u64, number: u64) -> Option<Last> {
    last(place, MessageId::Padding { epoch, nonce, number }, 30)
}

/// A candidate that has seen frame 3:20 at place 9.
fn candidate() -> Claimant {
    Claimant::with_leap(NONCE, frame(9, 3, 20, 30), 0, 3)
}

const AGAIN: ClaimStep = ClaimStep::Publish { expected: 9 };

#[test]
fn it_goes_on_behind_the_last_message() {
    let claimant = candidate();
    assert_eq!((claimant.epoch(), claimant.next(), claimant.place()), (4, 30, 12));
    assert_eq!(claimant.publish(), AGAIN);
    assert_eq!(claimant.accepted(), ClaimStep::Won);
}

#[test]
fn it_has_a_message_for_each_place() {
    let ids: Vec<_> = candidate().messages().collect();
    let expected = [
        MessageId::Claim { epoch: 4, nonce: NONCE },
        MessageId::Padding { epoch: 4, nonce: NONCE, number: 1 },
        MessageId::Padding { epoch: 4, nonce: NONCE, number: 2 },
    ];
    assert_eq!(ids, expected);
    assert_eq!(candidate().last_id(), expected[2]);
    // A claim of one place is its own last message; one of none is the same.
    for leap in [0, 1] {
        let claimant = Claimant::with_leap(NONCE, None, 0, leap);
        assert!(claimant.messages().eq([claimant.last_id()]));
        assert_eq!(claimant.last_id(), MessageId::Claim { epoch: 1, nonce: NONCE });
        assert_eq!(claimant.place(), 1);
    }
}

#[test]
fn it_takes_as_many_places_as_a_writer_has_messages_on_its_way() {
    let claimant = Claimant::begin(NONCE, frame(9, 3, 20, 30), 0);
    assert_eq!(claimant.messages().count() as u64, LEAP);
    assert_eq!(claimant.place(), 9 + LEAP);
    let number = LEAP - 1;
    assert_eq!(claimant.last_id(), MessageId::Padding { epoch: 4, nonce: NONCE, number });
}

#[test]
fn the_first_of_all_begins_where_it_is_told() {
    let claimant = Claimant::with_leap(NONCE, None, 70, 3);
    let first = ClaimStep::Publish { expected: 0 };
    assert_eq!((claimant.epoch(), claimant.next(), claimant.place()), (1, 70, 3));
    assert_eq!(claimant.publish(), first);
    // The answer was lost, and the server that is asked has nothing yet.
    assert_eq!(claimant.last(None), first);
    // Any message shows that the place before the first is over.
    assert_eq!(claimant.last(frame(4, 1, 70, 71)), ClaimStep::Lost { epoch: 1 });
    assert_eq!(claimant.last(claim(1, 1, 5)), ClaimStep::Lost { epoch: 1 });
    assert_eq!(claimant.last(claim(1, 1, NONCE)), ClaimStep::Won);
}

#[test]
fn its_own_claim_is_the_last_message() {
    assert_eq!(candidate().last(claim(10, 4, NONCE)), ClaimStep::Won);
    assert_eq!(candidate().last(padding(11, 4, NONCE, 1)), ClaimStep::Won);
    assert_eq!(candidate().last(padding(12, 4, NONCE, 2)), ClaimStep::Won);
}

#[test]
fn another_claim_of_the_epoch_was_faster() {
    assert_eq!(candidate().last(claim(10, 4, 5)), ClaimStep::Lost { epoch: 4 });
    assert_eq!(candidate().last(padding(12, 4, 5, 2)), ClaimStep::Lost { epoch: 4 });
    assert_eq!(candidate().last(frame(13, 4, 30, 31)), ClaimStep::Lost { epoch: 4 });
    assert_eq!(candidate().last(claim(12, 6, 5)), ClaimStep::Lost { epoch: 6 });
}

#[test]
fn the_writer_before_goes_on() {
    assert_eq!(candidate().last(frame(10, 3, 30, 31)), ClaimStep::Lost { epoch: 3 });
}

#[test]
fn nothing_has_come_so_it_publishes_again() {
    assert_eq!(candidate().last(frame(9, 3, 20, 30)), AGAIN);
}

#[test]
fn an_old_last_message_decides_nothing() {
    assert_eq!(candidate().last(frame(8, 3, 10, 20)), AGAIN);
    assert_eq!(candidate().last(claim(1, 1, 5)), AGAIN);
    // The same number, in an earlier epoch.
    assert_eq!(candidate().last(padding(2, 1, NONCE, 1)), AGAIN);
    assert_eq!(candidate().last(None), AGAIN);
}
