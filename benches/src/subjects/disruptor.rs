//! disruptor: slots are written in a closure and read through a poller's guard.

use disruptor::{
    BusySpin, EventPoller, MultiConsumerBarrier, MultiProducer, MultiProducerBarrier, Polling,
    Producer, SingleConsumerBarrier, SingleProducer, SingleProducerBarrier, build_single_producer,
};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// The single producer, and a poller for each reader. `publish` and `batch_publish`
/// spin while there is no room, so they are for [`Mode::Spin`]; else they are tried.
/// Wait strategies, the sleeping one too, are only for threads that the library runs
/// itself, so nothing parks.
///
/// The producer is the one for any number of pollers, which is not slower with one than
/// the library's special case for that. Pollers are made before it, and one that is
/// dropped still holds it back.
#[derive(Debug)]
pub struct Disruptor;

type Poller<const WORDS: usize> = EventPoller<Event<WORDS>, SingleProducerBarrier>;

impl Subject for Disruptor {
    const NAME: &'static str = "disruptor";
    const KIND: Kind = Kind::Broadcast;
    const MODES: &'static [Mode] = &[Mode::Spin, Mode::Yield];
    type Sender<const WORDS: usize> = End<SingleProducer<Event<WORDS>, MultiConsumerBarrier>>;
    type Receiver<const WORDS: usize> = End<Poller<WORDS>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let builder = build_single_producer(capacity, || [0; WORDS], BusySpin);
        let mut builder = builder.with_multi_consumer();
        let mut receivers = Vec::new();
        for _ in 0..readers {
            let (poller, next) = builder.new_event_poller();
            receivers.push(End { inner: poller, mode });
            builder = next;
        }
        Link { sender: End { inner: builder.build(), mode }, receivers, join: None }
    }
}

/// Defines what a producer of either kind does that waits at this barrier: what barriers
/// have in common is a trait that the library keeps for itself.
macro_rules! sender {
    ($producer:ident, $barrier:ident) => {
        impl<const WORDS: usize> Sender<WORDS> for End<$producer<Event<WORDS>, $barrier>> {
            #[inline(always)]
            fn send(&mut self, number: u64) {
                let producer = &mut self.inner;
                match self.mode {
                    Mode::Spin => producer.publish(|slot| *slot = event(number)),
                    mode => {
                        poll(mode, || producer.try_publish(|slot| *slot = event(number)).ok());
                    }
                }
            }

            #[inline]
            fn send_batch(&mut self, first: u64, count: usize) {
                let producer = &mut self.inner;
                match self.mode {
                    Mode::Spin => producer.batch_publish(count, |slots| fill(slots, first)),
                    mode => {
                        poll(mode, || {
                            producer.try_batch_publish(count, |slots| fill(slots, first)).ok()
                        });
                    }
                }
            }
        }
    };
}

/// Defines what a poller at this barrier does.
macro_rules! receiver {
    ($barrier:ident) => {
        impl<const WORDS: usize> End<EventPoller<Event<WORDS>, $barrier>> {
            /// Hands at least one event to `see` and at most so many, and returns how many.
            #[inline]
            fn take(&mut self, most: u64, see: &mut impl FnMut(&Event<WORDS>)) -> u64 {
                let poller = &mut self.inner;
                poll(self.mode, || match poller.take(most) {
                    Ok(mut events) => {
                        let events = &mut events;
                        let count = events.len() as u64;
                        events.for_each(&mut *see);
                        Some(count)
                    }
                    Err(Polling::NoEvents) => None,
                    Err(Polling::Shutdown) => panic!("the producer is there"),
                })
            }
        }

        impl<const WORDS: usize> Receiver<WORDS> for End<EventPoller<Event<WORDS>, $barrier>> {
            #[inline(always)]
            fn receive(&mut self) -> Event<WORDS> {
                let poller = &mut self.inner;
                poll(self.mode, || match poller.take(1) {
                    // The guard gives all that it was made for free, so it is made for one.
                    Ok(mut events) => (&mut events).next().copied(),
                    Err(Polling::NoEvents) => None,
                    Err(Polling::Shutdown) => panic!("the producer is there"),
                })
            }

            #[inline]
            fn drain(&mut self, count: u64, mut see: impl FnMut(&Event<WORDS>)) {
                let mut left = count;
                while left > 0 {
                    left -= self.take(left, &mut see);
                }
            }
        }
    };
}

sender!(SingleProducer, SingleConsumerBarrier);
sender!(SingleProducer, MultiConsumerBarrier);
sender!(MultiProducer, MultiConsumerBarrier);
// Those that come after the producer, and those that come after other pollers.
receiver!(SingleProducerBarrier);
receiver!(MultiProducerBarrier);
receiver!(SingleConsumerBarrier);
receiver!(MultiConsumerBarrier);

#[inline]
fn fill<'a, const WORDS: usize>(slots: impl Iterator<Item = &'a mut Event<WORDS>>, first: u64) {
    for (slot, number) in slots.zip(first..) {
        *slot = event(number);
    }
}
