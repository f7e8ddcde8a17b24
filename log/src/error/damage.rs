//! Damage: what is in a log is not what was written.

use core::fmt;
use core::ops::Range;

use broadring::Sequence;

use crate::format::LogId;

/// Something in a log that is not what was written: where it is, and which events it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub(crate) file: String,
    pub(crate) offset: u64,
    pub(crate) sequences: Range<Sequence>,
    pub(crate) kind: DamageKind,
}

impl Damage {
    pub(crate) fn new(file: &str, offset: u64, sequences: Range<u64>, kind: DamageKind) -> Self {
        // What was found may claim any number.
        let [start, end] =
            [sequences.start, sequences.end].map(|end| end.min(u64::from(Sequence::MAX)).into());
        Self { file: file.to_owned(), offset, sequences: start..end, kind }
    }

    /// The file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Where in the file, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The events that cannot be read. The end is [`Sequence::MAX`] where nothing behind the damage can be read,
    /// so that it is not known how many there are.
    pub fn sequences(&self) -> Range<Sequence> {
        self.sequences.clone()
    }

    /// What is wrong.
    pub fn kind(&self) -> &DamageKind {
        &self.kind
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, sequences, kind } = self;
        write!(f, "{file} is damaged at byte {offset}: {kind}; ")?;
        match (sequences.start, sequences.end) {
            (start, end) if start >= end => write!(f, "no event is lost"),
            (start, Sequence::MAX) => write!(f, "the events from {start} on cannot be read"),
            (start, end) => write!(f, "the events from {start} to before {end} cannot be read"),
        }
    }
}

impl core::error::Error for Damage {}

/// What is wrong with a part of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DamageKind {
    /// The bytes are no frame, or not the ones that were written.
    Frame,
    /// The header of a segment is not what was written.
    Header,
    /// The end of a segment is not what was written.
    Seal,
    /// A frame has other events than the ones that come next.
    Order {
        /// The first event that was found.
        found: Sequence,
    },
    /// A segment is not the one that its name says, or there twice.
    Misnamed {
        /// The first event of the segment that was found.
        found: Sequence,
    },
    /// A segment is missing, or the description of the log.
    Missing,
    /// A segment belongs to another log.
    OtherLog {
        /// The log that it belongs to.
        found: LogId,
    },
    /// The file that describes the log is not what was written.
    Manifest,
    /// There is something behind the end of a segment.
    Excess,
    /// The file of a checkpoint has no position that was written.
    Checkpoint,
    /// The file that says how far the log has come is not what was written.
    Progress,
}

impl fmt::Display for DamageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame => f.write_str("there is no frame, or its checksum is wrong"),
            Self::Header => f.write_str("the segment's header is not what was written"),
            Self::Seal => f.write_str("the seal at the segment's end is not what was written"),
            Self::Order { found } => {
                write!(f, "the frame begins with event {found}, which is not the next one")
            }
            Self::Misnamed { found } => {
                write!(f, "this is the segment that begins with event {found}")
            }
            Self::Missing => f.write_str("the file is missing"),
            Self::OtherLog { found } => write!(f, "the segment belongs to the log {found}"),
            Self::Manifest => f.write_str("the description of the log is not what was written"),
            Self::Excess => f.write_str("something follows the segment's end"),
            Self::Checkpoint => f.write_str("the checkpoint is not what was written"),
            Self::Progress => {
                f.write_str("the file that says how far the log has come is not what was written")
            }
        }
    }
}
