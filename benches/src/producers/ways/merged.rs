//! broadring-order: a ring for each producer, and readers that merge them.

use std::fmt;
use std::marker::PhantomData;

use broadring_order::clock::{Clock, Monotonic, Turns};
use broadring_order::{Merged, Writer, Writers};

use super::WAITING;
use crate::event::{Event, event};
use crate::producers::way::{Feed, Load, Way};
use crate::subject::{Mode, Sender};
use crate::subjects::wait;

/// A clock.
pub trait Clocked: Clock + Default {
    /// The name of the way that uses it.
    const NAME: &'static str;
}

impl Clocked for Monotonic {
    const NAME: &'static str = "broadring-order";
}

impl Clocked for Turns {
    const NAME: &'static str = "broadring-order, turns";
}

/// A writer for each producer, and merged readers.
#[derive(Debug)]
pub struct MergedRings<C>(PhantomData<C>);

impl<C: Clocked> Way for MergedRings<C> {
    const NAME: &'static str = C::NAME;
    const MODES: &'static [Mode] = WAITING;
    type Sender<const WORDS: usize> = MergedSender<C, WORDS>;
    type Receiver<const WORDS: usize> = Merged<Event<WORDS>, C>;

    fn open<const WORDS: usize>(
        load: &Load,
        mode: Mode,
        _place: Option<usize>,
    ) -> Feed<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let (writers, order) = Writers::builder(load.capacity)
            .clock(C::default())
            .writer_wait(wait(mode))
            .build(|| [0; WORDS]);
        let senders =
            (0..load.producers).map(|_| MergedSender { writer: writers.join() }).collect();
        let subscribe = |_| order.reader().wait(wait(mode)).subscribe().expect("there is room");
        Feed { senders, receivers: (0..load.readers).map(subscribe).collect(), thread: None }
    }
}

/// A producer's writer.
pub struct MergedSender<C: Clock, const WORDS: usize> {
    writer: Writer<Event<WORDS>, C>,
}

impl<C: Clock, const WORDS: usize> Sender<WORDS> for MergedSender<C, WORDS> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        self.writer.publish_with(|slot| *slot = event(number));
    }

    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: usize) {
        let mut claim = self.writer.claim(count).expect("a batch fits");
        for (slot, number) in (&mut claim).into_iter().zip(first..) {
            *slot = event(number);
        }
        claim.publish();
    }
}

impl<C: Clock, const WORDS: usize> fmt::Debug for MergedSender<C, WORDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MergedSender").field(&self.writer).finish()
    }
}
