//! The stages of a little exchange, each on a managed thread, started together and shut
//! down together.
//!
//! A journal compresses every tick. Risk control comes after the journal, so that it acts on no tick
//! that the journal has not got. A third thread makes candles, and says how often the market was
//! quiet. Their state is built on their threads, where it may hold what is not `Send`.
//!
//! ```text
//! cargo run --release --example managed_threads
//! cargo run --release --example managed_threads -- --hang
//! cargo run --release --example managed_threads --features affinity -- --cores 0,1
//! ```
//!
//! With `--hang` there is an auditor whose handler never returns from a tick. The ring has
//! room for the rest, and the shutdown names in time the reader that it waits for in vain.

use std::cell::Cell;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use broadring::managed::{Group, Handler, ManagedThread, ThreadBuilder};
use broadring::{End, Reader, Ring, Sequence, Writer};
use clap::Parser;
use comfy_table::{CellAlignment, Table};
use flate2::Compression;
use flate2::write::GzEncoder;

const SYMBOLS: [&str; 4] = ["AXE", "BOW", "CUP", "DIM"];

#[derive(Debug, Parser)]
struct Options {
    /// How many ticks there are.
    #[arg(long, default_value_t = 500_000)]
    ticks: u64,
    /// How many milliseconds the shutdown waits for everybody to drain.
    #[arg(long, default_value_t = 2_000)]
    within: u64,
    /// Adds an auditor that hangs in the last tick but ten.
    #[arg(long)]
    hang: bool,
    /// The cores of the threads; those without one run where they may.
    #[cfg(feature = "affinity")]
    #[arg(long, value_delimiter = ',')]
    cores: Vec<usize>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tick {
    symbol: usize,
    price: i64,
    size: i64,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    let (writer, ring) = Ring::builder(1024).build(Tick::default);

    // All readers join before the first thread is spawned: so none misses the beginning,
    // and each can come after another.
    let journal = ring.reader().name("journal").subscribe()?;
    let risk = ring.reader().name("risk").after(&journal)?.subscribe()?;
    let candles = ring.reader().name("candles").subscribe()?;

    let group = Group::new().grace(Duration::from_millis(100));
    let mut cores = cores(options);
    let mut managed = |reader| pinned(ThreadBuilder::new(reader), cores.next()).group(&group);
    let mut threads = vec![
        managed(journal).spawn_with(Journal::new)?,
        managed(risk).spawn_with(Risk::new)?,
        managed(candles).idle_after(Duration::from_millis(5)).spawn_with(Candles::new)?,
    ];
    if options.hang {
        let hangs_at = options.ticks.saturating_sub(10);
        let auditor = ring.reader().name("auditor").managed().group(&group);
        threads.push(auditor.spawn_with(move || Auditor { hangs_at })?);
    }

    group.start();
    let writer = trade(writer, options.ticks);
    let shutdown = group.shutdown(writer, Duration::from_millis(options.within));

    println!("{}", table(threads).trim_fmt());
    Ok(shutdown?)
}

/// Publishes ticks of prices that wander about, with a break at noon.
fn trade(mut writer: Writer<Tick>, ticks: u64) -> Writer<Tick> {
    let mut prices = [10_000, 20_000, 5_000, 15_000];
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    for number in 0..ticks {
        if number == ticks / 2 {
            thread::sleep(Duration::from_millis(50));
        }
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let symbol = (chance % 4) as usize;
        prices[symbol] = (prices[symbol] + (chance >> 8) as i64 % 11 - 5).max(1);
        let size = (chance >> 32) as i64 % 199 - 99;
        writer.publish(Tick { symbol, price: prices[symbol], size });
    }
    writer
}

/// Says what came of every thread that is done, and how far the others are.
fn table(threads: Vec<ManagedThread<Tick, String>>) -> Table {
    let mut table = Table::new();
    table.set_header(["thread", "ticks", "result"]);
    for thread in threads {
        let (name, position) = (thread.name().unwrap_or("?").to_owned(), thread.position());
        let result = match thread.join_timeout(Duration::ZERO) {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("has not come back from tick {position}"),
        };
        table.add_row([name, position.to_string(), result]);
    }
    if let Some(ticks) = table.column_mut(1) {
        ticks.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Keeps a compressed copy of every tick.
struct Journal {
    copy: GzEncoder<Vec<u8>>,
    bytes: usize,
    written: io::Result<()>,
}

impl Journal {
    fn new() -> Self {
        let copy = GzEncoder::new(Vec::new(), Compression::fast());
        Self { copy, bytes: 0, written: Ok(()) }
    }
}

impl Handler<Tick> for Journal {
    type Output = String;

    fn on_event(&mut self, tick: &Tick, sequence: Sequence, _end_of_batch: bool) {
        let Tick { symbol, price, size } = tick;
        let line = format!("{sequence} {} {price} {size}\n", SYMBOLS[*symbol]);
        self.bytes += line.len();
        self.written = self.copy.write_all(line.as_bytes());
    }

    fn is_done(&self) -> bool {
        self.written.is_err()
    }

    fn on_close(self, _end: End) -> String {
        match self.written.and_then(|()| self.copy.finish()) {
            Ok(copy) => format!("{} bytes, compressed to {}", self.bytes, copy.len()),
            Err(error) => format!("the copy is not complete: {error}"),
        }
    }
}

/// What the house has at stake: every position knows the sum.
struct Risk {
    positions: [Position; SYMBOLS.len()],
    at_stake: Rc<Cell<i64>>,
    most: (i64, Sequence),
}

struct Position {
    held: i64,
    worth: i64,
    at_stake: Rc<Cell<i64>>,
}

impl Risk {
    fn new() -> Self {
        let at_stake = Rc::new(Cell::new(0));
        let position = |_| Position { held: 0, worth: 0, at_stake: Rc::clone(&at_stake) };
        Self { positions: SYMBOLS.map(position), at_stake, most: (0, Sequence::new(0)) }
    }
}

impl Position {
    fn trade(&mut self, tick: &Tick) {
        self.held += tick.size;
        let worth = (self.held * tick.price).abs();
        self.at_stake.set(self.at_stake.get() + worth - self.worth);
        self.worth = worth;
    }
}

impl Handler<Tick> for Risk {
    type Output = String;

    fn on_event(&mut self, tick: &Tick, sequence: Sequence, _end_of_batch: bool) {
        self.positions[tick.symbol].trade(tick);
        self.most = self.most.max((self.at_stake.get(), sequence));
    }

    fn on_close(self, _end: End) -> String {
        let (most, at) = self.most;
        format!("{} at stake in the end, at most {most}, at tick {at}", self.at_stake.get())
    }
}

/// The lowest and the highest price of each symbol.
struct Candles {
    ranges: [(i64, i64); SYMBOLS.len()],
    quiet: u32,
}

impl Candles {
    fn new() -> Self {
        Self { ranges: [(i64::MAX, i64::MIN); SYMBOLS.len()], quiet: 0 }
    }
}

impl Handler<Tick> for Candles {
    type Output = String;

    fn on_event(&mut self, tick: &Tick, _sequence: Sequence, _end_of_batch: bool) {
        let (low, high) = &mut self.ranges[tick.symbol];
        *low = tick.price.min(*low);
        *high = tick.price.max(*high);
    }

    fn on_idle(&mut self) {
        self.quiet += 1;
    }

    fn on_close(self, _end: End) -> String {
        let ranges = SYMBOLS.iter().zip(self.ranges).filter(|(_, (low, high))| low <= high);
        let ranges: Vec<_> =
            ranges.map(|(symbol, (low, high))| format!("{symbol} {low}-{high}")).collect();
        format!("{} (quiet {} times)", ranges.join(", "), self.quiet)
    }
}

/// Looks too closely at one of the ticks.
struct Auditor {
    hangs_at: u64,
}

impl Handler<Tick> for Auditor {
    type Output = String;

    fn on_event(&mut self, _tick: &Tick, sequence: Sequence, _end_of_batch: bool) {
        if sequence.get() == self.hangs_at {
            let (_never, answers) = mpsc::channel::<()>();
            let _ = answers.recv();
        }
    }

    fn on_close(self, _end: End) -> String {
        "found nothing".to_owned()
    }
}

#[cfg(feature = "affinity")]
fn cores(options: &Options) -> impl Iterator<Item = usize> {
    options.cores.clone().into_iter()
}

#[cfg(not(feature = "affinity"))]
fn cores(_options: &Options) -> impl Iterator<Item = usize> {
    std::iter::empty()
}

/// Gives the thread a core, if there is one for it.
#[cfg(feature = "affinity")]
fn pinned(
    builder: ThreadBuilder<Reader<Tick>>,
    core: Option<usize>,
) -> ThreadBuilder<Reader<Tick>> {
    match core {
        Some(core) => builder.core(core),
        None => builder,
    }
}

#[cfg(not(feature = "affinity"))]
fn pinned(
    builder: ThreadBuilder<Reader<Tick>>,
    _core: Option<usize>,
) -> ThreadBuilder<Reader<Tick>> {
    builder
}
