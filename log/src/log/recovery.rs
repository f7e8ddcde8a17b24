//! What was found when a log was opened.

use core::fmt;

use broadring::Sequence;

/// What was found when a log was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    pub(crate) created: bool,
    pub(crate) next: Sequence,
    pub(crate) cut: Option<Cut>,
}

impl Recovery {
    /// Whether the log was made just now.
    pub fn is_new(&self) -> bool {
        self.created
    }

    /// The sequence that the log goes on with.
    pub fn next_sequence(&self) -> Sequence {
        self.next
    }

    /// What was cut off the end, if anything: what was being written when the process died, and was
    /// acknowledged to nobody.
    pub fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref()
    }
}

/// What was cut off the end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub(crate) file: String,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) zeros: bool,
    pub(crate) frames: u64,
    pub(crate) kept: Option<String>,
}

impl Cut {
    /// The file that was cut off.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Where it was cut off, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes were cut off.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether they were all zeros, as some file systems leave them after a loss of power.
    pub fn zeros(&self) -> bool {
        self.zeros
    }

    /// How many whole frames were among them. They were not on the disk by the log's policy when the power was
    /// lost, and frames before them did not get there.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The file that has what was cut off, where there were whole frames in it.
    pub fn kept(&self) -> Option<&str> {
        self.kept.as_deref()
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, bytes, zeros, frames, kept } = self;
        write!(f, "{bytes} bytes were cut off {file} at byte {offset}")?;
        if *zeros {
            f.write_str(", all of them zeros")?;
        }
        if *frames > 0 {
            write!(f, ", with {frames} whole frames behind others that are missing")?;
        }
        match kept {
            Some(kept) => write!(f, ", and kept in {kept}"),
            None => Ok(()),
        }
    }
}
