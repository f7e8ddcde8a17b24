//! The results, for people.

use comfy_table::{Cell, CellAlignment, Table, TableStyle};

use super::rounds::Results;
use crate::figure::number;

/// Prints what came out of a scenario.
pub(super) fn print(results: &Results) {
    let compared = results.standings.iter().any(|standing| standing.ratio.is_some());
    let mut head = vec![String::new()];
    for (nth, unit) in results.units.iter().enumerate() {
        head.push((*unit).to_owned());
        if nth == 0 {
            head.push("least–greatest".to_owned());
            if compared {
                head.push("× bare".to_owned());
            }
        }
    }
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(head);
    for standing in &results.standings {
        let mut row = vec![standing.name.clone()];
        for (nth, figure) in standing.figures.iter().enumerate() {
            row.push(number(figure.median));
            if nth == 0 {
                row.push(figure.spread());
                if compared {
                    row.push(
                        standing.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
                    );
                }
            }
        }
        table.add_row(row.into_iter().enumerate().map(|(column, text)| {
            let right = if column == 0 { CellAlignment::Left } else { CellAlignment::Right };
            Cell::new(text).set_alignment(right)
        }));
    }
    println!("\n{}: {}", results.name, results.what);
    println!("{table}");
}
