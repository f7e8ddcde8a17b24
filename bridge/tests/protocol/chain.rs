//! What a mirror takes, and each of its errors.

use broadring_jetstream::protocol::{Chain, ChainError, Link, MessageId};

fn frame(epoch: u64, first: u64, end: u64) -> Link {
    Link { id: MessageId::Frame { epoch, first }, first, end }
}

fn claim(epoch: u64, next: u64) -> Link {
    Link { id: MessageId::Claim { epoch, nonce: 5 }, first: next, end: next }
}

fn padding(epoch: u64, nonce: u64, number: u64, next: u64) -> Link {
    Link { id: MessageId::Padding { epoch, nonce, number }, first: next, end: next }
}

fn resignation(epoch: u64, next: u64) -> Link {
    Link { id: MessageId::Resignation { epoch }, first: next, end: next }
}

/// A chain with these messages from a place on.
fn chain(from: u64, links: &[Link]) -> Chain {
    let mut chain = Chain::new();
    for (place, &link) in (from..).zip(links) {
        assert_eq!(chain.follow(place, link), Ok(()), "{link:?}");
        assert_eq!((chain.place(), chain.last()), (place, Some(link)));
    }
    chain
}

/// Follows with a message that is wrong. Nothing changes by it.
#[track_caller]
fn refuse(mut chain: Chain, place: u64, link: Link) -> ChainError {
    let before = chain.clone();
    let error = chain.follow(place, link).expect_err("it does not follow");
    assert_eq!(chain, before);
    error
}

#[test]
fn a_stream_is_followed_through_epochs() {
    let links = [
        claim(1, 10),
        padding(1, 5, 1, 10),
        padding(1, 5, 2, 10),
        frame(1, 10, 12),
        frame(1, 12, 13),
        resignation(1, 13),
        claim(2, 13),
        claim(3, 13),
        padding(3, 5, 1, 13),
        frame(3, 13, 20),
        claim(7, 20),
    ];
    chain(1, &links);
    // Where a mirror begins, it takes what it finds.
    for from in 0..links.len() {
        chain(from as u64 + 1, &links[from..]);
    }
}

#[test]
fn nothing_is_known_at_first() {
    let chain = Chain::new();
    assert_eq!((chain.place(), chain.last()), (0, None));
}

#[test]
fn messages_are_missing() {
    let chain = chain(4, &[claim(1, 0), frame(1, 0, 2)]);
    let error = refuse(chain, 7, frame(1, 2, 3));
    assert_eq!(error, ChainError::Places { expected: 6, found: 7 });
    assert_eq!(error.to_string(), "message 7 comes where message 6 should");
}

#[test]
fn a_message_comes_again() {
    let chain = chain(4, &[claim(1, 0), frame(1, 0, 2)]);
    let error = refuse(chain, 5, frame(1, 0, 2));
    assert_eq!(error, ChainError::Places { expected: 6, found: 5 });
}

#[test]
fn events_are_missing() {
    let chain = chain(1, &[claim(1, 0), frame(1, 0, 2)]);
    let gap = ChainError::Gap { place: 3, expected: 2, found: 5 };
    for link in [frame(1, 5, 6), claim(2, 5), resignation(1, 5)] {
        assert_eq!(refuse(chain.clone(), 3, link), gap);
    }
    assert_eq!(gap.to_string(), "message 3 begins with event 5: events 2 to 4 are missing");
}

#[test]
fn events_come_twice() {
    let chain = chain(1, &[claim(1, 0), frame(1, 0, 4)]);
    let repetition = ChainError::Repetition { place: 3, expected: 4, found: 2 };
    for link in [frame(1, 2, 6), claim(2, 2), resignation(1, 2)] {
        assert_eq!(refuse(chain.clone(), 3, link), repetition);
    }
}

#[test]
fn a_deposed_writer_goes_on() {
    let chain = chain(1, &[claim(1, 0), frame(1, 0, 4), claim(2, 4)]);
    let error = ChainError::Epoch { place: 4, current: 2, found: 1 };
    for link in [frame(1, 4, 5), resignation(1, 4), claim(1, 4)] {
        assert_eq!(refuse(chain.clone(), 4, link), error);
    }
}

#[test]
fn a_writer_comes_without_a_claim() {
    let chain = chain(1, &[claim(1, 0), frame(1, 0, 4)]);
    let error = ChainError::Epoch { place: 3, current: 1, found: 2 };
    for link in [frame(2, 4, 5), resignation(2, 4)] {
        assert_eq!(refuse(chain.clone(), 3, link), error);
    }
}

#[test]
fn an_epoch_is_claimed_twice() {
    let chain = chain(1, &[claim(3, 0)]);
    let other = Link { id: MessageId::Claim { epoch: 3, nonce: 6 }, first: 0, end: 0 };
    let error = refuse(chain, 2, other);
    assert_eq!(error, ChainError::Epoch { place: 2, current: 3, found: 3 });
}

#[test]
fn a_writer_goes_on_after_it_has_resigned() {
    let chain = chain(1, &[claim(1, 0), resignation(1, 0)]);
    let error = ChainError::Ended { place: 3, epoch: 1 };
    for link in [frame(1, 0, 1), resignation(1, 0)] {
        assert_eq!(refuse(chain.clone(), 3, link), error);
    }
}

#[test]
fn padding_follows_its_claim_in_order() {
    let error = |place| ChainError::Padding { place };
    assert_eq!(error(7).to_string(), "message 7 belongs to another claim than the message before");
    let begun = chain(1, &[claim(2, 4)]);
    let others = [
        // Of another claim, of another epoch, not the next one.
        padding(2, 6, 1, 4),
        padding(3, 5, 1, 4),
        padding(1, 5, 1, 4),
        padding(2, 5, 0, 4),
        padding(2, 5, 2, 4),
    ];
    for link in others {
        assert_eq!(refuse(begun.clone(), 2, link), error(2));
    }
    let further = chain(1, &[claim(2, 4), padding(2, 5, 1, 4)]);
    for link in [padding(2, 6, 2, 4), padding(3, 5, 2, 4), padding(2, 5, 1, 4), padding(2, 5, 3, 4)]
    {
        assert_eq!(refuse(further.clone(), 3, link), error(3));
    }
    // Where there is no claim.
    for last in [frame(2, 4, 9), resignation(2, 4), claim(3, 4)] {
        let ended = chain(1, &[claim(2, 4), last]);
        assert_eq!(refuse(ended, 3, padding(2, 5, 1, last.end)), error(3));
    }
}

#[test]
fn padding_has_no_events() {
    let begun = chain(1, &[claim(2, 4)]);
    let gap = ChainError::Gap { place: 2, expected: 4, found: 5 };
    assert_eq!(refuse(begun.clone(), 2, padding(2, 5, 1, 5)), gap);
    let repetition = ChainError::Repetition { place: 2, expected: 4, found: 3 };
    assert_eq!(refuse(begun, 2, padding(2, 5, 1, 3)), repetition);
}

#[test]
fn a_deposed_writer_goes_on_within_a_claim() {
    let begun = chain(1, &[claim(1, 0), frame(1, 0, 4), claim(2, 4), padding(2, 5, 1, 4)]);
    let error = ChainError::Epoch { place: 5, current: 2, found: 1 };
    for link in [frame(1, 4, 5), resignation(1, 4), claim(1, 4)] {
        assert_eq!(refuse(begun.clone(), 5, link), error);
    }
}
