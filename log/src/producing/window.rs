//! Remembers which messages there were.

use std::collections::{BTreeMap, HashMap};

use super::message::MessageId;

/// Remembers which messages there were lately, and so drops those that are sent again.
///
/// It knows the last `numbers` numbers of each producer, counted back from the largest one that it has seen, and the
/// last `producers` producers. A message within that is found to be new or repeated, in whatever order messages come.
/// What is outside of it:
///
/// - A number that is older is an error, [`TooOld`]: nobody knows any more whether it is a repetition. A producer that
///   waits for its messages to be acknowledged, and has fewer than `numbers` on the way, never gets it for a message
///   that is new.
/// - If there are more producers, the one that has had no message for longest is forgotten. Its messages are then all
///   taken for new. So have room for more producers than can have messages on the way.
///
/// It takes `numbers / 8` bytes for each producer that it knows, and about 150 more.
///
/// It is in memory only. After a crash it is [made again](Self::rebuild) of the log, which has the messages that have
/// arrived.
///
/// # Examples
///
/// ```
/// use broadring_log::{MessageId, Seen, Window};
///
/// let mut window = Window::new(64, 10);
/// let id = MessageId { producer: 7, number: 0 };
/// assert_eq!(window.insert(id)?, Seen::New);
/// assert_eq!(window.insert(id)?, Seen::Repeated);
///
/// window.insert(MessageId { producer: 7, number: 64 })?;
/// assert!(window.insert(id).is_err()); // 1 is the oldest that it knows of
/// # Ok::<(), broadring_log::TooOld>(())
/// ```
#[derive(Clone, Debug)]
pub struct Window {
    numbers: u64,
    most_producers: usize,
    producers: HashMap<u64, Producer>,
    /// The producers by when they have had a message, counted in messages.
    by_use: BTreeMap<u64, u64>,
    uses: u64,
}

/// What is known of a producer.
#[derive(Clone, Debug)]
struct Producer {
    /// The largest number.
    newest: u64,
    /// Which numbers there were. That of a number is the bit at its remainder; the bits of numbers that are too old
    /// are those of newer ones.
    bits: Box<[u64]>,
    last_use: u64,
}

/// Whether a message was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Seen {
    /// It was not.
    New,
    /// It was. Drop it, and acknowledge it when the log has committed everything that was pushed so far: the first one
    /// may not be on the disk yet.
    Repeated,
}

/// A message so old that nobody knows whether it was there before.
///
/// For a producer whose messages arrive in the order of their numbers, it was: they may then be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{id} is too old to tell whether it is a repetition: {oldest} is the oldest number that is known"
)]
#[non_exhaustive]
pub struct TooOld {
    /// The message.
    pub id: MessageId,
    /// The oldest number of its producer that is known.
    pub oldest: u64,
}

/// A message that was neither published nor dropped as a repetition: from [`Window::once`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OnceError<E> {
    /// Nobody knows whether it is a repetition.
    #[error(transparent)]
    TooOld(#[from] TooOld),
    /// The closure says why.
    #[error(transparent)]
    Refused(E),
}

impl Window {
    /// Makes one that knows this many numbers of each producer, rounded up to a multiple of 64, and this many
    /// producers.
    ///
    /// # Panics
    ///
    /// If one of both is 0, or if the numbers of one producer do not fit into memory.
    #[track_caller]
    pub fn new(numbers: u64, producers: usize) -> Self {
        assert!(numbers > 0, "a window has at least one number");
        assert!(producers > 0, "a window has at least one producer");
        let rounded = numbers.checked_next_multiple_of(64);
        Self {
            numbers: rounded.expect("the numbers of a producer fit into memory"),
            most_producers: producers,
            producers: HashMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
        }
    }

    /// How many numbers of each producer it knows.
    pub fn numbers(&self) -> u64 {
        self.numbers
    }

    /// How many producers it knows now.
    pub fn producers(&self) -> usize {
        self.producers.len()
    }

    /// The largest number of a producer, if the producer is known. After a crash, a producer can ask for it where to
    /// go on.
    pub fn newest(&self, producer: u64) -> Option<u64> {
        self.producers.get(&producer).map(|producer| producer.newest)
    }

    /// Tells whether a message was there before. Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`TooOld`].
    pub fn check(&self, id: MessageId) -> Result<Seen, TooOld> {
        let Some(producer) = self.producers.get(&id.producer) else {
            return Ok(Seen::New);
        };
        if id.number > producer.newest {
            return Ok(Seen::New);
        }
        if producer.newest - id.number >= self.numbers {
            return Err(TooOld { id, oldest: producer.newest - self.numbers + 1 });
        }
        let (word, bit) = self.place(id.number);
        Ok(if producer.bits[word] & bit == 0 { Seen::New } else { Seen::Repeated })
    }

    /// Tells whether a message was there before, and remembers it.
    ///
    /// Insert a message when it is [in the log](crate::Log::push), or is sure to be. If it is not written then, and is
    /// sent again, it is lost; [`once`](Self::once) gets the order right.
    ///
    /// # Errors
    ///
    /// [`TooOld`]. Nothing is changed.
    pub fn insert(&mut self, id: MessageId) -> Result<Seen, TooOld> {
        let seen = self.check(id)?;
        self.touch(id);
        if seen == Seen::New {
            self.mark(id);
        }
        Ok(seen)
    }

    /// Calls a closure unless the message was there before, and remembers the message if the closure succeeds. Returns
    /// what the closure returns, or `None` for a repetition.
    ///
    /// # Errors
    ///
    /// [`OnceError`]: too old, or what the closure says. Then the message is not remembered, and may be sent again.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring_log::codec::Postcard;
    /// use broadring_log::{Log, MessageId, Window};
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let directory = directory.path();
    /// let codec = Postcard::<(MessageId, String)>::new(0);
    /// let mut log = Log::open(directory)?;
    /// let mut window = Window::rebuild(&log.reader(), &codec, 100_000, 1024, 100, |(id, _)| Some(*id))?;
    ///
    /// let id = MessageId { producer: 7, number: 0 };
    /// for _ in 0..3 {
    ///     window.once(id, || log.push(&codec, &(id, "hello".to_owned())))?;
    /// }
    /// log.end_batch()?; // now it may be acknowledged
    /// assert_eq!(log.next_sequence(), 1.into());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn once<R, E>(
        &mut self,
        id: MessageId,
        publish: impl FnOnce() -> Result<R, E>,
    ) -> Result<Option<R>, OnceError<E>> {
        if self.check(id)? == Seen::Repeated {
            self.touch(id);
            return Ok(None);
        }
        let published = publish().map_err(OnceError::Refused)?;
        self.touch(id);
        self.mark(id);
        Ok(Some(published))
    }

    /// Where the bit of a number is.
    fn place(&self, number: u64) -> (usize, u64) {
        let place = number % self.numbers;
        ((place / 64) as usize, 1 << (place % 64))
    }

    /// Notes that the producer has a message now. Makes room for it if it is not known.
    fn touch(&mut self, id: MessageId) {
        self.uses += 1;
        if let Some(producer) = self.producers.get_mut(&id.producer) {
            self.by_use.remove(&producer.last_use);
            producer.last_use = self.uses;
        } else {
            if self.producers.len() >= self.most_producers
                && let Some((_, longest)) = self.by_use.pop_first()
            {
                self.producers.remove(&longest);
            }
            let bits = vec![0; (self.numbers / 64) as usize].into_boxed_slice();
            let producer = Producer { newest: id.number, bits, last_use: self.uses };
            self.producers.insert(id.producer, producer);
        }
        self.by_use.insert(self.uses, id.producer);
    }

    /// Notes that a message was there which is not too old, of a producer that is known.
    fn mark(&mut self, id: MessageId) {
        let (numbers, (word, bit)) = (self.numbers, self.place(id.number));
        let producer = self.producers.get_mut(&id.producer).expect("the producer was touched");
        if id.number > producer.newest {
            // The bits in between are of numbers that are too old from now on.
            if id.number - producer.newest >= numbers {
                producer.bits.fill(0);
            } else {
                for number in producer.newest + 1..=id.number {
                    let place = number % numbers;
                    producer.bits[(place / 64) as usize] &= !(1 << (place % 64));
                }
            }
            producer.newest = id.number;
        }
        producer.bits[word] |= bit;
    }
}
