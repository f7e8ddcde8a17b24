//! A stream, wherever it is.

mod handle;

pub(crate) use handle::Engine;
pub use handle::Stream;
