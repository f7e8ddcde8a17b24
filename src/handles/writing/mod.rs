//! Writing: what a writer is made of, and the claim it lends.
//!
//! The public handle, `Writer`, is thin: what it does is here.
//!
//! May use: `handles/shared`, and the layers below.

mod claim;
mod records;
mod writer_core;

pub use claim::{Claim, ClaimIterMut};
pub(crate) use records::{Room, Run};
pub(crate) use writer_core::{WriterCore, WritingCore};
