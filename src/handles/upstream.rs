//! An upstream: names a reader that others are to come after, wherever its handle is.

#![forbid(unsafe_code)]

use core::fmt;

use super::reader::Reader;
use super::ring::Ring;
use crate::member::Member;
use crate::sync::Arc;

/// Names a reader that another one is to come after: see
/// [`ReaderBuilder::after`](crate::ReaderBuilder::after).
///
/// It comes from a reference to a [`Reader`] or to its
/// [managed thread](crate::managed), which `after` takes as they are. Keep an `Upstream`, and clone it,
/// where the reader itself has moved to another thread. It keeps no reader in the ring, and holds
/// nobody back.
///
/// # Examples
///
/// ```
/// use broadring::{Ring, Upstream};
///
/// let (mut writer, ring) = Ring::builder(8).build(|| 0);
/// let mut journal = ring.reader().name("journal").subscribe()?;
/// let upstream = Upstream::from(&journal);
/// let journal = std::thread::spawn(move || journal.recv()); // it runs already
///
/// let mut logic = ring.reader().after(&upstream)?.from_oldest().subscribe()?;
/// writer.publish(7);
/// assert_eq!(logic.recv(), Ok(7)); // not before the journal
/// assert_eq!(journal.join().unwrap(), Ok(7));
///
/// let error = ring.reader().after(&upstream).unwrap_err();
/// assert_eq!(error.to_string(), "the reader \"journal\" has left");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Upstream<T> {
    pub(super) ring: Ring<T>,
    member: Member,
}

impl<T> Upstream<T> {
    pub(crate) fn new(ring: Ring<T>, member: Member) -> Self {
        Self { ring, member }
    }

    /// Returns the identity of the reader.
    pub fn member(&self) -> &Member {
        &self.member
    }
}

impl<T> From<&Reader<T>> for Upstream<T> {
    fn from(reader: &Reader<T>) -> Self {
        let ring = Ring { shared: Arc::clone(reader.core.shared()) };
        Self::new(ring, reader.member().clone())
    }
}

impl<T> From<&Self> for Upstream<T> {
    fn from(upstream: &Self) -> Self {
        upstream.clone()
    }
}

impl<T> Clone for Upstream<T> {
    fn clone(&self) -> Self {
        Self { ring: self.ring.clone(), member: self.member.clone() }
    }
}

impl<T> fmt::Debug for Upstream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("member", &self.member).finish_non_exhaustive()
    }
}
