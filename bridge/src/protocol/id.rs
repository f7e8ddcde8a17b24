//! Message ids, and the last message of a stream.

use core::fmt;
use core::str::FromStr;

/// The id of a message in the stream. No two different messages have the same, so the server drops repetitions by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageId {
    /// Events, by the epoch of the writer and the sequence of the first of them.
    Frame {
        /// The epoch.
        epoch: u64,
        /// The sequence of the first event.
        first: u64,
    },
    /// A writer that takes the stream over.
    Claim {
        /// The epoch that begins.
        epoch: u64,
        /// A number that tells it from other claims of the same epoch, of which one is accepted.
        nonce: u64,
    },
    /// A place that a claim takes, so that the frames of the writer before do not find theirs.
    Padding {
        /// The epoch that has begun.
        epoch: u64,
        /// The number of the claim.
        nonce: u64,
        /// Which message of the claim it is, counted from 0, which is the claim itself.
        number: u64,
    },
    /// A writer that gives the stream back.
    Resignation {
        /// The epoch that ends.
        epoch: u64,
    },
}

impl MessageId {
    /// The epoch of the writer that has sent the message.
    pub fn epoch(self) -> u64 {
        match self {
            Self::Frame { epoch, .. }
            | Self::Claim { epoch, .. }
            | Self::Padding { epoch, .. }
            | Self::Resignation { epoch } => epoch,
        }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame { epoch, first } => write!(f, "{epoch}:{first}"),
            Self::Claim { epoch, nonce } => write!(f, "{epoch}:claim:{nonce:016x}"),
            Self::Padding { epoch, nonce, number } => {
                write!(f, "{epoch}:padding:{nonce:016x}:{number}")
            }
            Self::Resignation { epoch } => write!(f, "{epoch}:end"),
        }
    }
}

/// Text that is the id of no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no message id")]
pub struct ParseIdError;

impl FromStr for MessageId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let number = |text: &str| text.parse().map_err(|_| ParseIdError);
        let nonce = |text| u64::from_str_radix(text, 16).map_err(|_| ParseIdError);
        let parts: Vec<_> = text.split(':').collect();
        let id = match *parts {
            [epoch, "end"] => Self::Resignation { epoch: number(epoch)? },
            [epoch, first] => Self::Frame { epoch: number(epoch)?, first: number(first)? },
            [epoch, "claim", claim] => Self::Claim { epoch: number(epoch)?, nonce: nonce(claim)? },
            [epoch, "padding", claim, message] => Self::Padding {
                epoch: number(epoch)?,
                nonce: nonce(claim)?,
                number: number(message)?,
            },
            _ => return Err(ParseIdError),
        };
        // One message has one id.
        if id.to_string() == text { Ok(id) } else { Err(ParseIdError) }
    }
}

/// The last message of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Last {
    /// Its place in the stream, from 1 on. That is not the sequence of an event.
    pub place: u64,
    /// Its id.
    pub id: MessageId,
    /// The sequence after the last event of the stream.
    pub next: u64,
}
