//! What a consumer asks of a store whose transactions hold effects and position.

use super::place::Position;

/// A store whose transactions hold the effects of events and the position of their consumer. Either both are in it
/// or neither is, also after a crash.
///
/// With the features `sqlite` and `redb` this is a `rusqlite::Connection`, or a `redb::Database`. For another
/// store, four things have to be true:
///
/// - A transaction that is dropped without a commit leaves nothing behind.
/// - When [`commit`](Self::commit) returns `Ok`, effects and position are on the disk. When it fails, both are or
///   neither is; the consumer then asks for the position again.
/// - Of two transactions at once that read and store the position of one consumer, one fails or waits for the other.
/// - The closure that has the effects does not end the transaction itself.
///
/// # Examples
///
/// A store in memory, for tests: it works on a copy, and the commit puts the copy in place.
///
/// ```
/// use std::collections::HashMap;
/// use std::convert::Infallible;
///
/// use broadring_log::codec::Bytes;
/// use broadring_log::{Consumer, Log, Position, Transactional};
///
/// #[derive(Clone, Default)]
/// struct Memory {
///     lengths: Vec<usize>,
///     positions: HashMap<String, Position>,
/// }
///
/// struct Transaction<'t> {
///     store: &'t mut Memory,
///     copy: Memory,
/// }
///
/// impl Transactional for Memory {
///     type Transaction<'t> = Transaction<'t>;
///     type Error = Infallible;
///
///     fn begin(&mut self) -> Result<Transaction<'_>, Infallible> {
///         Ok(Transaction { copy: self.clone(), store: self })
///     }
///     fn position(
///         transaction: &mut Transaction<'_>,
///         consumer: &str,
///     ) -> Result<Option<Position>, Infallible> {
///         Ok(transaction.copy.positions.get(consumer).copied())
///     }
///     fn commit(
///         mut transaction: Transaction<'_>,
///         consumer: &str,
///         position: Position,
///     ) -> Result<(), Infallible> {
///         transaction.copy.positions.insert(consumer.to_owned(), position);
///         *transaction.store = transaction.copy;
///         Ok(())
///     }
/// }
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let mut log = Log::open(directory)?;
/// for line in ["one", "three"] {
///     log.push(&Bytes, &line.as_bytes().to_vec())?;
/// }
/// log.end_batch()?;
///
/// let mut consumer = Consumer::open(&log.reader(), "lengths", Bytes, Memory::default())?;
/// consumer.run(|transaction, _, line| Ok(transaction.copy.lengths.push(line.len())))?;
/// assert_eq!(consumer.store().lengths, [3, 5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Transactional: 'static {
    /// A transaction that has begun. Dropping it takes everything back.
    type Transaction<'t>
    where
        Self: 't;

    /// Why the store refuses.
    type Error: core::error::Error + Send + Sync + 'static;

    /// Begins a transaction in which the position can be read and stored.
    ///
    /// # Errors
    ///
    /// What the store says.
    fn begin(&mut self) -> Result<Self::Transaction<'_>, Self::Error>;

    /// Returns the position of a consumer, if one was ever committed.
    ///
    /// # Errors
    ///
    /// What the store says.
    fn position(
        transaction: &mut Self::Transaction<'_>,
        consumer: &str,
    ) -> Result<Option<Position>, Self::Error>;

    /// Puts the position of a consumer into the transaction, and commits it.
    ///
    /// # Errors
    ///
    /// What the store says. Then the position and the effects were committed, or neither was.
    fn commit(
        transaction: Self::Transaction<'_>,
        consumer: &str,
        position: Position,
    ) -> Result<(), Self::Error>;
}
