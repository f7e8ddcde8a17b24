//! The handles in asynchronous tasks: futures, a stream and a sink, for any runtime.
//!
//! A task waits where a thread would, and for the same things. The handles are the same too:
//! with the feature `async`, a [`Reader`], an [`Observer`], an [`Editor`] and a [`Writer`] have more
//! methods, and this module has the futures that these return. So threads and tasks read one ring
//! side by side, a thread publishes to tasks and a task to threads, and one handle may be used in
//! both ways by turns.
//!
//! | in a task | instead of | result |
//! |---|---|---|
//! | [`Reader::recv_async`] | [`recv`](Reader::recv) | a clone of the next event |
//! | [`Reader::batch_async`] | [`wait_batch`](Reader::wait_batch) | all available events, by reference |
//! | [`Reader::stream`], [`Reader::into_stream`] | [`iter`](Reader::iter) | a `Stream` of clones |
//! | [`Observer::look_async`] | [`wait_look`](Observer::wait_look) | a glimpse, with what was missed |
//! | [`Editor::batch_async`] | [`wait_batch`](Editor::wait_batch) | all events that have arrived |
//! | [`WaitSet::ready_async`] | [`wait`](WaitSet::wait) | which of several handles is ready |
//! | [`Writer::publish_async`] | [`publish`](Writer::publish) | the sequence, or the event back |
//! | [`Writer::ready_async`] | | room, for `publish` and the other methods that publish |
//! | [`Writer::claim_async`] | [`claim`](Writer::claim) | slots to write in place |
//! | [`Writer::sink`], [`Writer::into_sink`] | [`publish_all`](Writer::publish_all) | a `Sink` for events |
//!
//! The `try_` methods never wait, so tasks can use them as they are. The other methods that
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
//! - A read that is dropped has read nothing: the next read finds the same event.
//! - A batch that a task holds while it awaits something else is dropped when the task is cancelled
//!   there, and that commits all of it, as always. In a [`ManuallyDrop`](core::mem::ManuallyDrop),
//!   a batch only commits what the task [commits explicitly](crate::Batch::commit_through), and the
//!   rest comes again.
//! - A look that is dropped was no look. A [`Glimpse`](crate::Glimpse) that is dropped when the task
//!   is cancelled ends the look, and the next one begins after it.
//! - An [`EditBatch`](crate::EditBatch) that is dropped when the task is cancelled passes all of its
//!   events on, edited or not, as always. So edit them before the task awaits anything else.
//! - [`ready_async`](Writer::ready_async) and [`claim_async`](Writer::claim_async) have published
//!   nothing, and hold nothing back.
//! - [`publish_async`](Writer::publish_async) owns the event. It publishes the event at the
//!   poll that returns `Ready`, and at no other time. If the future is dropped before, the
//!   event is dropped with it and is not published. To keep the event, take it back with
//!   [`into_inner`](PublishFuture::into_inner), or wait for room first and then publish without
//!   waiting:
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
//! A future that is dropped removes its waker. A future that is forgotten leaves its waker
//! behind until something is published or freed, or the same handle waits again. There is never
//! more than one waker for each handle, and for each reader that the handle comes after.
//!
//! # Progress and costs
//!
//! A poll that is ready costs what the `try_` method does. A poll that returns `Pending` takes
//! a lock for a moment, clones the waker, and passes the heavy fence of a thread that goes to
//! sleep: with `membarrier`, that is one system call. A future or a stream that is polled
//! again, although it was not woken, passes no second fence. But a future that is made anew for
//! each turn of a loop, such as `recv_async()` in a `select!`, passes the fence whenever it
//! returns `Pending`; a [`stream`](Reader::stream) made before the loop does not.
//!
//! Publishing costs what it does without tasks: the writer looks at the same word. A handle
//! that publishes or commits what tasks wait for wakes them, by calling their wakers on its own
//! thread, while it holds no lock. If a waker panics, the panic comes out of that call; by then
//! the event is published, committed or joined, and all other tasks are still woken. A second
//! panic meanwhile aborts the process. The list of wakers is allocated when the first task is
//! registered after a wake-up.
//!
//! No poll spins, yields or holds off: [wait strategies](crate::Wait) concern threads. And no poll
//! returns `Pending` while there is something to do: a task that always finds more must let other
//! tasks run by the means of its runtime.
//!
//! # Backpressure
//!
//! A task may hold a [`Batch`](crate::Batch), a [`Glimpse`](crate::Glimpse), an
//! [`EditBatch`](crate::EditBatch) or a [`Claim`](crate::Claim) while it awaits something else. The
//! first three hold the writer back meanwhile, as they would in a thread. Events in an edit batch
//! reach nobody behind the editor. While a claim is not published, no later event is.
//!
//! # Evicting
//!
//! A writer [evicts](crate::ReaderBuilder::evict_after) readers that have held it back for too
//! long when it looks at them. A waiting thread looks when the time has come. A task has no
//! clock: it looks when it is polled. So where readers may be evicted, let the runtime poll the
//! task again in time: race the future against a timer, and try again.
//!
//! # Model checking
//!
//! Under loom the futures work with the wakers of `loom::future::block_on`, from loom's feature
//! `futures`.

#![forbid(unsafe_code)]

mod editor;
mod held;
mod lent;
mod observer;
mod reader;
mod sink;
mod sleeper;
mod stream;
mod wait_set;
mod writer;

pub use editor::EditBatchFuture;
pub use observer::LookFuture;
pub use reader::{BatchFuture, RecvFuture};
pub use sink::{EventSink, SinkError};
pub use stream::EventStream;
pub use wait_set::AnyReadyFuture;
pub use writer::{ClaimFuture, PublishFuture, ReadyFuture};

// For the links above.
#[cfg(doc)]
use crate::handles::{Editor, Observer, Reader, WaitSet, Writer};
