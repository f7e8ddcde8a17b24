//! Half a ring at a time: a yardstick for streaming.

use rtrb::{Consumer, Producer, RingBuffer};

use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// Two boxes of half the capacity each, which go back and forth between two threads
/// through a queue each way. A box is sent when it is full, so the number of events
/// has to be a multiple of half the capacity.
///
/// Lines move in long runs, which the processor prefetches, and nobody looks for news
/// while they are written. It is no limit: who asks for lines ahead of time is faster.
#[derive(Debug)]
pub struct Bulk;

type Half<const WORDS: usize> = Vec<Event<WORDS>>;

/// The sending end.
#[derive(Debug)]
pub struct BulkSender<const WORDS: usize> {
    current: Half<WORDS>,
    half: usize,
    full: Producer<Half<WORDS>>,
    empty: Consumer<Half<WORDS>>,
}

/// The receiving end.
#[derive(Debug)]
pub struct BulkReceiver<const WORDS: usize> {
    full: Consumer<Half<WORDS>>,
    empty: Producer<Half<WORDS>>,
}

impl Subject for Bulk {
    const NAME: &'static str = "bulk";
    const KIND: Kind = Kind::Yardstick;
    const MODES: &'static [Mode] = &[Mode::Spin];
    type Sender<const WORDS: usize> = BulkSender<WORDS>;
    type Receiver<const WORDS: usize> = BulkReceiver<WORDS>;

    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        _mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        assert_eq!(readers, 1, "this goes from one thread to one other");
        let half = (capacity / 2).max(1);
        let (full, arriving) = RingBuffer::new(2);
        let (mut empty, returning) = RingBuffer::new(2);
        empty.push(Vec::with_capacity(half)).expect("the queue is empty");
        let current = Vec::with_capacity(half);
        let sender = BulkSender { current, half, full, empty: returning };
        Link { sender, receivers: vec![BulkReceiver { full: arriving, empty }], join: None }
    }
}

impl<const WORDS: usize> BulkSender<WORDS> {
    fn pass_on(&mut self) {
        let empty = Mode::Spin.poll(|| self.empty.pop().ok());
        let full = std::mem::replace(&mut self.current, empty);
        self.full.push(full).expect("the queue has room for both boxes");
    }
}

impl<const WORDS: usize> Sender<WORDS> for BulkSender<WORDS> {
    #[inline]
    fn send(&mut self, number: u64) {
        self.send_batch(number, 1);
    }

    #[inline]
    fn send_batch(&mut self, first: u64, count: usize) {
        self.current.extend((first..first + count as u64).map(event));
        if self.current.len() >= self.half {
            self.pass_on();
        }
    }
}

impl<const WORDS: usize> Receiver<WORDS> for BulkReceiver<WORDS> {
    fn receive(&mut self) -> Event<WORDS> {
        unreachable!("events come only many at a time")
    }

    #[inline]
    fn drain(&mut self, count: u64, mut see: impl FnMut(&Event<WORDS>)) {
        let mut left = count;
        while left > 0 {
            let mut events = Mode::Spin.poll(|| self.full.pop().ok());
            left = left.checked_sub(events.len() as u64).expect("boxes are taken whole");
            events.iter().for_each(&mut see);
            events.clear();
            self.empty.push(events).expect("the queue has room for both boxes");
        }
    }
}
