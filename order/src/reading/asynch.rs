//! A merged reader in a task.

#![forbid(unsafe_code)]

use broadring::{End, TryReadError, Waitable};
use smallvec::SmallVec;

use super::batch::MergedBatch;
use super::event::Ordered;
use super::merged::Merged;
use crate::clock::Clock;

impl<T: Send + Sync, C: Clock> Merged<T, C> {
    /// Borrows the events that can be read, in the merged order. Waits in a task until there is at least
    /// one. A future that is dropped before has done nothing.
    ///
    /// # Errors
    ///
    /// As [`wait_batch`](Self::wait_batch).
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring_order::Writers;
    ///
    /// let (writers, order) = Writers::builder(64).build(|| 0);
    /// let mut reader = order.subscribe()?;
    /// let mut writer = writers.join();
    /// let writing = std::thread::spawn(move || writer.publish(7));
    /// futures::executor::block_on(async {
    ///     let mut batch = reader.batch_async().await?;
    ///     assert_eq!(batch.iter().next().map(|event| *event.event), Some(7));
    ///     Ok::<(), broadring::End>(())
    /// })?;
    /// # writing.join().unwrap();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn batch_async(&mut self) -> Result<MergedBatch<'_, T>, End> {
        self.find_async().await?;
        self.batch(usize::MAX)
    }

    /// Returns a clone of the next event, and commits it. Waits in a task until there is one. A future
    /// that is dropped before has done nothing.
    ///
    /// # Errors
    ///
    /// As [`wait_batch`](Self::wait_batch).
    ///
    /// # Panics
    ///
    /// If the event's `clone` does. The event is then not read, and comes again.
    pub async fn recv_async(&mut self) -> Result<Ordered<T>, End>
    where
        T: Clone,
    {
        if let Some(event) = self.take_in_run() {
            return Ok(event);
        }
        self.find_async().await?;
        self.take()
    }

    /// Finds the next event, and waits in a task until there is one.
    async fn find_async(&mut self) -> Result<(), End> {
        loop {
            match self.find() {
                Ok(()) => return Ok(()),
                Err(TryReadError::Ended(end)) => return Err(end),
                Err(TryReadError::Empty) => self.sleep_async().await,
            }
        }
    }

    /// Waits in a task for what [`sleep`](Self::sleep) waits for in a thread.
    async fn sleep_async(&mut self) {
        let Self { lanes, bell, waits, .. } = self;
        let awaited = lanes.iter().filter(|lane| lane.knowledge.head.is_none());
        let awaited = awaited.map(|lane| &lane.reader as &(dyn Waitable + Sync));
        let bell = bell.as_ref().map(|bell| bell as &(dyn Waitable + Sync));
        let awaited: SmallVec<[&(dyn Waitable + Sync); 8]> = awaited.chain(bell).collect();
        let rung = waits.ready_async(&awaited).await + 1 == awaited.len();
        drop(awaited);
        if rung {
            self.hear_bell();
        }
    }
}
