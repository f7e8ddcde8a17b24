//! Messages, frames, and a stream as the servers keep it.

use core::fmt;

use broadring_jetstream::protocol::{Chain, ChainError, Last, Link, MessageId, Payload};

/// A frame. Its events are told apart by their sequence and by who gave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Frame {
    /// The seat that made it.
    pub(crate) by: u8,
    pub(crate) first: u64,
    pub(crate) end: u64,
}

impl Payload for Frame {
    fn first(&self) -> u64 {
        self.first
    }

    fn end(&self) -> u64 {
        self.end
    }
}

/// A message, on its way or in the stream. A claim is on its way as one message, whatever number of places it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    /// The place that it expects to be the last one. None: it is accepted anywhere.
    pub(crate) expected: Option<u64>,
    pub(crate) by: u8,
    pub(crate) first: u64,
    pub(crate) end: u64,
}

impl Message {
    pub(crate) fn link(&self) -> Link {
        Link { id: self.id, first: self.first, end: self.end }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.id, seat(self.by))?;
        if self.end > self.first {
            write!(f, " with events {}..{}", self.first, self.end)?;
        } else {
            write!(f, ", next event {}", self.first)?;
        }
        match self.expected {
            None => write!(f, ", which expects nothing"),
            Some(place) => write!(f, ", which expects place {place}"),
        }
    }
}

/// The name of a seat, for traces.
pub(crate) fn seat(index: u8) -> char {
    char::from(b'A' + index)
}

/// The messages that were accepted, in order. The first has place 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Log(pub(crate) Vec<Message>);

impl Log {
    /// Whether a message is accepted now, as far as its expectation is concerned.
    pub(crate) fn fits(&self, message: &Message) -> bool {
        message.expected.is_none_or(|place| self.0.len() as u64 == place)
    }

    /// Takes a message at the next place; a claim with so many places in all, which are taken together.
    pub(crate) fn push(&mut self, message: Message, places: u64) {
        let before = self.0.len() as u64;
        self.0.push(message);
        if let MessageId::Claim { epoch, nonce } = message.id {
            self.0.extend((1..places).map(|number| Message {
                id: MessageId::Padding { epoch, nonce, number },
                expected: Some(before + number),
                ..message
            }));
        }
    }

    pub(crate) fn has(&self, id: MessageId) -> bool {
        self.0.iter().any(|message| message.id == id)
    }

    /// What a server says of the last message that has seen so many.
    pub(crate) fn last(&self, seen: usize) -> Option<Last> {
        let place = seen as u64;
        let message = self.0[..seen].last()?;
        Some(Last { place, id: message.id, next: message.end })
    }

    /// What is the last message now.
    pub(crate) fn newest(&self) -> Option<Last> {
        self.last(self.0.len())
    }

    /// Reads all of it as a mirror does.
    pub(crate) fn read(&self) -> Result<Chain, ChainError> {
        let mut chain = Chain::new();
        for (place, message) in (1..).zip(&self.0) {
            chain.follow(place, message.link())?;
        }
        Ok(chain)
    }

    /// The events of the stream, with who gave them, in the order of the stream.
    pub(crate) fn events(&self) -> impl Iterator<Item = (u64, u8)> {
        self.0.iter().flat_map(|message| (message.first..message.end).map(|at| (at, message.by)))
    }
}

/// In which order the server looks at a message that it has had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// At what it expects, so a repetition is refused: how a single server answers.
    ExpectationFirst,
    /// At its id, so a repetition is acknowledged: how a group of servers answers.
    IdFirst,
}

/// Takes a message as a server does, which remembers that it has had one with this id, or does not; a claim takes so many
/// places. Returns whether it is acknowledged.
pub(crate) fn publish(
    log: &mut Log,
    order: Order,
    remembers: bool,
    places: u64,
    message: Message,
) -> bool {
    let fits = log.fits(&message);
    if remembers {
        // What is accepted together is refused if one of it is a repetition.
        let claims = matches!(message.id, MessageId::Claim { .. });
        return match order {
            Order::ExpectationFirst => fits,
            Order::IdFirst => !claims,
        };
    }
    if fits {
        log.push(message, places);
    }
    fits
}
