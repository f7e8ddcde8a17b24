//! The handler of an editor's managed thread.

#![forbid(unsafe_code)]

use super::handler::Each;
use crate::error::End;
use crate::sequence::Sequence;

/// What the managed thread of an [`Editor`](crate::Editor) does with its events, and the state that
/// it needs for that: like a [`Handler`](super::Handler), but it may change the events.
///
/// An editor that ends before the stream does, because its handler panics or
/// [is done](Self::is_done) or because its thread is [stopped](super::ManagedThread::stop), leaves
/// too early: see [`Editor`](crate::Editor#leaving). What was handled before is passed on, and
/// nothing after it will ever be read.
///
/// # Examples
///
/// ```
/// use broadring::managed::{EditHandler, ThreadBuilder};
/// use broadring::{End, Ring, Sequence};
///
/// #[derive(Default)]
/// struct Order { quantity: u64, total: u64 }
///
/// /// Adds up the quantities, and leaves the sum so far in each order.
/// #[derive(Default)]
/// struct Totals(u64);
///
/// impl EditHandler<Order> for Totals {
///     type Output = u64;
///     fn on_event(&mut self, order: &mut Order, _: Sequence, _: bool) {
///         self.0 += order.quantity;
///         order.total = self.0;
///     }
///     fn on_close(self, _: End) -> u64 {
///         self.0
///     }
/// }
///
/// let (mut writer, [totals], ring) =
///     Ring::builder(8).build_with_editors(["totals"], Order::default);
/// let mut reader = ring.subscribe()?;
/// let totals = ThreadBuilder::new(totals).spawn_with(Totals::default)?;
/// for quantity in [1, 2, 3] {
///     writer.publish(Order { quantity, total: 0 });
/// }
/// drop(writer);
/// assert_eq!(totals.join()?, 6);
/// assert!(reader.try_batch()?.events().map(|order| order.total).eq([1, 3, 6]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait EditHandler<T>: Sized {
    /// What the handler leaves in the end, returned by
    /// [`ManagedThread::join`](super::ManagedThread::join).
    type Output;

    /// Changes an event, or leaves it as it is. `end_of_batch` says that the event is the last of
    /// its batch.
    ///
    /// If this panics, the event is not passed on, but those before it are. The editor leaves, and
    /// [`ManagedThread::join`](super::ManagedThread::join) returns the panic.
    fn on_event(&mut self, event: &mut T, sequence: Sequence, end_of_batch: bool);

    /// Called when no event has arrived for as long as
    /// [`idle_after`](super::ThreadBuilder::idle_after) says, and again after the same time. Does
    /// nothing by default.
    fn on_idle(&mut self) {}

    /// Whether the handler is done and takes no more events. Asked before the first event and then
    /// after every call; `false` by default. When it is `true`, the editor passes on what was
    /// handled and leaves, which ends the stream for everybody behind it, and
    /// [`on_close`](Self::on_close) gets [`End::Stopped`].
    fn is_done(&self) -> bool {
        false
    }

    /// Called when there is nothing more to handle, with the reason. Everything that was handled is
    /// passed on by then, and the editor has left.
    fn on_close(self, end: End) -> Self::Output;
}

impl<T, F: FnMut(&mut T, Sequence, bool)> EditHandler<T> for Each<F> {
    type Output = ();

    #[inline]
    fn on_event(&mut self, event: &mut T, sequence: Sequence, end_of_batch: bool) {
        self.0(event, sequence, end_of_batch);
    }

    fn on_close(self, _: End) {}
}
