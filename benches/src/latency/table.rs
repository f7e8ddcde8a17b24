//! The results as tables for a terminal.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};

use super::distribution::Levels;
use super::results::{Results, Row};
use super::units;
use crate::figure::Figure;

/// Writes everything: the machine, a table for each rate, and what to know.
pub(super) fn text(results: &Results) -> String {
    let Results { machine, plan, clock, notes, broken, .. } = results;
    let mut text = format!("{machine}\n\n");
    text += &format!(
        "From when an event was due until it was read: {} bytes, {}, {} mode, {} events of \
         room.\nMedians over {} of {} s each; max is the worst of them all.\n",
        plan.payload.bytes(),
        units::count(plan.readers, "reader"),
        plan.mode,
        plan.capacity,
        units::count(plan.rounds, "round"),
        plan.seconds,
    );
    for rate in results.rates() {
        text += &format!("\n{rate} asked\n{}\n", table(&results.at(rate)));
    }
    if results.rows.iter().any(|row| row.overloaded) {
        text += "\n! The rate was not reached: the latency is that of a queue that grows, and \
                 depends on how long the run was.\n";
    }
    text += &format!(
        "\nThe readers' clock takes {:.0} ns of every latency, and of every event's time.\n",
        clock.arrival_ns
    );
    for note in notes {
        text += &format!("Note: {note}.\n");
    }
    for broken in broken {
        text += &format!("BROKEN: {broken}.\n");
    }
    text
}

fn table(rows: &[&Row]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let head =
        ["subject", "kind", "reached"].into_iter().chain(Levels::NAMES).chain(["p50 from to"]);
    table.set_header(head);
    for row in rows {
        let mark = if row.overloaded { "! " } else { "" };
        let mut cells = vec![
            row.subject.to_owned(),
            kind(row).to_owned(),
            format!("{mark}{}", units::rate(row.reached.median)),
        ];
        cells.extend(figures(&row.latency_ns));
        table.add_row(cells);
        if row.reader_latency_ns.len() > 1 {
            for (number, latency) in (1..).zip(&row.reader_latency_ns) {
                let mut cells = vec![format!("  reader {number}"), String::new(), String::new()];
                cells.extend(figures(latency));
                table.add_row(cells);
            }
        }
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Writes each percentile's median, the greatest of all for the maximum, and then how
/// far the p50 of the rounds lie apart.
fn figures(latency: &Levels<Option<Figure>>) -> Vec<String> {
    let [levels @ .., max] = latency.list();
    let medians = levels.into_iter().map(|level| level.as_ref().map(|figure| figure.median));
    let worst = max.as_ref().map(|figure| figure.greatest);
    let unknown = || "–".to_owned();
    let mut cells: Vec<String> =
        medians.chain([worst]).map(|nanos| nanos.map_or_else(unknown, units::nanos)).collect();
    cells.push(latency.p50.as_ref().map_or_else(unknown, range));
    cells
}

/// Writes the least and the greatest.
pub(super) fn range(figure: &Figure) -> String {
    let (min, max) = (units::nanos(figure.least), units::nanos(figure.greatest));
    match (min.split_once(' '), max.split_once(' ')) {
        (Some((low, unit)), Some((_, same))) if unit == same => format!("{low}–{max}"),
        _ => format!("{min}–{max}"),
    }
}

/// Writes what a subject is.
pub(super) fn kind(row: &Row) -> &'static str {
    use crate::subject::Kind;
    match row.kind {
        Kind::Broadcast => "broadcast",
        Kind::QueuePerReader => "queue per reader",
        Kind::OneToOne => "one to one",
        Kind::Limit | Kind::Yardstick => "limit",
    }
}
