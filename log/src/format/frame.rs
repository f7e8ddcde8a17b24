//! Frames: a header, and the records of consecutive events.

use broadring::Sequence;
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::checksum::Seed;
use crate::codec::{CodecId, SchemaId};

/// The length of a frame's header in bytes.
pub(crate) const FRAME_HEADER: usize = size_of::<FrameHeader>();

/// How long the payload of a frame may be, in bytes.
pub(crate) const MAX_PAYLOAD: usize = 1 << 30;

const MAGIC: U32 = U32::from_bytes(*b"brfr");

/// Frames begin at multiples of this, so that records of a fixed layout are aligned.
const ALIGNMENT: usize = 8;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It has events.
    Events,
    /// It ends a segment, and has its index.
    Seal,
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct FrameHeader {
    magic: U32,
    checksum: U32,
    payload_checksum: U32,
    pub(crate) payload: U32,
    pub(crate) first: U64,
    pub(crate) count: U32,
    pub(crate) record_size: U32,
    pub(crate) stamp: U64,
    pub(crate) epoch: U64,
    /// Everything before this sequence was on the disk when the frame was written.
    pub(crate) synced: U64,
    pub(crate) codec: U16,
    kind: U16,
    pub(crate) schema: U32,
}

impl FrameHeader {
    /// Reads a header, or nothing if these bytes are none of this log.
    pub(crate) fn parse(bytes: &[u8], seed: Seed) -> Option<Self> {
        let (header, _) = Self::read_from_prefix(bytes).ok()?;
        (header.magic == MAGIC
            && header.checksum.get() == header.computed(seed)
            && header.kind().is_some()
            && header.payload.get() as usize <= MAX_PAYLOAD)
            .then_some(header)
    }

    /// The checksum of everything else in the header.
    fn computed(&self, seed: Seed) -> u32 {
        seed.checksum(Self { checksum: 0.into(), ..*self }.as_bytes())
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        match self.kind.get() {
            0 => Some(Kind::Events),
            1 => Some(Kind::Seal),
            _ => None,
        }
    }

    /// The length of the whole frame in bytes.
    pub(crate) fn frame(&self) -> usize {
        FRAME_HEADER + padded(self.payload.get() as usize)
    }

    /// The sequence after the last event of the frame.
    pub(crate) fn end(&self) -> u64 {
        self.first.get().saturating_add(self.count.get().into())
    }

    /// Whether the payload, with what pads it, is what was written, and can be taken apart.
    pub(crate) fn matches(&self, payload: &[u8], seed: Seed) -> bool {
        seed.checksum(payload) == self.payload_checksum.get()
            && (self.kind() == Some(Kind::Seal) || self.adds_up(payload))
    }

    /// Whether the payload has just the records that the header says it has.
    fn adds_up(&self, payload: &[u8]) -> bool {
        let count = self.count.get();
        let Some(mut bytes) = payload.get(..self.payload.get() as usize) else {
            return false;
        };
        match self.record_size.get() as usize {
            0 => {
                for _ in 0..count {
                    match split_record(bytes) {
                        Some((_, rest)) => bytes = rest,
                        None => return false,
                    }
                }
                count > 0 && bytes.is_empty()
            }
            size => count > 0 && size.checked_mul(count as usize) == Some(bytes.len()),
        }
    }
}

/// Takes the first record off those that have their length in front.
#[inline]
fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = U32::ref_from_prefix(bytes).ok()?;
    rest.split_at_checked(length.get() as usize)
}

/// The length of a payload with what pads it.
pub(crate) const fn padded(payload: usize) -> usize {
    payload.next_multiple_of(ALIGNMENT)
}

/// Makes a frame of what is in `buffer` from `at` on, where room for the header was left in front of the payload:
/// pads the payload and fills in the header.
pub(crate) fn encode_frame(
    buffer: &mut Vec<u8>,
    at: usize,
    kind: Kind,
    described: Described,
    seed: Seed,
) {
    let payload = buffer.len() - at - FRAME_HEADER;
    assert!(payload <= MAX_PAYLOAD, "a payload of {payload} bytes is too long for a frame");
    buffer.resize(at + FRAME_HEADER + padded(payload), 0);
    let mut header = FrameHeader {
        magic: MAGIC,
        checksum: 0.into(),
        payload_checksum: seed.checksum(&buffer[at + FRAME_HEADER..]).into(),
        payload: (payload as u32).into(),
        first: described.first.into(),
        count: described.count.into(),
        record_size: described.record_size.into(),
        stamp: described.stamp.into(),
        epoch: described.epoch.into(),
        synced: described.synced.into(),
        codec: described.codec.0.into(),
        kind: match kind {
            Kind::Events => 0,
            Kind::Seal => 1,
        }
        .into(),
        schema: described.schema.0.into(),
    };
    header.checksum = header.computed(seed).into();
    buffer[at..at + FRAME_HEADER].copy_from_slice(header.as_bytes());
}

/// What the header of a frame says of its events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described {
    pub(crate) first: u64,
    pub(crate) count: u32,
    pub(crate) record_size: u32,
    pub(crate) stamp: u64,
    pub(crate) epoch: u64,
    pub(crate) synced: u64,
    pub(crate) codec: CodecId,
    pub(crate) schema: SchemaId,
}

/// A frame as it was read: the records of consecutive events, and what its header says of them.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    header: FrameHeader,
    payload: &'a [u8],
    /// Where reading starts, if not with the first event.
    from: u64,
}

impl<'a> Frame<'a> {
    /// Wraps a frame whose checksums were found right.
    pub(crate) fn new(header: FrameHeader, payload: &'a [u8], from: u64) -> Self {
        Self { header, payload, from: from.max(header.first.get()) }
    }

    /// The sequence of the first event that [`records`](Self::records) returns: of the first one in the frame,
    /// unless reading starts in the middle of it.
    pub fn first_sequence(&self) -> Sequence {
        self.from.into()
    }

    /// The sequence after the last event.
    pub fn end_sequence(&self) -> Sequence {
        self.header.end().into()
    }

    /// How many events [`records`](Self::records) returns.
    pub fn len(&self) -> usize {
        (self.header.end() - self.from) as usize
    }

    /// Whether there are no events to return: never, unless reading starts behind the last one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When the frame was made, in nanoseconds since 1970, or whatever other clock its writer had.
    pub fn stamp(&self) -> u64 {
        self.header.stamp.get()
    }

    /// The epoch of the writer; 0 where there are none.
    pub fn epoch(&self) -> u64 {
        self.header.epoch.get()
    }

    /// Which codec has made the records.
    pub fn codec(&self) -> CodecId {
        CodecId(self.header.codec.get())
    }

    /// Which version of the events' type the records have.
    pub fn schema(&self) -> SchemaId {
        SchemaId(self.header.schema.get())
    }

    /// The length of the frame in the file, in bytes.
    pub fn size(&self) -> usize {
        self.header.frame()
    }

    /// Returns the records, each with the sequence of its event.
    pub fn records(&self) -> Records<'a> {
        let mut records = Records {
            next: self.header.first.get(),
            end: self.header.end(),
            size: self.header.record_size.get() as usize,
            bytes: &self.payload[..self.header.payload.get() as usize],
        };
        if records.size > 0 {
            let skipped = self.from - records.next;
            records.bytes = &records.bytes[skipped as usize * records.size..];
            records.next = self.from;
        }
        while records.next < self.from {
            let _ = records.next();
        }
        records
    }
}

/// The records of a [`Frame`], each with the sequence of its event.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    next: u64,
    end: u64,
    /// The length of every record, or 0 where each has its length in front.
    size: usize,
    bytes: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = (Sequence, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let (record, rest) = match self.size {
            0 => split_record(self.bytes)?,
            size => self.bytes.split_at_checked(size)?,
        };
        self.bytes = rest;
        let sequence = self.next;
        self.next += 1;
        Some((sequence.into(), record))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.end - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Records<'_> {}
