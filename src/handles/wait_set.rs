//! Waiting for several handles at once, also of different rings.
//!
//! A wait set registers at the event count of each handle that it waits for, passes one heavy fence,
//! looks at all of them again, and sleeps at a parker of its own. So it asks nothing of those who
//! publish: they look at the same word as for any other sleeper, and find it registered there (I7).

#![forbid(unsafe_code)]

use core::fmt;
use core::task::Waker;
use std::time::{Duration, Instant};

use super::bytes::ByteReader;
use super::editor::Editor;
use super::observer::Observer;
use super::reader::Reader;
use super::shared::deadline_after;
use crate::sync::{PlainArc, strong};
use crate::waiting::{EventCount, Owner, Parker, Place, Wait};

/// A handle that a [`WaitSet`] can wait for: a [`Reader`], an [`Observer`], an [`Editor`] or a
/// [`ByteReader`], or a reference to one.
///
/// It is *ready* when its next read would not wait: there is an event, or its stream has ended.
///
/// This trait cannot be implemented outside of this crate.
pub trait Waitable: sealed::Sealed {}

mod sealed {
    use crate::waiting::Place;

    pub trait Sealed {
        /// Whether the next read would not wait.
        #[doc(hidden)]
        fn is_ready(&self) -> bool;

        /// Returns where the handle must sleep now.
        #[doc(hidden)]
        fn place(&self) -> Place<'_>;

        /// Removes the registrations of the wait set with this number, wherever the handle may have
        /// slept.
        #[doc(hidden)]
        fn deregister(&self, set: u64);
    }
}

/// Waits for several handles at once, also of different rings: a thread or a task that does really
/// sleep, and is woken as soon as one of them has something to read, or has come to its end.
///
/// The handles are only borrowed while it waits. Which of them is ready says the index that comes
/// back; what there is to read, the handle itself.
///
/// Waiting spins and yields first, like every wait, as [the wait strategy](Self::strategy) says.
/// Going to sleep takes a lock for a moment and clones a waker for each handle, and passes one heavy
/// fence for all of them: with `membarrier`, one system call. It costs those who publish nothing
/// while nobody sleeps, and the rings need not know of each other. No wake-up is lost. Sleeps of a
/// wait set do not count among the `parks` in [`Stats`](crate::Stats).
///
/// # Examples
///
/// Two rings with events of different types:
///
/// ```
/// use broadring::{Ring, WaitSet, Waitable};
///
/// let (mut orders, ring) = Ring::builder(8).build(|| 0_u64);
/// let mut order = ring.subscribe()?;
/// let (mut trades, ring) = Ring::builder(8).build(String::new);
/// let mut trade = ring.subscribe()?;
/// let writing = std::thread::spawn(move || {
///     orders.publish(7);
///     trades.publish("7 sold".to_owned());
/// });
///
/// let mut set = WaitSet::new();
/// let both: [&dyn Waitable; 2] = [&order, &trade];
/// match set.wait(&both) {
///     0 => assert_eq!(order.try_recv(), Ok(7)),
///     _ => assert_eq!(trade.try_recv().as_deref(), Ok("7 sold")),
/// }
/// # writing.join().unwrap();
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
///
/// Readers of the same type need no `dyn`: here the events of two writers, each in its ring, until
/// both rings are closed. (In which order the events of different writers come depends on the
/// threads.)
///
/// ```
/// use broadring::{Ring, TryReadError, WaitSet};
///
/// let mut readers = Vec::new();
/// for first in [0, 100] {
///     let (mut writer, ring) = Ring::builder(8).build(|| 0_u64);
///     readers.push(ring.subscribe()?);
///     std::thread::spawn(move || writer.publish_all(first..first + 10));
/// }
///
/// let mut set = WaitSet::new();
/// let mut sum = 0;
/// while !readers.is_empty() {
///     set.wait(&readers);
///     // A reader that has come to its end is always ready, so it must not be waited for again.
///     readers.retain_mut(|reader| loop {
///         match reader.try_batch() {
///             Ok(batch) => sum += batch.events().sum::<u64>(),
///             Err(TryReadError::Empty) => break true,
///             Err(TryReadError::Ended(_)) => break false,
///         }
///     });
/// }
/// assert_eq!(sum, (0..10).chain(100..110).sum());
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
pub struct WaitSet {
    parker: PlainArc<Parker>,
    wait: Wait,
    /// The addresses of the event counts where it has registered, in the order of the handles.
    places: Vec<usize>,
}

impl WaitSet {
    /// Makes a wait set. It can be used for any handles, and for others each time.
    pub fn new() -> Self {
        Self { parker: Parker::new(), wait: Wait::default(), places: Vec::new() }
    }

    /// Sets how a thread waits: [`Wait::PARK`] unless set.
    #[must_use]
    pub fn strategy(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }

    /// Waits until one of the handles is ready: until its next read would not wait, because there is
    /// an event or because its stream has ended. Returns the index of the first that is.
    ///
    /// So a handle whose stream has ended must be left out from then on. If several are ready all the
    /// time, go through all of them before you wait again: otherwise the first ones come first.
    ///
    /// # Panics
    ///
    /// If there are no handles, for which it would wait for ever.
    #[track_caller]
    pub fn wait<W: Waitable>(&mut self, handles: &[W]) -> usize {
        assert!(!handles.is_empty(), "a wait set cannot wait for no handle at all");
        let ready = self.wait_until(handles, None);
        ready.unwrap_or_else(|| unreachable!("there is no deadline"))
    }

    /// Waits until one of the handles is ready, at most for `timeout`. `None` if none was.
    ///
    /// Otherwise it is like [`wait`](Self::wait).
    pub fn wait_timeout<W: Waitable>(&mut self, handles: &[W], timeout: Duration) -> Option<usize> {
        self.wait_until(handles, deadline_after(timeout))
    }

    /// Waits until one of the handles is ready, at most until `deadline`. `None` if none was.
    ///
    /// Otherwise it is like [`wait`](Self::wait).
    pub fn wait_deadline<W: Waitable>(
        &mut self,
        handles: &[W],
        deadline: Instant,
    ) -> Option<usize> {
        self.wait_until(handles, Some(deadline))
    }

    fn wait_until<W: Waitable>(
        &mut self,
        handles: &[W],
        deadline: Option<Instant>,
    ) -> Option<usize> {
        let wait = self.wait;
        wait.until_or_sleep(
            deadline,
            || first_ready(handles),
            |look| {
                let waker = self.parker.waker();
                // Ended when this returns or panics.
                let _registered = Registered { set: self.number(), handles };
                loop {
                    if let Some(ready) = self.register(handles, &waker, &mut *look) {
                        return Some(ready);
                    }
                    let in_time = self.parker.park(deadline);
                    let ready = look();
                    if ready.is_some() || !in_time {
                        return ready;
                    }
                }
            },
        )
    }

    /// Registers at all handles, passes one fence for all of them, and looks again. Returns the first
    /// handle that is ready; if there is none, the sleeper is registered wherever it must be.
    pub(crate) fn register<W: Waitable>(
        &mut self,
        handles: &[W],
        waker: &Waker,
        mut look: impl FnMut() -> Option<usize>,
    ) -> Option<usize> {
        let set = self.number();
        loop {
            let mut anew = None;
            self.places.clear();
            for handle in handles {
                let Place { events, threshold } = handle.place();
                if events.register_set(Owner::Set(set), threshold, waker) {
                    anew = Some(events);
                }
                self.places.push(address(events));
            }
            if let Some(events) = anew {
                events.heavy_fence();
            }
            if !strong!("wait_set.look_again") {
                return None;
            }
            if let Some(ready) = look() {
                return Some(ready);
            }
            // The upstream at which a dependent has registered may have come far enough by now, and
            // another one not: then it must sleep there.
            let now = handles.iter().map(|handle| address(handle.place().events));
            let there = now.eq(self.places.iter().copied());
            if there || !strong!("wait_set.laggard_again") {
                return None;
            }
        }
    }

    /// Returns a number that no other wait set has at the same time.
    pub(crate) fn number(&self) -> u64 {
        PlainArc::as_ptr(&self.parker).addr() as u64
    }
}

/// Returns the index of the first handle that is ready.
pub(crate) fn first_ready<W: Waitable>(handles: &[W]) -> Option<usize> {
    handles.iter().position(|handle| handle.is_ready())
}

/// The registrations of a wait set, which end when this is dropped.
pub(crate) struct Registered<'h, W: Waitable> {
    pub(crate) set: u64,
    pub(crate) handles: &'h [W],
}

impl<W: Waitable> Drop for Registered<'_, W> {
    fn drop(&mut self) {
        self.handles.iter().for_each(|handle| handle.deregister(self.set));
    }
}

fn address(events: &EventCount) -> usize {
    core::ptr::from_ref(events).addr()
}

impl Default for WaitSet {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WaitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitSet").field("wait", &self.wait).finish_non_exhaustive()
    }
}

impl<T> Waitable for Reader<T> {}

impl<T> sealed::Sealed for Reader<T> {
    fn is_ready(&self) -> bool {
        self.core.peek().is_some()
    }

    fn place(&self) -> Place<'_> {
        self.core.sleeps_at()
    }

    fn deregister(&self, set: u64) {
        self.core.deregister_task(Owner::Set(set));
    }
}

impl Waitable for ByteReader {}

impl sealed::Sealed for ByteReader {
    fn is_ready(&self) -> bool {
        self.core.peek().is_some()
    }

    fn place(&self) -> Place<'_> {
        self.core.sleeps_at()
    }

    fn deregister(&self, set: u64) {
        self.core.deregister_task(Owner::Set(set));
    }
}

impl<T> Waitable for Observer<T> {}

impl<T> sealed::Sealed for Observer<T> {
    fn is_ready(&self) -> bool {
        self.news().is_some()
    }

    fn place(&self) -> Place<'_> {
        self.core().sleeps_at()
    }

    fn deregister(&self, set: u64) {
        self.core().deregister_task(Owner::Set(set));
    }
}

impl<T> Waitable for Editor<T> {}

impl<T> sealed::Sealed for Editor<T> {
    fn is_ready(&self) -> bool {
        self.poll().is_some()
    }

    fn place(&self) -> Place<'_> {
        self.sleeps_at()
    }

    fn deregister(&self, set: u64) {
        self.stage().arrivals.deregister_task(Owner::Set(set));
    }
}

impl<W: Waitable + ?Sized> Waitable for &W {}

impl<W: sealed::Sealed + ?Sized> sealed::Sealed for &W {
    fn is_ready(&self) -> bool {
        (**self).is_ready()
    }

    fn place(&self) -> Place<'_> {
        (**self).place()
    }

    fn deregister(&self, set: u64) {
        (**self).deregister(set);
    }
}
