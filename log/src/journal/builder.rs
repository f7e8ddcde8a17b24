//! How a journal is started.

use std::sync::Arc;
use std::time::Duration;

use broadring::managed::{Group, SpawnError, ThreadBuilder};
use broadring::{Ring, SubscribeError, Upstream};

use super::failure::OnFailure;
use super::handle::{Held, Journal};
use super::keeper::{Keeper, Status};
use crate::codec::Codec;
use crate::log::{Durability, Log};

/// How long a journal that goes on in memory is idle before it tries the disk again.
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// Describes a journal before it is started: from [`Journal::builder`].
#[derive(Debug)]
#[must_use = "a description does nothing until `start` is called"]
pub struct JournalBuilder<C> {
    log: Log,
    codec: C,
    name: String,
    on_failure: OnFailure,
}

impl<T> Journal<T> {
    /// Describes a journal that writes into this log, with this codec.
    pub fn builder<C: Codec<Event = T>>(log: Log, codec: C) -> JournalBuilder<C> {
        JournalBuilder { log, codec, name: "journal".to_owned(), on_failure: OnFailure::default() }
    }
}

impl<C: Codec> JournalBuilder<C> {
    /// Names the journal: its reader, and its thread. `journal` unless set.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Sets what happens when the file system refuses.
    pub fn on_failure(self, on_failure: OnFailure) -> Self {
        Self { on_failure, ..self }
    }

    /// Starts the journal on a thread of its own. When this returns, the journal has joined: it writes down every
    /// event that is published from now on. It takes two of the ring's places for readers: one that reads, and one that
    /// stands for what is committed.
    ///
    /// It begins with the log's [next sequence](Log::next_sequence), so the ring has to have that event, or be
    /// about to publish it: build the ring with it as its
    /// [first](broadring::RingBuilder::first_sequence).
    ///
    /// # Errors
    ///
    /// [`StartError`], with the log.
    pub fn start<T>(self, ring: &Ring<T>) -> Result<Journal<T>, StartError>
    where
        T: Send + Sync + 'static,
        C: Codec<Event = T> + Send + 'static,
    {
        self.start_in(ring, None)
    }

    /// As [`start`](Self::start), as a member of a group of managed threads, which starts it.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with<T>(self, ring: &Ring<T>, group: &Group) -> Result<Journal<T>, StartError>
    where
        T: Send + Sync + 'static,
        C: Codec<Event = T> + Send + 'static,
    {
        self.start_in(ring, Some(group))
    }

    fn start_in<T>(self, ring: &Ring<T>, group: Option<&Group>) -> Result<Journal<T>, StartError>
    where
        T: Send + Sync + 'static,
        C: Codec<Event = T> + Send + 'static,
    {
        let Self { log, codec, name, on_failure } = self;
        let next = log.next_sequence();
        // Two readers: one reads, and runs ahead; the other one is the gate, which follows when what was read is
        // on the disk. The gate joins first, so that nothing is lost in between.
        let joined = ring.reader().name(&*name).from(next).subscribe().and_then(|gate| {
            let reader = ring.reader().name(format!("{name} (reading)")).from(next).subscribe()?;
            Ok((gate, reader))
        });
        let (gate, reader) = match joined {
            Ok(joined) => joined,
            Err(reason) => return Err(StartError::Subscribe { reason, log: Box::new(log) }),
        };
        let upstream = Upstream::from(&gate);
        let status = Status::new(gate, log.shared());
        let held = Held {
            status: Arc::clone(&status),
            upstream,
            ring: ring.clone(),
            shared: log.shared(),
            counters: log.counters(),
            reader: log.reader(),
        };
        let sync = match log.durability() {
            Durability::Every { within, .. } | Durability::Interval(within) => Some(within / 2),
            Durability::EveryBatch | Durability::System => None,
        };
        let again = matches!(on_failure, OnFailure::Memory { .. }).then_some(TRY_AGAIN);
        let idle = sync.into_iter().chain(again).min();
        let keeper = Keeper {
            most_waiting: (ring.capacity() as u64 / 2).max(1),
            log,
            codec,
            on_failure,
            status,
            try_again: None,
            done: false,
        };
        let mut thread = ThreadBuilder::new(reader);
        if let Some(idle) = idle {
            thread = thread.idle_after(idle.max(Duration::from_millis(1)));
        }
        if let Some(group) = group {
            thread = thread.group(group);
        }
        let thread = thread.spawn_with(|| keeper).map_err(StartError::Spawn)?;
        Ok(Journal::new(thread, held))
    }
}

/// A journal that cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It cannot read the ring from where the log goes on.
    #[error("the journal cannot join the ring: {reason}")]
    Subscribe {
        /// The reason.
        reason: SubscribeError,
        /// The log, as it was.
        log: Box<Log>,
    },
    /// There is no thread for it. The log is closed.
    #[error(transparent)]
    Spawn(SpawnError),
}
