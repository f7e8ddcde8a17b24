//! Claims and resignations.

use broadring_log::LogId;
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::protocol::MessageId;

const MAGIC: [u8; 4] = *b"brcl";

/// The version of the format that this library writes, and the only one that it reads.
const VERSION: u16 = 1;

/// How long the name of a writer may be, in bytes.
pub(crate) const MAX_NAME: usize = 256;

/// The fixed part of a claim or a resignation; the name of the writer comes behind it.
#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned)]
#[repr(C)]
struct Fixed {
    magic: [u8; 4],
    /// Of the identity of the stream, and of everything else here and behind.
    checksum: U32,
    version: U16,
    kind: U16,
    name: U32,
    epoch: U64,
    next: U64,
    stamp: U64,
    nonce: U64,
    number: U64,
    reserved: [u8; 8],
}

/// What a notice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    Claim,
    /// A further message of the claim: counted from 1.
    Padding(u64),
    Resignation,
}

/// A claim or a resignation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) kind: NoticeKind,
    pub(crate) epoch: u64,
    /// The sequence of the next event.
    pub(crate) next: u64,
    /// When it was made, by the writer's hybrid logical clock.
    pub(crate) stamp: u64,
    pub(crate) nonce: u64,
    /// The name of the writer.
    pub(crate) writer: String,
}

fn checksum(stream: LogId, fixed: &Fixed, name: &[u8]) -> u32 {
    let seed = crc32c::crc32c(&stream.to_bytes());
    let fixed = Fixed { checksum: 0.into(), ..*fixed };
    crc32c::crc32c_append(crc32c::crc32c_append(seed, fixed.as_bytes()), name)
}

impl Notice {
    /// The id of its message.
    pub(crate) fn id(&self) -> MessageId {
        match self.kind {
            NoticeKind::Claim => MessageId::Claim { epoch: self.epoch, nonce: self.nonce },
            NoticeKind::Padding(number) => {
                MessageId::Padding { epoch: self.epoch, nonce: self.nonce, number }
            }
            NoticeKind::Resignation => MessageId::Resignation { epoch: self.epoch },
        }
    }

    pub(crate) fn encode(&self, stream: LogId) -> Vec<u8> {
        let name = self.writer.as_bytes();
        let mut fixed = Fixed {
            magic: MAGIC,
            checksum: 0.into(),
            version: VERSION.into(),
            kind: match self.kind {
                NoticeKind::Claim => 0,
                NoticeKind::Resignation => 1,
                NoticeKind::Padding(_) => 2,
            }
            .into(),
            name: (name.len() as u32).into(),
            epoch: self.epoch.into(),
            next: self.next.into(),
            stamp: self.stamp.into(),
            nonce: self.nonce.into(),
            number: match self.kind {
                NoticeKind::Padding(number) => number,
                NoticeKind::Claim | NoticeKind::Resignation => 0,
            }
            .into(),
            reserved: [0; 8],
        };
        fixed.checksum = checksum(stream, &fixed, name).into();
        [fixed.as_bytes(), name].concat()
    }

    /// Whether the bytes say that they are a notice.
    pub(crate) fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// Reads a notice, or says what is wrong with it.
    pub(crate) fn decode(bytes: &[u8], stream: LogId) -> Result<Self, &'static str> {
        let (fixed, name) =
            Fixed::read_from_prefix(bytes).map_err(|_| "it is shorter than a claim")?;
        if fixed.magic != MAGIC || fixed.checksum.get() != checksum(stream, &fixed, name) {
            return Err("it is damaged");
        }
        if fixed.version.get() != VERSION {
            return Err("it has a newer version of the format than this program reads");
        }
        let kind = match (fixed.kind.get(), fixed.number.get()) {
            (0, 0) => NoticeKind::Claim,
            (1, 0) => NoticeKind::Resignation,
            (2, number @ 1..) => NoticeKind::Padding(number),
            (0..=2, _) => return Err("its number is not one of its kind"),
            _ => return Err("it is neither a claim nor a resignation"),
        };
        if fixed.name.get() as usize != name.len() || name.len() > MAX_NAME {
            return Err("the name of its writer has another length than it says");
        }
        let writer = core::str::from_utf8(name).map_err(|_| "the name of its writer is no text")?;
        Ok(Self {
            kind,
            epoch: fixed.epoch.get(),
            next: fixed.next.get(),
            stamp: fixed.stamp.get(),
            nonce: fixed.nonce.get(),
            writer: writer.to_owned(),
        })
    }
}
