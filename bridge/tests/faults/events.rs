//! The events: each is a function of its sequence, so that everybody who reads one can check it.

/// The event with this sequence: a line of text.
pub(crate) fn event(sequence: u64) -> Vec<u8> {
    format!("{sequence} {:016x}", mix(sequence)).into_bytes()
}

/// Scrambles a number (the last step of SplitMix64).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// What was read, as one number that depends on each byte and on the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) count: u64,
    checksum: u32,
}

impl Digest {
    /// Takes the next event, which has to be the right one.
    #[track_caller]
    pub(crate) fn take(&mut self, sequence: u64, found: &[u8]) {
        assert_eq!(sequence, self.count, "events are missing, or come twice");
        let expected = event(sequence);
        assert!(
            found == expected,
            "event {sequence} is {:?} instead of {:?}",
            String::from_utf8_lossy(found),
            String::from_utf8_lossy(&expected)
        );
        self.count += 1;
        self.checksum = crc32c::crc32c_append(self.checksum, found);
    }
}
