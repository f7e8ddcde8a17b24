//! Handlers that check what they get, and threads that stop where a test wants them.

use std::panic;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use broadring::managed::{Group, Handler, JoinError, ManagedThread, ThreadBuilder};
use broadring::{End, Reader, Ring, Sequence, Wait, Writer};

use crate::common::{Tally, publish_next};

/// Longer than any step of a test takes.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// A ring without readers.
pub(crate) fn ring(capacity: usize) -> (Writer<u64>, Ring<u64>) {
    Ring::builder(capacity).build(|| u64::MAX)
}

/// Panics without a message on standard error.
pub(crate) fn give_up() -> ! {
    panic::resume_unwind(Box::new("gave up"))
}

/// A handler that counts its events in a tally, and returns the tally and the end.
pub(crate) struct Checker(Tally);

impl Checker {
    /// A checker whose first event must have this sequence.
    pub(crate) fn at(sequence: u64) -> Self {
        Self(Tally::at(Sequence::new(sequence)))
    }
}

impl Handler<u64> for Checker {
    type Output = (Tally, End);

    fn on_event(&mut self, &event: &u64, sequence: Sequence, _: bool) {
        self.0.take_at(sequence, event);
    }

    fn on_close(self, end: End) -> (Tally, End) {
        (self.0, end)
    }
}

/// A handler made of closures.
pub(crate) struct Closures<E, C> {
    pub(crate) event: E,
    pub(crate) idle: Option<Box<dyn FnMut()>>,
    pub(crate) close: C,
}

impl<E: FnMut(u64, Sequence)> Closures<E, fn(End) -> End> {
    /// A handler that does this with every event, and returns the end.
    pub(crate) fn new(event: E) -> Self {
        Self { event, idle: None, close: |end| end }
    }
}

impl<E: FnMut(u64, Sequence), R, C: FnOnce(End) -> R> Handler<u64> for Closures<E, C> {
    type Output = R;

    fn on_event(&mut self, &event: &u64, sequence: Sequence, _: bool) {
        (self.event)(event, sequence);
    }

    fn on_idle(&mut self) {
        self.idle.as_mut().expect("only called with `idle_after`")();
    }

    fn on_close(self, end: End) -> R {
        (self.close)(end)
    }
}

/// Joins a thread whose [`Checker`] must have handled every event below `next`, and must have
/// been closed for this reason.
#[track_caller]
pub(crate) fn expect_end(thread: ManagedThread<u64, (Tally, End)>, next: u64, end: End) {
    let (tally, closed_with) = thread.join().unwrap();
    tally.ends_at(next);
    assert_eq!(closed_with, end);
}

/// Joins a thread whose handler must have panicked through [`give_up`].
#[track_caller]
pub(crate) fn expect_panic<T, R>(thread: ManagedThread<T, R>) -> JoinError {
    let error = thread.join().err().expect("the handler must panic");
    assert!(error.is_panic());
    assert_eq!(error.message(), Some("gave up"));
    error
}

/// Spawns a thread that sends the sequence of each event, and then waits for a message before
/// it finishes the event.
pub(crate) fn step_by_step(
    ring: &Ring<u64>,
) -> (ManagedThread<u64, End>, Receiver<Sequence>, Sender<()>) {
    let (reach, reached) = mpsc::channel();
    let (resume, resumed) = mpsc::channel();
    let builder = ring.reader().name("steps").from_oldest().managed();
    let thread = builder.spawn_with(move || {
        let event = move |_, sequence| {
            reach.send(sequence).unwrap();
            resumed.recv().unwrap();
        };
        Closures::new(event)
    });
    (thread.unwrap(), reached, resume)
}

/// A reader and a dependent reader, both without threads yet.
pub(crate) fn chain(ring: &Ring<u64>, wait: Wait) -> [ThreadBuilder<Reader<u64>>; 2] {
    let first = ring.reader().name("first").wait(wait).subscribe().unwrap();
    let after = ring.reader().name("second").wait(wait).after(&first).unwrap();
    [ThreadBuilder::new(first), ThreadBuilder::new(after.subscribe().unwrap())]
}

/// Two threads, of a reader and a dependent reader. The first is stuck in its first event until
/// `hold` is dropped.
pub(crate) struct StuckChain {
    pub(crate) first: ManagedThread<u64, End>,
    pub(crate) second: ManagedThread<u64, (Tally, End)>,
    pub(crate) hold: Sender<()>,
}

/// Spawns a [`StuckChain`] and publishes two events.
pub(crate) fn stuck_chain(
    writer: &mut Writer<u64>,
    ring: &Ring<u64>,
    wait: Wait,
    group: &Group,
) -> StuckChain {
    let [first, second] = chain(ring, wait);
    let (reach, reached) = mpsc::channel();
    let (hold, released) = mpsc::channel();
    let first = first.group(group).spawn_with(move || {
        let event = move |_, at| {
            let _ = reach.send(at);
            let _ = released.recv();
        };
        Closures::new(event)
    });
    let second = second.group(group).spawn_with(|| Checker::at(0));
    group.start();
    publish_next(writer);
    assert_eq!(reached.recv(), Ok(Sequence::new(0)));
    publish_next(writer);
    StuckChain { first: first.unwrap(), second: second.unwrap(), hold }
}

/// Spawns a member of a group whose handler must never be built.
pub(crate) fn never_built(ring: &Ring<u64>, group: &Group) -> ManagedThread<u64, (Tally, End)> {
    let builder = ring.reader().name("never").managed().group(group);
    builder.spawn_with(|| -> Checker { unreachable!("the handler is never built") }).unwrap()
}
