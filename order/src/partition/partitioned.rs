//! The writing handle of several partitions.

#![forbid(unsafe_code)]

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use broadring::{PublishTimeoutError, TryPublishError, Wait};

use super::partitions::Partitions;
use super::route::{Key, partition_of};
use crate::clock::{Clock, Monotonic};
use crate::reading::Order;
use crate::stamp::Stamp;
use crate::writing::{OrderBuilder, Writer, Writers};

/// Publishes each event into one of several rings, the *partitions*: that of its key. Events of a key are
/// in order, because they are in one ring; events of different partitions can be handled by different
/// threads.
///
/// Which partition a key belongs to is a function of its bytes and of the number of partitions alone: see
/// [`Key`] and [`partition_of`].
///
/// Each partition has a writer with a ring of its own. So a partition that nobody reads from, and that is
/// full, stops those that publish into it, and nobody else. The handle publishes into all of them;
/// [`into_writers`](Self::into_writers) takes it apart, for threads that have partitions of their own.
///
/// Dropping it ends the partitions.
///
/// # Examples
///
/// ```
/// use broadring_order::partition::Partitioned;
///
/// let (mut orders, partitions) = Partitioned::<str, u32>::builder(4, 64).build(|| 0);
/// let mut merged = partitions.subscribe()?;
/// let mut apples = partitions.reader(orders.partition("apples")).subscribe()?;
///
/// orders.publish("apples", 7);
/// orders.publish("pears", 8);
/// orders.publish("apples", 9);
///
/// assert_eq!(apples.recv()?.event(), &7);
/// assert_eq!(merged.recv()?.event, 7);
/// assert_eq!(merged.recv()?.event, 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Partitioned<K: Key + ?Sized, T, C: Clock = Monotonic> {
    /// One for each partition, in the order of the partitions.
    writers: Vec<Writer<T, C>>,
    key: PhantomData<fn(&K)>,
}

impl<K: Key + ?Sized, T> Partitioned<K, T> {
    /// Returns a builder of so many partitions, each with a ring of this many slots, a power of two.
    ///
    /// # Panics
    ///
    /// If there are no partitions, or if the capacity is not a power of two.
    #[track_caller]
    pub fn builder(partitions: usize, capacity: usize) -> PartitionedBuilder<K, T> {
        assert!(partitions > 0, "there must be at least one partition");
        let order = Writers::builder(capacity);
        PartitionedBuilder { partitions, order, name: None, key: PhantomData }
    }
}

impl<K: Key + ?Sized, T, C: Clock> Partitioned<K, T, C> {
    /// Returns the partition of this key.
    pub fn partition(&self, key: &K) -> usize {
        partition_of(key, self.writers.len())
    }

    /// Returns how many partitions there are.
    pub fn partitions(&self) -> usize {
        self.writers.len()
    }

    /// Publishes an event into the partition of its key, and returns its stamp. Waits while that is full:
    /// see [`Writer::publish`].
    ///
    /// # Panics
    ///
    /// As [`Writer::publish`].
    #[track_caller]
    pub fn publish(&mut self, key: &K, event: T) -> Stamp {
        self.writer_of(key).publish(event)
    }

    /// Publishes an event that is written in place into the partition of its key, and returns its stamp.
    /// Waits while that is full: see [`Writer::publish_with`].
    ///
    /// # Panics
    ///
    /// As [`Writer::publish_with`].
    #[track_caller]
    pub fn publish_with(&mut self, key: &K, write: impl FnOnce(&mut T)) -> Stamp {
        self.writer_of(key).publish_with(write)
    }

    /// Publishes an event into the partition of its key unless that is full, and returns its stamp. Never
    /// waits.
    ///
    /// # Errors
    ///
    /// [`TryPublishError`] with the event if the partition is full.
    ///
    /// # Panics
    ///
    /// As [`Writer::publish`].
    #[track_caller]
    pub fn try_publish(&mut self, key: &K, event: T) -> Result<Stamp, TryPublishError<T>> {
        self.writer_of(key).try_publish(event)
    }

    /// Publishes an event into the partition of its key, and returns its stamp. Waits at most for
    /// `timeout` while that is full.
    ///
    /// # Errors
    ///
    /// [`PublishTimeoutError`] with the event if the partition was full until then.
    ///
    /// # Panics
    ///
    /// As [`Writer::publish`].
    #[track_caller]
    pub fn publish_timeout(
        &mut self,
        key: &K,
        event: T,
        timeout: Duration,
    ) -> Result<Stamp, PublishTimeoutError<T>> {
        self.writer_of(key).publish_timeout(event, timeout)
    }

    /// Returns the writer of this partition, for everything else that a writer can do.
    ///
    /// # Panics
    ///
    /// If there is no such partition.
    #[track_caller]
    pub fn writer(&mut self, partition: usize) -> &mut Writer<T, C> {
        let count = self.writers.len();
        match self.writers.get_mut(partition) {
            Some(writer) => writer,
            None => panic!("there is no partition {partition}: there are {count}"),
        }
    }

    /// Returns the writer of the partition of this key.
    pub fn writer_of(&mut self, key: &K) -> &mut Writer<T, C> {
        let partition = self.partition(key);
        &mut self.writers[partition]
    }

    /// Takes the handle apart: returns the writers, in the order of the partitions. Whoever publishes must
    /// then find the partition of a key with [`partition_of`].
    pub fn into_writers(self) -> Vec<Writer<T, C>> {
        self.writers
    }
}

impl<K: Key + ?Sized, T, C: Clock> fmt::Debug for Partitioned<K, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partitioned").field("writers", &self.writers).finish()
    }
}

/// Builds partitions; from [`Partitioned::builder`].
#[must_use = "a builder does nothing by itself"]
pub struct PartitionedBuilder<K: ?Sized, T, C = Monotonic> {
    partitions: usize,
    order: OrderBuilder<T, C>,
    name: Option<String>,
    key: PhantomData<fn(&K)>,
}

impl<K: Key + ?Sized, T, C: Clock> PartitionedBuilder<K, T, C> {
    /// Names the partitions: their rings are called `name/0`, `name/1` and so on.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Sets the clock that stamps the publications: [`Monotonic`] unless set.
    pub fn clock<D: Clock>(self, clock: D) -> PartitionedBuilder<K, T, D> {
        let Self { partitions, order, name, key } = self;
        PartitionedBuilder { partitions, order: order.clock(clock), name, key }
    }

    /// Sets how many merged readers there can be at the same time: 32 unless set. The ring of each
    /// partition has room for so many, and for as many again: direct readers, and two for each
    /// [`Group`](crate::group::Group).
    pub fn max_readers(self, max_readers: usize) -> Self {
        Self { order: self.order.max_readers(max_readers), ..self }
    }

    /// Sets how the writers wait while their rings are full: [`Wait::PARK`] unless set.
    pub fn writer_wait(self, wait: Wait) -> Self {
        Self { order: self.order.writer_wait(wait), ..self }
    }

    /// Builds the partitions. The factory fills the slots of all rings.
    pub fn build(
        self,
        factory: impl Fn() -> T + Send + Sync + 'static,
    ) -> (Partitioned<K, T, C>, Partitions<T, C>)
    where
        T: Send + Sync,
    {
        let Self { partitions, order, name, key } = self;
        let (writers, order): (_, Order<T, C>) = order.build(factory);
        let join = |partition| match &name {
            Some(name) => writers.writer().name(format!("{name}/{partition}")).join(),
            None => writers.join(),
        };
        let handles = (0..partitions).map(join).collect();
        (Partitioned { writers: handles, key }, Partitions::new(order))
    }
}

impl<K: ?Sized, T, C> fmt::Debug for PartitionedBuilder<K, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartitionedBuilder")
            .field("partitions", &self.partitions)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
