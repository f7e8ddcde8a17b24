//! Where in the stream an event is.

use super::failure::MirrorError;
use crate::cluster::{RequestError, Shared};

/// Where a mirror begins to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// The place of the message: the one before the last one that begins with the event or with one before it, so that
    /// that one is checked too.
    pub(super) place: u64,
    /// Whether there are no messages yet, so that nobody knows with which event the stream begins.
    pub(super) empty: bool,
}

/// Finds the message with which reading has to begin to get everything from an event on. Messages have no holes between
/// them, so bisection finds it in some twenty questions.
///
/// A message that cannot be used counts as one behind the event: whoever reads comes to it, and says what is wrong.
pub(super) async fn find(shared: &Shared, next: u64) -> Result<Start, MirrorError> {
    let tail = shared.tail().await?;
    if tail.messages == 0 {
        return Ok(Start { place: tail.last + 1, empty: true });
    }
    let (mut low, mut high) = (tail.first, tail.last);
    let oldest = at(shared, low).await?.0;
    if next < oldest {
        return Err(MirrorError::Removed { requested: next.into(), oldest: oldest.into() });
    }
    match at(shared, high).await {
        Ok((_, end)) if next > end => {
            return Err(MirrorError::Ahead { requested: next.into(), next: end.into() });
        }
        Ok(_) | Err(RequestError::Message { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    // The message at `low` begins at or before the event; that behind `high` begins after it, or is not there.
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        match at(shared, middle).await {
            Ok((first, _)) if first <= next => low = middle,
            Ok(_) | Err(RequestError::Message { .. }) => high = middle - 1,
            Err(error) => return Err(error.into()),
        }
    }
    let place = (low - 1).max(tail.first);
    // Where the messages are in no order, whoever reads all of them finds out.
    let is_before = match at(shared, place).await {
        Ok((first, _)) => first <= next,
        Err(RequestError::Message { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    Ok(Start { place: if is_before { place } else { tail.first }, empty: false })
}

/// The first event of the message at a place, and the one after its last.
async fn at(shared: &Shared, place: u64) -> Result<(u64, u64), RequestError> {
    match shared.at(place).await? {
        Some(found) => Ok((found.link.first, found.link.end)),
        // It was removed in this moment.
        None => Err(RequestError::Unanswered(format!("message {place} is gone"))),
    }
}
