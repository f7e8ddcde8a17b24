//! What the tests of managed threads share.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use broadring::managed::{Group, Handler, JoinError, ReaderThread, ThreadBuilder};
use broadring::{End, Ring, Sequence, Wait, Writer};

use crate::common::{Tally, publish_next};
use std::panic;

/// Longer than anything here takes: whoever waits for so long waits in vain.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// A ring without readers.
pub(crate) fn ring(capacity: usize) -> (Writer<u64>, Ring<u64>) {
    Ring::builder(capacity).build(|| u64::MAX)
}

/// A payload that prints nothing when somebody panics with it.
pub(crate) fn give_up() -> ! {
    panic::resume_unwind(Box::new("gave up"))
}

/// Checks the events that it is given, and returns what it has seen, and the end of it.
pub(crate) struct Checks(pub(crate) Tally);

impl Handler<u64> for Checks {
    type Output = (Tally, End);

    fn on_event(&mut self, &event: &u64, sequence: Sequence, _: bool) {
        self.0.take_at(sequence, event);
    }

    fn on_close(self, end: End) -> (Tally, End) {
        (self.0, end)
    }
}

/// A handler that is built of closures, for what a test needs just once.
pub(crate) struct With<E, C> {
    pub(crate) event: E,
    pub(crate) idle: Option<Box<dyn FnMut()>>,
    pub(crate) close: C,
}

impl<E: FnMut(u64, Sequence), R, C: FnOnce(End) -> R> Handler<u64> for With<E, C> {
    type Output = R;

    fn on_event(&mut self, &event: &u64, sequence: Sequence, _: bool) {
        (self.event)(event, sequence);
    }

    fn on_idle(&mut self) {
        self.idle.as_mut().expect("it is not called unless this is asked for")();
    }

    fn on_close(self, end: End) -> R {
        (self.close)(end)
    }
}

/// Waits for a thread, whose handler must have panicked.
#[track_caller]
pub(crate) fn panic_of<T, R>(thread: ReaderThread<T, R>) -> JoinError {
    let error = thread.join().err().expect("its handler has panicked");
    assert!(error.is_panic());
    assert_eq!(error.message(), Some("gave up"));
    error
}

/// A thread that says at which event it is, and goes on when it is told to.
pub(crate) fn step_by_step(
    ring: &Ring<u64>,
) -> (ReaderThread<u64, End>, Receiver<Sequence>, Sender<()>) {
    let (at, stands) = mpsc::channel();
    let (on, go) = mpsc::channel();
    let builder = ring.reader().name("steps").from_oldest().managed();
    let thread = builder.spawn_with(move || {
        let event = move |_, sequence| {
            at.send(sequence).unwrap();
            go.recv().unwrap();
        };
        With { event, idle: None, close: |end| end }
    });
    (thread.unwrap(), stands, on)
}

/// A reader and one that comes after it, which are yet to get threads.
pub(crate) fn chain(ring: &Ring<u64>, wait: Wait) -> (ThreadBuilder<u64>, ThreadBuilder<u64>) {
    let first = ring.reader().name("first").wait(wait).subscribe().unwrap();
    let after = ring.reader().name("second").wait(wait).after(&first).unwrap();
    (ThreadBuilder::new(first), ThreadBuilder::new(after.subscribe().unwrap()))
}

/// A chain whose first thread is at the first event and stays there until the sender is
/// dropped.
pub(crate) struct StuckChain {
    pub(crate) first: ReaderThread<u64, End>,
    pub(crate) second: ReaderThread<u64, (Tally, End)>,
    pub(crate) never: Sender<()>,
}

/// Spawns such a chain, and publishes two events.
pub(crate) fn stuck_chain(
    writer: &mut Writer<u64>,
    ring: &Ring<u64>,
    wait: Wait,
    group: &Group,
) -> StuckChain {
    let (first, second) = chain(ring, wait);
    let (reached, stands) = mpsc::channel();
    let (never, returns) = mpsc::channel();
    let first = first.group(group).spawn_with(move || {
        let event = move |_, at| {
            let _ = reached.send(at);
            let _ = returns.recv();
        };
        With { event, idle: None, close: |end| end }
    });
    let start = Sequence::new(0);
    let second = second.group(group).spawn_with(move || Checks(Tally::at(start)));
    group.start();
    publish_next(writer);
    assert_eq!(stands.recv(), Ok(start));
    publish_next(writer);
    StuckChain { first: first.unwrap(), second: second.unwrap(), never }
}

/// A member of a group whose handler must never be built.
pub(crate) fn never_built(ring: &Ring<u64>, group: &Group) -> ReaderThread<u64, (Tally, End)> {
    let builder = ring.reader().name("never").managed().group(group);
    builder.spawn_with(|| -> Checks { unreachable!("it is never built") }).unwrap()
}
