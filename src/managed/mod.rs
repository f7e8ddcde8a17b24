//! Managed threads: readers, observers and editors with threads of their own, started and shut down
//! together.
//!
//! [`ReaderBuilder::managed`](crate::ReaderBuilder::managed) gives a reader a thread and a handler:
//! a closure, or a [`Handler`] with state. [`ThreadBuilder::new`] does so for any handle. The
//! thread is named `journal` after its reader, or `orders/journal` if [the ring has a
//! name](crate::RingBuilder::name) too. (Linux shows the first 15 bytes.)
//!
//! ```
//! use std::time::Duration;
//!
//! use broadring::managed::{Group, Handler};
//! use broadring::{End, Ring, Sequence};
//!
//! struct Sum(u64);
//!
//! impl Handler<u64> for Sum {
//!     type Output = u64;
//!     fn on_event(&mut self, event: &u64, _sequence: Sequence, _end_of_batch: bool) {
//!         self.0 += event;
//!     }
//!     fn on_close(self, _end: End) -> u64 {
//!         self.0
//!     }
//! }
//!
//! let (mut writer, ring) = Ring::builder(1024).build(|| 0);
//! let group = Group::new();
//! let log = ring.reader().name("log").managed().group(&group).spawn(|event, sequence, _| {
//!     println!("{sequence}: {event}");
//! })?;
//! let sum = ring.reader().name("sum").managed().group(&group).spawn_with(|| Sum(0))?;
//! group.start();
//!
//! writer.publish_all(1..=100);
//! group.shutdown(writer, Duration::from_secs(10))?; // all have read everything
//! assert_eq!(sum.join()?, 5050);
//! log.join()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Readers, observers, editors
//!
//! | the thread of | takes a | and its handler gets |
//! |---|---|---|
//! | a [reader](crate::Reader) | [`Handler`] | every event |
//! | an [observer](crate::Observer) | [`Handler`] | what it sees, and [how much it has missed](Handler::on_missed) |
//! | an [editor](crate::Editor) | [`EditHandler`] | every event, to change it before the readers see it |
//!
//! All of them can be in one [`Group`]:
//!
//! ```
//! use std::time::Duration;
//!
//! use broadring::Ring;
//! use broadring::managed::{Group, ThreadBuilder};
//!
//! #[derive(Default)]
//! struct Order { quantity: u64, price: u64 }
//!
//! let (mut writer, [pricing], ring) =
//!     Ring::builder(64).build_with_editors(["pricing"], Order::default);
//! let tap = ring.reader().name("tap").observe()?;
//!
//! let group = Group::new();
//! ThreadBuilder::new(pricing).group(&group).spawn(|order, _, _| order.price = 3)?;
//! ThreadBuilder::new(tap).group(&group).spawn(|order, sequence, _| {
//!     println!("{sequence}: {} at {}", order.quantity, order.price); // as many as it can
//! })?;
//! ring.reader().name("check").managed().group(&group).spawn(|order, _, _| {
//!     assert_eq!(order.price, 3);
//! })?;
//! group.start();
//!
//! for quantity in 1..=100 {
//!     writer.publish(Order { quantity, price: 0 });
//! }
//! group.shutdown(writer, Duration::from_secs(10))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An observer's thread holds the writer back only while it looks, at a quarter of the ring at
//! most: for as long as its handler takes for that. An editor's thread that ends before the stream
//! does, because its handler panics or is done, or because it is stopped, [ends the
//! stream](crate::Editor#leaving) for everybody behind it: what it has handled is passed on, and
//! nothing else is ever read.
//!
//! # The life of a thread
//!
//! 1. A reader joins, on the thread that spawns: what is published after `spawn` has returned is not
//!    missed. Observers and editors exist already.
//! 2. The thread starts, takes its core, and waits until its [`Group`] is started if it has
//!    one.
//! 3. The handler is built: on this thread, so that it may hold what is not `Send`.
//! 4. The handler gets every event, and, if wanted, a call when no event has come for a while: see
//!    [`ThreadBuilder::idle_after`].
//! 5. The handle leaves: because the ring is closed and everything was handled, because the stream
//!    [ends](crate::End) earlier for this handle, because the thread is told to
//!    [stop](ManagedThread::stop), or because the handler [is done](Handler::is_done).
//! 6. The handler is closed, and [`ManagedThread::join`] returns its output.
//!
//! # Graphs
//!
//! Readers that come [after](crate::ReaderBuilder::after) others join first, all of them. Then
//! [`ThreadBuilder::new`] gives each a thread, in any order, in one [`Group`] if you like. Others
//! can join later, after a thread that runs already: `after(&thread)`. A group that is shut down
//! waits for what the editors have still to pass on, whether their threads are managed or not.
//!
//! ```
//! use std::time::Duration;
//!
//! use broadring::Ring;
//! use broadring::managed::{Group, ThreadBuilder};
//!
//! let (mut writer, ring) = Ring::builder(64).build(|| 0);
//! let journal = ring.reader().name("journal").subscribe()?;
//! let logic = ring.reader().name("logic").after(&journal)?.subscribe()?;
//!
//! let group = Group::new();
//! for stage in [journal, logic] {
//!     ThreadBuilder::new(stage).group(&group).spawn(|event, _, _| println!("{event}"))?;
//! }
//! group.start();
//! writer.publish_all([1, 2, 3]);
//! group.shutdown(writer, Duration::from_secs(10))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Panics
//!
//! A handler that panics, at any of these steps, ends its thread and nothing else. The event that
//! it was given counts as read, and the reader leaves before the handler is dropped, so that the
//! writer is not held back. The handler of an editor is different in this: the event that it was
//! given is not passed on, and the stream ends there. [`ManagedThread::join`] returns the panic,
//! and a shutdown of the group reports it.
//!
//! # Stopping
//!
//! A thread checks between two events whether it is to stop, and a sleeping thread is woken to
//! check. A handler that does not return cannot be stopped: [`Group::shutdown`] waits for it no
//! longer than it is told, and names it and its position.
//!
//! # Cores
//!
//! With the feature `affinity`, a thread can be pinned to a core. A core that the system
//! does not have, or does not give, is a [`SpawnError`].
//!
//! Managed threads do not exist in a build for loom, which has threads of its own.

#![forbid(unsafe_code)]

#[cfg(feature = "affinity")]
mod affinity;
mod builder;
mod control;
mod edit_handler;
mod editors;
mod error;
mod group;
mod handler;
mod life;
mod manageable;
mod observers;
mod readers;
mod seat;
mod thread;

pub use builder::ThreadBuilder;
pub use edit_handler::EditHandler;
pub use error::{Failure, Fate, JoinError, ShutdownError, SpawnError};
pub use group::Group;
pub use handler::Handler;
pub use manageable::Manageable;
pub use thread::ManagedThread;
