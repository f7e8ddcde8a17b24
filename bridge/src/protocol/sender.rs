//! The writer, with frames on their way.

use std::collections::VecDeque;

use super::claim::LEAP;
use super::id::{Last, MessageId};

/// What is in a frame, as far as the protocol is concerned.
pub trait Payload {
    /// The sequence of the first event.
    fn first(&self) -> u64;

    /// The sequence after the last event.
    fn end(&self) -> u64;
}

/// A message to be published.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transmission<F> {
    /// Its id.
    pub id: MessageId,
    /// The place that it expects to be the last one of the stream: the one before its own.
    pub expected: u64,
    /// Which attempt it belongs to: what is said of an earlier one is out of date.
    pub attempt: u64,
    /// The frame; none for a resignation.
    pub frame: Option<F>,
}

/// How a writer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SenderState {
    /// It sends.
    Leading,
    /// Something went wrong: it does not know what was accepted, and asks for the last message.
    Uncertain,
    /// There is another writer, with this epoch.
    Deposed {
        /// The epoch.
        by: u64,
    },
    /// It has given the stream back.
    Resigned,
}

/// A frame on its way, or the resignation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Sent<F> {
    id: MessageId,
    /// The sequence after it.
    end: u64,
    frame: Option<F>,
}

/// The writer of an epoch. Each frame expects the place before its own to be the last one of the stream, so whatever the
/// network loses, delays or repeats, the stream has a prefix of what was sent, in order; and once another writer has
/// claimed the stream, which takes [`LEAP`] places, nothing of this one is accepted any more.
///
/// It is driven with what the server says: [`accepted`](Self::accepted) for each acknowledgement,
/// [`failed`](Self::failed) for everything else, and [`last`](Self::last) with the last message of the stream, which it
/// asks for while it is [uncertain](SenderState::Uncertain). It never sends the same id with another frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender<F> {
    epoch: u64,
    state: SenderState,
    /// The last message that is known to be in the stream.
    acknowledged: MessageId,
    /// Its place.
    place: u64,
    /// The sequence before which everything is in the stream.
    acknowledged_to: u64,
    /// What may be in the stream, or on its way, or lost; in order.
    window: VecDeque<Sent<F>>,
    /// How many of these were sent in this attempt.
    sent: usize,
    attempt: u64,
    /// How many messages it may have on its way.
    leap: u64,
}

impl<F: Payload + Clone> Sender<F> {
    /// The writer whose claim was accepted: with the [last message](super::Claimant::last_id) of the claim, which is at this
    /// [place](super::Claimant::place). It goes on with the sequence `next`.
    pub fn new(claim: MessageId, place: u64, next: u64) -> Self {
        Self::with_leap(claim, place, next, LEAP)
    }

    /// As [`new`](Self::new), where claims take another number of places than [`LEAP`]: for models.
    pub fn with_leap(claim: MessageId, place: u64, next: u64, leap: u64) -> Self {
        Self {
            epoch: claim.epoch(),
            state: SenderState::Leading,
            acknowledged: claim,
            place,
            acknowledged_to: next,
            window: VecDeque::new(),
            sent: 0,
            attempt: 0,
            leap,
        }
    }

    /// Its epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How it is doing.
    pub fn state(&self) -> SenderState {
        self.state
    }

    /// The sequence before which everything is in the stream.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged_to
    }

    /// The sequence after the last event that it has.
    pub fn next(&self) -> u64 {
        self.window.back().map_or(self.acknowledged_to, |last| last.end)
    }

    /// How many messages are not acknowledged.
    pub fn in_flight(&self) -> usize {
        self.window.len()
    }

    /// How often it had to begin anew.
    pub fn attempt(&self) -> u64 {
        self.attempt
    }

    /// Whether it takes one message more. No more than [`LEAP`] may be on their way, or a claim would not fence them off.
    pub fn has_room(&self) -> bool {
        (self.window.len() as u64) < self.leap
    }

    /// Takes a frame, to be sent after those that it has.
    ///
    /// # Panics
    ///
    /// If the frame does not begin where the last one has ended, or is empty, or there is no
    /// [room](Self::has_room), or the writer has resigned: a mistake of the program.
    #[track_caller]
    pub fn push(&mut self, frame: F) {
        assert_eq!(frame.first(), self.next(), "a frame begins where the last one has ended");
        assert!(frame.end() > frame.first(), "a frame has events");
        assert!(!self.resigns(), "nothing comes after a resignation");
        assert!(self.has_room(), "no more messages may be on their way");
        let id = MessageId::Frame { epoch: self.epoch, first: frame.first() };
        self.window.push_back(Sent { id, end: frame.end(), frame: Some(frame) });
    }

    /// Gives the stream back, behind all frames that it has.
    ///
    /// # Panics
    ///
    /// If there is no [room](Self::has_room).
    #[track_caller]
    pub fn resign(&mut self) {
        if !self.resigns() {
            assert!(self.has_room(), "no more messages may be on their way");
            let (id, end) = (MessageId::Resignation { epoch: self.epoch }, self.next());
            self.window.push_back(Sent { id, end, frame: None });
        }
    }

    fn resigns(&self) -> bool {
        self.state == SenderState::Resigned
            || self.window.back().is_some_and(|last| last.frame.is_none())
    }

    /// Returns the next message to publish, if there is one.
    pub fn transmit(&mut self) -> Option<Transmission<F>> {
        if self.state != SenderState::Leading {
            return None;
        }
        let sent = self.window.get(self.sent)?;
        let before = self.place + self.sent as u64;
        self.sent += 1;
        Some(Transmission {
            id: sent.id,
            expected: before,
            attempt: self.attempt,
            frame: sent.frame.clone(),
        })
    }

    /// The server has acknowledged this message: it is in the stream, and so are all before it.
    pub fn accepted(&mut self, id: MessageId) {
        if let Some(place) = self.window.iter().position(|sent| sent.id == id) {
            self.acknowledge(place + 1);
        }
    }

    fn acknowledge(&mut self, messages: usize) {
        self.place += messages as u64;
        for sent in self.window.drain(..messages) {
            self.acknowledged = sent.id;
            self.acknowledged_to = sent.end;
            if sent.frame.is_none() {
                self.state = SenderState::Resigned;
            }
        }
        self.sent = self.sent.saturating_sub(messages);
    }

    /// A message of this attempt was refused, or was not answered. Returns whether the last message has to be read now.
    pub fn failed(&mut self, attempt: u64) -> bool {
        if attempt != self.attempt || self.state != SenderState::Leading {
            return false;
        }
        self.state = SenderState::Uncertain;
        true
    }

    /// Whoever watches the stream has seen that it may have another writer. Returns whether the last message has to be
    /// read now.
    pub fn doubt(&mut self) -> bool {
        self.failed(self.attempt)
    }

    /// Another writer has the stream, with this message or an earlier one.
    fn hear_of(&mut self, last: Last) {
        let by = last.id.epoch();
        let claims = matches!(last.id, MessageId::Claim { .. } | MessageId::Padding { .. });
        if claims && by == self.epoch + 1 {
            // The claim that came next says what of this writer is before it.
            let there = |sent: &&Sent<F>| sent.frame.is_some() && sent.end <= last.next;
            self.acknowledge(self.window.iter().take_while(there).count());
        }
        self.state = match self.window.front() {
            // Whoever has it now came behind the resignation, or instead of it: it is all the same.
            Some(Sent { frame: None, .. }) => SenderState::Resigned,
            _ => SenderState::Deposed { by },
        };
    }

    /// This is the last message of the stream. Returns whether that has settled the matter; otherwise it has to be read
    /// again.
    ///
    /// The message may be an old one, when the server that tells it has fallen behind. It has been in the stream all the
    /// same, so what it says of acknowledgements and of other writers holds.
    pub fn last(&mut self, last: Option<Last>) -> bool {
        if self.state != SenderState::Uncertain {
            return true;
        }
        let Some(last) = last else {
            // Its own claim is in the stream.
            return false;
        };
        if last.id.epoch() > self.epoch {
            self.hear_of(last);
            return true;
        }
        if let Some(place) = self.window.iter().position(|sent| sent.id == last.id) {
            self.acknowledge(place + 1);
        } else if last.id != self.acknowledged {
            // It was the last one before what is acknowledged.
            return false;
        }
        if self.state == SenderState::Uncertain {
            self.state = SenderState::Leading;
            self.sent = 0;
            self.attempt += 1;
        }
        true
    }
}
