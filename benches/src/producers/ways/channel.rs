//! A channel in front of broadring, and a thread that takes what there is from one to the other.

use broadring::Reader;
use crossbeam_channel::{TrySendError, bounded};

use super::{WAITING, forwarder, ring};
use crate::event::{Event, event};
use crate::producers::way::{Feed, Load, Way};
use crate::subject::{Forward, Mode, Sender};
use crate::subjects::{End, poll};

/// A bounded channel, as large as the ring. Producers send one event at a time, whatever
/// their batches; the forwarding thread takes all that wait to the ring at once.
#[derive(Debug)]
pub struct Channel;

/// The most events that are forwarded at once: readers need not wait for more.
const MOST: usize = 128;

impl Way for Channel {
    const NAME: &'static str = "broadring, channel";
    const MODES: &'static [Mode] = WAITING;
    const THREADS: usize = 1;
    type Sender<const WORDS: usize> = End<crossbeam_channel::Sender<Event<WORDS>>>;
    type Receiver<const WORDS: usize> = Reader<Event<WORDS>>;

    fn open<const WORDS: usize>(
        load: &Load,
        mode: Mode,
        place: Option<usize>,
    ) -> Feed<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (mut writer, receivers) = ring(load, mode);
        let (inner, events) = bounded(load.capacity);
        let mut waiting = Vec::with_capacity(MOST);
        let thread = forwarder::start(events, mode, place, move |first, events| {
            waiting.push(first);
            waiting.extend(events.try_iter().take(MOST - 1));
            writer.publish_all(waiting.drain(..));
        });
        let senders = vec![End { inner, mode }; load.producers];
        Feed { senders, receivers, thread: Some(thread) }
    }
}

impl<const WORDS: usize> Sender<WORDS> for End<crossbeam_channel::Sender<Event<WORDS>>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        self.forward(event(number));
    }
}

impl<const WORDS: usize> Forward<WORDS> for End<crossbeam_channel::Sender<Event<WORDS>>> {
    #[inline(always)]
    fn forward(&mut self, event: Event<WORDS>) {
        match self.mode {
            Mode::Park => self.inner.send(event).expect("the receiver is there"),
            mode => poll(mode, || match self.inner.try_send(event) {
                Ok(()) => Some(()),
                Err(TrySendError::Full(_)) => None,
                Err(TrySendError::Disconnected(_)) => panic!("the receiver is there"),
            }),
        }
    }
}
