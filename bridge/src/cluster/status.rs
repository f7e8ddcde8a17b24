//! What there is to know of a stream.

/// What there is to know of a stream and of those who use it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StreamStatus {
    /// The name of the stream.
    pub name: String,
    /// Its identity, in hexadecimal digits. None while it is empty.
    pub id: Option<String>,
    /// The epoch of the last writer: 0 if there was none.
    pub epoch: u64,
    /// The name of the last writer.
    pub writer: Option<String>,
    /// Whether that writer has given the stream back.
    pub resigned: bool,
    /// The oldest event that is kept.
    pub oldest: u64,
    /// The sequence after the last event.
    pub next: u64,
    /// How many messages are kept: 0 in an embedded stream, which has none.
    pub messages: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// The server that leads the stream's group, if there is one now.
    pub leader: Option<String>,
    /// The servers that follow it.
    pub replicas: Vec<Replica>,
    /// The mirrors that are reading.
    pub mirrors: Vec<MirrorInfo>,
}

/// A server that has a copy of the stream, and follows the leader.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Replica {
    /// Its name.
    pub name: String,
    /// Whether it has everything.
    pub current: bool,
    /// Whether the leader cannot reach it.
    pub offline: bool,
    /// How many messages it lags behind.
    pub lag: u64,
}

/// A mirror that is reading.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MirrorInfo {
    /// Its name.
    pub name: String,
    /// How many messages, of some events each, it was not sent yet.
    pub lag: u64,
}
