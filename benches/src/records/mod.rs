//! The `records` command: records of bytes of many lengths, in turns.

pub mod carrier;
pub mod carriers;
pub mod race;
pub mod record;

use anyhow::{Result, ensure};
use clap::Args;

use self::carrier::{Carrier, Load, Visitor};
use self::record::Lengths;
use crate::cores::Places;
use crate::harness::{self, Harness, is_chosen};
use crate::subject::Mode;
use crate::throughput::contest::{Contestant, Heading, Series, Turns};

/// The options of this command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// How long the longest records are, in bytes; the shortest has 8, and all lengths in between are
    /// equally frequent
    #[arg(long, value_name = "BYTES,BYTES...", value_delimiter = ',', default_value = "56,504")]
    longest: Vec<usize>,

    /// How many threads read; each gets every record
    #[arg(long, value_name = "COUNT,COUNT...", value_delimiter = ',', default_value = "1,2")]
    readers: Vec<usize>,

    /// How many records are sent at once
    #[arg(long, value_name = "RECORDS,RECORDS...", value_delimiter = ',', default_value = "1,16")]
    batch: Vec<usize>,

    /// The bytes of the ring
    #[arg(long, default_value_t = 1 << 18)]
    capacity: usize,

    /// Measure only those whose names contain one of these words; see `--list`
    #[arg(long, value_name = "WORD,WORD...", value_delimiter = ',')]
    only: Vec<String>,

    /// List what is measured
    #[arg(long)]
    list: bool,

    #[command(flatten)]
    turns: Turns,
}

/// Measures everything that carries records, and prints a table for each scenario.
///
/// # Errors
///
/// If the arguments make no sense, or a file cannot be written.
pub fn run(harness: &Harness, arguments: &Arguments) -> Result<()> {
    let names = names();
    if arguments.list {
        names.iter().for_each(|name| println!("{name}"));
        return Ok(());
    }
    harness::check_words(&arguments.only, "carrier", &names)?;
    let scenarios = scenarios(arguments)?;

    let mut series = Series::announce(harness, &arguments.turns, arguments.capacity)?;
    for load in scenarios {
        if harness.stopped() {
            break;
        }
        series.hold(heading(load), contestants(load, harness.places(), &arguments.only));
    }
    series.finish()
}

fn names() -> Vec<&'static str> {
    struct Names(Vec<&'static str>);
    impl Visitor for Names {
        fn visit<C: Carrier>(&mut self) {
            self.0.push(C::NAME);
        }
    }
    let mut names = Names(Vec::new());
    carriers::visit(&mut names);
    names.0
}

fn scenarios(arguments: &Arguments) -> Result<Vec<Load>> {
    let Arguments { capacity, .. } = *arguments;
    ensure!(
        capacity.is_power_of_two() && capacity >= 1024,
        "a capacity is a power of two from 1024 bytes on, not {capacity}"
    );
    let mut all = Vec::new();
    for &longest in &arguments.longest {
        ensure!(
            (8..=capacity / 8).contains(&longest),
            "records have from 8 bytes to an eighth of the ring, not {longest}"
        );
        for &batch in &arguments.batch {
            ensure!((1..=256).contains(&batch), "a batch has from 1 to 256 records, not {batch}");
            for &readers in &arguments.readers {
                ensure!(readers > 0, "there must be at least one reader");
                all.push(Load { capacity, readers, batch, lengths: Lengths::up_to(longest) });
            }
        }
    }
    Ok(all)
}

fn heading(load: Load) -> Heading {
    let Load { readers, batch, lengths, .. } = load;
    let longest = lengths.longest();
    let many = if readers == 1 { "" } else { "s" };
    let batches =
        if batch == 1 { "one at a time".to_owned() } else { format!("batches of {batch}") };
    Heading {
        name: format!("{readers}-readers-8-to-{longest}B-by-{batch}"),
        what: format!(
            "{readers} reader{many}, records of 8 to {longest} bytes, {batches}, yielding"
        ),
        units: &["M records/s", "MB/s"],
        more_is_better: true,
    }
}

fn contestants(load: Load, places: &Places, only: &[String]) -> Vec<Contestant> {
    struct Casting<'a> {
        load: Load,
        places: &'a Places,
        only: &'a [String],
        cast: Vec<Contestant>,
    }
    impl Visitor for Casting<'_> {
        fn visit<C: Carrier>(&mut self) {
            if is_chosen(C::NAME, self.only) && C::suits(&self.load) {
                let turn = race::turns::<C>(self.places.clone(), self.load);
                let turn = Box::new(turn);
                self.cast.push(Contestant {
                    subject: C::NAME,
                    kind: C::KIND,
                    mode: Mode::Yield,
                    turn,
                });
            }
        }
    }
    let mut casting = Casting { load, places, only, cast: Vec::new() };
    carriers::visit(&mut casting);
    casting.cast
}
