//! disruptor's own multi-producer: every producer claims slots for itself.

use disruptor::{
    BusySpin, EventPoller, MultiConsumerBarrier, MultiProducer, MultiProducerBarrier,
    build_multi_producer,
};

use crate::event::Event;
use crate::producers::way::{Feed, Load, Way};
use crate::subject::Mode;
use crate::subjects::End;

/// A clone of the producer for each producer, and a poller for each reader. As in the
/// subject for one producer, both are tried over and over, yielding in between: `publish`
/// spins without end while there is no room. The wait strategy that the builder wants is
/// for threads that the library runs itself, and there are none.
#[derive(Debug)]
pub struct MultiDisruptor;

impl Way for MultiDisruptor {
    const NAME: &'static str = "disruptor";
    const MODES: &'static [Mode] = &[Mode::Yield];
    type Sender<const WORDS: usize> = End<MultiProducer<Event<WORDS>, MultiConsumerBarrier>>;
    type Receiver<const WORDS: usize> = End<EventPoller<Event<WORDS>, MultiProducerBarrier>>;

    fn open<const WORDS: usize>(
        load: &Load,
        mode: Mode,
        _place: Option<usize>,
    ) -> Feed<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let builder = build_multi_producer(load.capacity, || [0; WORDS], BusySpin);
        let mut builder = builder.with_multi_consumer();
        let mut receivers = Vec::new();
        for _ in 0..load.readers {
            let (poller, next) = builder.new_event_poller();
            receivers.push(End { inner: poller, mode });
            builder = next;
        }
        let producer = builder.build();
        let sender = |_| End { inner: producer.clone(), mode };
        Feed { senders: (0..load.producers).map(sender).collect(), receivers, thread: None }
    }
}
