//! Fans an input out: one writer, and a reader for each job.

use std::time::Instant;

use anyhow::Context;
use broadring::Ring;

use crate::input::Input;
use crate::jobs::Job;
use crate::options::Options;
use crate::progress::Progress;
use crate::publishing;
use crate::reading::Reading;
use crate::record::Record;
use crate::report::Report;

/// Publishes the whole input and waits for every reader.
pub(crate) fn out(
    input: Input,
    jobs: Vec<Box<dyn Job>>,
    options: &Options,
) -> anyhow::Result<Report> {
    let (writer, ring) =
        Ring::try_builder(options.capacity)?.max_readers(jobs.len()).build(Record::default);

    let source = input.name();
    let progress = Progress::new(input.len());
    let start = Instant::now();
    let mut readings = Vec::new();
    for job in jobs {
        let lag = progress.lag(job.name(), ring.capacity());
        let reader = ring.reader().name(job.name()).subscribe()?;
        readings.push(Reading::start(reader, job, lag)?);
    }
    let published = publishing::publish(writer, input, &progress);
    let outcomes = readings.into_iter().map(Reading::join).collect();
    let elapsed = start.elapsed();
    progress.clear();

    let published = published.with_context(|| format!("not all of {source} was fanned out"))?;
    anyhow::ensure!(published.records > 0, "{source} is empty: there is nothing to fan out");
    Ok(Report { source, capacity: ring.capacity(), elapsed, published, outcomes })
}
