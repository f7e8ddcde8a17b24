//! What came of a run: for people as a table, for programs as JSON.

use comfy_table::{CellAlignment, Table, TableStyle};
use serde::Serialize;

use super::memory::Resident;
use super::run::Settings;
use super::totals::Counts;
use super::watch::Summary;
use crate::machine::Machine;

/// What came of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    machine: &'a Machine,
    seed: u64,
    rings: usize,
    seconds: f64,
    counts: Counts,
    resident_kb: Resident,
}

impl<'a> Report<'a> {
    pub(super) fn new(machine: &'a Machine, settings: &Settings, summary: &Summary) -> Self {
        Self {
            machine,
            seed: settings.seed,
            rings: settings.rings,
            seconds: summary.took.as_secs_f64(),
            counts: summary.counts,
            resident_kb: summary.resident,
        }
    }

    /// Prints it for people.
    pub(super) fn print(&self) {
        let mut table = Table::new();
        table.load_style(TableStyle::new());
        table.set_header(["", "in all", "a second"]);
        for (what, count) in self.counts.rows() {
            let rate = count as f64 / self.seconds;
            table.add_row([what.trim().to_owned(), count.to_string(), format!("{rate:.1}")]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let Self { seed, rings, seconds, .. } = self;
        println!("\n{rings} rings for {seconds:.1} s, seed {seed}: all books balance");
        println!("{table}");
        let Resident { after_first_rounds, most_in_halves: [first, second], at_the_end } =
            self.resident_kb;
        println!(
            "resident memory: {after_first_rounds} KB after the first rounds, at most {first} KB \
             in the first half and {second} KB in the second, {at_the_end} KB at the end"
        );
    }
}
