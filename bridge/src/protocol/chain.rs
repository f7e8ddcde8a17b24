//! A reader, which checks that each message follows the one before.

use super::id::MessageId;

/// What a message says of its place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// Its id.
    pub id: MessageId,
    /// The sequence of its first event: for a claim and a resignation, of the next one.
    pub first: u64,
    /// The sequence after its last event.
    pub end: u64,
}

/// What a reader knows of the messages so far. It accepts those that an order of events can have, and says what is wrong
/// with others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Chain {
    /// The place of the last message in the stream, and what it was.
    last: Option<(u64, Link)>,
}

/// A message that does not follow the one before. The server keeps to the expectations of messages, so somebody has
/// published into the stream without any, or has removed messages from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// Messages are missing.
    #[error("message {found} comes where message {expected} should")]
    Places {
        /// The place that comes next.
        expected: u64,
        /// The place of the message.
        found: u64,
    },
    /// Events are missing.
    #[error("message {place} begins with event {found}: events {expected} to {} are missing", found - 1)]
    Gap {
        /// The place of the message.
        place: u64,
        /// The event that comes next.
        expected: u64,
        /// The first event of the message.
        found: u64,
    },
    /// Events come twice.
    #[error("message {place} begins with event {found}, and everything before {expected} has come already")]
    Repetition {
        /// The place of the message.
        place: u64,
        /// The event that comes next.
        expected: u64,
        /// The first event of the message.
        found: u64,
    },
    /// The message is of a writer that has no claim.
    #[error("message {place} is of epoch {found}, and epoch {current} has the stream")]
    Epoch {
        /// The place of the message.
        place: u64,
        /// The epoch that has the stream.
        current: u64,
        /// The epoch of the message.
        found: u64,
    },
    /// The writer has sent something after it has given the stream back.
    #[error("message {place} comes after epoch {epoch} has ended")]
    Ended {
        /// The place of the message.
        place: u64,
        /// The epoch.
        epoch: u64,
    },
}

impl Chain {
    /// Knows nothing: the first message is taken as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// The place of the last message in the stream: 0 before the first.
    pub fn place(&self) -> u64 {
        self.last.map_or(0, |(place, _)| place)
    }

    /// The last message.
    pub fn last(&self) -> Option<Link> {
        self.last.map(|(_, link)| link)
    }

    /// Goes on with a message.
    ///
    /// # Errors
    ///
    /// [`ChainError`] if it does not follow the one before. Nothing has changed then.
    pub fn follow(&mut self, place: u64, link: Link) -> Result<(), ChainError> {
        if let Some((last_place, last)) = self.last {
            if place != last_place + 1 {
                return Err(ChainError::Places { expected: last_place + 1, found: place });
            }
            let (current, found) = (last.id.epoch(), link.id.epoch());
            match (last.id, link.id) {
                (_, MessageId::Claim { .. }) if found > current => {}
                (_, MessageId::Claim { .. }) => {
                    return Err(ChainError::Epoch { place, current, found });
                }
                _ if found != current => return Err(ChainError::Epoch { place, current, found }),
                (MessageId::Resignation { epoch }, _) => {
                    return Err(ChainError::Ended { place, epoch });
                }
                _ => {}
            }
            let (expected, found) = (last.end, link.first);
            if found > expected {
                return Err(ChainError::Gap { place, expected, found });
            }
            if found < expected {
                return Err(ChainError::Repetition { place, expected, found });
            }
        }
        self.last = Some((place, link));
        Ok(())
    }
}
