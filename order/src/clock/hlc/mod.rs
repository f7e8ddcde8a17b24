//! The hybrid logical clock: the clock, and what the bits of its stamps mean.

#![forbid(unsafe_code)]

mod hybrid;

mod layout;

pub use self::hybrid::Hlc;
