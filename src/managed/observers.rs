//! The thread of an observer: how it is started, and how it feeds its handler.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::builder::ThreadBuilder;
use super::error::SpawnError;
use super::handler::{Each, Handler};
use super::readers::hand_out;
use super::seat::Seat;
use super::thread::ManagedThread;
use crate::error::{End, ReadTimeoutError};
use crate::handles::Observer;
use crate::sequence::Sequence;

impl<T> ThreadBuilder<Observer<T>> {
    /// Starts the thread with a closure as its handler. The closure gets each event that the
    /// observer sees, its sequence, and whether it is the last event of its look. A gap between the
    /// sequences is what was missed.
    ///
    /// Between two looks the thread holds nobody back. A look shows at most a quarter of the ring,
    /// and lasts for as long as the closure takes for that: meanwhile the writer has to wait when
    /// it comes round to those events. So a slow closure slows the writer down.
    ///
    /// The thread ends when the ring is closed and everything was seen or missed. If the closure
    /// panics, the look ends, the observer leaves, and [`ManagedThread::join`] returns the panic.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] if the core does not exist, or if the system gives no thread. The observer
    /// has then left, and the closure is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::managed::ThreadBuilder;
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let tap = ring.reader().name("tap").observe()?;
    /// let tap = ThreadBuilder::new(tap).spawn(|event, sequence, _| {
    ///     println!("{sequence}: {event}"); // some of them
    /// })?;
    /// writer.publish_all(0..100);
    /// drop(writer);
    /// tap.join()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spawn<F>(self, handle: F) -> Result<ManagedThread<T, ()>, SpawnError>
    where
        T: Send + Sync + 'static,
        F: FnMut(&T, Sequence, bool) + Send + 'static,
    {
        self.spawn_with(|| Each(handle))
    }

    /// Starts the thread with a handler that is built on the thread, and so need not be `Send`.
    /// [`Handler::on_missed`] tells it how many events were missed.
    ///
    /// Each look is a batch of at most a quarter of the ring, and holds the writer back as long as
    /// the handler takes for it: see [`spawn`](Self::spawn). If building the handler panics,
    /// [`ManagedThread::join`] returns that panic, like any other panic of the handler.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn).
    pub fn spawn_with<H, M>(self, make: M) -> Result<ManagedThread<T, H::Output>, SpawnError>
    where
        T: Send + Sync + 'static,
        M: FnOnce() -> H + Send + 'static,
        H: Handler<T>,
        H::Output: Send + 'static,
    {
        self.start(|seat: Seat<Observer<T>>, idle_after| {
            seat.serve(make, |seat, handler| seat.feed(handler, idle_after), H::on_close)
        })
    }
}

impl<T> Seat<Observer<T>> {
    /// Gives the handler every event that is not missed, until there are no more or it is to stop.
    fn feed(&mut self, handler: &mut impl Handler<T>, idle_after: Option<Duration>) -> End {
        let Self { handle: observer, control } = self;
        let state = &control.state;
        let at_once = (control.ring.capacity() / 4).max(1);
        while !state.is_stopped() && !handler.is_done() {
            let before = observer.position();
            let looked = observer.look_unless_stopped(
                idle_after,
                || state.is_stopped(),
                |missed| {
                    if missed > 0 {
                        state.handled_below(before + missed);
                        handler.on_missed(missed);
                    }
                    if state.seems_stopped() || handler.is_done() { 0 } else { at_once }
                },
            );
            match looked {
                Ok(batch) => hand_out(batch, handler, state),
                Err(ReadTimeoutError::Timeout) => handler.on_idle(),
                Err(ReadTimeoutError::Ended(end)) => return end,
            }
        }
        End::Stopped
    }
}
