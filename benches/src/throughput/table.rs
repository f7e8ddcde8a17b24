//! The results, for people.

use comfy_table::{Cell, CellAlignment, Table, TableStyle};

use crate::figure::number;
use crate::subject::Kind;
use crate::throughput::contest::Results;

/// Prints the results of one scenario.
pub(crate) fn print(results: &Results) {
    let broadcast = |kind| kind == Kind::Broadcast;
    let peer = results.best(|peer| broadcast(peer.kind) && !peer.is_own());
    let yardstick = results.best(|limit| matches!(limit.kind, Kind::Limit | Kind::Yardstick));

    let mut table = Table::new();
    table.load_style(TableStyle::new());
    let mut head = vec!["".to_owned(), "waits by".to_owned()];
    for unit in results.heading.units {
        head.extend([(*unit).to_owned(), "least–greatest".to_owned()]);
    }
    head.extend(peer.map(|_| "× best peer".to_owned()));
    head.extend(yardstick.map(|limit| format!("× {}", limit.subject)));
    table.set_header(head);
    for standing in &results.standings {
        let mark = match standing.kind {
            Kind::Broadcast => "",
            Kind::QueuePerReader => " ¹",
            Kind::OneToOne => " ²",
            Kind::Limit | Kind::Yardstick => " ³",
        };
        let mut row = vec![format!("{}{mark}", standing.subject), standing.mode.to_string()];
        for figure in &standing.figures {
            row.extend([number(figure.median), figure.spread()]);
        }
        for other in [peer, yardstick].into_iter().flatten() {
            row.push(format!("{:.2}", results.times_as_good(standing, other)));
        }
        table.add_row(row.into_iter().enumerate().map(|(column, text)| {
            let alignment = if column < 2 { CellAlignment::Left } else { CellAlignment::Right };
            Cell::new(text).set_alignment(alignment)
        }));
    }
    println!("\n{}: {}", results.heading.name, results.heading.what);
    println!("{table}");
    let kinds = [
        (Kind::QueuePerReader, "¹ a queue for each reader"),
        (Kind::OneToOne, "² one reader only"),
        (Kind::Limit, "³ no library, but what the machine can do"),
        (Kind::Yardstick, "³ no library, but two boxes of half a ring each, handed back and forth"),
    ];
    for (kind, note) in kinds {
        if results.best(|standing| standing.kind == kind).is_some() {
            println!("{note}");
        }
    }
}
