//! A candidate that wants to be the writer.

use super::id::{Expected, Last, MessageId};

/// How many messages a writer may have on its way, and how many places of the stream, and epochs, a claim takes.
///
/// Each frame expects the place before its own. Those of a deposed writer expect less than so many places behind the
/// last message that it has in the stream, however many of them are still on their way; so a claim that takes so many
/// places at once leaves none for them.
pub const LEAP: u64 = 256;

/// The claim of one candidate: [`LEAP`] messages that are accepted together or not at all, published with the expectation that nothing was published since the candidate
/// has read the last message. So of several candidates one gets the epoch, and the writer before it is deposed at
/// that place of the stream.
///
/// It is driven with what the server says: [`begin`](Self::begin) or [`last`](Self::last) with the last message of the
/// stream, [`accepted`](Self::accepted) when the claim was acknowledged, and [`last`](Self::last) with the last message
/// after any other answer, or none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claimant {
    nonce: u64,
    /// What it goes by.
    basis: Option<Last>,
    epoch: u64,
    next: u64,
}

/// What a candidate does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimStep {
    /// Publish the claim, the last message of which has this id.
    Publish {
        /// The id of the last message, with the epoch.
        id: MessageId,
        /// What the first message expects before it.
        expected: Expected,
        /// The sequence with which its writer goes on.
        next: u64,
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
        Self {
            nonce,
            basis: last,
            epoch: last.map_or(0, |last| last.id.epoch()) + LEAP,
            next: last.map_or(first, |last| last.next),
        }
    }

    /// The epoch that it claims, which is the last one of the messages of the claim.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The sequence with which its writer goes on.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The place that the last message of the claim gets in the stream if it is accepted.
    pub fn place(&self) -> u64 {
        self.basis.map_or(0, |last| last.place) + LEAP
    }

    /// The ids of the messages before the last one of the claim, in order.
    pub fn run_up(&self) -> impl Iterator<Item = MessageId> + use<> {
        let nonce = self.nonce;
        (self.epoch + 1 - LEAP..self.epoch).map(move |epoch| MessageId::Claim { epoch, nonce })
    }

    /// The id of the last message of the claim.
    pub fn id(&self) -> MessageId {
        MessageId::Claim { epoch: self.epoch, nonce: self.nonce }
    }

    /// What to publish. It may be published as often as one likes: one of the repetitions is accepted at most.
    pub fn publish(&self) -> ClaimStep {
        ClaimStep::Publish {
            id: self.id(),
            expected: Expected::Place(self.basis.map_or(0, |last| last.place)),
            next: self.next,
        }
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
            Some(last) if last.id == self.id() => ClaimStep::Won,
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
