//! broadring: batches are written through a claim and read where they lie.

use broadring::{Reader, Ring, RingBuilder, Wait, Writer};

use crate::event::{Event, event};
use crate::subject::{Forward, Kind, Link, Mode, Receiver, Sender, Subject};

/// The library that this suite is for.
#[derive(Debug)]
pub struct Broadring;

impl Subject for Broadring {
    const NAME: &'static str = "broadring";
    const KIND: Kind = Kind::Broadcast;
    const MODES: &'static [Mode] = &Mode::ALL;
    type Sender<const WORDS: usize> = Writer<Event<WORDS>>;
    type Receiver<const WORDS: usize> = Reader<Event<WORDS>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (sender, ring) = builder(capacity, mode).build(|| [0; WORDS]);
        let join = move || ring.subscribe().expect("a gate is free");
        let receivers = (0..readers).map(|_| join()).collect();
        Link { sender, receivers, join: Some(Box::new(join)) }
    }
}

/// Describes a ring in which everybody waits like this.
pub(crate) fn builder<T>(capacity: usize, mode: Mode) -> RingBuilder<T> {
    let wait = wait(mode);
    Ring::builder(capacity).reader_wait(wait).writer_wait(wait)
}

/// Returns the wait strategy of this mode.
pub(crate) fn wait(mode: Mode) -> Wait {
    match mode {
        Mode::Spin => Wait::SPIN,
        Mode::Yield => Wait::YIELD,
        Mode::Park => Wait::PARK,
    }
}

impl<const WORDS: usize> Sender<WORDS> for Writer<Event<WORDS>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        self.publish_with(|slot| *slot = event(number));
    }

    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: usize) {
        let mut claim = self.claim(count).expect("a batch fits the ring");
        for (slot, number) in (&mut claim).into_iter().zip(first..) {
            *slot = event(number);
        }
        claim.publish();
    }
}

impl<const WORDS: usize> Forward<WORDS> for Writer<Event<WORDS>> {
    #[inline(always)]
    fn forward(&mut self, event: Event<WORDS>) {
        self.publish_with(|slot| *slot = event);
    }
}

impl<const WORDS: usize> Receiver<WORDS> for Reader<Event<WORDS>> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        self.recv().expect("the writer is there")
    }

    #[inline(always)]
    fn drain(&mut self, count: u64, mut see: impl FnMut(&Event<WORDS>)) {
        let mut left = count;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let batch = self.wait_batch_up_to(most).expect("the writer is there");
            left -= batch.len() as u64;
            for event in batch.events() {
                see(event);
            }
        }
    }
}
