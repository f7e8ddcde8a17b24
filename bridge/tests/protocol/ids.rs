//! Ids as text: what is written is read again, and nothing else is read.

use broadring_jetstream::protocol::{MessageId, ParseIdError};
use fastrand::Rng;

fn ids() -> Vec<MessageId> {
    let mut rng = Rng::with_seed(1);
    let mut numbers = vec![0, 1, 9, 10, u64::from(u32::MAX), 1 << 62, u64::MAX - 1, u64::MAX];
    numbers.extend((0..50).map(|_| rng.u64(..) >> rng.u32(0..64)));
    let pairs = numbers.iter().flat_map(|&one| numbers.iter().map(move |&other| (one, other)));
    pairs
        .flat_map(|(epoch, other)| {
            [
                MessageId::Frame { epoch, first: other },
                MessageId::Claim { epoch, nonce: other },
                MessageId::Padding { epoch, nonce: other, number: epoch ^ other },
                MessageId::Resignation { epoch },
            ]
        })
        .collect()
}

#[test]
fn ids_are_written_as_documented() {
    assert_eq!(MessageId::Frame { epoch: 3, first: 40 }.to_string(), "3:40");
    let claim = MessageId::Claim { epoch: 3, nonce: 0xabc };
    assert_eq!(claim.to_string(), "3:claim:0000000000000abc");
    let padding = MessageId::Padding { epoch: 3, nonce: 0xabc, number: 12 };
    assert_eq!(padding.to_string(), "3:padding:0000000000000abc:12");
    assert_eq!(MessageId::Resignation { epoch: 3 }.to_string(), "3:end");
}

#[test]
fn every_id_is_read_as_it_was_written() {
    for id in ids() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

#[test]
fn different_ids_have_different_text() {
    let mut ids = ids();
    ids.sort_unstable();
    ids.dedup();
    let mut texts: Vec<_> = ids.iter().map(ToString::to_string).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), ids.len());
}

#[test]
fn other_text_is_no_id() {
    for text in [
        "",
        ":",
        "1",
        "1:",
        ":1",
        "1:1:1",
        "1:end:",
        "1:end:0",
        "1: 1",
        " 1:1",
        "1:1 ",
        "1:1\n",
        "1:1\0",
        "+1:1",
        "1:+1",
        "-1:1",
        "1:-1",
        "01:1",
        "1:01",
        "00:end",
        "1:End",
        "1:claim",
        "1:claim:",
        "1:claim:1",
        "1:claim:abc",
        "1:claim:+00000000000000a",
        "1:claim:0000000000000ABC",
        "1:claim:00000000000000abc",
        "1:claim:0000000000000abc:",
        "1:claim:0000000000000abg",
        "1:Claim:0000000000000abc",
        "1:claim:0000000000000abc:1",
        "1:padding",
        "1:padding:1",
        "1:padding:0000000000000abc",
        "1:padding:0000000000000abc:",
        "1:padding:0000000000000abc:01",
        "1:padding:0000000000000abc:+1",
        "1:padding:0000000000000abc:a",
        "1:padding:0000000000000ABC:1",
        "1:padding:abc:1",
        "1:padding:0000000000000abc:1:1",
        "01:padding:0000000000000abc:1",
        "1:Padding:0000000000000abc:1",
        "1:padding:0000000000000abc:18446744073709551616",
        "18446744073709551616:1",
        "1:18446744073709551616",
        "１:1",
        "1:١",
        "1:1\u{200b}",
        "99999999999999999999999999999999999999999999:end",
    ] {
        assert_eq!(text.parse::<MessageId>(), Err(ParseIdError), "{text:?}");
    }
}

/// Of any text, at most one is the id that it is read as.
#[test]
fn changed_text_is_never_the_same_id() {
    let mut rng = Rng::with_seed(2);
    let letters: Vec<_> = "0123456789abcdefclaimendpgCF:+- ".chars().collect();
    let mut read = 0;
    for id in ids() {
        let text = id.to_string();
        let mut changed: Vec<_> = text.chars().collect();
        let at = rng.usize(0..changed.len());
        match rng.u8(0..3) {
            0 => changed[at] = letters[rng.usize(0..letters.len())],
            1 => changed.insert(at, letters[rng.usize(0..letters.len())]),
            _ => drop(changed.remove(at)),
        }
        let changed: String = changed.into_iter().collect();
        if let Ok(other) = changed.parse::<MessageId>() {
            assert_eq!(other.to_string(), changed);
            assert_eq!(other == id, changed == text);
            read += 1;
        }
    }
    assert!(read > 100, "{read} changed ids were ids");
}
