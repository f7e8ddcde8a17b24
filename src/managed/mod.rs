//! Managed threads: readers with threads of their own, started and shut down together.
//!
//! [`ReaderBuilder::managed`](crate::ReaderBuilder::managed) gives a reader a thread and a handler:
//! a closure, or a [`Handler`] with state. The thread is named `journal` after its reader, or
//! `orders/journal` if [the ring has a name](crate::RingBuilder::name) too. (Linux shows the first 15
//! bytes.)
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
//! # The life of a thread
//!
//! 1. The reader joins, on the thread that spawns: what is published after `spawn` has
//!    returned is not missed.
//! 2. The thread starts, takes its core, and waits until its [`Group`] is started if it has
//!    one.
//! 3. The handler is built: on this thread, so that it may hold what is not `Send`.
//! 4. The handler gets every event, and, if wanted, a call when no event has come for a while: see
//!    [`ThreadBuilder::idle_after`].
//! 5. The reader leaves: because the ring is closed and everything was read, because the stream
//!    [ends](crate::End) earlier for this reader, because the thread is told to
//!    [stop](ReaderThread::stop), or because the handler [is done](Handler::is_done).
//! 6. The handler is closed, and [`ReaderThread::join`] returns its output.
//!
//! # Graphs
//!
//! Readers that come [after](crate::ReaderBuilder::after) others join first, all of them. Then
//! [`ThreadBuilder::new`] gives each a thread, in any order, in one [`Group`] if you like. Others can
//! join later, after a thread that runs already: `after(&thread)`.
//! [Editors](crate::Editor) and observers have no managed threads: spawn a thread for an editor
//! yourself. A group that is shut down waits for what the editors have still to pass on.
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
//! A handler that panics, at any of these steps, ends its thread and nothing else. The event
//! that it was given counts as read, and the reader leaves before the handler is dropped, so
//! that the writer is not held back. [`ReaderThread::join`] returns the panic, and a shutdown
//! of the group reports it.
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
mod error;
mod group;
mod handler;
mod thread;

pub use builder::ThreadBuilder;
pub use error::{Failure, Fate, JoinError, ShutdownError, SpawnError};
pub use group::Group;
pub use handler::Handler;
pub use thread::ReaderThread;
