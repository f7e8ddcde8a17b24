//! A candidate that wants to be the writer.

use super::id::{Last, MessageId};

/// How many messages a writer may have on its way, and how many places of the stream a claim takes.
///
/// Each frame expects that the place before its own is the last one of the stream. A writer that has so many messages on
/// its way at most expects, with any of them, less than so many places behind the last one that it knows of. So a claim
/// that takes so many places at once leaves none for what a deposed writer has on its way. Had it one place, the second
/// of these frames would find what it expects: the claim in the place of the first.
pub const LEAP: u64 = 256;

/// The claim of one candidate: [`LEAP`] messages that are accepted together or not at all, with the expectation that nothing
/// was published since the candidate has read the last message. So of several candidates one gets the epoch, and the
/// writer before it is deposed at that place of the stream.
///
/// It is driven with what the server says: [`begin`](Self::begin) with the last message of the stream,
/// [`accepted`](Self::accepted) when the claim was acknowledged, and [`last`](Self::last) with the last message after any
/// other answer, or none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claimant {
    nonce: u64,
    /// What it goes by.
    basis: Option<Last>,
    epoch: u64,
    next: u64,
    leap: u64,
}

/// What a candidate does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimStep {
    /// Publish the [messages](Claimant::messages) of the claim together.
    Publish {
        /// The place that the first of them expects before it: 0 in an empty stream.
        expected: u64,
    },
    /// It has the epoch.
    Won,
    /// Another writer was faster, with this epoch.
    Lost {
        /// The epoch.
        epoch: u64,
    },
}

impl Claimant {
    /// Begins a claim, given the last message of the stream. The nonce is chosen at random, and never used again. If the
    /// stream is empty, its events begin with `first`.
    pub fn begin(nonce: u64, last: Option<Last>, first: u64) -> Self {
        Self::with_leap(nonce, last, first, LEAP)
    }

    /// As [`begin`](Self::begin), for writers that have another number of messages on their way: for models, which keep it
    /// small.
    pub fn with_leap(nonce: u64, last: Option<Last>, first: u64, leap: u64) -> Self {
        Self {
            nonce,
            basis: last,
            epoch: last.map_or(0, |last| last.id.epoch()) + 1,
            next: last.map_or(first, |last| last.next),
            leap: leap.max(1),
        }
    }

    /// The epoch that it claims.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The sequence with which its writer goes on.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The place that its last message gets in the stream if it is accepted.
    pub fn place(&self) -> u64 {
        self.expected() + self.leap
    }

    /// The place of the last message that it goes by.
    fn expected(&self) -> u64 {
        self.basis.map_or(0, |last| last.place)
    }

    /// The ids of its messages, in order.
    pub fn messages(&self) -> impl Iterator<Item = MessageId> + use<> {
        let claim = self.clone();
        (0..self.leap).map(move |number| claim.message(number))
    }

    /// The id of its last message: what its [`Sender`](super::Sender) goes on from.
    pub fn last_id(&self) -> MessageId {
        self.message(self.leap - 1)
    }

    fn message(&self, number: u64) -> MessageId {
        let Self { epoch, nonce, .. } = *self;
        match number {
            0 => MessageId::Claim { epoch, nonce },
            number => MessageId::Padding { epoch, nonce, number },
        }
    }

    /// Whether a message is one of its own.
    fn has(&self, id: MessageId) -> bool {
        match id {
            MessageId::Claim { epoch, nonce } | MessageId::Padding { epoch, nonce, .. } => {
                (epoch, nonce) == (self.epoch, self.nonce)
            }
            _ => false,
        }
    }

    /// What to publish. It may be published as often as one likes: one of the repetitions is accepted at most.
    pub fn publish(&self) -> ClaimStep {
        ClaimStep::Publish { expected: self.expected() }
    }

    /// The server has acknowledged the claim.
    pub fn accepted(&self) -> ClaimStep {
        ClaimStep::Won
    }

    /// The answer was another one, or did not come: then this is the last message of the stream.
    ///
    /// That message may be an old one, when the server that tells it has fallen behind. The claim is then published
    /// again, and the answer to that decides.
    pub fn last(&self, last: Option<Last>) -> ClaimStep {
        match last {
            Some(last) if self.has(last.id) => ClaimStep::Won,
            Some(last) if last.id.epoch() >= self.epoch => {
                ClaimStep::Lost { epoch: last.id.epoch() }
            }
            // The writer before goes on, and the claim came too late.
            Some(last) if self.basis.is_none_or(|basis| basis.place < last.place) => {
                ClaimStep::Lost { epoch: last.id.epoch() }
            }
            _ => self.publish(),
        }
    }
}
