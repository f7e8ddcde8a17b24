//! Following a stream: first from the log, then live from the ring, each event once.

mod builder;
mod follower;
mod joining;
mod lent;
#[cfg(feature = "async")]
mod stream;

pub use builder::FollowerBuilder;
pub use follower::{FollowError, Follower};
pub use lent::{Followed, FollowedEvents};
#[cfg(feature = "async")]
pub use stream::FollowerStream;
