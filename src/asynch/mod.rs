//! The handles in asynchronous tasks: futures, a stream and a sink, for any runtime.
//!
//! A task waits where a thread would, and for the same things. The handles are the same
//! too: what is here are the futures of methods that a [`Reader`] and a [`Writer`] have
//! with the feature `async`. So threads and tasks read one ring side by side, a thread
//! publishes to tasks and a task to threads, and one handle may do both by turns.
//!
//! | to wait in a task | instead of | and be lent or given |
//! |---|---|---|
//! | [`Reader::recv_async`] | [`recv`](Reader::recv) | a clone of the next event |
//! | [`Reader::batch_async`] | [`wait_batch`](Reader::wait_batch) | everything that is there, by reference |
//! | [`Reader::stream`], [`Reader::into_stream`] | [`iter`](Reader::iter) | a `Stream` of clones |
//! | [`Writer::publish_async`] | [`publish`](Writer::publish) | the sequence, or the event back |
//! | [`Writer::ready_async`] | | room, for `publish` and whatever else publishes |
//! | [`Writer::claim_async`] | [`claim`](Writer::claim) | slots to write in place |
//! | [`Writer::sink`], [`Writer::into_sink`] | [`publish_all`](Writer::publish_all) | a `Sink` for events |
//!
//! The `try_` methods never wait, and so serve tasks as they are. The other methods that
//! wait would block the thread that runs the task.
//!
//! ```
//! use broadring::Ring;
//! use futures::StreamExt;
//!
//! let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
//! let mut in_task = ring.subscribe()?;
//! let mut in_thread = ring.subscribe()?;
//!
//! let thread = std::thread::spawn(move || in_thread.iter().sum::<u64>());
//! let publishing = async {
//!     for number in 1..=100 {
//!         writer.publish_async(number).await.expect("no editor can leave");
//!     }
//!     drop(writer); // closes the ring
//! };
//! let reading = in_task.stream().fold(0, async |sum, number| sum + number);
//!
//! let ((), sum) = futures::executor::block_on(async { futures::join!(publishing, reading) });
//! assert_eq!((sum, thread.join().unwrap()), (5050, 5050));
//! # Ok::<(), broadring::SubscribeError>(())
//! ```
//!
//! # Cancelling
//!
//! Any of the futures can be dropped at any time.
//!
//! - A read that is dropped has read nothing: the next one finds the same event.
//! - A batch that a task holds while it awaits something else is dropped when the task is
//!   cancelled there, and that commits all of it, as always. In a
//!   [`ManuallyDrop`](core::mem::ManuallyDrop) it commits what the task
//!   [says](crate::Batch::commit_through), and the rest comes again.
//! - [`ready_async`](Writer::ready_async) and [`claim_async`](Writer::claim_async) have
//!   published nothing, and hold nothing back.
//! - [`publish_async`](Writer::publish_async) owns the event. It is published at the poll
//!   that returns `Ready`, and at no other time. So if the future is dropped before, the
//!   event is not published, and is dropped with the future. Who wants to keep it takes
//!   it back with [`into_inner`](PublishFuture::into_inner), or waits for room first and
//!   then publishes without waiting:
//!
//! ```
//! # async fn publish(mut writer: broadring::Writer<String>, event: String) -> Result<(), broadring::TryClaimError> {
//! writer.ready_async(1).await?; // to be cancelled at will
//! writer.publish(event); // does not wait
//! # Ok(())
//! # }
//! # let (mut writer, ring) = broadring::Ring::builder(4).build(String::new);
//! # futures::executor::block_on(publish(writer, "event".to_owned())).unwrap();
//! ```
//!
//! A future that is dropped takes its waker along. One that is forgotten leaves it behind
//! until something is published or freed, or the same handle waits again: there is never
//! more than one for each handle, and for each of those that a reader comes after.
//!
//! # Progress and costs
//!
//! A poll that finds what it waits for costs what the `try_` method does. One that comes
//! back pending takes a lock for a moment, clones the waker, and passes the heavy fence of
//! a thread that goes to sleep: with `membarrier`, that is one system call. A future or a
//! stream that is polled again though nobody has woken it passes no fence again. But a future
//! made anew for each turn of a loop, such as a `select!` over `recv_async()`, does whenever
//! it comes back pending; a [`stream`](Reader::stream) made before the loop does not.
//!
//! Publishing costs what it does without tasks: the writer looks at the same word. Whoever
//! publishes or commits what tasks wait for wakes them, by calling their wakers on its own
//! thread, after it has let go of every lock. A waker that panics does so out of that call:
//! what was to be published, committed or joined then is, and all others are still woken. A
//! second one that panics meanwhile ends the process. The list that holds the wakers is
//! allocated when a task is entered first after that.
//!
//! No poll spins, yields or holds off: how a handle [waits](crate::Wait) concerns threads.
//! Nor does any come back pending while there is something to do: a task that always finds
//! more has to let other tasks run by the means of its runtime.
//!
//! # Backpressure
//!
//! A task that is lent a [`Batch`](crate::Batch) or a [`Claim`](crate::Claim) may keep it
//! while it awaits something else. The batch holds the writer up meanwhile, as it would in
//! a thread, and while a claim is not published nothing after it is.
//!
//! # Evicting
//!
//! A writer [evicts](crate::ReaderBuilder::evict_after) whoever has held it up for too long
//! when it looks. A thread that waits looks when the time has come. A task has no clock: it
//! looks when it is polled. So let the runtime poll it again in time, where readers may be
//! evicted: race it against a timer, and try again.
//!
//! # Model checking
//!
//! Under loom the futures work with the wakers of `loom::future::block_on`, from loom's
//! feature `futures`.

#![forbid(unsafe_code)]

mod held;
mod reader;
mod sink;
mod stream;
mod writer;

pub use reader::{BatchFuture, RecvFuture};
pub use sink::{EventSink, SinkError};
pub use stream::EventStream;
pub use writer::{ClaimFuture, PublishFuture, ReadyFuture};

// For the links above.
#[cfg(doc)]
use crate::handles::{Reader, Writer};
