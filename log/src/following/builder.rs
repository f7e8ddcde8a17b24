//! How a follower is made.

use std::time::Duration;

use broadring::{Ring, Sequence, Upstream, Wait};

use super::follower::Follower;
use super::joining::Joining;
use crate::codec::Codec;
use crate::error::ReadError;
use crate::journal::Journal;
use crate::reading::LogReader;

/// Describes a follower before it is made: from [`Journal::follow`] or [`LogReader::follow`].
#[derive(Debug)]
#[must_use = "a description does nothing until `start` is called"]
pub struct FollowerBuilder<T, C> {
    log: LogReader,
    codec: C,
    from: Option<Sequence>,
    pub(super) joining: Joining<T>,
}

impl<T> Journal<T> {
    /// Describes a follower of the stream: it reads from the log, and when it has caught up it reads live, after
    /// the journal. So it sees only what is as durable as the log's policy promises.
    pub fn follow<C: Codec<Event = T>>(&self, codec: C) -> FollowerBuilder<T, C> {
        let mut builder = FollowerBuilder::new(self.reader(), self.ring().clone(), codec);
        builder.joining.after = Some(Upstream::from(self));
        builder
    }
}

impl LogReader {
    /// Describes a follower of the stream that a ring has and this log: it reads from the log, and when it has
    /// caught up it reads live, without waiting for the disk. It may then see events that are lost if the
    /// process or the machine dies.
    ///
    /// The log has to be the one that the ring's journal writes, and this its [reader](Journal::reader).
    pub fn follow<T, C: Codec<Event = T>>(
        &self,
        ring: &Ring<T>,
        codec: C,
    ) -> FollowerBuilder<T, C> {
        FollowerBuilder::new(self.clone(), ring.clone(), codec)
    }
}

impl<T, C: Codec<Event = T>> FollowerBuilder<T, C> {
    fn new(log: LogReader, ring: Ring<T>, codec: C) -> Self {
        let joining = Joining {
            ring,
            after: None,
            name: "follower".to_owned(),
            evict_after: None,
            wait: None,
        };
        Self { log, codec, from: None, joining }
    }

    /// Sets the event to begin with. The oldest one in the log unless set.
    pub fn from(self, sequence: impl Into<Sequence>) -> Self {
        Self { from: Some(sequence.into()), ..self }
    }

    /// Names the reader that the follower has in the ring.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.joining.name = name.into();
        self
    }

    /// Lets the writer evict the follower from the ring when it has held the writer back for so long. It then goes
    /// on from the log and comes back: it costs the disk's time instead of the writer's, and misses nothing.
    ///
    /// Like every reader it is evicted between batches only, and never while it holds one. If the work on an event takes
    /// long, copy the events, drop the batch, and work then.
    pub fn evict_after(mut self, limit: Duration) -> Self {
        self.joining.evict_after = Some(limit);
        self
    }

    /// Sets how the follower waits while it reads live.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.joining.wait = Some(wait);
        self
    }

    /// Begins to follow.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if the log cannot be read from there.
    pub fn start(self) -> Result<Follower<T, C>, ReadError> {
        let from = match self.from {
            Some(from) => from,
            None => self.log.oldest()?,
        };
        Ok(Follower::new(self.log.from(from)?, self.codec, self.joining))
    }
}
