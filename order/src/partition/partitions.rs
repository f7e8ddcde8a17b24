//! The handle from which partitions are read.

#![forbid(unsafe_code)]

use core::fmt;

use broadring::{ReaderBuilder, Ring};

use crate::clock::{Clock, Monotonic};
use crate::error::SubscribeError;
use crate::group::{BuildError, Group};
use crate::reading::{Merged, MergedBuilder, Order};
use crate::source::{Source, SourceId};
use crate::stamped::Stamped;
use crate::sync::Arc;

/// What the readers of partitions are made from. Clone it, and send it to other threads.
///
/// | who reads | what | how |
/// |---|---|---|
/// | one reader | all partitions, merged into one order | [`subscribe`](Self::subscribe) |
/// | one reader | some partitions, merged into one order | [`merged`](Self::merged) |
/// | one reader | one partition | [`reader`](Self::reader) |
/// | one reader | several partitions, as the events come | several [`reader`](Self::reader)s and a [`WaitSet`](broadring::WaitSet), or a group of one member |
/// | several readers | all partitions, each event handled by one of them | [`group`](Self::group) |
///
/// # Examples
///
/// Two members share the partitions:
///
/// ```
/// use broadring_order::partition::Partitioned;
///
/// let (mut orders, partitions) = Partitioned::<u64, u64>::builder(8, 64).build(|| 0);
/// let group = partitions.group("billing")?;
/// let members = [group.join()?, group.join()?];
/// for account in 0..40 {
///     orders.publish(&account, 100 + account);
/// }
/// drop(orders);
///
/// let members = members.map(|mut member| {
///     std::thread::spawn(move || {
///         let mut handled = 0;
///         while let Ok(batch) = member.wait_batch() {
///             handled += batch.iter().count();
///             batch.commit().expect("nobody evicts members here");
///         }
///         handled
///     })
/// });
/// assert_eq!(members.map(|member| member.join().unwrap()).iter().sum::<usize>(), 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Partitions<T, C: Clock = Monotonic> {
    order: Order<T, C>,
    /// In the order of the partitions. Kept here, because the order forgets a writer that has left.
    sources: Arc<[Source<T>]>,
}

impl<T, C: Clock> Partitions<T, C> {
    pub(super) fn new(order: Order<T, C>) -> Self {
        let sources = order.sources().into();
        Self { order, sources }
    }

    /// Returns how many partitions there are.
    pub fn count(&self) -> usize {
        self.sources.len()
    }

    /// Adds a reader that merges all partitions into one order. The source of an event is the number of
    /// its partition.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if there are too many readers.
    pub fn subscribe(&self) -> Result<Merged<T, C>, SubscribeError> {
        self.order.subscribe()
    }

    /// Returns a builder of a reader that merges some of the partitions into one order.
    ///
    /// # Panics
    ///
    /// If one of them does not exist.
    #[track_caller]
    pub fn merged(&self, partitions: impl IntoIterator<Item = usize>) -> MergedBuilder<T, C> {
        let sources: Vec<SourceId> =
            partitions.into_iter().map(|partition| self.source(partition).id()).collect();
        self.order.reader().only(sources)
    }

    /// Returns a builder of a reader of one partition.
    ///
    /// # Panics
    ///
    /// If it does not exist.
    #[track_caller]
    pub fn reader(&self, partition: usize) -> ReaderBuilder<Stamped<T>> {
        self.source(partition).ring().reader()
    }

    /// Makes a group of readers that share the partitions: see [`Group`].
    /// [`Group::builder`] and [`rings`](Self::rings) make one with options.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if the ring of a partition has no room for two more readers.
    pub fn group(&self, name: impl Into<String>) -> Result<Group<Stamped<T>>, BuildError> {
        Group::new(name, self.rings())
    }

    /// Returns the rings of the partitions, in their order: to observe them, to count, and to ask who
    /// holds them back.
    pub fn rings(&self) -> Vec<Ring<Stamped<T>>> {
        self.sources.iter().map(|source| source.ring().clone()).collect()
    }

    #[track_caller]
    fn source(&self, partition: usize) -> &Source<T> {
        match self.sources.get(partition) {
            Some(source) => source,
            None => panic!("there is no partition {partition}: there are {}", self.count()),
        }
    }
}

impl<T, C: Clock> Clone for Partitions<T, C> {
    fn clone(&self) -> Self {
        Self { order: self.order.clone(), sources: Arc::clone(&self.sources) }
    }
}

impl<T, C: Clock> fmt::Debug for Partitions<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partitions").field("sources", &self.sources).finish_non_exhaustive()
    }
}
