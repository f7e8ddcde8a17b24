//! A stream that survives its process: what a ring publishes is written down in order, can be read again from
//! any sequence, and goes on live without a gap.
//!
//! ```
//! use broadring::Ring;
//! use broadring_log::codec::Postcard;
//! use broadring_log::{Journal, Log};
//!
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path().join("orders");
//! let log = Log::open(&directory)?; // made, or recovered
//! let (mut writer, ring) = Ring::builder(1024).first_sequence(log.next_sequence()).build(String::new);
//! let journal = Journal::builder(log, Postcard::new(1)).start(&ring)?;
//! let mut replies = ring.reader().after(&journal)?.from_oldest().subscribe()?;
//!
//! writer.publish("buy 5".to_owned());
//! assert_eq!(replies.recv()?, "buy 5"); // it is on the disk
//!
//! let mut audit = journal.follow(Postcard::new(1)).from(0).start()?; // from the disk, then live
//! assert_eq!(audit.wait_batch()?.map(|batch| batch.len()), Some(1));
//! drop((writer, audit, replies));
//! journal.join()?.close()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It is built on [`broadring`], whose documentation says how a ring works.
//!
//! # The handles
//!
//! - A [`Log`] is a directory that one process writes. It appends events in batches, and knows how far they are
//!   on the disk.
//! - A [`Journal`] is a reader of a ring that appends what it finds, on a thread of its own. Whoever comes
//!   [after](broadring::ReaderBuilder::after) it in the ring sees only what is durable.
//! - A [`LogReader`] reads a log, in the same process or in another one, while it is written or afterwards:
//!   [`Frames`] from any sequence or time on.
//! - A [`Follower`] reads a stream from the log and then live from the ring, each event once. If it is too slow for
//!   the ring, it costs the disk's time instead of the writer's.
//! - A [`Checkpoint`] says how far a consumer has come, durably.
//! - A [`Codec`](codec::Codec) makes records of events: [`Postcard`](codec::Postcard) for whatever serde can
//!   serialize, [`Fixed`](codec::Fixed) for fixed layouts, [`Bytes`](codec::Bytes) for bytes.
//!
//! # Sequences
//!
//! An event has the same sequence in the log as in the ring. A stream that goes on after a restart keeps
//! counting: the ring is [built](broadring::RingBuilder::first_sequence) with the log's
//! [next sequence](Log::next_sequence).
//!
//! # Durability
//!
//! An event is *committed* when it is as durable as the [`Durability`] of the log promises: on the disk, unless
//! that is left to the system. Committed events are what readers see, what the journal's position in the ring
//! stands for, and what is found again after a crash.
//!
//! Whatever the journal finds at once is written as one frame and synced together. So the slower the disk, the
//! larger the batches, and the rate hardly suffers.
//!
//! # After a crash
//!
//! What was being written when the process died is cut off when the log is next opened, and
//! [reported](Log::recovery). Nothing of it was committed. Anything else that is not as it was written is
//! [damage](Damage): an error that says in which file, where in it, and which events cannot be read. Nothing is
//! skipped silently, and nothing is repaired without being asked to: [`verify`] lists all damages of a log, and
//! [`Repair`] makes it readable again, says which sequences are gone, and deletes nothing.
//!
//! # When the disk fails
//!
//! [`OnFailure`] says whether the stream stops, goes on in memory for a while, or goes on without the journal.
//!
//! # How much is kept
//!
//! Everything, unless the [`Retention`] of the log limits its bytes or its age, or keeps only what consumers with
//! a checkpoint have still to read. A consumer that finds its events removed is
//! [told](ReadError::Removed) from where on there are events.
//!
//! # Effects that happen once
//!
//! A [`Consumer`] reads a log in batches, and commits its position in the transaction of the effects: SQLite, redb, or
//! [another store](Transactional). A [`KeyedConsumer`] is for stores without such transactions: its effects are kept
//! under the sequence of their event, so one that is repeated replaces itself. A [`Window`] drops messages that a
//! producer sends again, because it does not know whether they have arrived.
//!
//! # Progress and blocking
//!
//! Everything that touches the disk blocks the calling thread. A journal's thread parks while there is nothing to
//! write, and a reader in the writing process parks while there is nothing to read; one in another process looks
//! every two milliseconds. Publishing into the ring never waits for the disk, but for the journal's gate, when a
//! whole ring waits to become durable.
//!
//! # Platforms
//!
//! Unix. The files are the same on all of them.
//!
//! # Features
//!
//! - `program` (on): the program `broadring-log`. The library alone does without it.
//! - `async`: a follower as a future and as a stream.
//! - `serde`: snapshots that can be serialized.
//! - `metrics`: snapshots that can be handed to a recorder.
//! - `sqlite`: a `rusqlite::Connection` holds effects and positions. Needs Rust 1.89.
//! - `redb`: a `redb::Database` does. Needs Rust 1.90.
//! - `tracing`: what was recovered, sealed and removed, and when a journal cannot write, as events.

#![forbid(unsafe_code)]

// Lowest first; each uses only those before it.
pub mod storage;

pub mod codec;

mod format;

mod error;

mod framing;

mod segment;

mod bookkeeping;

mod stats;

mod trace;

mod reading;

mod log;

mod mending;

mod journal;

mod following;

mod consuming;

mod producing;

// Documentation tests of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub use bookkeeping::{Checkpoint, CheckpointError, CheckpointInfo};
pub use consuming::{
    BoxError, ConsumeError, Consumer, KeyedConsumer, KeyedStore, Position, Transactional,
};
pub use error::{AppendError, Damage, DamageKind, FileError, OpenError, ReadError};
#[cfg(feature = "async")]
pub use following::FollowerStream;
pub use following::{FollowError, Followed, FollowedEvents, Follower, FollowerBuilder};
pub use format::{Frame, LogId, Records};
pub use framing::{FrameBuilder, FrameError};
pub use journal::{
    Journal, JournalBuilder, JournalError, JournalFailure, JournalStats, OnFailure, StartError,
    StoppedError,
};
pub use log::{Cut, Durability, Log, LogOptions, Recovery, Removed, Retention};
pub use mending::{
    Checked, Keep, Mended, Remark, Repair, Repaired, Tail, Verification, verify, verify_on,
};
pub use producing::{MessageId, OnceError, Seen, TooOld, Window};
pub use reading::{Decoded, Frames, LogReader, SegmentInfo, Viewed};
pub use stats::{LogStats, SyncTimes};
