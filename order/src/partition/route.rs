//! The route of a key: always to the same partition, in every process and every version.

#![forbid(unsafe_code)]

use twox_hash::XxHash3_64;

/// A key of events: all events of a key go to the same partition, and so stay in order.
///
/// A key is its bytes. They are part of the format: another process that makes the same bytes, hashes
/// them in the same way and has as many partitions finds the same partition.
///
/// | type | bytes |
/// |---|---|
/// | `str`, `String` | the text in UTF-8, without its length and without an end mark |
/// | `[u8]`, `Vec<u8>`, `[u8; N]` | as they are |
/// | `u8`, `u16`, `u32`, `u64`, `u128` | little-endian: 1, 2, 4, 8, 16 bytes |
/// | `i8`, `i16`, `i32`, `i64`, `i128` | two's complement, little-endian: 1, 2, 4, 8, 16 bytes |
/// | `&K` | as `K` |
///
/// So `7_u32` and `7_u64` are different keys, and `"a"` and `b"a"` are the same. `usize` and `isize`
/// are no keys: their bytes depend on the machine.
///
/// For a type of your own, return bytes that are the same for equal keys and different for different
/// ones.
///
/// # Examples
///
/// ```
/// use broadring_order::partition::{Key, partition_of};
///
/// struct Account { country: [u8; 2], number: u64 }
///
/// impl Key for Account {
///     fn bytes(&self) -> impl AsRef<[u8]> {
///         [&self.country, &self.number.to_le_bytes()[..]].concat()
///     }
/// }
///
/// let account = Account { country: *b"CH", number: 7 };
/// assert_eq!(account.bytes().as_ref(), b"CH\x07\0\0\0\0\0\0\0");
/// assert!(partition_of(&account, 4) < 4);
/// ```
pub trait Key {
    /// Returns the bytes of the key.
    fn bytes(&self) -> impl AsRef<[u8]>;
}

/// Returns the index of the partition of a key: the hash of its bytes by XXH3 with 64 bits and seed 0,
/// modulo the number of partitions.
///
/// That is fixed, and will not change. With another number of partitions, most keys go elsewhere.
/// Wait-free.
///
/// # Panics
///
/// If there are no partitions.
///
/// # Examples
///
/// ```
/// use broadring_order::partition::partition_of;
///
/// let partition = partition_of("orders/eu", 8);
/// assert_eq!(partition, partition_of(&String::from("orders/eu"), 8));
/// ```
#[track_caller]
pub fn partition_of<K: Key + ?Sized>(key: &K, partitions: usize) -> usize {
    assert!(partitions > 0, "a key cannot go to one of no partitions");
    // Of 64 bits in any case: the remainder does not depend on the machine.
    (XxHash3_64::oneshot(key.bytes().as_ref()) % partitions as u64) as usize
}

impl<K: Key + ?Sized> Key for &K {
    fn bytes(&self) -> impl AsRef<[u8]> {
        K::bytes(self)
    }
}

macro_rules! keys {
    ($($type:ty),*: $key:ident => $bytes:expr) => {$(
        impl Key for $type {
            fn bytes(&self) -> impl AsRef<[u8]> {
                let $key = self;
                $bytes
            }
        }
    )*};
}

keys!(str, String: text => text.as_bytes());
keys!([u8], Vec<u8>: bytes => bytes);
keys!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128: number => number.to_le_bytes());

impl<const N: usize> Key for [u8; N] {
    fn bytes(&self) -> impl AsRef<[u8]> {
        self
    }
}

#[cfg(test)]
mod tests;
