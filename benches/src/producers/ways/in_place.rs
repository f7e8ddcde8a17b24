//! broadring behind a lock, with batches that are written where they stay.

use std::sync::{Arc, Mutex};

use broadring::{Reader, Writer};

use super::{WAITING, ring};
use crate::event::Event;
use crate::producers::way::{Feed, Load, Way};
use crate::subject::{Mode, Sender};

/// A claim for each batch, under the lock: nothing is copied, but the lock is held while the
/// events are made. That is for producers that have the whole batch at hand.
#[derive(Debug)]
pub struct InPlace;

impl Way for InPlace {
    const NAME: &'static str = "broadring, lock, in place";
    const MODES: &'static [Mode] = WAITING;
    type Sender<const WORDS: usize> = Arc<Mutex<Writer<Event<WORDS>>>>;
    type Receiver<const WORDS: usize> = Reader<Event<WORDS>>;

    fn suits(load: &Load) -> bool {
        load.batch > 1
    }

    fn open<const WORDS: usize>(
        load: &Load,
        mode: Mode,
        _place: Option<usize>,
    ) -> Feed<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (writer, receivers) = ring(load, mode);
        let writer = Arc::new(Mutex::new(writer));
        Feed { senders: vec![writer; load.producers], receivers, thread: None }
    }
}

impl<const WORDS: usize> Sender<WORDS> for Arc<Mutex<Writer<Event<WORDS>>>> {
    fn send(&mut self, number: u64) {
        self.lock().expect("no producer panics").send(number);
    }

    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: usize) {
        self.lock().expect("no producer panics").send_batch(first, count);
    }
}
