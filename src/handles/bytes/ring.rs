//! The shared handle of a ring of records.

#![forbid(unsafe_code)]

use core::fmt;

use crate::handles::shared::Shared;
use crate::member::Role;
use crate::sequence::Sequence;
use crate::storage::Bytes;
use crate::sync::Arc;
use crate::telemetry::{Slowest, Stats};

/// The handle of a ring of *records*: pieces of bytes, each of any length up to half of the ring.
///
/// It is to a [`ByteWriter`](crate::ByteWriter) and its [`ByteReader`](crate::ByteReader)s what a
/// [`Ring`](crate::Ring) is to a writer of events: clone it, send it to any thread, and subscribe at
/// any time. Use it where events have very different lengths, or are bytes anyway: frames of a
/// network, lines, encoded messages. Where all events have one type, a `Ring` needs no encoding, and
/// is faster.
///
/// # Positions
///
/// A [`Sequence`] of a ring of records counts bytes: it is the position of a record in the stream. So
/// [`lag`](crate::ByteReader::lag), [`capacity`](Self::capacity) and the numbers in [`Stats`] are
/// bytes too. A record takes 8 bytes more than its length, rounded up to a multiple of 8, and lies in
/// one piece: where it would reach over the end of the ring, it begins at the start of the ring, and
/// what is left before the end stays unused. Readers do not see that.
///
/// # Examples
///
/// ```
/// use broadring::ByteRing;
///
/// let (mut writer, ring) = ByteRing::builder(1024).build();
/// let mut reader = ring.subscribe()?;
///
/// writer.publish(b"copied in")?;
/// let mut record = writer.claim(16)?;
/// record[..10].copy_from_slice(b"in place: ");
/// record[10..].fill(b'!');
/// record.publish();
/// drop(writer);
///
/// let mut heard = Vec::new();
/// reader.run(|record, _position, _end_of_batch| heard.push(record.to_vec()));
/// assert_eq!(heard, [b"copied in".to_vec(), b"in place: !!!!!!".to_vec()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ByteRing {
    pub(super) shared: Arc<Shared<Bytes>>,
}

impl ByteRing {
    /// Returns the name of the ring, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.shared.sequencer.name()
    }

    /// Returns how many bytes the ring has: by how many the writer can be ahead of the slowest reader.
    pub fn capacity(&self) -> usize {
        self.shared.slots.capacity() as usize
    }

    /// Returns how many readers the ring can have at once.
    pub fn max_readers(&self) -> usize {
        self.shared.sequencer.gates.capacity()
    }

    /// Returns how many readers there are. Takes a lock for a moment.
    pub fn reader_count(&self) -> usize {
        self.shared.sequencer.registry.count(Role::Reader)
    }

    /// Returns the position of the next record to be published, or of the padding before it. It may
    /// grow meanwhile, and never falls. Wait-free.
    pub fn cursor(&self) -> Sequence {
        Sequence::new(self.shared.sequencer.cursor.load())
    }

    /// Whether the ring is closed, because the writer is gone. Wait-free.
    pub fn is_closed(&self) -> bool {
        self.shared.sequencer.is_closed()
    }

    /// Takes a snapshot of the ring, as [`Ring::stats`](crate::Ring::stats) does. What it counts in
    /// events are bytes here.
    pub fn stats(&self) -> Stats {
        self.shared.sequencer.stats()
    }

    /// Returns the slowest member, as [`Ring::slowest`](crate::Ring::slowest) does.
    pub fn slowest(&self) -> Option<Slowest> {
        self.shared.sequencer.slowest()
    }
}

impl Clone for ByteRing {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl fmt::Debug for ByteRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteRing")
            .field("name", &self.name())
            .field("capacity", &self.capacity())
            .field("cursor", &self.cursor())
            .field("readers", &self.reader_count())
            .field("closed", &self.is_closed())
            .finish()
    }
}
