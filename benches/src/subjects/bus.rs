//! bus: events are cloned out of the ring, and moved by the last reader.

use std::sync::mpsc::TryRecvError;

use bus::{Bus, BusReader};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// In [`Mode::Park`] its own blocking calls, else its trying ones. Readers are added
/// through the sending end, so none joins while that is at work.
#[derive(Debug)]
pub struct BusSubject;

impl Subject for BusSubject {
    const NAME: &'static str = "bus";
    const KIND: Kind = Kind::Broadcast;
    const MODES: &'static [Mode] = &Mode::ALL;
    type Sender<const WORDS: usize> = End<Bus<Event<WORDS>>>;
    type Receiver<const WORDS: usize> = End<BusReader<Event<WORDS>>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let mut bus = Bus::new(capacity);
        let receivers = (0..readers).map(|_| End { inner: bus.add_rx(), mode }).collect();
        Link { sender: End { inner: bus, mode }, receivers, join: None }
    }
}

impl<const WORDS: usize> Sender<WORDS> for End<Bus<Event<WORDS>>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        match self.mode {
            Mode::Park => self.inner.broadcast(event(number)),
            mode => poll(mode, || self.inner.try_broadcast(event(number)).ok()),
        }
    }
}

impl<const WORDS: usize> Receiver<WORDS> for End<BusReader<Event<WORDS>>> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        match self.mode {
            Mode::Park => self.inner.recv().expect("the bus is there"),
            mode => poll(mode, || match self.inner.try_recv() {
                Ok(event) => Some(event),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => panic!("the bus is there"),
            }),
        }
    }
}
