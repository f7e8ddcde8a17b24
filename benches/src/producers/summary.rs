//! The medians of all contests on one page.

use comfy_table::{CellAlignment, Table, TableStyle};

use super::scenarios::Scenario;
use crate::figure::number;
use crate::throughput::contest::Results;

/// Prints a table for each size of event and batch: a row for each way, and a column for
/// each number of producers and readers.
pub(super) fn print(all: &[(&Scenario, &Results)]) {
    let group = |scenario: &Scenario| (scenario.bytes, scenario.load.batch);
    let mut groups: Vec<_> = all.iter().map(|(scenario, _)| group(scenario)).collect();
    groups.sort_unstable();
    groups.dedup();
    for (bytes, batch) in groups {
        let columns = || all.iter().filter(|(scenario, _)| group(scenario) == (bytes, batch));
        let mut rows = Vec::new();
        for standing in columns().flat_map(|(_, results)| &results.standings) {
            let row = (standing.subject, standing.mode);
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows.sort_unstable();

        let mut table = Table::new();
        table.load_style(TableStyle::new());
        let head = |(scenario, _): &(&Scenario, _)| {
            format!("{}→{}", scenario.load.producers, scenario.load.readers)
        };
        let names = ["".to_owned(), "waits by".to_owned()];
        table.set_header(names.into_iter().chain(columns().map(head)));
        for row in rows {
            let cell = |(_, results): &(_, &Results)| {
                let standing = results.best(|one| (one.subject, one.mode) == row);
                standing.map_or("–".to_owned(), |one| number(one.figures[0].median))
            };
            let names = [row.0.to_owned(), row.1.to_string()];
            table.add_row(names.into_iter().chain(columns().map(cell)));
        }
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let batches = match batch {
            1 => "one at a time".to_owned(),
            batch => format!("in batches of {batch}"),
        };
        println!("\nproducers→readers, events of {bytes} bytes, {batches}: M events/s\n{table}");
    }
}
