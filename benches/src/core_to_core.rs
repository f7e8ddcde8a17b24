//! The `core-to-core` command: how long a cache line takes from core to core.

use anyhow::{Result, ensure};
use clap::Args;
use comfy_table::{Cell, CellAlignment, Table, TableStyle};
use serde::Serialize;

use crate::figure::{Figure, number};
use crate::harness::Harness;
use crate::machine::Machine;
use crate::subject::Mode;
use crate::subjects::CacheLine;
use crate::throughput::ping_pong;

/// The options of this command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// How many round trips are timed at once, for each pair of cores [default: 200000, or 20000 with --quick]
    #[arg(long)]
    round_trips: Option<u64>,

    /// How often every pair has its turn [default: 9, or 3 with --quick]
    #[arg(long)]
    rounds: Option<usize>,
}

#[derive(Serialize)]
struct Report<'a> {
    machine: &'a Machine,
    rounds: usize,
    round_trips: u64,
    pairs: &'a [Pair],
}

#[derive(Serialize)]
struct Pair {
    from: usize,
    to: usize,
    /// Half a round trip.
    nanoseconds: Figure,
}

/// Measures every pair of cores, in turns, and prints the matrix.
///
/// # Errors
///
/// If there are not two cores, or the results cannot be written.
pub fn run(harness: &Harness, arguments: &Arguments) -> Result<()> {
    let (rounds, round_trips) = if harness.quick() { (3, 20_000) } else { (9, 200_000) };
    let rounds = arguments.rounds.unwrap_or(rounds);
    let round_trips = arguments.round_trips.unwrap_or(round_trips);
    ensure!(rounds > 0 && round_trips > 0, "there must be a round, and a round trip in it");
    let cores = harness.places().cores();
    ensure!(cores.len() > 1, "it takes two cores, and this run is given {cores:?}");

    let machine = Machine::here();
    let pairs = measure(harness, rounds, round_trips);
    if harness.talks() {
        println!("{machine}");
        println!(
            "nanoseconds for a cache line from core to core, half a round trip; \
             medians of {rounds} turns of {round_trips} round trips, taken in turns"
        );
        println!("{}", matrix(cores, &pairs));
    }
    harness.write_json(&Report { machine: &machine, rounds, round_trips, pairs: &pairs })
}

/// Measures both ways of every pair, in turns. Ctrl-C ends it after a round.
fn measure(harness: &Harness, rounds: usize, round_trips: u64) -> Vec<Pair> {
    let cores = harness.places().cores();
    let ways = || cores.iter().flat_map(|from| cores.iter().map(move |to| (*from, *to)));
    let ways: Vec<_> = ways().filter(|(from, to)| from != to).collect();
    let mut turns = vec![Vec::new(); ways.len()];
    let bar = harness.bar(rounds * ways.len());
    for _ in 0..rounds {
        for ((from, to), turns) in ways.iter().zip(&mut turns) {
            bar.set_message(format!("core {from} to core {to}"));
            let (here, there) = (Some(*from), Some(*to));
            let took = ping_pong::play::<CacheLine, 1>(1, Mode::Spin, here, there, round_trips);
            turns.push(took.as_secs_f64() * 1e9 / round_trips as f64 / 2.0);
            bar.inc(1);
        }
        if harness.stopped() {
            break;
        }
    }
    bar.finish_and_clear();
    let pair = |((from, to), turns)| Pair { from, to, nanoseconds: Figure::of(turns) };
    ways.into_iter().zip(turns).map(pair).collect()
}

/// Draws the matrix: a row for each core that sends first.
fn matrix(cores: &[usize], pairs: &[Pair]) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    let heads = cores.iter().map(|core| format!("to {core}"));
    table.set_header([String::new()].into_iter().chain(heads));
    for from in cores {
        let cell = |to: &usize| {
            let pair = pairs.iter().find(|pair| pair.from == *from && pair.to == *to);
            pair.map_or("–".to_owned(), |pair| number(pair.nanoseconds.median))
        };
        let row = [format!("from {from}")].into_iter().chain(cores.iter().map(cell));
        table.add_row(row.map(|text| Cell::new(text).set_alignment(CellAlignment::Right)));
    }
    table
}
