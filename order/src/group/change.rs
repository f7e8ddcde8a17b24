//! What a group reports when partitions come and go.

#![forbid(unsafe_code)]

use broadring::Sequence;

use super::member_id::MemberId;

/// A partition has come to a member, or has gone from it: see
/// [`GroupBuilder::on_change`](super::GroupBuilder::on_change).
///
/// When each is reported, and on which thread, says the [module](super#changes).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The member has got the partition.
    #[non_exhaustive]
    Assigned {
        /// The index of the partition.
        partition: usize,
        /// The committed position: the first event that the member gets.
        position: Sequence,
        /// The member.
        member: MemberId,
    },
    /// The member gives the partition up, and has committed what it could. Or the partition has ended.
    #[non_exhaustive]
    Revoked {
        /// The index of the partition.
        partition: usize,
        /// The committed position: the first event that the next owner gets.
        position: Sequence,
        /// The member.
        member: MemberId,
    },
    /// The partition was taken from the member: it was evicted, or a panic has dropped it.
    #[non_exhaustive]
    Lost {
        /// The index of the partition.
        partition: usize,
        /// The committed position at that moment. The member may have handled events from here on
        /// that it has not committed: they come again.
        position: Sequence,
        /// The member.
        member: MemberId,
    },
}

impl Change {
    /// Returns the index of the partition.
    pub fn partition(&self) -> usize {
        let (Self::Assigned { partition, .. }
        | Self::Revoked { partition, .. }
        | Self::Lost { partition, .. }) = self;
        *partition
    }

    /// Returns the committed position of the partition at that moment.
    pub fn position(&self) -> Sequence {
        let (Self::Assigned { position, .. }
        | Self::Revoked { position, .. }
        | Self::Lost { position, .. }) = self;
        *position
    }

    /// Returns the member.
    pub fn member(&self) -> &MemberId {
        let (Self::Assigned { member, .. }
        | Self::Revoked { member, .. }
        | Self::Lost { member, .. }) = self;
        member
    }
}
