//! One slot: what it costs to hand a single event over, without any queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use super::{End, poll};
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// A slot that the sender fills when it is empty and the reader empties when it is
/// full, whatever the capacity: the plainest thing that can be used instead of a ring.
#[derive(Debug)]
pub struct HandOff;

type Shared<const WORDS: usize> = Arc<CachePadded<Slot<WORDS>>>;

/// The slot: with few words, one cache line that goes back and forth.
#[derive(Debug)]
struct Slot<const WORDS: usize> {
    /// [`EMPTY`] or [`FULL`].
    state: AtomicU64,
    /// Written by the sender alone while the slot is empty.
    words: [AtomicU64; WORDS],
}

/// The slot is the sender's.
const EMPTY: u64 = 0;
/// The slot is the reader's.
const FULL: u64 = 1;

/// The sending end.
#[derive(Debug)]
pub struct HandOffSender<const WORDS: usize>(End<Shared<WORDS>>);

/// The receiving end.
#[derive(Debug)]
pub struct HandOffReceiver<const WORDS: usize>(End<Shared<WORDS>>);

impl Subject for HandOff {
    const NAME: &'static str = "hand-off";
    const KIND: Kind = Kind::OneToOne;
    const MODES: &'static [Mode] = &[Mode::Spin, Mode::Yield];
    type Sender<const WORDS: usize> = HandOffSender<WORDS>;
    type Receiver<const WORDS: usize> = HandOffReceiver<WORDS>;

    fn open<const WORDS: usize>(
        _capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        assert_eq!(readers, 1, "this goes from one thread to one other");
        let words = std::array::from_fn(|_| AtomicU64::new(0));
        let slot = Arc::new(CachePadded::new(Slot { state: AtomicU64::new(EMPTY), words }));
        let sender = HandOffSender(End { inner: Arc::clone(&slot), mode });
        Link { sender, receivers: vec![HandOffReceiver(End { inner: slot, mode })], join: None }
    }
}

impl<const WORDS: usize> Slot<WORDS> {
    #[inline]
    fn wait_until(&self, state: u64, mode: Mode) {
        // ORDERING: Acquire, with the Release store of the other side: the sender's in
        // `send`, so that the words are the new ones, or the reader's in `receive`, so
        // that it has read the old ones.
        poll(mode, || (self.state.load(Ordering::Acquire) == state).then_some(()));
    }
}

impl<const WORDS: usize> Sender<WORDS> for HandOffSender<WORDS> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        let End { inner: slot, mode } = &self.0;
        slot.wait_until(EMPTY, *mode);
        for (to, word) in slot.words.iter().zip(event::<WORDS>(number)) {
            // ORDERING: Relaxed: the state orders it.
            to.store(word, Ordering::Relaxed);
        }
        // ORDERING: Release, with the reader's Acquire in `wait_until`.
        slot.state.store(FULL, Ordering::Release);
    }
}

impl<const WORDS: usize> Receiver<WORDS> for HandOffReceiver<WORDS> {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        let End { inner: slot, mode } = &self.0;
        slot.wait_until(FULL, *mode);
        // ORDERING: Relaxed: the state orders it.
        let event = std::array::from_fn(|word| slot.words[word].load(Ordering::Relaxed));
        // ORDERING: Release, with the sender's Acquire in `wait_until`.
        slot.state.store(EMPTY, Ordering::Release);
        event
    }
}
