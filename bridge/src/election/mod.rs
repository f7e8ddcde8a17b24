//! Who may write: candidates, and the one that has the stream.

mod candidate;
mod error;
mod leadership;
mod pulse;

pub use candidate::Candidate;
pub use error::ClaimError;
pub use leadership::Leadership;
pub(crate) use leadership::{Claimed, Right};
