//! Keys have the bytes that the documentation says, and the partitions that the reference
//! implementation of XXH3 in C (version 0.8.1) says.

use super::{Key, XxHash3_64, partition_of};

#[track_caller]
fn has_bytes(key: &(impl Key + ?Sized), bytes: &[u8]) {
    assert_eq!(key.bytes().as_ref(), bytes);
}

/// Returns bytes that do not repeat soon.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index % 251) as u8).collect()
}

#[test]
fn a_key_has_the_bytes_that_its_documentation_says() {
    has_bytes("Zürich", b"Z\xc3\xbcrich");
    has_bytes(&String::from("a"), b"a");
    has_bytes(&b"a\0b"[..], b"a\0b");
    has_bytes(&vec![1, 2], &[1, 2]);
    has_bytes(&[3, 4, 5], &[3, 4, 5]);
    has_bytes(&7_u8, &[7]);
    has_bytes(&0x0102_u16, &[2, 1]);
    has_bytes(&7_u32, &[7, 0, 0, 0]);
    has_bytes(&7_u64, &[7, 0, 0, 0, 0, 0, 0, 0]);
    has_bytes(&1_u128, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    has_bytes(&-1_i8, &[0xff]);
    has_bytes(&-2_i16, &[0xfe, 0xff]);
    has_bytes(&-1_i32, &[0xff; 4]);
    has_bytes(&-1_i64, &[0xff; 8]);
    has_bytes(&-1_i128, &[0xff; 16]);
    has_bytes(&&&7_u8, &[7]);
}

#[test]
fn the_hash_is_xxh3_with_64_bits_and_seed_0() {
    // The lengths at which the algorithm takes another way, and beside them.
    let hashes: [(usize, u64); 18] = [
        (0, 0x2d06800538d394c2),
        (3, 0x5f4299fc161c9cbb),
        (4, 0x60dab036a58211f2),
        (8, 0x3a1c2d7c85af88f8),
        (9, 0xe9612598145bb9dc),
        (16, 0x8355e3a6f61770db),
        (17, 0x9ef341a99de37328),
        (32, 0x3523581fe96e4c05),
        (64, 0x6187eb9089b0ed55),
        (128, 0x85c6174c7ff4c46b),
        (129, 0xec7642b431ba3e5a),
        (240, 0x375a384d957fe865),
        (241, 0x02e8cd95421c6d02),
        (512, 0x5c021aac13954143),
        (1000, 0x33ef703fb2b20ed1),
        (1024, 0xe5d78bafa45b2aa5),
        (1025, 0xe95c42288f28186e),
        (3000, 0x1b846747012c24aa),
    ];
    for (len, hash) in hashes {
        assert_eq!(XxHash3_64::oneshot(&pattern(len)), hash, "of {len} bytes");
    }
}

#[test]
fn a_key_never_goes_to_another_partition() {
    // Of 7 and of 8 partitions.
    let both = |key: &dyn Fn(usize) -> usize| [key(7), key(8)];
    assert_eq!(both(&|count| partition_of("", count)), [4, 2]);
    assert_eq!(both(&|count| partition_of("a", count)), [1, 7]);
    assert_eq!(both(&|count| partition_of("orders/eu", count)), [5, 1]);
    assert_eq!(both(&|count| partition_of("Zürich", count)), [2, 6]);
    assert_eq!(both(&|count| partition_of(&7_u32, count)), [3, 4]);
    assert_eq!(both(&|count| partition_of(&7_u64, count)), [2, 7]);
    assert_eq!(both(&|count| partition_of(&-1_i16, count)), [6, 3]);
    assert_eq!(both(&|count| partition_of(&1_u128, count)), [3, 1]);
    assert_eq!(both(&|count| partition_of(&pattern(200), count)), [1, 3]);
    assert_eq!(partition_of("anything", 1), 0);
}

#[test]
fn keys_spread_over_all_partitions() {
    let mut counts = [0; 8];
    for key in 0..8000_u64 {
        counts[partition_of(&key, 8)] += 1;
    }
    assert!(counts.iter().all(|&count| (900..1100).contains(&count)), "{counts:?}");
}

#[test]
#[should_panic(expected = "a key cannot go to one of no partitions")]
fn there_must_be_a_partition() {
    partition_of("a", 0);
}
