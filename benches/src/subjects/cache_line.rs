//! One cache line: the fastest round trip that this machine can make.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use super::poll;
use crate::event::{Event, event};
use crate::subject::{Kind, Link, Mode, Receiver, Sender, Subject};

/// A word in a cache line of its own, which one thread stores and another one looks at
/// until it changes. Nothing can tell a thread something sooner: this is the physical
/// limit, and a ring is as good as it comes close to it.
///
/// Only for threads that take turns: an event that was not received yet is overwritten
/// by the next one. Just the number is sent, however many words the event has.
#[derive(Debug)]
pub struct CacheLine;

/// The number of the last event, plus one; 0 is none yet.
type Line = Arc<CachePadded<AtomicU64>>;

/// The sending end.
#[derive(Debug)]
pub struct CacheLineSender(Line);

/// The receiving end.
#[derive(Debug)]
pub struct CacheLineReceiver {
    line: Line,
    /// What was in the line when it was last looked at.
    seen: u64,
}

impl Subject for CacheLine {
    const NAME: &'static str = "cache line";
    const KIND: Kind = Kind::Limit;
    const MODES: &'static [Mode] = &[Mode::Spin];
    type Sender<const WORDS: usize> = CacheLineSender;
    type Receiver<const WORDS: usize> = CacheLineReceiver;

    fn open<const WORDS: usize>(
        _capacity: usize,
        readers: usize,
        _mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>> {
        let line = Line::default();
        let receiver = |_| CacheLineReceiver { line: Arc::clone(&line), seen: 0 };
        let receivers = (0..readers).map(receiver).collect();
        Link { sender: CacheLineSender(line), receivers, join: None }
    }
}

impl<const WORDS: usize> Sender<WORDS> for CacheLineSender {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        // ORDERING: Release, with the receiver's Acquire, as if there were more to it
        // than the word itself.
        self.0.store(number + 1, Ordering::Release);
    }
}

impl<const WORDS: usize> Receiver<WORDS> for CacheLineReceiver {
    #[inline(always)]
    fn receive(&mut self) -> Event<WORDS> {
        self.seen = poll(Mode::Spin, || {
            // ORDERING: Acquire, with the sender's Release.
            Some(self.line.load(Ordering::Acquire)).filter(|now| *now != self.seen)
        });
        event(self.seen - 1)
    }
}
