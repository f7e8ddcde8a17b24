//! Atomic broadcast inside one process: one writer, any number of readers, one order, nothing
//! lost, nothing copied.
//!
//! ```
//! use broadring::Ring;
//!
//! let (mut writer, ring) = Ring::builder(1024).build(String::new);
//! let mut readers = [ring.subscribe()?, ring.subscribe()?];
//!
//! writer.publish("to".to_owned());
//! writer.publish("everybody".to_owned());
//! drop(writer); // closes the ring
//!
//! for reader in &mut readers {
//!     let mut heard = Vec::new();
//!     reader.run(|event, _sequence, _end_of_batch| heard.push(event.clone()));
//!     assert_eq!(heard, ["to", "everybody"]);
//! }
//! # Ok::<(), broadring::SubscribeError>(())
//! ```
//!
//! # The handles
//!
//! The events live in a ring of slots, and never move.
//!
//! - The [`Writer`] publishes: by value, in place, or several events at once through a
//!   [`Claim`]. There is one writer, and it can be sent to any thread.
//! - Each [`Reader`] sees every event from where it joined, in order, by reference. It lends
//!   events in a [`Batch`], clones them, or feeds them to a closure.
//! - The [`Ring`] is what readers are made from. Clone it, send it to other threads, and
//!   subscribe from any thread at any time.
//!
//! The other types are for those who need more: see [below](#beyond-plain-fan-out). If you know
//! the LMAX Disruptor: the writer is its single producer, a reader an event processor, a batch
//! what a batch event handler gets, and the position of each reader a gating sequence.
//!
//! # Sequences and capacity
//!
//! Every event has a [`Sequence`]: the first has 0, the next 1, and all readers see the same
//! event under the same sequence. A stream that goes on elsewhere keeps its numbers: see
//! [`RingBuilder::first_sequence`]. The capacity is a power of two: the number of events by which
//! the writer can be ahead of the slowest reader. All memory is allocated and touched when the
//! ring is built.
//!
//! # Backpressure
//!
//! The slowest reader holds the writer back, so no reader ever misses an event. When the slowest
//! reader is a whole ring behind, the ring is full: [`Writer::publish`] waits,
//! [`Writer::try_publish`] gives the event back, [`Writer::publish_timeout`] waits and then gives
//! it back.
//!
//! A reader releases events when it *commits* them: when a batch is dropped, after each event
//! that it clones, and on the way through a long batch where that is possible (see [`Batch`]). A
//! reader that nobody reads from stops the writer. Drop it, and the writer goes on. The same
//! happens when the reader's thread panics.
//!
//! Without readers the writer never waits, and its events are overwritten.
//!
//! # Asking without reading
//!
//! Dropping a batch commits its events, also if nobody has looked at them. So a batch that is taken
//! only to see whether there is one loses events:
//!
//! ```
//! # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
//! # let mut reader = ring.subscribe()?;
//! writer.publish(1);
//! if matches!(reader.try_batch(), Ok(_)) { // wrong: event 0 is gone
//!     assert!(reader.try_batch().is_err());
//! }
//! writer.publish(2);
//! if !reader.is_empty() { // right: this borrows nothing
//!     assert_eq!(reader.recv(), Ok(2));
//! }
//! # Ok::<(), broadring::SubscribeError>(())
//! ```
//!
//! Every handle that reads has this question: [`Reader::is_empty`], [`Observer::is_empty`],
//! [`Editor::is_empty`]. `true` may also mean that the stream has ended. A batch whose events are
//! not to be committed yet can be forgotten ([`core::mem::forget`]): then they come again.
//!
//! # Joining
//!
//! [`Ring::subscribe`] starts with the next event to be published,
//! [`ReaderBuilder::from_oldest`] with the oldest event that is still in the ring,
//! [`ReaderBuilder::from`] with one that you name, and a clone of a reader at the position of that
//! reader. The writer goes on publishing meanwhile.
//!
//! # Beyond plain fan-out
//!
//! Publishing and reading need none of this, and until it is used it costs a few instructions
//! for each event.
//!
//! - A reader can come *after* other readers: [`ReaderBuilder::after`] makes pipelines, diamonds,
//!   and any other graph without circles.
//! - An [`Editor`] changes events in place before any reader sees them:
//!   [`RingBuilder::build_with_editors`].
//! - An [`Observer`] may miss events. It looks when it likes, holds the writer back only
//!   meanwhile, and learns how many events it has missed: [`Ring::observe`].
//! - A reader that holds the writer back for too long can be *evicted*:
//!   [`ReaderBuilder::evict_after`].
//! - A ring tells the position of each member, and which one is the slowest: [`Ring::stats`],
//!   [`Ring::slowest`].
//! - Readers, observers and editors can have [threads of their own](managed), started and shut down
//!   together.
//! - With the feature `async`, tasks publish, edit and read beside threads: `asynch`.
//!
//! ```
//! use broadring::Ring;
//!
//! #[derive(Clone, Default)]
//! struct Trade { price: u32, fee: u32 }
//!
//! let (mut writer, [mut fees], ring) =
//!     Ring::builder(64).build_with_editors(["fees"], Trade::default);
//! let mut journal = ring.reader().name("journal").subscribe()?;
//! let mut ledger = ring.reader().name("ledger").after(&journal)?.subscribe()?;
//! let mut gauge = ring.observe()?;
//!
//! writer.publish(Trade { price: 200, fee: 0 });
//! fees.try_batch()?[0].fee = 3; // passed on when the batch is dropped, at once
//! assert_eq!(gauge.latest().unwrap()[0].fee, 3);
//! assert_eq!(ledger.lag(), 1);
//! assert!(ledger.try_recv().is_err()); // not before the journal
//! assert_eq!(journal.recv()?.fee, 3);
//! assert_eq!(ledger.recv()?.price, 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Closing
//!
//! Dropping the writer closes the ring. Readers read what is left, then get [`End::Closed`].
//! There is no other way to close a ring, and no way to open it again.
//!
//! # Stopping
//!
//! Dropping the writer ends every [`run`](Reader::run) and every loop over
//! [`wait_batch`](Reader::wait_batch), but it does not wait for the readers: join their threads.
//! [`run_until`](Reader::run_until) can end at an event. To stop a reader from outside while no
//! event comes, loop over [`batch_timeout`](Reader::batch_timeout) and check a flag, or let
//! [`managed`] do all this. If a reader may hang, publish with
//! [`publish_timeout`](Writer::publish_timeout).
//!
//! # Waiting
//!
//! A thread that waits spins briefly, yields for a while, and then sleeps until it is woken. This
//! is the wait strategy [`Wait::PARK`]; each reader and the writer may have another: see
//! [`Wait`]. A sleeping thread does not poll, and no wake-up is lost.
//!
//! A reader that is as fast as the writer would take from it the very cache line that it is
//! writing. So a read that waits, and finds that events come faster than one every 32 ns, holds
//! off before it looks again: for 80 ns at first, and up to 640 ns as long as that lets more
//! events gather. The `try_` methods never hold off.
//!
//! # Waiting for several rings
//!
//! A [`WaitSet`] waits for several handles at once, of the same ring or of different ones: a thread,
//! or with the feature `async` a task, that sleeps until one of them has something to read or has
//! come to its end.
//!
//! # Records of bytes
//!
//! A [`ByteRing`] carries *records*: pieces of bytes, each of any length up to half of the ring, on the
//! same protocol. A [`ByteWriter`] claims as many bytes as it likes, and [`ByteReader`]s borrow
//! `&[u8]`. They join at the cursor, come after each other, are cloned, evicted and waited for as
//! readers of events are.
//!
//! # What happens before what
//!
//! Everything that the writer's thread does before it publishes an event happens before
//! everything that a reader's thread does after it has got that event, as if through a lock.
//! Everything that a reader's thread does before it commits an event, or leaves, happens before
//! the writer uses the slot again.
//!
//! # Progress
//!
//! Publishing while there is room and reading while there are events are wait-free, unless a
//! thread has to be woken. Twice a lap the writer looks at the position of every reader, which is
//! lock-free. Locks are taken only to put a thread or a task to sleep, to wake it, to join, to
//! leave, to close, and to find out which members there are or which one holds the writer back.
//! No lock is held while user code, a waker included, runs.
//!
//! # Errors
//!
//! Each kind of request has an error type of its own, and what was refused comes back.
//!
//! | what is asked for | the error |
//! |---|---|
//! | a ring: [`Ring::try_builder`] | [`CapacityError`] |
//! | a reader or an observer: [`Ring::subscribe`], [`Ring::observe`], [`ReaderBuilder::subscribe`], [`Reader::try_clone`], [`Reader::rejoin`] | [`SubscribeError`] |
//! | that it comes after another reader: [`ReaderBuilder::after`] | [`AfterError`] |
//! | room for an event, at once: [`Writer::try_publish`], [`Writer::try_publish_with`] | [`TryPublishError`] |
//! | the same, in time: [`Writer::publish_timeout`], [`Writer::publish_with_timeout`], and both with `deadline` | [`PublishTimeoutError`] |
//! | room for several events: [`Writer::claim`], [`Writer::claim_up_to`] | [`ClaimError`] |
//! | the same, at once: [`Writer::try_claim`], [`Writer::try_claim_up_to`] | [`TryClaimError`] |
//! | the same, in time: [`Writer::claim_timeout`], [`Writer::claim_up_to_timeout`], and both with `deadline` | [`ClaimTimeoutError`] |
//! | room for a record of bytes: [`ByteWriter::publish`], [`ByteWriter::claim`] | [`RecordTooLarge`] |
//! | the same, at once, or in time | [`TryRecordError`], [`RecordTimeoutError`] |
//! | room for several records: [`ByteWriter::publish_all`] | [`RefusedRecord`] |
//! | events, to read or to edit: [`Reader::recv`], [`Reader::wait_batch`], [`Reader::run`], [`Editor::wait_batch`], [`Observer::wait_look`] | [`End`] |
//! | the same, at once: [`Reader::try_recv`], [`Reader::try_batch`], [`Editor::try_batch`], [`Observer::look`] | [`TryReadError`] |
//! | the same, in time: [`Reader::recv_timeout`], [`Reader::batch_timeout`], [`Editor::batch_timeout`], [`Observer::look_timeout`] | [`ReadTimeoutError`] |
//!
//! [Managed threads](managed) have errors of their own.
//!
//! # Watching
//!
//! [`Ring::stats`] tells how far each member is, how it reads, and how often and for how long the
//! writer was held back; [`Ring::slowest`] tells by which member. Both only read what the handles
//! count anyway. `println!("{}", ring.stats())` prints
//!
//! ```text
//! ring       "orders", 1024 slots, open, 52224 published, 52200 passed on
//! writer     held up 12 times for 34.6ms in all, 1.2ms of it just now, parked once, woken never
//! readers    woken 31 times
//!
//! member            position   lag  batches  largest  parks  holds writer  comes after
//! editor "enrich"      52200    24     7457      512      3            no
//! reader "journal"     51200  1000     7314      512      3     for 1.2ms
//! reader "logic"       51200  1000     7314      512      3            no  reader "journal"
//! observer "tap"       52000   200     7428      512      0          free
//! ```
//!
//! The features `serde`, `metrics` and `tracing` export it: see [below](#features).
//!
//! # Trade-offs
//!
//! - There is one writer. Several threads that publish must share it behind a lock, or feed it
//!   through a channel: `docs/producers.md` in the repository says what that costs. Or each has a
//!   ring of its own, and the package `broadring-order` merges them into one order. A thread that
//!   reads a ring must not wait for room in the same ring too.
//! - A slow reader slows everybody, by design. Give it a larger ring, or a thread of its own that
//!   drops what it cannot handle.
//! - The capacity is fixed, and each slot is as large as the largest event. Put large or rare
//!   payloads behind an `Arc`, or bytes of any length into a [`ByteRing`].
//! - An event lives until its slot is written again, perhaps a long time after it was read.
//! - 64-bit atomics are needed.
//!
//! # Model checking your own code
//!
//! Built with `--cfg loom` and the feature `loom`, the ring runs on the primitives of
//! [loom](https://docs.rs/loom). A model of your own code then explores the ring with it, down to
//! which thread borrows which slot. Loom knows no timeouts: a wait with a time limit waits for
//! ever. `loom-tests/tests/user_program.rs` in the repository is a worked example.
//!
//! # Features
//!
//! - `membarrier` (on by default): on Linux, threads that go to sleep pay for the fence that
//!   publishing would need otherwise, with the system call of that name. On other systems it
//!   changes nothing. A program that forbids itself this call after it has built a ring panics at
//!   the next wait that parks; turn the feature off there.
//! - `affinity`: [managed threads](managed) can be pinned to cores.
//! - `async`: futures, a stream and a sink, for any runtime: see `asynch`. A poll that returns
//!   `Pending` costs one heavy fence: with `membarrier`, one system call.
//! - `loom`: see above. Without `--cfg loom` it changes nothing.
//! - `serde`: [`Stats`] and its parts, [`Slowest`], [`Member`], [`Role`] and [`Sequence`] can be
//!   serialized.
//! - `metrics`: `Stats::record_metrics` hands a snapshot to the recorder of the
//!   [`metrics`](https://docs.rs/metrics) crate.
//! - `tracing`: the subscriber of the [`tracing`](https://docs.rs/tracing) crate learns which
//!   members come and go, and what holds the writer back: see below.
//!
//! # Tracing
//!
//! With the feature `tracing` there are these tracing events, with the target `broadring`. All have
//! the field `ring` if the ring has [a name](RingBuilder::name). None is emitted for each event of
//! the ring, and none under a lock.
//!
//! | level | message | when | fields |
//! |---|---|---|---|
//! | `WARN` | evicted | the writer goes on without a reader | `member`, `position`, `held_seconds` |
//! | `DEBUG` | joined | a reader or an observer has joined | `member`, `position` |
//! | `DEBUG` | rejoined | [`Reader::rejoin`] is done | `member`, `position`, `missed` |
//! | `DEBUG` | left | a reader, an observer or an editor is gone | `member`, `position` |
//! | `DEBUG` | closed | the writer is gone | `published` |
//! | `TRACE` | the ring is full | a stall begins: see [`WriterStats`] | `position`, `holder` |
//! | `TRACE` | the ring is no longer full | the stall ends | `stalled_seconds` |
//!
//! Where readers hold the writer back most of the time, stalls may begin and end nearly as often
//! as events are published. That is why they are on the lowest level; while it is off, they cost
//! a comparison each. To be warned of long stalls, ask [`Ring::slowest`] now and then.
//!
//! ```
//! # #[cfg(feature = "tracing")] {
//! tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).init();
//!
//! let (writer, ring) = broadring::Ring::builder(8).name("orders").build(|| 0);
//! let journal = ring.reader().name("journal").subscribe()?;
//! drop(writer);
//! drop(journal);
//! // DEBUG broadring: joined ring="orders" member=reader "journal" position=0
//! // DEBUG broadring: closed ring="orders" published=0
//! // DEBUG broadring: left ring="orders" member=reader "journal" position=0
//! # }
//! # Ok::<(), broadring::SubscribeError>(())
//! ```

#[cfg(not(target_has_atomic = "64"))]
compile_error!("broadring needs atomic operations on 64 bits");

// The layers, lowest first. Each uses only those before it: `docs/design.md` says what each is
// for, and `.ci/layers` checks the direction.
mod sync;

mod sequence;

mod member;

mod error;

mod telemetry;

mod waiting;

mod protocol;

mod storage;

mod handles;

#[cfg(not(all(loom, feature = "loom")))]
pub mod managed;

#[cfg(feature = "async")]
pub mod asynch;

#[cfg(doctest)]
mod compile_fail;

// Documentation tests of the README and of the page about several producers.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../docs/producers.md")]
mod producers_page {}

pub use error::{
    AfterError, CapacityError, ClaimError, ClaimTimeout, ClaimTimeoutError, End, Evicted,
    NotRetained, PublishTimeoutError, ReadTimeoutError, RecordTimeoutError, RecordTooLarge,
    RefusedRecord, SubscribeError, TooManyReaders, TryClaimError, TryPublishError, TryReadError,
    TryRecordError, UpstreamLeft,
};
pub use handles::{
    Batch, BatchEvents, BatchIter, ByteBatch, ByteReader, ByteReaderBuilder, ByteRing,
    ByteRingBuilder, ByteWriter, Claim, ClaimIterMut, EditBatch, EditIterMut, Editor, Events,
    Glimpse, Observer, Reader, ReaderBuilder, Record, Records, Ring, RingBuilder, Upstream,
    WaitSet, Waitable, Writer,
};
pub use member::{Member, Role};
pub use sequence::Sequence;
pub use telemetry::{MemberStats, Slowest, Stats, WriterStats};
pub use waiting::Wait;
