//! broadring-order: one sender with several writers, and merged readers.

use std::fmt;

use broadring_order::clock::Clock;
use broadring_order::{Merged, Writer, Writers};

use super::wait;
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// A sender that has so many writers and publishes with so many of them, by turns. The others are
/// silent.
#[derive(Debug)]
pub struct Order<const WRITERS: usize, const ACTIVE: usize>;

impl<const WRITERS: usize, const ACTIVE: usize> Subject for Order<WRITERS, ACTIVE> {
    const NAME: &'static str = match (WRITERS, ACTIVE) {
        (1, 1) => "broadring-order, 1 writer",
        (2, 2) => "broadring-order, 2 writers",
        (2, 1) => "broadring-order, 2, one silent",
        _ => "broadring-order",
    };
    const KIND: Kind = Kind::Broadcast;
    const MODES: &'static [Mode] = &Mode::ALL;
    type Sender<const WORDS: usize> = OrderSender<WORDS>;
    type Receiver<const WORDS: usize> = Merged<Event<WORDS>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let builder = Writers::builder(capacity).writer_wait(wait(mode));
        let (writers, order) = builder.build(|| [0; WORDS]);
        let join = move || order.reader().wait(wait(mode)).subscribe().expect("there is room");
        let receivers = (0..readers).map(|_| join()).collect();
        let sender = OrderSender {
            writers: (0..WRITERS).map(|_| writers.join()).collect(),
            active: ACTIVE,
            turn: 0,
        };
        Link { sender, receivers, join: Some(Box::new(join)) }
    }
}

/// The sending end.
pub struct OrderSender<const WORDS: usize> {
    writers: Vec<Writer<Event<WORDS>>>,
    active: usize,
    turn: usize,
}

impl<const WORDS: usize> OrderSender<WORDS> {
    /// Returns the writer whose turn it is.
    #[inline(always)]
    fn next(&mut self) -> &mut Writer<Event<WORDS>> {
        self.turn = if self.turn + 1 < self.active { self.turn + 1 } else { 0 };
        &mut self.writers[self.turn]
    }
}

impl<const WORDS: usize> Sender<WORDS> for OrderSender<WORDS> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        self.next().publish_with(|slot| *slot = event(number));
    }

    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: usize) {
        let mut claim = self.next().claim(count).expect("a batch fits the ring");
        for (slot, number) in (&mut claim).into_iter().zip(first..) {
            *slot = event(number);
        }
        claim.publish();
    }
}

impl<const WORDS: usize> fmt::Debug for OrderSender<WORDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderSender").field("writers", &self.writers).finish_non_exhaustive()
    }
}

impl<C: Clock, const WORDS: usize> Receiver<WORDS> for Merged<Event<WORDS>, C> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        self.recv().expect("the writers are there").event
    }

    #[inline(always)]
    fn drain(&mut self, count: u64, mut see: impl FnMut(&Event<WORDS>)) {
        let mut left = count;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let mut batch = self.wait_batch_up_to(most).expect("the writers are there");
            batch.iter().for_each(|event| {
                see(event.event);
                left -= 1;
            });
        }
    }
}
