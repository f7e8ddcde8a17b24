//! What a repair has done, or would do.

use core::fmt;
use core::ops::Range;

use broadring::Sequence;

use super::verification::Verification;

/// What a repair has done, or would do: from [`Repair::run`](crate::Repair::run).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Repaired {
    /// What was found before.
    pub found: Verification,
    /// What was done about it, in order. Nothing, if the log was good.
    pub mended: Vec<Mended>,
    /// The events that the log has then.
    pub sequences: Range<Sequence>,
    /// The events that the log had, and has no more. Some of them may be whole in the files that were set aside: all but
    /// those that the [damages](Verification::damages) name.
    pub gone: Vec<Range<Sequence>>,
    /// Whether there may have been more events at the end, of which nobody knows the number.
    pub perhaps_more: bool,
    /// The consumers that have come further than the log goes then, with the sequences that they go on with. Unless
    /// the same events are appended again, they pass over others: [remove](crate::LogReader::remove_checkpoint) their
    /// checkpoints, or store other ones.
    pub ahead: Vec<(String, Sequence)>,
}

/// A step of a repair.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mended {
    /// The end of a segment was cut off.
    CutOff {
        /// The segment.
        file: String,
        /// Where it was cut off, in bytes.
        offset: u64,
        /// How many bytes were cut off.
        bytes: u64,
        /// The file that they are in. `None` in a dry run.
        kept: Option<String>,
    },
    /// A file was renamed, so that it belongs to the log no more.
    SetAside {
        /// The file.
        file: String,
        /// What it is called now. `None` in a dry run.
        kept: Option<String>,
    },
    /// What is behind the damage in a segment was copied into a segment of its own.
    Rest {
        /// The new segment.
        file: String,
        /// The damaged one.
        from: String,
    },
    /// The header of a segment was written anew.
    Header {
        /// The segment.
        file: String,
        /// The file that the old one is in. `None` in a dry run.
        kept: Option<String>,
    },
    /// The seal at the end of a segment, with its index, was written anew.
    Seal {
        /// The segment.
        file: String,
    },
    /// The description of the log was written anew.
    Manifest {
        /// The file.
        file: String,
    },
    /// The file that says how far the log has come was written anew.
    Progress {
        /// The file.
        file: String,
    },
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = match self {
            Self::CutOff { file, offset, bytes, kept } => {
                write!(f, "cut off {bytes} bytes of {file} at byte {offset}")?;
                kept
            }
            Self::SetAside { file, kept } => {
                write!(f, "set aside {file}")?;
                kept
            }
            Self::Header { file, kept } => {
                write!(f, "write the header of {file} anew")?;
                kept
            }
            Self::Rest { file, from } => {
                return write!(f, "write what is behind the damage in {from} into {file}");
            }
            Self::Seal { file } => return write!(f, "write the seal and the index of {file} anew"),
            Self::Manifest { file } | Self::Progress { file } => {
                return write!(f, "write {file} anew");
            }
        };
        match kept {
            Some(kept) => write!(f, " (kept in {kept})"),
            None => Ok(()),
        }
    }
}
