//! photon-ring's bounded channel: every slot has a stamp, and events are copied out.

use photon_ring::{Publisher, Subscribable, Subscriber, TryRecvError, channel_bounded};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// The channel whose subscribers gate the publisher, with the watermark of 0 that its
/// documentation uses. `publish_with` and `recv` spin, so they are for [`Mode::Spin`];
/// else they are tried. None of the wait strategies gives the core away, let alone parks.
///
/// There are calls for batches, but on this channel they are loops over the calls for
/// one event, with a slice in between, so they are left out.
#[derive(Debug)]
pub struct PhotonBounded;

impl Subject for PhotonBounded {
    const NAME: &'static str = "photon-ring bounded";
    const KIND: Kind = Kind::Broadcast;
    const MODES: &'static [Mode] = &[Mode::Spin, Mode::Yield];
    type Sender<const WORDS: usize> = End<Publisher<Event<WORDS>>>;
    type Receiver<const WORDS: usize> = End<Subscriber<Event<WORDS>>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (publisher, ring): (_, Subscribable<_>) = channel_bounded(capacity, 0);
        let join = move || End { inner: ring.subscribe(), mode };
        let receivers = (0..readers).map(|_| join()).collect();
        Link { sender: End { inner: publisher, mode }, receivers, join: Some(Box::new(join)) }
    }
}

impl<const WORDS: usize> Sender<WORDS> for End<Publisher<Event<WORDS>>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        match self.mode {
            Mode::Spin => self.inner.publish_with(|| event(number)),
            mode => poll(mode, || self.inner.try_publish(event(number)).ok()),
        }
    }
}

impl<const WORDS: usize> Receiver<WORDS> for End<Subscriber<Event<WORDS>>> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        match self.mode {
            Mode::Spin => self.inner.recv(),
            mode => poll(mode, || match self.inner.try_recv() {
                Ok(event) => Some(event),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Lagged { skipped }) => panic!("{skipped} events were lost"),
            }),
        }
    }
}
