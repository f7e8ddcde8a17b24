//! A handle on its managed thread.

#![forbid(unsafe_code)]

use super::control::Control;
use super::manageable::Manageable;
use crate::error::End;
use crate::sync::Arc;

/// A handle on its thread. Dropping it, also by a panic, notes its position and makes the handle
/// leave.
pub(super) struct Seat<H: Manageable> {
    pub(super) handle: H,
    pub(super) control: Arc<Control<H::Event>>,
}

impl<H: Manageable> Seat<H> {
    /// Builds the handler, gives it every event, and closes it.
    pub(super) fn serve<K, R>(
        self,
        make: impl FnOnce() -> K,
        feed: impl FnOnce(&mut Self, &mut K) -> End,
        close: impl FnOnce(K, End) -> R,
    ) -> (R, End) {
        let mut handler = make();
        // Declared after the handler, so that the handle leaves first if the handler panics.
        let mut seat = self;
        let mut end = feed(&mut seat, &mut handler);
        if end.is_upstream_left() && seat.control.state.is_stopped() {
            // Perhaps the one that comes first has left because it was told to stop too.
            end = End::Stopped;
        }
        drop(seat);
        (close(handler, end.clone()), end)
    }
}

impl<H: Manageable> Drop for Seat<H> {
    fn drop(&mut self) {
        self.control.state.handled_below(self.handle.its_position());
    }
}

#[cfg(test)]
mod tests {
    use super::super::control::Controlled;
    use super::*;
    use crate::error::UpstreamLeft;
    use crate::handles::{Reader, Ring};

    fn end_of(seat: Seat<Reader<i32>>, end: End) -> End {
        let (closed_with, outcome) = seat.serve(|| (), |_, ()| end, |(), end| end);
        assert_eq!(closed_with, outcome);
        outcome
    }

    #[test]
    fn a_thread_that_was_told_to_stop_does_not_say_that_others_have_left() {
        let (_writer, ring) = Ring::builder(2).build(|| 0);
        let seat = || {
            let handle = ring.subscribe().unwrap();
            let control = Arc::new(Control::new(&handle, false));
            Seat { handle, control }
        };
        let left = UpstreamLeft::new(seat().control.state.member().clone(), 0);
        let [stopped, closed, left_alone] = [(); 3].map(|()| seat());
        stopped.control.stop();
        closed.control.stop();
        let left = End::UpstreamLeft(left);
        assert_eq!(end_of(stopped, left.clone()), End::Stopped);
        assert_eq!(end_of(closed, End::Closed), End::Closed);
        assert_eq!(end_of(left_alone, left.clone()), left);
    }
}
