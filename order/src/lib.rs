//! One order from many writers: each publishes into a ring of its own, with a stamp, and every reader
//! merges the rings into the same order.
//!
//! ```
//! use broadring_order::Writers;
//!
//! let (writers, order) = Writers::builder(1024).build(String::new);
//! let mut readers = [order.subscribe()?, order.subscribe()?];
//! let (mut north, mut south) = (writers.join(), writers.join());
//! drop(writers); // no more will come
//!
//! north.publish("first".to_owned());
//! south.publish("second".to_owned()); // the first was over by then
//! drop((north, south)); // ends the order
//!
//! for reader in &mut readers {
//!     let mut heard = Vec::new();
//!     reader.run(|event| heard.push(event.event.clone()));
//!     assert_eq!(heard, ["first", "second"]);
//! }
//! # Ok::<(), broadring_order::SubscribeError>(())
//! ```
//!
//! It is built on [`broadring`], whose documentation says how a ring works. If there is one writer, a
//! ring is all that you need.
//!
//! # The handles
//!
//! - [`Writers`] hands out writers, at any time and from any thread.
//! - A [`Writer`] publishes: by value, in place, or several events at once through a [`Claim`]. Each has a
//!   ring of its own and is the only one to write to it. So writers do not wait for each other.
//! - [`Order`] is what merged readers are made from. Clone it, send it to other threads, and subscribe
//!   from any thread at any time.
//! - A [`Merged`] reader sees the events of all writers, by reference, in the one order. It lends them in a
//!   [`MergedBatch`], clones them, or feeds them to a closure, each as an [`Ordered`] event.
//! - A [`Source`] is one writer as readers see it. Its ring can be observed, counted, and read by itself.
//! - [`Partitioned`](partition::Partitioned) publishes into several rings, among which a key chooses, and a
//!   [`Group`](group::Group) of readers shares them: each event is handled by one of its members.
//!
//! # Order and positions
//!
//! Every publication has a [`Stamp`], a reading of the [clock] that the writers have in common.
//! Events come by stamp; where two stamps are equal, by [`SourceId`], the number of the writer; and those of
//! one writer in the order in which it has published them. The events of one claim have one stamp and stay
//! together.
//!
//! **If one publication is over before another one begins, by whichever writers, its events come first, for
//! every reader.** *Before* is meant as in the memory model: a writer that has been told of an event, through
//! a channel, a lock or this order itself, publishes after it. Publications that overlap come in an order
//! on which all readers agree.
//!
//! Every event has a [position](Ordered::position) in the merged order: how many events come before it.
//! It is the same for every reader, whenever that has joined, and has no gaps. A reader gets every event
//! whose publication begins after [`subscribe`](Order::subscribe) has returned.
//!
//! The order follows from the stamps alone. Whoever keeps what each writer has published, with the stamps,
//! can make it again: with a [`Replay`].
//!
//! # Backpressure
//!
//! The slowest reader of a writer's ring holds that writer back, and no other. When it is a whole ring
//! behind, [`Writer::publish`] waits, [`Writer::try_publish`] gives the event back, and
//! [`Writer::publish_timeout`] waits and then gives it back. A reader that holds a writer back for too
//! long can be [evicted](MergedBuilder::evict_after), and may [come back](Merged::rejoin).
//!
//! Each writer may be ahead by a ring, so that the memory is that of one ring for each. Without readers no
//! writer ever waits.
//!
//! # Silence
//!
//! An event can be read when no other writer can publish one that comes before it. That takes nothing from a
//! writer that has nothing to say: it announces each publication before it reads the clock, and so a reader
//! sees by itself that it is not publishing. A writer that is silent, that holds a claim open, that waits for
//! room, has left or has panicked delays nobody.
//!
//! Only a thread that loses its core in the middle of a publication, between its reading of the clock and the
//! store that makes the event visible, delays the events with later stamps until it goes on, as the holder
//! of a lock would. Nothing of yours runs in between.
//!
//! # Ending
//!
//! A writer leaves when it is dropped, also by a panic. Readers get what it has published. When the last
//! writer and the last [`Writers`] are gone, and everything was read, readers get
//! [`End::Closed`](broadring::End::Closed).
//!
//! Dropping a merged reader, also by a panic, makes it leave: it holds nobody back any more.
//!
//! # Waiting
//!
//! A merged reader that waits spins briefly, yields for a while, and then sleeps until a writer without an
//! event publishes or leaves, or until a new one comes. Each reader may have another
//! [strategy](MergedBuilder::wait), and so may [the writers](OrderBuilder::writer_wait). Nobody polls, and no
//! wake-up is lost.
//!
//! # What happens before what
//!
//! Everything that a writer's thread does before it publishes an event happens before everything that a
//! reader's thread does after it has got that event. Everything that a reader's thread does before it commits
//! an event, or leaves, happens before the writer uses the slot again. Between writers the order makes
//! nothing happen before anything else: it tells what did.
//!
//! # Trade-offs
//!
//! - A publication costs a reading of the clock and a full fence more than one into a ring.
//! - Every reader merges for itself: the more writers there are, the more heads it compares. It does that once
//!   for each run of events that come from one writer.
//! - A reader looks at a batch of a quarter of each ring at most, so small rings make small batches.
//! - The order is made of stamps, and not of what the events say. Events that bring their own times, as the
//!   lines of log files, need a merge without a clock; the example `merge_logs` has both.
//! - A thread that reads an order must not wait for room in the same order too.
//!
//! # Clocks
//!
//! The stamps of an order come from one clock, which [its builder](OrderBuilder::clock) sets:
//! [`Monotonic`](clock::Monotonic) unless set. The module [`clock`] says which one to choose, and what one of
//! your own must keep to.
//!
//! # Model checking your own code
//!
//! Built with `--cfg loom` and the feature `loom`, everything runs on the primitives of
//! [loom](https://docs.rs/loom), as [the ring does](broadring#model-checking-your-own-code). Take
//! [`Lamport`](clock::Lamport) there: a model must not depend on the time.
//!
//! # Features
//!
//! - `async`: futures for merged readers, beside threads on the same order.
//! - `loom`: see above. Without `--cfg loom` it changes nothing.

// Lowest first; each uses only those before it.
mod sync;

mod stamp;

mod stamped;

mod announcement;

mod source;

mod error;

pub mod clock;

mod roster;

mod reading;

mod replay;

mod writing;

pub mod group;

pub mod partition;

// Documentation tests of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub use error::{ClockExhausted, SubscribeError, TooFarAhead};
pub use reading::{Merged, MergedBatch, MergedBuilder, MergedIter, Order, Ordered};
pub use replay::{Logged, Replay, StampWentBack};
pub use source::{Source, SourceId};
pub use stamp::Stamp;
pub use stamped::Stamped;
pub use writing::{Claim, ClaimIterMut, OrderBuilder, Writer, WriterBuilder, Writers};
