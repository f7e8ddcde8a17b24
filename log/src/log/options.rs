//! How a log is opened, and what it keeps to.

use std::time::Duration;

use crate::format::{LogId, MAX_PAYLOAD};

/// When what was appended has to be on the disk. The position that a log has
/// [committed](crate::Log::committed) keeps to it: everything before is as durable as this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// After every batch. A batch is whatever there was to append at once, so the slower the disk, the larger
    /// the batches.
    #[default]
    EveryBatch,
    /// As soon as this many events wait for it, or the first of them has waited so long; where events come now and then,
    /// up to half as long again.
    Every {
        /// How many events.
        events: u64,
        /// How long.
        within: Duration,
    },
    /// When the first event that waits for it has waited so long; where events come now and then, up to half as long
    /// again.
    Interval(Duration),
    /// Whenever the system sees fit. What was committed outlives the process, and not the loss of power. A
    /// segment that is full is synced all the same.
    System,
}

/// How much of a log is kept. Whole segments are removed, the oldest first, and never the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Segments are removed while all of them together have more bytes than this.
    pub bytes: Option<u64>,
    /// Segments are removed when their last frame is older than this.
    pub age: Option<Duration>,
    /// Segments are removed when all consumers that have a checkpoint have passed them.
    pub consumed: bool,
    /// Whether segments are removed although a checkpoint has not passed them. A consumer that needs them then
    /// learns what it has lost.
    pub despite_checkpoints: bool,
}

impl Retention {
    /// Keeps everything.
    pub const EVERYTHING: Self =
        Self { bytes: None, age: None, consumed: false, despite_checkpoints: false };

    /// Sets [`bytes`](Self::bytes).
    #[must_use]
    pub const fn bytes(self, bytes: u64) -> Self {
        Self { bytes: Some(bytes), ..self }
    }

    /// Sets [`age`](Self::age).
    #[must_use]
    pub const fn age(self, age: Duration) -> Self {
        Self { age: Some(age), ..self }
    }

    /// Sets [`consumed`](Self::consumed).
    #[must_use]
    pub const fn consumed(self) -> Self {
        Self { consumed: true, ..self }
    }

    /// Sets [`despite_checkpoints`](Self::despite_checkpoints).
    #[must_use]
    pub const fn despite_checkpoints(self) -> Self {
        Self { despite_checkpoints: true, ..self }
    }
}

/// How a log is to be opened: from [`Log::options`](crate::Log::options).
#[derive(Clone, Debug)]
#[must_use = "options do nothing until `open` is called"]
pub struct LogOptions {
    pub(super) segment_bytes: u64,
    pub(super) frame_bytes: usize,
    pub(super) durability: Durability,
    pub(super) retention: Retention,
    pub(super) create: bool,
    pub(super) first_sequence: u64,
    pub(super) epoch: u64,
    pub(super) id: Option<LogId>,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            frame_bytes: 256 << 10,
            durability: Durability::default(),
            retention: Retention::EVERYTHING,
            create: true,
            first_sequence: 0,
            epoch: 0,
            id: None,
        }
    }
}

impl LogOptions {
    /// Sets how long a segment gets before the next one is begun, in bytes. It may be longer by one frame.
    /// 64 MiB unless set.
    pub fn segment_bytes(self, bytes: u64) -> Self {
        Self { segment_bytes: bytes, ..self }
    }

    /// Sets how much of a batch goes into one frame, in bytes; a longer one becomes several. 256 KiB unless set, and
    /// 512 MiB at most.
    pub fn frame_bytes(self, bytes: usize) -> Self {
        Self { frame_bytes: bytes.min(MAX_PAYLOAD / 2), ..self }
    }

    /// Sets when what was appended has to be on the disk.
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// Sets how much is kept. Everything unless set.
    pub fn retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// Sets whether the log is made if it is not there. It is unless set.
    pub fn create(self, create: bool) -> Self {
        Self { create, ..self }
    }

    /// Sets which sequence a log begins with when it is made. 0 unless set. A log that is there keeps its own.
    ///
    /// # Panics
    ///
    /// If it is later than [`Sequence::MAX`](broadring::Sequence::MAX).
    #[track_caller]
    pub fn first_sequence(self, sequence: impl Into<broadring::Sequence>) -> Self {
        let sequence = sequence.into();
        assert!(sequence <= broadring::Sequence::MAX, "{sequence} is later than any sequence");
        Self { first_sequence: sequence.into(), ..self }
    }

    /// Sets the epoch that the frames get: a number that grows whenever another writer takes the stream over.
    pub fn epoch(self, epoch: u64) -> Self {
        Self { epoch, ..self }
    }

    /// Sets which [identity](LogId) a log gets when it is made: that of the log or the stream that it will be a copy of.
    /// A random one unless set. A log that is there keeps its own, so compare [`Log::id`](crate::Log::id).
    pub fn id(self, id: LogId) -> Self {
        Self { id: Some(id), ..self }
    }
}
