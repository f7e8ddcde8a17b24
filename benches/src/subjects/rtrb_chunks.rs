//! rtrb: batches are written and read as chunks.

use rtrb::{Consumer, Producer, RingBuffer};

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// The queue of [`Rtrb`](super::Rtrb), but a batch is written as one chunk, and the
/// reader takes all there is as one chunk, and looks at it where it lies.
#[derive(Debug)]
pub struct RtrbChunks;

/// The sending end.
#[derive(Debug)]
pub struct ChunkSender<const WORDS: usize>(End<Producer<Event<WORDS>>>);

/// The receiving end.
#[derive(Debug)]
pub struct ChunkReceiver<const WORDS: usize>(End<Consumer<Event<WORDS>>>);

impl Subject for RtrbChunks {
    const NAME: &'static str = "rtrb chunks";
    const KIND: Kind = Kind::OneToOne;
    const MODES: &'static [Mode] = &[Mode::Spin, Mode::Yield];
    type Sender<const WORDS: usize> = ChunkSender<WORDS>;
    type Receiver<const WORDS: usize> = ChunkReceiver<WORDS>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        assert_eq!(readers, 1, "this goes from one thread to one other");
        let (producer, consumer) = RingBuffer::new(capacity);
        let receivers = vec![ChunkReceiver(End { inner: consumer, mode })];
        Link { sender: ChunkSender(End { inner: producer, mode }), receivers, join: None }
    }
}

impl<const WORDS: usize> Sender<WORDS> for ChunkSender<WORDS> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        poll(self.0.mode, || self.0.inner.push(event(number)).ok());
    }

    #[inline]
    fn send_batch(&mut self, first: u64, count: usize) {
        poll(self.0.mode, || {
            let chunk = self.0.inner.write_chunk_uninit(count).ok()?;
            Some(chunk.fill_from_iter((first..first + count as u64).map(event)))
        });
    }
}

impl<const WORDS: usize> Receiver<WORDS> for ChunkReceiver<WORDS> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        poll(self.0.mode, || self.0.inner.pop().ok())
    }

    #[inline]
    fn drain(&mut self, count: u64, mut see: impl FnMut(&Event<WORDS>)) {
        let mut left = usize::try_from(count).expect("a count fits");
        while left > 0 {
            let ready = poll(self.0.mode, || Some(self.0.inner.slots()).filter(|ready| *ready > 0));
            let chunk = self.0.inner.read_chunk(ready.min(left)).expect("so many are ready");
            let (head, tail) = chunk.as_slices();
            head.iter().for_each(&mut see);
            tail.iter().for_each(&mut see);
            left -= chunk.len();
            chunk.commit_all();
        }
    }
}
