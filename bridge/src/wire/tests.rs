//! Messages that have changed on the way are never taken for others.

use broadring_log::codec::Postcard;
use broadring_log::{FrameBuilder, LogId};

use super::{Content, Notice, NoticeKind, WireError, enclose, open};

const STREAM: LogId = LogId::from_bytes(*b"the right stream");

/// A message, and its id.
type Message = (Vec<u8>, String);

fn frame(events: &[u64]) -> Message {
    let mut frames = FrameBuilder::new(STREAM, 70, 3);
    for event in events {
        frames.push(&Postcard::new(1), event).unwrap();
    }
    (enclose(STREAM, &frames.finish(9).unwrap()).to_vec(), "3:70".to_owned())
}

fn notice(kind: NoticeKind, writer: &str) -> Message {
    let notice = Notice { kind, epoch: 3, next: 70, stamp: 9, nonce: 5, writer: writer.to_owned() };
    (enclose(STREAM, &notice.encode(STREAM)).to_vec(), notice.id().to_string())
}

fn messages() -> Vec<Message> {
    vec![
        frame(&[7]),
        frame(&[1, 1 << 40, 3]),
        notice(NoticeKind::Claim, ""),
        notice(NoticeKind::Claim, "somebody"),
        notice(NoticeKind::Padding(1), "somebody"),
        notice(NoticeKind::Padding(255), ""),
        notice(NoticeKind::Resignation, "ein Schreiber mit Umlauten: äöü"),
    ]
}

#[test]
fn messages_are_read_as_they_were_made() {
    for (bytes, id) in messages() {
        for expected in [None, Some(STREAM)] {
            let opened = open(&bytes, &id, expected).unwrap();
            assert_eq!((opened.stream, opened.link.first), (STREAM, 70));
            assert_eq!((opened.link.id.to_string(), opened.link.id.epoch()), (id.clone(), 3));
            let events = match opened.content {
                Content::Frame(frame) => frame.len() as u64,
                Content::Notice(notice) => {
                    assert_eq!((notice.epoch, notice.next, notice.stamp), (3, 70, 9));
                    0
                }
            };
            assert_eq!(opened.link.end, 70 + events);
        }
    }
}

#[test]
fn a_flipped_bit_is_found_wherever_it_is() {
    for (bytes, id) in messages() {
        for place in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[place / 8] ^= 1 << (place % 8);
            // In the identity, it makes another stream of it; also whoever does not know the stream yet finds it.
            for expected in [None, Some(STREAM)] {
                let error = open(&bytes, &id, expected).unwrap_err();
                let other = matches!(error, WireError::OtherStream { .. });
                assert_eq!(other, place < 128 && expected.is_some(), "bit {place}: {error}");
            }
        }
    }
}

#[test]
fn a_message_that_is_cut_is_found_wherever_that_is() {
    for (bytes, id) in messages() {
        for length in 0..bytes.len() {
            open(&bytes[..length], &id, None).unwrap_err();
        }
        for more in [&b"\0"[..], b"x", &[0; 64], &bytes] {
            open(&[&bytes, more].concat(), &id, None).unwrap_err();
        }
    }
}

#[test]
fn an_id_is_found_that_is_another_one() {
    for (bytes, id) in messages() {
        let others = messages().into_iter().map(|(_, other)| other).filter(|other| *other != id);
        let wrong = ["", "3", ":", "3:", ":70", "3:070", "03:70", "3:70 ", "3:+70", "4:70", "3:71"];
        for wrong in others.chain(wrong.map(str::to_owned)) {
            let error = open(&bytes, &wrong, None).unwrap_err();
            assert!(matches!(error, WireError::Id { found, .. } if found == wrong));
        }
    }
}

#[test]
fn padding_is_never_the_claim_itself() {
    let (bytes, id) = notice(NoticeKind::Padding(0), "somebody");
    let error = WireError::Notice("its number is not one of its kind");
    assert_eq!(open(&bytes, &id, None).unwrap_err(), error);
}

#[test]
fn a_frame_or_a_notice_of_another_stream_is_found_behind_the_right_identity() {
    let other = LogId::from_bytes(*b"some other one..");
    for (bytes, id) in messages() {
        let moved = [&other.to_bytes()[..], &bytes[16..]].concat();
        for expected in [None, Some(other)] {
            open(&moved, &id, expected).unwrap_err();
        }
    }
}

#[test]
fn nothing_at_random_is_a_message_or_a_panic() {
    let mut random = fastrand::Rng::with_seed(7);
    let messages = messages();
    for _ in 0..200_000 {
        let (whole, id) = &messages[random.usize(..messages.len())];
        let mut bytes = whole.clone();
        for _ in 0..random.usize(1..5) {
            let at = random.usize(..=bytes.len());
            match random.u8(..5) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, random.u8(..)),
                2 if at < bytes.len() => bytes[at] = random.u8(..),
                // Large and small numbers, where lengths may be.
                3 if at + 4 <= bytes.len() => {
                    let number = [0, 1, u32::MAX, u32::MAX / 2][random.usize(..4)];
                    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
                }
                _ => {
                    let (from, _) = &messages[random.usize(..messages.len())];
                    let from = &from[random.usize(..from.len())..];
                    let len = from.len().min(bytes.len() - at);
                    bytes[at..at + len].copy_from_slice(&from[..len]);
                }
            }
        }
        let known = bytes == *whole;
        assert_eq!(open(&bytes, id, random.bool().then_some(STREAM)).is_ok(), known, "{bytes:?}");
    }
}

/// The messages that `docs/protocol.md` has byte by byte.
#[test]
fn the_examples_of_the_documentation_are_right() {
    const DOCUMENT: &str = include_str!("../../docs/protocol.md");
    let blocks = DOCUMENT.split("```").skip(1).step_by(2);
    let examples: Vec<Vec<u8>> = blocks
        .filter_map(|block| {
            let bytes = block.strip_prefix("text\n")?.split_whitespace();
            bytes.map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
        })
        .collect();
    let stream = LogId::from_bytes(*b"0123456789abcdef");
    let kinds = [NoticeKind::Claim, NoticeKind::Padding(1), NoticeKind::Resignation];
    let nonces = [0xabc, 0xabc, 0];
    let made = kinds.into_iter().zip(nonces).map(|(kind, nonce)| {
        let writer = "standby".to_owned();
        let stamp = 0x0102_0304_0506_0708;
        let notice = Notice { kind, epoch: 3, next: 40, stamp, nonce, writer };
        enclose(stream, &notice.encode(stream)).to_vec()
    });
    assert!(made.eq(examples));
}
