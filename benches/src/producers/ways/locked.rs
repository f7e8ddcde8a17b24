//! broadring behind a lock: a producer takes it for each event, or for each batch.

use std::fmt;
use std::marker::PhantomData;
use std::ops::DerefMut;
use std::sync::{self, Arc};

use broadring::{Reader, Writer};

use super::{WAITING, ring};
use crate::event::{Event, event};
use crate::producers::way::{Feed, Load, Way};
use crate::subject::{Mode, Sender};

/// A kind of lock.
pub trait Lock: 'static {
    /// The name of the way that uses it.
    const NAME: &'static str;
    /// A lock around something.
    type Around<T: Send + 'static>: Send + Sync + 'static;

    /// Puts a lock around something.
    fn around<T: Send + 'static>(value: T) -> Self::Around<T>;

    /// Waits for the lock, and lends what is behind it.
    fn lock<T: Send + 'static>(lock: &Self::Around<T>) -> impl DerefMut<Target = T>;
}

/// The lock of the standard library.
#[derive(Debug)]
pub struct Std;

impl Lock for Std {
    const NAME: &'static str = "broadring, lock";
    type Around<T: Send + 'static> = sync::Mutex<T>;

    fn around<T: Send + 'static>(value: T) -> sync::Mutex<T> {
        sync::Mutex::new(value)
    }

    #[inline(always)]
    fn lock<T: Send + 'static>(lock: &sync::Mutex<T>) -> impl DerefMut<Target = T> {
        lock.lock().expect("no producer panics")
    }
}

/// That of the crate of this name, which hands itself on after half a millisecond.
#[derive(Debug)]
pub struct ParkingLot;

impl Lock for ParkingLot {
    const NAME: &'static str = "broadring, parking_lot";
    type Around<T: Send + 'static> = parking_lot::Mutex<T>;

    fn around<T: Send + 'static>(value: T) -> parking_lot::Mutex<T> {
        parking_lot::Mutex::new(value)
    }

    #[inline(always)]
    fn lock<T: Send + 'static>(lock: &parking_lot::Mutex<T>) -> impl DerefMut<Target = T> {
        lock.lock()
    }
}

/// The writer behind a lock. What a lock does while it waits is its own affair; the mode
/// is that of the ring.
#[derive(Debug)]
pub struct Locked<L>(PhantomData<L>);

impl<L: Lock> Way for Locked<L> {
    const NAME: &'static str = L::NAME;
    const MODES: &'static [Mode] = WAITING;
    type Sender<const WORDS: usize> = LockedSender<L, WORDS>;
    type Receiver<const WORDS: usize> = Reader<Event<WORDS>>;

    fn open<const WORDS: usize>(
        load: &Load,
        mode: Mode,
        _place: Option<usize>,
    ) -> Feed<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (writer, receivers) = ring(load, mode);
        let writer = Arc::new(L::around(writer));
        let sender = |_| LockedSender { writer: Arc::clone(&writer), buffer: Vec::new() };
        Feed { senders: (0..load.producers).map(sender).collect(), receivers, thread: None }
    }
}

/// A producer's share of the writer, and a buffer to gather a batch in.
pub struct LockedSender<L: Lock, const WORDS: usize> {
    writer: Arc<L::Around<Writer<Event<WORDS>>>>,
    buffer: Vec<Event<WORDS>>,
}

impl<L: Lock, const WORDS: usize> Sender<WORDS> for LockedSender<L, WORDS> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        L::lock(&self.writer).publish_with(|slot| *slot = event(number));
    }

    /// Gathers the events as if they came one by one, and takes the lock for all of them.
    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: usize) {
        for number in first..first + count as u64 {
            self.buffer.push(event(number));
        }
        L::lock(&self.writer).publish_all(self.buffer.drain(..));
    }
}

impl<L: Lock, const WORDS: usize> fmt::Debug for LockedSender<L, WORDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockedSender").field("gathered", &self.buffer.len()).finish_non_exhaustive()
    }
}
