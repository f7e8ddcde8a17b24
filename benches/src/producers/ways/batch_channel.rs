//! A channel of batches in front of broadring.

use broadring::Reader;
use crossbeam_channel::{TrySendError, bounded};

use super::{WAITING, forwarder, ring};
use crate::event::{Event, event};
use crate::producers::way::{Feed, Load, Way};
use crate::subject::{Mode, Sender};
use crate::subjects::{End, poll};

/// A bounded channel of vectors, which holds as many events as the ring. Each vector is
/// allocated by its producer, and freed by the forwarding thread.
#[derive(Debug)]
pub struct BatchChannel;

impl Way for BatchChannel {
    const NAME: &'static str = "broadring, channel of batches";
    const MODES: &'static [Mode] = WAITING;
    const THREADS: usize = 1;
    type Sender<const WORDS: usize> = End<crossbeam_channel::Sender<Vec<Event<WORDS>>>>;
    type Receiver<const WORDS: usize> = Reader<Event<WORDS>>;

    fn suits(load: &Load) -> bool {
        load.batch > 1
    }

    fn open<const WORDS: usize>(
        load: &Load,
        mode: Mode,
        place: Option<usize>,
    ) -> Feed<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (mut writer, receivers) = ring(load, mode);
        let (inner, batches) = bounded((load.capacity / load.batch).max(1));
        let thread = forwarder::start(batches, mode, place, move |batch: Vec<_>, _| {
            writer.publish_all(batch);
        });
        let senders = vec![End { inner, mode }; load.producers];
        Feed { senders, receivers, thread: Some(thread) }
    }
}

impl<const WORDS: usize> Sender<WORDS> for End<crossbeam_channel::Sender<Vec<Event<WORDS>>>> {
    fn send(&mut self, number: u64) {
        self.send_batch(number, 1);
    }

    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: usize) {
        let batch = (first..first + count as u64).map(event).collect();
        if self.mode == Mode::Park {
            return self.inner.send(batch).expect("the forwarder is there");
        }
        let mut batch = Some(batch);
        poll(self.mode, || match self.inner.try_send(batch.take()?) {
            Ok(()) => Some(()),
            Err(TrySendError::Full(refused)) => {
                batch = Some(refused);
                None
            }
            Err(TrySendError::Disconnected(_)) => panic!("the forwarder is there"),
        });
    }
}
