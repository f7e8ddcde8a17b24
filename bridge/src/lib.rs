//! The same stream on many machines: what a ring publishes goes through NATS JetStream into rings elsewhere, each event
//! once, under the same sequence, in the same order.
//!
//! ```no_run
//! use broadring::Ring;
//! use broadring_jetstream::{Shipper, StreamOptions};
//! use broadring_log::codec::Postcard;
//!
//! let stream = StreamOptions::new("orders").servers(["nats://a.example:4222"]).create(true).connect()?;
//!
//! // On the machine that writes.
//! let leadership = stream.candidate("matcher").campaign()?;
//! let (mut writer, ring) =
//!     Ring::builder(1024).first_sequence(leadership.next_sequence()).build(String::new);
//! let shipper = Shipper::builder(leadership, Postcard::new(1)).start(&ring)?;
//! let mut replies = ring.reader().after(&shipper)?.from_oldest().subscribe()?;
//! writer.publish("buy 5".to_owned());
//! assert_eq!(replies.recv()?, "buy 5"); // most of the servers have it
//!
//! // On every other one.
//! let (mirrored, ring) = Ring::builder(1024).first_sequence(stream.oldest()?).build(String::new);
//! let mut reader = ring.subscribe()?;
//! let mirror = stream.mirror(Postcard::<String>::new(1)).name("audit").start(mirrored);
//! assert_eq!(reader.recv()?, "buy 5");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It is built on [`broadring`], whose documentation says how a ring works, and on [`broadring_log`], which has the frames
//! and the codecs.
//!
//! # The handles
//!
//! - A [`Stream`] is a stream at its servers, found with [`StreamOptions`], or [in a log](Stream::embedded) on one machine.
//! - A [`Candidate`] wants to write. It gets the [`Leadership`] when nobody else has it, or at once.
//! - A [`Shipper`] sends what a ring or a log has. Whoever comes [after](broadring::ReaderBuilder::after) it in the ring
//!   sees only what most of the servers have.
//! - A [`Mirror`] writes what the stream has into a ring of its own process, under the same sequences.
//!
//! # Sequences
//!
//! An event has the same sequence in every ring and every log. The writer's ring is
//! [built](broadring::RingBuilder::first_sequence) with the [next sequence](Leadership::next_sequence) of the stream, a
//! mirror's with the one that it is to begin with: the [oldest](Stream::oldest), the [next](Stream::next_sequence), or the
//! [next one](broadring_log::Log::next_sequence) of a log that has what came before.
//!
//! # Writers come and go
//!
//! There is one writer at a time. Each has an *epoch*; when another one claims the stream, the servers accept nothing of it
//! any more, whatever it has on its way, and it fails with [`ShipError::Deposed`]. Events that it has published and that were
//! not acknowledged may be in the stream or not: those before the [next sequence](Leadership::next_sequence) of the new
//! writer are. A writer that wants to know whether an event of its own has got there gives it an
//! [id](broadring_log::MessageId), and drops repetitions with a [`Window`](broadring_log::Window), as with a log.
//!
//! # Effects that happen once
//!
//! A mirror's ring takes a [`Journal`](broadring_log::Journal) like any other. The log that it writes has a
//! [`Consumer`](broadring_log::Consumer), whose position is committed with its effects. After a crash the mirror goes on
//! where the log ends, and the consumer where its effects end. The example `effects_once` shows all of it.
//!
//! # Outages
//!
//! While most of the servers are gone, the writer of a ring waits when the ring is full, and mirrors
//! [say](MirrorStats::stalled) that they do not get on. Both go on by themselves. A writer that must not wait has a journal
//! on its ring and ships [the log](ShipperBuilder::start_log). One that rather gives up says [when](OnOutage::Fail).
//!
//! # Progress and blocking
//!
//! Whatever asks the servers blocks the calling thread, and must not be called from a task. Shippers and mirrors are tasks of
//! their own, on one thread for each [`Stream`] handle that was connected. Publishing into a shipped ring never waits for the
//! network, but for the shipper's gate, when a whole ring waits to be acknowledged.
//!
//! # Platforms
//!
//! Unix. Servers: `nats-server` with batches that are accepted together and have message ids, which 2.12.0 does not take yet;
//! tested with 2.15.1.
//!
//! # Features
//!
//! - `program` (on): the program `broadring-jetstream`. The library alone does without it.
//! - `servers`: [servers on this machine](servers), to try things out and for tests.
//! - `serde`: snapshots that can be serialized.
//! - `metrics`: snapshots that can be handed to a recorder.
//! - `tracing`: what was claimed, lost, resent and stalled, as events.

#![forbid(unsafe_code)]

// Lowest first; each uses only those before it.
pub mod protocol;

mod wire;

mod trace;

mod options;

mod cluster;

mod embedded;

mod stream;

mod election;

mod ship;

mod mirror;

#[cfg(feature = "servers")]
pub mod servers;

// Documentation tests of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub use cluster::{ConnectError, MirrorInfo, Replica, RequestError, StreamStatus};
pub use election::{Candidate, ClaimError, Leadership};
pub use mirror::{Mirror, MirrorBuilder, MirrorEnd, MirrorError, MirrorStats};
pub use options::{Access, Secret, Storage, StreamOptions, UnsafeSetting};
pub use ship::{
    OnOutage, ShipError, Shipper, ShipperBuilder, ShipperStats, StartError, StoppedError, Window,
};
pub use stream::Stream;
pub use wire::WireError;
