//! What codecs cannot do.

/// An event that cannot be written down.
#[derive(Debug, thiserror::Error)]
#[error("the event cannot be encoded: {0}")]
pub struct EncodeError(#[source] Box<dyn core::error::Error + Send + Sync>);

impl EncodeError {
    /// Wraps the reason.
    pub fn new(reason: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        Self(reason.into())
    }
}

/// A record that is no event of the type it is read as.
#[derive(Debug, thiserror::Error)]
#[error("the record cannot be decoded: {0}")]
pub struct DecodeError(#[source] Box<dyn core::error::Error + Send + Sync>);

impl DecodeError {
    /// Wraps the reason.
    pub fn new(reason: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        Self(reason.into())
    }
}
