//! The text format of HdrHistogram's percentile distributions, as its plotter and
//! other tools read it.

use hdrhistogram::Histogram;

use super::results::Row;

/// Lines for each halving of the distance to 100 %, as HdrHistogram's own tools write.
const LINES_PER_HALVING: u32 = 5;

/// Writes a histogram of nanoseconds, with a line that says what it is.
pub(super) fn text(title: &str, histogram: &Histogram<u64>) -> String {
    let mut text = format!("#[{title}; values in nanoseconds]\n");
    text.push_str("       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
    let mut below = 0;
    for step in histogram.iter_quantiles(LINES_PER_HALVING) {
        below += step.count_since_last_iteration();
        let (value, level) = (step.value_iterated_to() as f64, step.quantile_iterated_to());
        text += &format!("{value:12.3} {level:2.12} {below:10}");
        if level < 1.0 {
            text += &format!(" {:14.2}", 1.0 / (1.0 - level));
        }
        text.push('\n');
    }
    let (mean, deviation) = (histogram.mean(), histogram.stdev());
    let (max, events) = (histogram.max() as f64, histogram.len());
    let buckets = histogram.buckets();
    // As many as its significant digits need.
    let parts = (2 * 10_u64.pow(histogram.sigfig().into())).next_power_of_two();
    text += &format!("#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]\n");
    text += &format!("#[Max     = {max:12.3}, Total count    = {events:12}]\n");
    text += &format!("#[Buckets = {buckets:12}, SubBuckets     = {parts:12}]\n");
    text
}

/// Returns the name of a row's percentile file.
pub(super) fn file_name(row: &Row) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let subject: String = row.subject.chars().map(plain).collect();
    format!("{subject}-{}.hgrm", row.rate.slug())
}
