//! Groups of readers that share partitions: each event is handled by one of them.
//!
//! A *partition* is a [`Ring`](broadring::Ring). A [`Group`] reads several of them. Its [`Member`]s
//! come and go at any time, on any thread, and every partition is assigned to exactly one of them, as
//! evenly as can be. It is what consumer groups are in Kafka, inside one process.
//!
//! ```
//! use broadring::Ring;
//! use broadring_order::group::Group;
//!
//! let (mut writer, ring) = Ring::builder(64).build(|| 0_u64);
//! let group = Group::new("billing", [ring])?;
//! let mut member = group.join()?;
//!
//! writer.publish_all([1, 2, 3]);
//! drop(writer);
//! let mut sum = 0;
//! while let Ok(batch) = member.wait_batch() {
//!     sum += batch.iter().map(|(_sequence, event)| event).sum::<u64>();
//!     batch.commit()?;
//! }
//! assert_eq!(sum, 6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Positions
//!
//! The group has one *committed position* for each partition. It holds the writer back: nothing that
//! is not committed is overwritten, also while no member has the partition. A member begins at the
//! committed position, and moves it when it commits. An event is handled *at least once*, and an event
//! that was committed is never handed out again. To have each event handled exactly once, let its
//! effect and its commit stand or fall together.
//!
//! While a `Group` or a `Member` of it is alive, the group holds its writers back. When the last of
//! them is dropped, it does not.
//!
//! # Who has which partition
//!
//! When a member joins or goes, the partitions are assigned anew: the numbers of partitions of two
//! members differ by one at most, and as few partitions move as that allows. Those that have ended do
//! not count.
//!
//! - A member that gets a partition begins with it at its next call.
//! - A member that is to give one up does so at its next call of [`try_batch`](Member::try_batch) or
//!   one of the methods that wait; until then it reads it, and commits. If it sleeps in such a method,
//!   it is woken.
//! - A member that is dropped gives up its partitions at once, also if a panic drops it.
//! - A member that is *evicted* loses its partitions at once, whatever it is doing. A batch that it
//!   holds stays readable, but cannot be committed: see [`Group::evict`] and
//!   [`GroupBuilder::evict_after`].
//!
//! Each partition has a *generation*, a fencing token: it changes whenever somebody has ceased to own
//! the partition, and a commit of an older generation is refused with a [`CommitError`].
//!
//! # Changes
//!
//! A closure set with [`GroupBuilder::on_change`] is called for each partition that comes or goes, with
//! no lock held. Every [`Change::Assigned`] is followed by exactly one [`Change::Revoked`] or
//! [`Change::Lost`].
//!
//! | change | when | on the thread |
//! |---|---|---|
//! | `Assigned` | before the member gets the first event of the partition | of the member, inside of its call |
//! | `Revoked` | after the last commit of the member, before another one can get the partition: it is to move, it has ended, or the member is dropped | of the member, inside of its call or of its drop |
//! | `Lost` | after the partition was taken from the member: it was evicted, or a panic has dropped it. The next owner may have begun | that evicts it, or that panics |
//!
//! A member that is evicted while `Revoked` runs gets no `Lost` for that partition; then the next
//! owner may begin before the closure has returned. If the closure panics, so does the call, and the
//! member can be used further. What that call has not reported yet is never reported.
//!
//! # Room in the rings
//!
//! A group takes one reader of each ring, and one more for the member that has the partition. A member
//! that was evicted keeps its own until its next call. So [`max_readers`] must be two more than the
//! other readers of the ring need, and one more for each member that may be evicted without coming
//! back.
//!
//! [`max_readers`]: broadring::RingBuilder::max_readers
//!
//! # Progress
//!
//! Looking for a batch is wait-free while the assignment does not change. When it has changed, the
//! next call of each member takes the lock of the group; so does a call now and then if members are
//! [evicted](GroupBuilder::evict_after) for being idle.
//!
//! A commit takes the lock of its partition, which nobody else takes meanwhile but to move the
//! partition or to ask for its position. If the writer was interrupted in the middle of the very
//! publication that is committed, the commit waits for it.
//!
//! No lock is held while a closure runs or a batch is held. There is one exception: if a *task* waits
//! for room in a ring, its waker may be called under the lock of the partition.

#![forbid(unsafe_code)]

// Lowest first; each uses only those before it.
mod assign;
mod member_id;

mod change;
mod error;

mod control;
mod partition;
mod seat;
mod shared;

mod assigned;
mod member;
mod membership;

mod builder;
mod handle;

pub use assigned::Assigned;
pub use builder::{GroupBuilder, MemberBuilder};
pub use change::Change;
pub use error::{BuildError, CommitError, End, Evicted, JoinError, ReadTimeoutError, TryReadError};
pub use handle::Group;
pub use member::Member;
pub use member_id::MemberId;
