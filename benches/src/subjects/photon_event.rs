//! photon-ring's event channel: slots are written and read where they lie.

use photon_ring::{EventPublisher, EventSubscriber, event_channel};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// The channel for events that are changed in place, all of whose subscribers gate the
/// publisher. `publish` spins, so it is for [`Mode::Spin`]; else it is tried. There
/// are no batches, and nothing waits for an event but by asking for it over and over.
#[derive(Debug)]
pub struct PhotonEvent;

impl Subject for PhotonEvent {
    const NAME: &'static str = "photon-ring event";
    const KIND: Kind = Kind::Broadcast;
    const MODES: &'static [Mode] = &[Mode::Spin, Mode::Yield];
    type Sender<const WORDS: usize> = End<EventPublisher<Event<WORDS>>>;
    type Receiver<const WORDS: usize> = End<EventSubscriber<Event<WORDS>>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (publisher, ring) = event_channel(capacity, || [0; WORDS]);
        let join = move || End { inner: ring.subscribe(), mode };
        let receivers = (0..readers).map(|_| join()).collect();
        Link { sender: End { inner: publisher, mode }, receivers, join: Some(Box::new(join)) }
    }
}

impl<const WORDS: usize> Sender<WORDS> for End<EventPublisher<Event<WORDS>>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        let publisher = &mut self.inner;
        match self.mode {
            Mode::Spin => publisher.publish(|slot| *slot = event(number)),
            mode => {
                poll(mode, || publisher.try_publish(|slot| *slot = event(number)).then_some(()));
            }
        }
    }
}

impl<const WORDS: usize> Receiver<WORDS> for End<EventSubscriber<Event<WORDS>>> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        poll(self.mode, || self.inner.process(|event| *event))
    }

    #[inline]
    fn drain(&mut self, count: u64, mut see: impl FnMut(&Event<WORDS>)) {
        for _ in 0..count {
            poll(self.mode, || self.inner.process(&mut see));
        }
    }
}
