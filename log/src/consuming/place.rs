//! How far a consumer has come.

use broadring::Sequence;

use crate::format::LogId;

/// How far a consumer has come: which event of which log is next.
///
/// # Examples
///
/// ```
/// use broadring_log::{Log, Position};
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let log = Log::open(directory)?;
/// let position = Position { log: log.id(), next: 5.into() };
/// assert_eq!(position.next, 5.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The log. A position in one log means nothing in another.
    pub log: LogId,
    /// The event that the consumer goes on with. Those before it have had their effect.
    pub next: Sequence,
}
