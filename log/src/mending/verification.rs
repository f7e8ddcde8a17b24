//! What is found when a log is verified.

use core::fmt;
use core::ops::Range;

use broadring::Sequence;

use crate::error::{Damage, DamageKind};
use crate::format::LogId;

/// How many damages are described one by one. A log that was overwritten with noise has one every few bytes.
const MOST: usize = 1000;

/// How much of a log was looked at so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// How many bytes of segments.
    pub bytes: u64,
    /// Of how many. A log that is being written may turn out to have more.
    pub of: u64,
}

/// What was found when a log was verified: from [`verify`](crate::verify).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verification {
    /// The identity of the log.
    pub log: LogId,
    /// Whether a process had the log open for writing. Then it was looked at as far as it was committed.
    pub written: bool,
    /// From the oldest event that is kept to behind the last one that was found.
    pub sequences: Range<Sequence>,
    /// How many segments there are.
    pub segments: u64,
    /// How many frames are whole.
    pub frames: u64,
    /// How many events they have.
    pub events: u64,
    /// How many bytes the segments have.
    pub bytes: u64,
    /// How many checkpoints there are.
    pub checkpoints: u64,
    /// What is not as it was written: the first 1000 damages.
    pub damages: Vec<Damage>,
    /// How many damages there are besides.
    pub more_damages: u64,
    /// What a process has left behind at the end that died while it was writing. That is no damage: nobody was told
    /// that it is there, and the next [`Log::open`](crate::Log::open) cuts it off.
    pub tail: Option<Tail>,
    /// What is worth knowing, and no damage.
    pub remarks: Vec<Remark>,
}

impl Verification {
    pub(super) fn new(log: LogId, written: bool) -> Self {
        Self {
            log,
            written,
            sequences: 0.into()..0.into(),
            segments: 0,
            frames: 0,
            events: 0,
            bytes: 0,
            checkpoints: 0,
            damages: Vec::new(),
            more_damages: 0,
            tail: None,
            remarks: Vec::new(),
        }
    }

    /// Whether everything is as it was written.
    pub fn is_good(&self) -> bool {
        self.damages.is_empty()
    }

    pub(super) fn note(&mut self, file: &str, offset: u64, events: Range<u64>, kind: DamageKind) {
        if self.damages.len() < MOST {
            self.damages.push(Damage::new(file, offset, events, kind));
        } else {
            self.more_damages += 1;
        }
    }

    pub(super) fn remark(&mut self, remark: Remark) {
        if self.remarks.len() < MOST {
            self.remarks.push(remark);
        }
    }
}

/// An end that was not finished: what was being written when the process died.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tail {
    /// The file.
    pub file: String,
    /// Where the whole frames end, in bytes.
    pub offset: u64,
    /// How many bytes are behind.
    pub bytes: u64,
    /// Whether they are all zeros, as some file systems leave them after a loss of power.
    pub zeros: bool,
    /// How many whole frames are among them, behind others that are missing.
    pub frames: u64,
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, bytes, zeros, frames } = self;
        write!(f, "the last {bytes} bytes of {file}, from byte {offset} on, were not finished")?;
        if *zeros {
            f.write_str(" (all of them are zeros)")?;
        }
        if *frames > 0 {
            write!(f, " ({frames} whole frames, behind others that are missing)")?;
        }
        f.write_str(
            "; that is no damage: no reader was told of them, and the next writer cuts them off",
        )
    }
}

/// Something about a log that is worth knowing, and no damage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remark {
    /// A consumer has come further than the log. If the events that it has had are not appended once more, it will
    /// pass over others that get their sequences.
    Ahead {
        /// The name of the consumer.
        checkpoint: String,
        /// The sequence that it goes on with.
        position: Sequence,
    },
    /// Events were committed and are not there, and nobody had promised that they were on the disk: the power was lost
    /// while the log left syncing to the system.
    NotDurable {
        /// The events.
        sequences: Range<Sequence>,
    },
    /// A segment was to be removed when the process died. The next writer removes it.
    Leftover {
        /// The file.
        file: String,
    },
    /// Something that was cut off or set aside before.
    Kept {
        /// The file.
        file: String,
    },
    /// The file that says how far the log has come is empty, as a loss of power leaves it. It is made anew by the
    /// next writer.
    NoProgress,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ahead { checkpoint, position } => write!(
                f,
                "the consumer {checkpoint} goes on with event {position}, which is behind the end of the log"
            ),
            Self::NotDurable { sequences } => write!(
                f,
                "the events from {} to before {} were written and never synced, and are lost",
                sequences.start, sequences.end
            ),
            Self::Leftover { file } => {
                write!(f, "{file} was to be removed; the next writer does it")
            }
            Self::Kept { file } => write!(f, "{file} has what was cut off or set aside before"),
            Self::NoProgress => {
                f.write_str("the file progress is empty; the next writer makes it anew")
            }
        }
    }
}
