//! A mirror of a stream into which somebody publishes who does not keep to the protocol: it ends where that begins, says
//! what and where, and its ring has exactly what was right before.

#![cfg(feature = "servers")]

mod common;

use std::time::Duration;

use broadring::Ring;
use broadring_jetstream::servers::Servers;
use broadring_jetstream::{ClaimError, Mirror, MirrorEnd, MirrorError, RequestError, WireError};
use broadring_log::LogId;
use broadring_log::codec::{Bytes, Postcard};

use common::raw::{Message, Raw, claim, claim_with, frame, resignation};
use common::rings::{event, read};
use common::{connect, options, servers};

const STREAM: LogId = LogId::from_bytes(*b"the right stream");
const OTHER: LogId = LogId::from_bytes(*b"some other one..");

fn codec() -> Postcard<u64> {
    Postcard::new(3)
}

/// A frame of the stream, with the events that belong there.
fn events(epoch: u64, first: u64, end: u64) -> Message {
    frame(STREAM, epoch, first, &codec(), (first..end).map(event))
}

/// A stream that has these messages and no others.
fn publish(servers: &Servers, raw: &Raw, name: &str, messages: &[Message]) {
    connect(&options(servers, name));
    for (place, message) in (1..).zip(messages) {
        assert_eq!(raw.publish(name, message), place);
    }
}

/// Mirrors a stream from its beginning. Returns what its ring had in the end, and how it has ended.
fn mirror(servers: &Servers, name: &str) -> (Vec<(u64, u64)>, Result<MirrorEnd, MirrorError>) {
    let (writer, ring) = Ring::builder(64).build(|| 0_u64);
    let reading = read(&ring);
    let mirror: Mirror = connect(&options(servers, name))
        .mirror(codec())
        .patience(Duration::from_millis(200))
        .until_resigned(true)
        .start(writer);
    let end = mirror.join();
    (reading.events(), end)
}

/// Checks that a mirror takes the events before `good` of these messages, and then says `what`.
fn refuses(servers: &Servers, raw: &Raw, name: &str, messages: &[Message], good: u64, what: &str) {
    publish(servers, raw, name, messages);
    let (found, end) = mirror(servers, name);
    assert_eq!(end.expect_err(name).to_string(), what, "{name}");
    let expected: Vec<_> = (0..good).map(|sequence| (sequence, event(sequence))).collect();
    assert_eq!(found, expected, "{name}");
}

#[test]
fn messages_made_by_hand_are_right() {
    let Some(servers) = servers(1) else { return };
    let raw = Raw::new(&servers);
    let messages = [
        claim(STREAM, 1, 0),
        events(1, 0, 4),
        events(1, 4, 5),
        claim(STREAM, 2, 5),
        events(2, 5, 9),
        resignation(STREAM, 2, 9),
        claim(STREAM, 9, 9),
        resignation(STREAM, 9, 9),
    ];
    publish(&servers, &raw, "right", &messages);
    let (found, end) = mirror(&servers, "right");
    assert_eq!(end.unwrap(), MirrorEnd::Resigned);
    assert_eq!(found, (0..9).map(|sequence| (sequence, event(sequence))).collect::<Vec<_>>());
    let status = connect(&options(&servers, "right")).status().unwrap();
    assert_eq!((status.epoch, status.next, status.resigned), (9, 9, true));
    assert_eq!(status.writer.as_deref(), Some("by hand"));
}

#[test]
fn what_is_no_message_of_the_stream_ends_a_mirror() {
    let Some(servers) = servers(1) else { return };
    let raw = Raw::new(&servers);
    let before = [claim(STREAM, 1, 0), events(1, 0, 3), events(1, 3, 5)];
    let last = events(1, 5, 6);
    let payload = |payload: &[u8]| Message { payload: payload.to_vec(), ..last.clone() };
    let flipped = |at: usize| {
        let mut bytes = last.payload.clone();
        bytes[at] ^= 0x10;
        payload(&bytes)
    };
    let id = |id: Option<&str>| Message { id: id.map(str::to_owned), ..last.clone() };
    let mut newer = claim(STREAM, 2, 5);
    newer.payload.truncate(16 + 70);
    let in_front = "message 4 of the stream, which should go on with event 5: ";
    let other = format!("it belongs to the stream {OTHER}, not to {STREAM}");
    let cases = [
        ("empty", payload(b""), "it is no message of a stream of broadring"),
        ("short", payload(b"garbage"), "it is no message of a stream of broadring"),
        (
            "garbage",
            payload(b"garbage that is long enough for an identity"),
            "it belongs to the stream 67617262616765207468617420697320, not to 7468652072696768742073747265616d",
        ),
        ("only-identity", payload(&STREAM.to_bytes()), "it is shorter than the header of a frame"),
        ("other-stream", frame(OTHER, 1, 5, &codec(), [event(5)]), &*other),
        ("cut", payload(&last.payload[..last.payload.len() - 1]), "it has 79 bytes instead of 80"),
        ("longer", payload(&[&last.payload[..], b"."].concat()), "it has 81 bytes instead of 80"),
        ("header", flipped(40), "its header is damaged, or of another stream"),
        ("record", flipped(last.payload.len() - 8), "its records are damaged"),
        ("cut-claim", newer, "it is damaged"),
        ("no-id", id(None), "its id is \"\" instead of 1:5"),
        ("wrong-id", id(Some("1:6")), "its id is \"1:6\" instead of 1:5"),
        ("id-of-other-epoch", id(Some("2:5")), "its id is \"2:5\" instead of 1:5"),
        ("id-of-claim", id(Some("1:end")), "its id is \"1:end\" instead of 1:5"),
        // The server takes it, because it has another id than the first time.
        (
            "repeated",
            Message { id: id(Some("1:5")).id, ..before[2].clone() },
            "its id is \"1:5\" instead of 1:3",
        ),
    ];
    for (name, message, what) in cases {
        let messages = [&before[..], &[message]].concat();
        refuses(&servers, &raw, name, &messages, 5, &format!("{in_front}{what}"));
    }
}

#[test]
fn what_does_not_follow_ends_a_mirror() {
    let Some(servers) = servers(1) else { return };
    let raw = Raw::new(&servers);
    let before = [claim(STREAM, 3, 0), events(3, 0, 3), events(3, 3, 5)];
    // Of another candidate: the server drops what has the same id.
    let again = claim_with(STREAM, 3, 5, 8);
    let cases = [
        ("gap", vec![events(3, 6, 8)], "message 4 begins with event 6: events 5 to 5 are missing"),
        (
            "repetition",
            vec![events(3, 4, 8)],
            "message 4 begins with event 4, and everything before 5 has come already",
        ),
        ("older", vec![events(2, 5, 8)], "message 4 is of epoch 2, and epoch 3 has the stream"),
        ("newer", vec![events(4, 5, 8)], "message 4 is of epoch 4, and epoch 3 has the stream"),
        ("same-claim", vec![again], "message 4 is of epoch 3, and epoch 3 has the stream"),
        (
            "older-claim",
            vec![claim(STREAM, 2, 5)],
            "message 4 is of epoch 2, and epoch 3 has the stream",
        ),
        (
            "claim-ahead",
            vec![claim(STREAM, 4, 6)],
            "message 4 begins with event 6: events 5 to 5 are missing",
        ),
        (
            "claim-behind",
            vec![claim(STREAM, 4, 4)],
            "message 4 begins with event 4, and everything before 5 has come already",
        ),
        (
            "deposed",
            vec![claim(STREAM, 4, 5), events(3, 5, 8)],
            "message 5 is of epoch 3, and epoch 4 has the stream",
        ),
        (
            "resignation-of-other",
            vec![resignation(STREAM, 2, 5)],
            "message 4 is of epoch 2, and epoch 3 has the stream",
        ),
        (
            "resignation-ahead",
            vec![resignation(STREAM, 3, 7)],
            "message 4 begins with event 7: events 5 to 6 are missing",
        ),
        (
            "after-the-end",
            vec![resignation(STREAM, 3, 5), events(3, 5, 8)],
            "message 5 comes after epoch 3 has ended",
        ),
    ];
    for (name, behind, what) in cases {
        let messages = [&before[..], &behind].concat();
        refuses(&servers, &raw, name, &messages, 5, what);
    }
}

#[test]
fn a_stream_that_begins_with_something_else_cannot_be_used_at_all() {
    let Some(servers) = servers(1) else { return };
    let raw = Raw::new(&servers);
    let garbage = Message { subject: "frames", id: None, payload: b"garbage".to_vec() };
    publish(&servers, &raw, "first", &[garbage]);
    let (found, end) = mirror(&servers, "first");
    let wrong = |error: &RequestError| {
        matches!(error, RequestError::Message { place: 1, source: WireError::Foreign })
    };
    assert!(matches!(end, Err(MirrorError::Request(error)) if wrong(&error)));
    assert_eq!(found, []);
    let stream = connect(&options(&servers, "first"));
    assert!(wrong(&stream.status().unwrap_err()));
    assert!(wrong(&stream.next_sequence().unwrap_err()));
    assert!(wrong(&stream.oldest().unwrap_err()));
    assert!(wrong(&stream.id().unwrap_err()));
    let refused = |error| matches!(error, ClaimError::Request(error) if wrong(&error));
    assert!(refused(stream.candidate("a").claim().unwrap_err()));
    assert!(refused(stream.candidate("a").campaign().unwrap_err()));
}

#[test]
fn events_of_another_codec_or_schema_are_not_read_as_something_else() {
    let Some(servers) = servers(1) else { return };
    let raw = Raw::new(&servers);
    let bytes = |first| frame(STREAM, 1, first, &Bytes, [vec![7], vec![8]]);
    let newer = |first| frame(STREAM, 1, first, &Postcard::<u64>::new(4), [7, 8]);
    // The second record is no number: the first one is not published either, so that the ring ends between messages.
    let mut broken = broadring_log::FrameBuilder::new(STREAM, 2, 1);
    let (id, schema) = {
        use broadring_log::codec::Codec;
        (codec().id(), codec().schema())
    };
    broken.push_record(id, schema, &[7]).unwrap();
    broken.push_record(id, schema, &[0xff; 3]).unwrap();
    let broken = [&STREAM.to_bytes()[..], &broken.finish(1).unwrap()].concat();
    let broken = Message { payload: broken, ..bytes(2) };
    for (name, message) in [("codec", bytes(2)), ("schema", newer(2)), ("record", broken)] {
        let messages = [claim(STREAM, 1, 0), events(1, 0, 2), message];
        publish(&servers, &raw, name, &messages);
        let (found, end) = mirror(&servers, name);
        let error = end.unwrap_err();
        assert!(matches!(error, MirrorError::Decode(_)), "{name}: {error}");
        let event_of_error = if name == "record" { "event 3" } else { "event 2" };
        assert!(error.to_string().contains(event_of_error), "{name}: {error}");
        assert_eq!(found, [(0, event(0)), (1, event(1))], "{name}");
    }
}

#[test]
fn a_mirror_that_has_no_right_message_yet_checks_the_first_one_too() {
    let Some(servers) = servers(1) else { return };
    let raw = Raw::new(&servers);
    for (name, message) in [
        ("no-frame", Message { payload: b"x".to_vec(), ..events(1, 0, 1) }),
        ("no-id", Message { id: None, ..claim(STREAM, 1, 0) }),
    ] {
        let stream = connect(&options(&servers, name));
        let (writer, ring) = Ring::builder(64).build(|| 0_u64);
        let reading = read(&ring);
        let mirror = stream.mirror(codec()).patience(Duration::from_millis(100)).start(writer);
        raw.publish(name, &message);
        // Whether it was looking for its place or reading already, it says where.
        let error = mirror.join().unwrap_err().to_string();
        assert!(error.starts_with("message 1 of the stream"), "{error}");
        assert_eq!(reading.events(), []);
    }
}

#[test]
fn a_mirror_that_begins_in_the_middle_does_not_begin_with_what_does_not_belong_there() {
    let Some(servers) = servers(1) else { return };
    let raw = Raw::new(&servers);
    // Whoever looks for event 4 finds the last message too, which says so of other events.
    let wrong = frame(STREAM, 1, 4, &codec(), [0, 0, 0]);
    let messages = [claim(STREAM, 1, 0), events(1, 0, 3), events(1, 3, 5), wrong];
    publish(&servers, &raw, "middle", &messages);
    for (first, expected) in [(4, vec![(4, event(4))]), (5, vec![])] {
        let (writer, ring) = Ring::builder(64).first_sequence(first).build(|| 0_u64);
        let reading = read(&ring);
        let mirror = connect(&options(&servers, "middle")).mirror(codec()).start(writer);
        assert!(matches!(
            mirror.join(),
            Err(MirrorError::Chain(broadring_jetstream::protocol::ChainError::Repetition {
                place: 4,
                expected: 5,
                found: 4,
            }))
        ));
        assert_eq!(reading.events(), expected);
    }
}

#[test]
fn whatever_is_changed_in_a_stream_a_mirror_has_what_comes_before_and_no_more() {
    let Some(servers) = servers(1) else { return };
    let raw = Raw::new(&servers);
    let right = [
        claim(STREAM, 1, 0),
        events(1, 0, 4),
        events(1, 4, 5),
        claim(STREAM, 2, 5),
        events(2, 5, 12),
        events(2, 12, 13),
        resignation(STREAM, 2, 13),
        claim(STREAM, 5, 13),
        events(5, 13, 15),
        resignation(STREAM, 5, 15),
    ];
    // How many events come before each message.
    let before = [0, 0, 4, 5, 5, 12, 13, 13, 13, 15];
    let mut random = fastrand::Rng::with_seed(11);
    for round in 0..120 {
        let mut messages = right.to_vec();
        // The first one is taken as it is, and behind the last one nothing shows that it is missing.
        let at = random.usize(1..messages.len() - 1);
        let kind = round % 6;
        // A stream without a resignation is right too: the writer was deposed.
        let at = if (kind, at) == (0, 6) { 5 } else { at };
        match kind {
            0 => drop(messages.remove(at)),
            1 => messages.swap(at, at + 1),
            2 => {
                let bytes = &mut messages[at].payload;
                let bit = random.usize(..bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            3 => {
                let bytes = &mut messages[at].payload;
                bytes.truncate(random.usize(..bytes.len()));
            }
            4 => {
                let id = messages[at].id.as_mut().unwrap();
                let digit = random.usize(..id.len());
                id.replace_range(digit..=digit, "9");
                if messages[at].id == right[at].id {
                    messages[at].id = None;
                }
            }
            _ => {
                let garbage: Vec<u8> = (0..random.usize(..200)).map(|_| random.u8(..)).collect();
                let message = Message { subject: "frames", id: None, payload: garbage };
                messages.insert(at, message);
            }
        }
        let name = format!("r{round}");
        publish(&servers, &raw, &name, &messages);
        let (found, end) = mirror(&servers, &name);
        let error = end.expect_err(&format!("{round}: {messages:?}"));
        assert!(
            matches!(error, MirrorError::Message { .. } | MirrorError::Chain(_)),
            "{round}: {error}"
        );
        let expected: Vec<_> = (0..before[at]).map(|at| (at, event(at))).collect();
        assert_eq!(found, expected, "{round}: {kind} at {at}: {error}");
    }
}
