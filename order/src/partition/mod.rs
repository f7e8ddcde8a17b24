//! Partitions: several rings, among which the key of an event chooses.
//!
//! Events of one key are in one ring, and so in order. A [`Partitioned`] handle publishes, and readers are
//! made from [`Partitions`]: of all partitions merged, of some, of one, or a
//! [group](crate::group) of readers that shares them.

#![forbid(unsafe_code)]

mod route;

mod partitions;

mod partitioned;

pub use partitioned::{Partitioned, PartitionedBuilder};
pub use partitions::Partitions;
pub use route::{Key, partition_of};
