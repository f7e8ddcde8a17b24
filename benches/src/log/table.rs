//! The results, for people.

use comfy_table::{Cell, CellAlignment, Table, TableStyle};

use super::beside::Visit;
use super::damage::{Damage, Outcome};
use super::rounds::Results;
use crate::figure::number;

fn table(head: Vec<String>) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(head);
    table
}

/// Cuts off what is too long for a table.
fn short(message: &str) -> String {
    match message.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

/// Adds a row of a name and figures.
fn figures(table: &mut Table, row: Vec<String>) {
    table.add_row(row.into_iter().enumerate().map(|(column, text)| {
        let alignment = if column == 0 { CellAlignment::Left } else { CellAlignment::Right };
        Cell::new(text).set_alignment(alignment)
    }));
}

/// Prints the results of a scenario that was timed.
pub(super) fn print(results: &Results) {
    let mut head = vec![String::new()];
    for (nth, unit) in results.heading.units.iter().enumerate() {
        head.push((*unit).to_owned());
        if nth == 0 {
            head.extend(["least–greatest".to_owned(), "× bare file".to_owned()]);
        }
    }
    let mut table = table(head);
    for standing in &results.standings {
        let mut row = vec![standing.engine.to_owned()];
        for (nth, figure) in standing.figures.iter().enumerate() {
            row.push(number(figure.median));
            if nth == 0 {
                let ratio = standing.of_the_limit.map_or_else(String::new, |ratio| {
                    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
                });
                row.extend([figure.spread(), ratio]);
            }
        }
        figures(&mut table, row);
    }
    println!("\n{}: {}", results.heading.name, results.heading.what);
    println!("{table}");
    for standing in &results.standings {
        if let Some(note) = standing.note {
            println!("{}: {note}", standing.engine);
        }
        if let Some(failure) = &standing.failure {
            println!("{} fails: {failure}", standing.engine);
        }
    }
    for (engine, why) in &results.absent {
        println!("{engine} takes no part: {why}");
    }
}

/// Prints what flipped bits cost.
pub(super) fn print_damage(all: &[Damage], frames: &str) {
    let mut head = vec![String::new()];
    head.extend(Outcome::ALL.iter().map(|(_, name)| (*name).to_owned()));
    head.push("lost for good".to_owned());
    let mut table = table(head);
    for damage in all {
        let counts = damage.counts.iter().chain([&damage.for_good]);
        let counts =
            counts.map(|count| if *count == 0 { "·".to_owned() } else { count.to_string() });
        figures(&mut table, [damage.engine.to_owned()].into_iter().chain(counts).collect());
    }
    println!("\ndamage: one bit of a log that was closed is flipped, {frames}");
    println!("{table}");
    println!(
        "harmless: all frames are there. Lost for good: of the others, how often they were not all there again \
         when the bit was flipped back afterwards, because opening the log had changed its files."
    );
    for damage in all {
        for (outcome, message) in &damage.messages {
            println!("{}, {outcome}: {}", damage.engine, short(message));
        }
        if let Some(failure) = &damage.failure {
            println!("{} fails: {failure}", damage.engine);
        }
    }
}

/// Prints who can read beside a writer.
pub(super) fn print_beside(visits: &[Visit]) {
    let head = ["", "another process reads", "the writer goes on, closes it, and finds"];
    let mut table = table(head.map(str::to_owned).into());
    for visit in visits {
        table.add_row([visit.engine, &short(&visit.visitor), &short(&visit.afterwards)]);
    }
    println!("\nbeside: another process reads a log while the first has it open to append");
    println!("{table}");
}
