//! The readers' half: one thread for each reader, all of them alike.

use std::io;
use std::thread::{self, JoinHandle};

use anyhow::{Context, anyhow};
use broadring::Reader;
use indicatif::{HumanCount, ProgressBar};

use crate::jobs::Job;
use crate::order::Order;
use crate::record::Record;
use crate::waits::Waits;

/// A reader at work on its thread.
#[derive(Debug)]
pub(crate) struct Reading {
    name: &'static str,
    thread: JoinHandle<Outcome>,
}

/// What has become of a reader.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) tally: Tally,
    /// The result of the job.
    pub(crate) result: anyhow::Result<String>,
}

/// What a reader saw.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) records: u64,
    /// The most records that were published and not yet read, when a batch began.
    pub(crate) largest_lag: u64,
    /// How many batches began with the ring full, and so with the writer held back.
    pub(crate) full: u64,
    /// How often there was nothing to read, and for how long.
    pub(crate) waits: Waits,
    pub(crate) order: Order,
}

impl Reading {
    /// Starts a thread that does the job with every record.
    pub(crate) fn start(
        reader: Reader<Record>,
        job: Box<dyn Job>,
        lag: ProgressBar,
    ) -> io::Result<Self> {
        let name = job.name();
        let thread = thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || read(reader, job, &lag))?;
        Ok(Self { name, thread })
    }

    /// Waits until the reader has reached the end of the stream.
    pub(crate) fn join(self) -> Outcome {
        let Self { name, thread } = self;
        thread.join().unwrap_or_else(|_| Outcome {
            name,
            tally: Tally::default(),
            result: Err(anyhow!("its thread panicked")),
        })
    }
}

/// Reads to the end, or until the job fails. Either way the reader is dropped on return, so that a
/// reader whose job has failed does not hold the writer back.
fn read(reader: Reader<Record>, mut job: Box<dyn Job>, lag: &ProgressBar) -> Outcome {
    let name = job.name();
    let mut tally = Tally::default();
    let ended = read_all(reader, job.as_mut(), &mut tally, lag);
    let result = ended
        .and_then(|()| job.finish())
        .with_context(|| format!("at record {}", HumanCount(tally.records)));
    if result.is_err() {
        lag.abandon_with_message("failed");
    }
    Outcome { name, tally, result }
}

fn read_all(
    mut reader: Reader<Record>,
    job: &mut dyn Job,
    tally: &mut Tally,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let capacity = bar.length().unwrap_or(u64::MAX);
    loop {
        let lag = reader.lag();
        bar.set_position(lag);
        let Ok(mut batch) = tally.waits.measure(lag == 0, || reader.wait_batch()) else {
            return Ok(()); // the writer is gone, and everything is read
        };
        let lag = lag.max(batch.len() as u64);
        tally.largest_lag = tally.largest_lag.max(lag);
        tally.full += u64::from(lag == capacity);
        bar.set_position(lag);

        // One by one, so that a slow job frees slots before the batch ends.
        while let Some((sequence, record)) = batch.next_event() {
            tally.records += 1;
            tally.order.note(sequence, record);
            job.take(record)?;
        }
    }
}
