//! What the readers do with the records: a file for each job.

mod compress;
mod hash;
mod longest;
mod slow;
mod words;

use crate::options::Options;
use crate::record::Record;

use compress::Compress;
use hash::Hash;
use longest::Longest;
use slow::Slow;
use words::Words;

/// Work that is done with every record, in order, on a thread of its own.
pub(crate) trait Job: Send {
    /// Returns what the reader with this job is called.
    fn name(&self) -> &'static str;

    /// Does the work with the next record.
    fn take(&mut self, record: &Record) -> anyhow::Result<()>;

    /// Ends the work, and says what came of it.
    fn finish(self: Box<Self>) -> anyhow::Result<String>;
}

/// The jobs that are done as fast as can be.
pub(crate) fn eager(options: &Options) -> anyhow::Result<Vec<Box<dyn Job>>> {
    Ok(vec![
        Box::new(Words::default()),
        Box::new(Hash::default()),
        Box::new(Longest::default()),
        Box::new(Compress::new(options.output.as_deref())?),
    ])
}

/// Some of those jobs, and one that is slow on purpose.
pub(crate) fn with_a_slow_one(options: &Options) -> Vec<Box<dyn Job>> {
    vec![
        Box::new(Words::default()),
        Box::new(Hash::default()),
        Box::new(Longest::default()),
        Box::new(Slow::new(options.slow)),
    ]
}
