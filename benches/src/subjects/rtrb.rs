//! rtrb: events are pushed and popped one by one.

use rtrb::{Consumer, Producer, RingBuffer};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// A queue for one reader, `push` and `pop` alone. It has no waiting of its own.
///
/// Chunks are a subject of their own, [`RtrbChunks`](super::RtrbChunks): with a writer
/// that sends in batches they are faster, and with one that does not they are slower,
/// because a reader that takes all there is catches up, and is in the writer's way.
#[derive(Debug)]
pub struct Rtrb;

impl Subject for Rtrb {
    const NAME: &'static str = "rtrb";
    const KIND: Kind = Kind::OneToOne;
    const MODES: &'static [Mode] = &[Mode::Spin, Mode::Yield];
    type Sender<const WORDS: usize> = End<Producer<Event<WORDS>>>;
    type Receiver<const WORDS: usize> = End<Consumer<Event<WORDS>>>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        assert_eq!(readers, 1, "this goes from one thread to one other");
        let (producer, consumer) = RingBuffer::new(capacity);
        let receivers = vec![End { inner: consumer, mode }];
        Link { sender: End { inner: producer, mode }, receivers, join: None }
    }
}

impl<const WORDS: usize> Sender<WORDS> for End<Producer<Event<WORDS>>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        poll(self.mode, || self.inner.push(event(number)).ok());
    }
}

impl<const WORDS: usize> Receiver<WORDS> for End<Consumer<Event<WORDS>>> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        poll(self.mode, || self.inner.pop().ok())
    }
}
