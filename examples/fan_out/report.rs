//! The report at the end of an act.

use std::fmt;
use std::time::Duration;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use indicatif::{HumanBytes, HumanCount};

use crate::counted::counted;
use crate::order::Order;
use crate::publishing::Published;
use crate::reading::{Outcome, Tally};
use crate::waits::Waits;

/// What the columns of the first table mean.
pub(crate) const LEGEND: &str =
    " largest lag  the most records published but not yet read when a batch began
 ring full    batches that began with the whole ring unread: the reader held the writer back
 waits        how often the writer waited for a slot, or a reader for a record
 order seen   digest of the records in the order in which they came\n";

/// What the writer and the readers have counted and done.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) source: String,
    pub(crate) capacity: usize,
    pub(crate) elapsed: Duration,
    pub(crate) published: Published,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Report {
    /// Returns what went wrong, in words.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.outcomes.iter().filter_map(|outcome| self.complaint(outcome)).collect()
    }

    fn complaint(&self, outcome: &Outcome) -> Option<String> {
        let Outcome { name, tally, result } = outcome;
        if let Err(error) = result {
            return Some(format!("reader {name} failed: {error:#}"));
        }
        let (saw, published) = (tally.order.digest(), self.published.order.digest());
        (saw != published).then(|| {
            format!(
                "reader {name} saw other records or another order: {saw:016x}, not {published:016x}"
            )
        })
    }

    /// A row for the writer and for each reader.
    fn fared(&self) -> Table {
        let mut table =
            table(["", "records", "largest\nlag", "ring\nfull", "waits", "waited", "order seen"]);
        let Published { records, waits, order, .. } = &self.published;
        table.add_row(row("writer", *records, Default::default(), waits, order));
        for Outcome { name, tally, .. } in &self.outcomes {
            let Tally { records, largest_lag, full, waits, order } = tally;
            let behind = [*largest_lag, *full].map(|count| HumanCount(count).to_string());
            table.add_row(row(name, *records, behind, waits, order));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    /// The results of the jobs, for the reader of the example's output.
    pub(crate) fn results(&self) -> String {
        let mut table = table(["", "result"]);
        for Outcome { name, result, .. } in &self.outcomes {
            let result = result.as_ref().map_or_else(|_| "failed", String::as_str);
            table.add_row([name, result]);
        }
        format!("{}\n", table.trim_fmt())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, capacity, elapsed, published, outcomes } = self;
        let rate = |count: u64| (count as f64 / elapsed.as_secs_f64()) as u64;
        let readers = outcomes.len();
        let slots = counted(*capacity as u64, "slot");
        writeln!(f, "{source}, through a ring of {slots}, to {readers} readers")?;
        writeln!(
            f,
            "{}, {} in {:.2} s: {}/s, {}/s; {} deliveries/s",
            counted(published.records, "record"),
            HumanBytes(published.bytes),
            elapsed.as_secs_f64(),
            counted(rate(published.records), "record"),
            HumanBytes(rate(published.bytes)),
            HumanCount(rate(published.records * readers as u64)),
        )?;
        if let Some(slowest) = &published.slowest {
            writeln!(
                f,
                "The writer was held back for {:.2} s. In the end the slowest was the {}, {} behind.",
                published.waits.total.as_secs_f64(),
                slowest.member,
                counted(slowest.lag, "record"),
            )?;
        }
        writeln!(f)?;
        writeln!(f, "{}\n", self.fared().trim_fmt())?;
        if self.complaints().is_empty() {
            writeln!(f, "All {readers} readers saw the same records in the same order.")?;
        }
        Ok(())
    }
}

/// The row of the writer or of a reader; only readers can be behind.
fn row(
    name: &str,
    records: u64,
    [largest_lag, full]: [String; 2],
    waits: &Waits,
    order: &Order,
) -> [String; 7] {
    [
        name.to_owned(),
        HumanCount(records).to_string(),
        largest_lag,
        full,
        HumanCount(waits.times).to_string(),
        format!("{:.3} s", waits.total.as_secs_f64()),
        format!("{:016x}", order.digest()),
    ]
}

/// A table with a header, and with a rule under it as its only line.
fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table.load_style(TableStyle::new().header_separator(rule)).set_header(header);
    table
}
