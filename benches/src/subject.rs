//! What every library under comparison is measured through.

use std::fmt;

use clap::ValueEnum;
use crossbeam_utils::Backoff;
use serde::Serialize;

use crate::event::Event;

/// How the threads of a subject wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Burns the core until the other side has moved.
    Spin,
    /// Spins for a moment, then gives the core to whoever else wants it.
    Yield,
    /// Sleeps until it is woken, perhaps after spinning for a moment.
    Park,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Spin, Self::Yield, Self::Park];

    /// Tries over and over, for subjects that have no waiting of their own.
    ///
    /// # Panics
    ///
    /// In [`Mode::Park`]: trying is not parking.
    #[inline(always)]
    pub fn poll<R>(self, mut attempt: impl FnMut() -> Option<R>) -> R {
        let backoff = Backoff::new();
        loop {
            if let Some(done) = attempt() {
                return done;
            }
            match self {
                Self::Spin => std::hint::spin_loop(),
                Self::Yield => backoff.snooze(),
                Self::Park => unreachable!("this subject cannot park"),
            }
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Spin => "spin",
            Self::Yield => "yield",
            Self::Park => "park",
        })
    }
}

/// What a subject is, and so whom it may be ranked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Every reader sees every event, from one buffer, and none is lost.
    Broadcast,
    /// One queue for each reader; the writer sends every event to each of them.
    QueuePerReader,
    /// One writer, one reader: what broadcasting costs is seen against it.
    OneToOne,
    /// Not a way to send a stream, but what the machine itself can do: the fastest
    /// round trip that there can be.
    Limit,
    /// Not a library either, but the plainest way to send a stream fast, in large pieces.
    Yardstick,
}

/// A library under comparison, at its best documented use.
pub trait Subject: 'static {
    /// The name of the crate and what is used of it.
    const NAME: &'static str;
    /// What it is.
    const KIND: Kind;
    /// The ways of waiting that it has, or that its user can give it.
    const MODES: &'static [Mode];
    /// The sending end.
    type Sender<const WORDS: usize>: Sender<WORDS>;
    /// The receiving end.
    type Receiver<const WORDS: usize>: Receiver<WORDS>;

    /// Builds one of `capacity` events with `readers` receiving ends, each of
    /// which gets all that is sent.
    fn open<const WORDS: usize>(
        capacity: usize,
        readers: usize,
        mode: Mode,
    ) -> Link<Self::Sender<WORDS>, Self::Receiver<WORDS>>;
}

/// A sending end and its receiving ends.
pub struct Link<S, R> {
    /// The sending end.
    pub sender: S,
    /// The receiving ends, in no particular order.
    pub receivers: Vec<R>,
    /// Makes one more receiving end while the sender is at work, if the subject can.
    pub join: Option<Join<R>>,
}

/// Makes a receiving end.
pub type Join<R> = Box<dyn FnMut() -> R + Send>;

impl<S, R> fmt::Debug for Link<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("receivers", &self.receivers.len())
            .field("can_join", &self.join.is_some())
            .finish_non_exhaustive()
    }
}

/// A sending end.
pub trait Sender<const WORDS: usize>: Send + 'static {
    /// Sends [`event(number)`](crate::event::event); waits while there is no room.
    fn send(&mut self, number: u64);

    /// Sends the events `first..first + count`, in one piece if the subject can.
    /// The count is never more than the capacity.
    fn send_batch(&mut self, first: u64, count: usize) {
        for number in first..first + count as u64 {
            self.send(number);
        }
    }
}

/// A sending end that also sends on what came from somewhere else.
pub trait Forward<const WORDS: usize>: Sender<WORDS> {
    /// Sends this event; waits while there is no room.
    fn forward(&mut self, event: Event<WORDS>);
}

/// A receiving end. Dropping it leaves, so that the sender no longer waits for it.
pub trait Receiver<const WORDS: usize>: Send + 'static {
    /// Receives exactly one event; waits until there is one.
    fn receive(&mut self) -> Event<WORDS>;

    /// Hands the next `count` events to `see`; waits until they have come.
    fn drain(&mut self, count: u64, mut see: impl FnMut(&Event<WORDS>)) {
        for _ in 0..count {
            see(&self.receive());
        }
    }
}

/// Something to be done with every subject, whatever its types.
pub trait Visitor {
    /// Does it with this one.
    fn visit<S: Subject>(&mut self);
}
