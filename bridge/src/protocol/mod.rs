//! The protocol: who may write, what follows what, and what to do when an answer is missing. No input and output, so
//! that a model checker can run the very code that runs on the network.
//!
//! - `id`: message ids, and what a message expects before it
//! - `claim`: a candidate that wants to be the writer
//! - `sender`: the writer, with frames on their way
//! - `chain`: a reader, which checks that each message follows the one before

mod chain;
mod claim;
mod id;
mod sender;

pub use chain::{Chain, ChainError, Link};
pub use claim::{Claimant, ClaimStep};
pub use id::{Expected, Last, MessageId, ParseIdError};
pub use sender::{Payload, Sender, SenderState, Transmission};
