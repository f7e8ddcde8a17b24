//! What every way to feed one ring from several threads is measured through.

use std::fmt;
use std::thread::JoinHandle;

use crate::subject::{Mode, Receiver, Sender};

/// How much a ring has to do, and with how many threads.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Slots of the ring, and of whatever is in front of it.
    pub capacity: usize,
    /// Threads that send.
    pub producers: usize,
    /// Threads that receive; each gets every event of every producer.
    pub readers: usize,
    /// How many events a producer sends at once.
    pub batch: usize,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { producers, readers, batch, .. } = self;
        let many = |count: usize| if count == 1 { "" } else { "s" };
        write!(f, "{producers} producer{}, {readers} reader{}", many(*producers), many(*readers))?;
        match batch {
            1 => f.write_str(", one event at a time"),
            batch => write!(f, ", batches of {batch}"),
        }
    }
}

/// A way to feed one ring from several threads, at its best documented use.
pub trait Way: 'static {
    /// The name of the crate and what is done with it.
    const NAME: &'static str;
    /// How its threads wait. There are more of them than cores, so none may only spin.
    const MODES: &'static [Mode];
    /// How many threads it runs besides those of the producers and the readers.
    const THREADS: usize = 0;
    /// Whether all readers get all events in the same order.
    const AGREES: bool = true;
    /// A producer's end.
    type Sender<const WORDS: usize>: Sender<WORDS>;
    /// A reader's end.
    type Receiver<const WORDS: usize>: Receiver<WORDS>;

    /// Whether it makes sense with so many threads and such batches.
    fn suits(_load: &Load) -> bool {
        true
    }

    /// Builds the ring and all that feeds it. Its own thread, if it has one, runs on
    /// the core that is given.
    fn open<const WORDS: usize>(
        load: &Load,
        mode: Mode,
        place: Option<usize>,
    ) -> Feed<Self::Sender<WORDS>, Self::Receiver<WORDS>>;
}

/// The ends of a ring that has several producers.
pub struct Feed<S, R> {
    /// One end for each producer.
    pub senders: Vec<S>,
    /// One end for each reader.
    pub receivers: Vec<R>,
    /// The way's own thread, which ends when all senders are dropped.
    pub thread: Option<JoinHandle<()>>,
}

impl<S, R> fmt::Debug for Feed<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("senders", &self.senders.len())
            .field("receivers", &self.receivers.len())
            .finish_non_exhaustive()
    }
}

/// Something to be done with every way, whatever its types.
pub trait Visitor {
    /// Does it with this one.
    fn visit<W: Way>(&mut self);
}
