//! Message ids, and what a message expects before it.

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
            Self::Frame { epoch, .. } | Self::Claim { epoch, .. } | Self::Resignation { epoch } => {
                epoch
            }
        }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame { epoch, first } => write!(f, "{epoch}:{first}"),
            Self::Claim { epoch, nonce } => write!(f, "{epoch}:claim:{nonce:016x}"),
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
        let (epoch, rest) = text.split_once(':').ok_or(ParseIdError)?;
        let epoch = epoch.parse().map_err(|_| ParseIdError)?;
        let id = match rest.split_once(':') {
            Some(("claim", nonce)) => {
                let nonce = u64::from_str_radix(nonce, 16).map_err(|_| ParseIdError)?;
                Self::Claim { epoch, nonce }
            }
            None if rest == "end" => Self::Resignation { epoch },
            None => Self::Frame { epoch, first: rest.parse().map_err(|_| ParseIdError)? },
            Some(_) => return Err(ParseIdError),
        };
        // One message has one id.
        if id.to_string() == text { Ok(id) } else { Err(ParseIdError) }
    }
}

/// What a message expects to be the last one in the stream when it is accepted. Otherwise the server refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// The message at this place in the stream, or none at all where that is 0.
    Place(u64),
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
