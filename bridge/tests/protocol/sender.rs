//! A writer alone, with each answer that it can get.

use broadring_jetstream::protocol::{LEAP, Last, MessageId, Sender, SenderState, Transmission};

use super::world::Frame;

/// The last message of its claim, and where it is.
const CLAIM: MessageId = MessageId::Padding { epoch: 4, nonce: 7, number: LEAP - 1 };
const PLACE: u64 = 1000;
const END: MessageId = MessageId::Resignation { epoch: 4 };

fn id(first: u64) -> MessageId {
    MessageId::Frame { epoch: 4, first }
}

fn frame(first: u64, end: u64) -> Frame {
    Frame { by: 0, first, end }
}

/// The last message, wherever it is: a writer goes by its id.
fn last(id: MessageId) -> Option<Last> {
    Some(Last { place: 1, id, next: 0 })
}

/// A writer with the frames 30..32, 32..35 and 35..36, all on their way.
fn writer() -> Sender<Frame> {
    let mut sender = Sender::new(CLAIM, PLACE, 30);
    for (first, end) in [(30, 32), (32, 35), (35, 36)] {
        sender.push(frame(first, end));
    }
    assert_eq!(ids(&mut sender), [id(30), id(32), id(35)]);
    sender
}

fn sent(sender: &mut Sender<Frame>) -> Vec<Transmission<Frame>> {
    core::iter::from_fn(|| sender.transmit()).collect()
}

fn ids(sender: &mut Sender<Frame>) -> Vec<MessageId> {
    sent(sender).iter().map(|message| message.id).collect()
}

#[test]
fn each_frame_expects_the_place_before_its_own() {
    let mut sender = Sender::new(CLAIM, PLACE, 30);
    assert_eq!(sender.transmit(), None);
    let frames = [frame(30, 32), frame(32, 35)];
    frames.into_iter().for_each(|frame| sender.push(frame));
    sender.resign();
    let expected = [(id(30), Some(frames[0])), (id(32), Some(frames[1])), (END, None)];
    let expected: Vec<_> = (PLACE..)
        .zip(expected)
        .map(|(expected, (id, frame))| Transmission { id, expected, attempt: 0, frame })
        .collect();
    assert_eq!(sent(&mut sender), expected);
    assert_eq!((sender.epoch(), sender.next(), sender.in_flight()), (4, 35, 3));
}

#[test]
fn an_acknowledgement_holds_for_all_before() {
    let mut sender = writer();
    sender.accepted(id(32));
    assert_eq!((sender.acknowledged(), sender.in_flight()), (35, 1));
    // Those before come late, or again.
    sender.accepted(id(30));
    sender.accepted(id(32));
    assert_eq!((sender.acknowledged(), sender.in_flight()), (35, 1));
    sender.accepted(id(35));
    assert_eq!((sender.acknowledged(), sender.in_flight()), (36, 0));
    sender.push(frame(36, 40));
    let next = sender.transmit().expect("there is one");
    assert_eq!(next.expected, PLACE + 3);
}

#[test]
fn acknowledgements_of_others_are_none() {
    let mut sender = writer();
    let before = sender.clone();
    sender.accepted(MessageId::Frame { epoch: 5, first: 30 });
    sender.accepted(MessageId::Frame { epoch: 3, first: 30 });
    sender.accepted(id(31));
    sender.accepted(CLAIM);
    sender.accepted(END);
    assert_eq!(sender, before);
}

#[test]
fn nothing_is_sent_in_doubt() {
    let mut sender = writer();
    assert!(sender.failed(0));
    assert_eq!(sender.state(), SenderState::Uncertain);
    sender.push(frame(36, 37));
    assert_eq!(sender.transmit(), None);
    // It has been told already.
    assert!(!sender.failed(0));
    assert!(!sender.doubt());
}

#[test]
fn what_is_left_is_sent_again_as_it_was() {
    let mut sender = writer();
    let first: Vec<_> = {
        let mut same = Sender::new(CLAIM, PLACE, 30);
        for (first, end) in [(30, 32), (32, 35), (35, 36)] {
            same.push(frame(first, end));
        }
        sent(&mut same)
    };
    for attempt in 1..=3 {
        assert!(sender.failed(sender.attempt()));
        assert!(sender.last(last(CLAIM)));
        assert_eq!((sender.state(), sender.attempt()), (SenderState::Leading, attempt));
        let again = sent(&mut sender);
        let expected = first.iter().map(|message| Transmission { attempt, ..message.clone() });
        assert!(expected.eq(again));
    }
}

#[test]
fn the_last_message_acknowledges() {
    let mut sender = writer();
    sender.failed(0);
    assert!(sender.last(last(id(32))));
    assert_eq!((sender.acknowledged(), sender.state()), (35, SenderState::Leading));
    let again = sent(&mut sender);
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].id, again[0].expected), (id(35), PLACE + 2));
}

#[test]
fn an_acknowledgement_comes_late() {
    let mut sender = writer();
    sender.failed(0);
    sender.accepted(id(30));
    // It still has to ask, and the answer is older than what it knows.
    assert_eq!(sender.state(), SenderState::Uncertain);
    assert!(!sender.last(last(CLAIM)));
    assert_eq!((sender.state(), sender.acknowledged()), (SenderState::Uncertain, 32));
    assert!(sender.last(last(id(30))));
    // One of the attempt before comes when some of this one are on their way.
    assert_eq!(sender.transmit().map(|sent| sent.id), Some(id(32)));
    sender.accepted(id(35));
    assert_eq!((sender.acknowledged(), sender.in_flight()), (36, 0));
    assert_eq!(sender.transmit(), None);
    sender.push(frame(36, 37));
    let next = sender.transmit().expect("there is one");
    assert_eq!((next.id, next.expected), (id(36), PLACE + 3));
}

#[test]
fn all_is_acknowledged_while_it_is_in_doubt() {
    let mut sender = writer();
    sender.failed(0);
    sender.accepted(id(35));
    assert!(!sender.last(last(id(32))));
    assert!(sender.last(last(id(35))));
    assert_eq!((sender.state(), sender.in_flight()), (SenderState::Leading, 0));
}

#[test]
fn failures_of_an_earlier_attempt_are_out_of_date() {
    let mut sender = writer();
    sender.failed(0);
    sender.last(last(CLAIM));
    assert!(!sender.failed(0));
    assert_eq!(sender.state(), SenderState::Leading);
    assert!(sender.failed(1));
}

#[test]
fn an_empty_stream_is_an_old_answer() {
    let mut sender = writer();
    sender.failed(0);
    assert!(!sender.last(None));
    let earlier = MessageId::Frame { epoch: 3, first: 28 };
    assert!(!sender.last(last(earlier)));
    assert_eq!(sender.state(), SenderState::Uncertain);
}

#[test]
fn another_writer_has_the_stream() {
    for by in [
        MessageId::Claim { epoch: 5, nonce: 1 },
        MessageId::Padding { epoch: 5, nonce: 1, number: 3 },
        MessageId::Claim { epoch: 6, nonce: 1 },
        MessageId::Frame { epoch: 5, first: 30 },
        MessageId::Frame { epoch: 9, first: 30 },
    ] {
        let mut sender = writer();
        assert!(sender.doubt());
        assert!(sender.last(last(by)));
        assert_eq!(sender.state(), SenderState::Deposed { by: by.epoch() });
        assert_eq!(sender.transmit(), None);
        assert!(!sender.failed(0));
        // What is acknowledged late was in the stream before.
        sender.accepted(id(32));
        assert_eq!(sender.acknowledged(), 35);
        assert_eq!(sender.state(), SenderState::Deposed { by: by.epoch() });
        assert!(sender.last(last(id(35))));
        assert_eq!(sender.state(), SenderState::Deposed { by: by.epoch() });
    }
}

/// A message of a writer that has the stream now, which goes on with this event.
fn taken(id: MessageId, next: u64) -> Option<Last> {
    Some(Last { place: PLACE + 500, id, next })
}

const NEXT: [MessageId; 2] =
    [MessageId::Claim { epoch: 5, nonce: 1 }, MessageId::Padding { epoch: 5, nonce: 1, number: 9 }];

#[test]
fn the_next_claim_says_what_is_before_it() {
    for claim in NEXT {
        for (next, left) in [(30, 3), (32, 2), (35, 1), (36, 0)] {
            let mut sender = writer();
            sender.doubt();
            assert!(sender.last(taken(claim, next)));
            assert_eq!((sender.acknowledged(), sender.in_flight()), (next, left));
            assert_eq!(sender.state(), SenderState::Deposed { by: 5 });
        }
    }
}

#[test]
fn other_messages_say_nothing_of_what_is_before() {
    // What is before a later claim may be of the writer in between.
    for id in [
        MessageId::Claim { epoch: 6, nonce: 1 },
        MessageId::Padding { epoch: 6, nonce: 1, number: 9 },
        MessageId::Frame { epoch: 5, first: 32 },
        MessageId::Resignation { epoch: 5 },
    ] {
        let mut sender = writer();
        sender.doubt();
        assert!(sender.last(taken(id, 36)));
        assert_eq!((sender.acknowledged(), sender.in_flight()), (30, 3));
        assert_eq!(sender.state(), SenderState::Deposed { by: id.epoch() });
    }
}

#[test]
fn a_claim_behind_all_that_it_has_is_as_good_as_its_resignation() {
    for claim in NEXT {
        let mut sender = writer();
        sender.resign();
        sender.doubt();
        assert!(sender.last(taken(claim, 36)));
        assert_eq!((sender.state(), sender.acknowledged()), (SenderState::Resigned, 36));
        // Here one of its frames is not before it.
        let mut sender = writer();
        sender.resign();
        sender.doubt();
        assert!(sender.last(taken(claim, 35)));
        assert_eq!((sender.state(), sender.acknowledged()), (SenderState::Deposed { by: 5 }, 35));
        assert_eq!(sender.in_flight(), 2);
    }
}

#[test]
fn whoever_comes_behind_all_that_is_acknowledged_finds_it_resigned() {
    let claim = MessageId::Claim { epoch: 8, nonce: 1 };
    for (there, next) in [(claim, 36), (claim, 37), (MessageId::Frame { epoch: 5, first: 36 }, 40)]
    {
        let mut sender = writer();
        sender.resign();
        sender.accepted(id(35));
        sender.doubt();
        assert!(sender.last(taken(there, next)));
        assert_eq!((sender.state(), sender.acknowledged()), (SenderState::Resigned, 36));
        // Here nobody knows whether its last frame is there.
        let mut sender = writer();
        sender.resign();
        sender.accepted(id(32));
        sender.doubt();
        assert!(sender.last(taken(there, next)));
        assert_eq!(sender.state(), SenderState::Deposed { by: there.epoch() });
    }
}

#[test]
fn part_of_its_own_claim_is_an_old_answer() {
    let mut sender = writer();
    sender.failed(0);
    assert!(!sender.last(last(MessageId::Claim { epoch: 4, nonce: 7 })));
    assert!(!sender.last(last(MessageId::Padding { epoch: 4, nonce: 7, number: 1 })));
    assert_eq!(sender.state(), SenderState::Uncertain);
    assert!(sender.last(last(CLAIM)));
}

/// A writer that may have three messages on their way, and has.
fn full() -> Sender<Frame> {
    let mut sender = Sender::with_leap(CLAIM, PLACE, 30, 3);
    for first in 30..33 {
        assert!(sender.has_room());
        sender.push(frame(first, first + 1));
    }
    assert_eq!(ids(&mut sender), [id(30), id(31), id(32)]);
    sender
}

#[test]
fn there_is_room_for_what_a_claim_fences_off() {
    let mut sender = full();
    assert!(!sender.has_room());
    sender.accepted(id(31));
    assert!(sender.has_room());
    sender.push(frame(33, 34));
    sender.push(frame(34, 35));
    assert!(!sender.has_room());
    let before = sent(&mut sender).iter().map(|sent| sent.expected).collect::<Vec<_>>();
    assert_eq!(before, [PLACE + 3, PLACE + 4]);
    // What is sent again is on its way once, as far as places are concerned.
    sender.failed(0);
    assert!(!sender.has_room());
    assert!(sender.last(last(id(33))));
    assert!(sender.has_room());
    let before = sent(&mut sender).iter().map(|sent| sent.expected).collect::<Vec<_>>();
    assert_eq!(before, [PLACE + 4]);
    sender.resign();
    assert!(sender.has_room());

    let mut sender = Sender::new(CLAIM, PLACE, 0);
    for first in 0..LEAP {
        assert!(sender.has_room());
        sender.push(frame(first, first + 1));
    }
    assert!(!sender.has_room());
}

#[test]
#[should_panic(expected = "no more messages may be on their way")]
fn there_is_no_room_for_a_frame() {
    full().push(frame(33, 34));
}

#[test]
#[should_panic(expected = "no more messages may be on their way")]
fn there_is_no_room_for_a_resignation() {
    full().resign();
}

#[test]
fn it_resigns_behind_its_frames() {
    let mut sender = writer();
    sender.resign();
    sender.resign();
    assert_eq!((sender.in_flight(), sender.next()), (4, 36));
    assert_eq!(ids(&mut sender), [END]);
    sender.accepted(id(35));
    assert_eq!((sender.state(), sender.acknowledged()), (SenderState::Leading, 36));
    sender.accepted(END);
    assert_eq!((sender.state(), sender.in_flight()), (SenderState::Resigned, 0));
    sender.resign();
    assert_eq!(sender.transmit(), None);
}

#[test]
fn the_last_message_is_its_resignation() {
    let mut sender = writer();
    sender.resign();
    sender.failed(0);
    assert!(sender.last(last(END)));
    assert_eq!((sender.state(), sender.acknowledged()), (SenderState::Resigned, 36));
    assert_eq!(sender.attempt(), 0);
}

#[test]
fn a_resignation_is_sent_again() {
    let mut sender = Sender::<Frame>::new(CLAIM, PLACE, 30);
    sender.resign();
    assert_eq!(ids(&mut sender), [END]);
    sender.failed(0);
    assert!(sender.last(last(CLAIM)));
    let again = sender.transmit().expect("there is one");
    assert_eq!((again.id, again.expected), (END, PLACE));
}

#[test]
#[should_panic(expected = "a frame begins where the last one has ended")]
fn frames_have_no_gap() {
    writer().push(frame(37, 38));
}

#[test]
#[should_panic(expected = "a frame has events")]
fn frames_are_not_empty() {
    writer().push(frame(36, 36));
}

#[test]
#[should_panic(expected = "nothing comes after a resignation")]
fn nothing_comes_after_a_resignation() {
    let mut sender = writer();
    sender.resign();
    sender.push(frame(36, 37));
}

#[test]
#[should_panic(expected = "nothing comes after a resignation")]
fn nothing_comes_after_a_resignation_that_is_acknowledged() {
    let mut sender = writer();
    sender.resign();
    sender.transmit();
    sender.accepted(END);
    sender.push(frame(36, 37));
}
