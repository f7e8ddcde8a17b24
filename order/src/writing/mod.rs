//! The writing side: the handle that hands out writers, the writers, and their claims.

#![forbid(unsafe_code)]

mod builder;
mod claim;
mod claiming;
mod publisher;
mod writer;
mod writers;

pub use self::builder::OrderBuilder;
pub use self::claim::{Claim, ClaimIterMut};
pub use self::writer::Writer;
pub use self::writers::{WriterBuilder, Writers};
