//! The `log` command: storage engines that a durable log could be built on, each as a log of frames.
//!
//! - `frame`: what is written, and whether all of it came back
//! - `engine`: what every engine is measured through; `engines`: a file each
//! - `errand`: what a process of its own does; `place`: directories, copies, and a flipped bit
//! - `rounds`, `timed`: what is timed, in turns
//! - `journal`: a journal beside a ring
//! - `damage`: one flipped bit; `beside`: two processes with one log
//! - `table`: the results, for people

mod beside;
mod damage;
pub mod engine;
pub mod engines;
pub mod errand;
pub mod frame;
mod journal;
pub mod place;
mod rounds;
mod table;
mod timed;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Serialize;

use self::beside::Visit;
use self::damage::Damage;
use self::engine::{Engine, Scenario};
use self::engines::broadring_log::BroadringLog;
use self::errand::Errand;
use self::frame::Shape;
use self::place::Place;
use self::rounds::{Results, Setting, Timed};
use self::timed::{Appending, Reopening, Replay, Segment, Synced, Unsynced};
use crate::harness::{self, Harness, is_chosen};
use crate::machine::Machine;

/// The options of this command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The bytes of a record
    #[arg(long, default_value_t = 128)]
    record: usize,

    /// How many records a frame has; all but appending is measured with the last of these
    #[arg(long, value_name = "RECORDS,RECORDS...", value_delimiter = ',', default_value = "4,32")]
    records: Vec<usize>,

    /// Measure only the engines whose names contain one of these words; the bare limit is always
    /// measured; see `--list`
    #[arg(long, value_name = "WORD,WORD...", value_delimiter = ',')]
    only: Vec<String>,

    /// Measure only the scenarios whose names contain one of these words; see `--list`
    #[arg(long, value_name = "WORD,WORD...", value_delimiter = ',')]
    scenarios: Vec<String>,

    /// List what is measured
    #[arg(long)]
    list: bool,

    /// Where the logs go, in a directory that is removed afterwards [default: target/tmp]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// How often each engine has its turn [default: 9, or 3 with --quick]
    #[arg(long)]
    rounds: Option<usize>,

    /// How long each turn of appending is to last, in milliseconds [default: 300, or 20 with --quick]
    #[arg(long, value_name = "MS")]
    turn: Option<u64>,

    /// The megabytes of frames in the log whose process is killed [default: 200, or 4 with --quick]
    #[arg(long, value_name = "MB")]
    size: Option<u64>,

    /// How long such a log may take to fill, in seconds; it is smaller if that is not enough
    /// [default: 60, or 1 with --quick]
    #[arg(long, value_name = "SECONDS")]
    patience: Option<u64>,

    /// How many bits are flipped, one at a time, with each engine [default: 40, or 4 with --quick]
    #[arg(long, value_name = "BITS")]
    flips: Option<u32>,

    /// Where the bits are depends on this
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// What a process does that this command starts
    #[arg(long, hide = true)]
    errand: Option<String>,
}

/// The scenarios by the words that they are asked for by.
const SCENARIOS: [(Scenario, &str); 8] = [
    (Scenario::Synced, "synced"),
    (Scenario::Unsynced, "without-sync"),
    (Scenario::Replay, "replay"),
    (Scenario::Segment, "segment"),
    (Scenario::Reopening, "reopening"),
    (Scenario::Damage, "damage"),
    (Scenario::Journal, "journal"),
    (Scenario::Beside, "beside"),
];

/// Everything that was found out.
#[derive(Serialize)]
struct Findings {
    machine: Machine,
    rounds: usize,
    timed: Vec<Results>,
    damage: Vec<Damage>,
    beside: Vec<Visit>,
}

/// Measures every engine in every scenario, and prints a table of each.
///
/// # Errors
///
/// If the arguments make no sense, a file cannot be written, or an engine loses what it should not.
pub fn run(harness: &Harness, arguments: &Arguments) -> Result<()> {
    if let Some(errand) = &arguments.errand {
        let errand: Errand = serde_json::from_str(errand).context("the errand")?;
        return errand.run();
    }
    let names = engines::names();
    let scenarios = SCENARIOS.map(|(_, name)| name);
    if arguments.list {
        println!("engines: {}", names.join("; "));
        println!("scenarios: {}", scenarios.join(", "));
        return Ok(());
    }
    harness::check_words(&arguments.only, "engine", &names)?;
    harness::check_words(&arguments.scenarios, "scenario", &scenarios)?;
    let shapes = shapes(arguments)?;
    let last = *shapes.last().context("there must be a number of records")?;
    let setting = setting(harness, arguments)?;
    let flips = arguments.flips.unwrap_or(if harness.quick() { 4 } else { 40 });
    let machine = Machine::here();
    if harness.talks() {
        println!("{machine}");
        println!(
            "medians of {} rounds, taken in turns; logs in {}",
            setting.rounds,
            setting.place.path().display()
        );
    }

    let chosen = |scenario| {
        let named = SCENARIOS.iter().find(|(one, _)| *one == scenario);
        named.is_some_and(|(_, name)| is_chosen(name, &arguments.scenarios)) && !harness.stopped()
    };
    let mut findings = Findings {
        machine,
        rounds: setting.rounds,
        timed: Vec::new(),
        damage: Vec::new(),
        beside: Vec::new(),
    };
    for shape in shapes {
        if chosen(Scenario::Synced) {
            findings.time(&setting, &Synced(Appending::new(shape)));
        }
        if chosen(Scenario::Unsynced) {
            findings.time(&setting, &Unsynced(Appending::new(shape)));
        }
    }
    if chosen(Scenario::Replay) {
        findings.time(&setting, &Replay(last));
    }
    if chosen(Scenario::Segment) {
        findings.time(&setting, &Segment(last));
    }
    if chosen(Scenario::Reopening) {
        findings.time(&setting, &Reopening(last));
    }
    if chosen(Scenario::Journal) {
        findings.add(&setting, journal::throughput(&setting));
        findings.add(&setting, journal::latency(&setting));
    }
    if chosen(Scenario::Damage) {
        findings.damage = damage::flip_bits(&setting, last, flips, arguments.seed);
        if harness.talks() {
            let frames = format!("{flips} times each, seed {}", arguments.seed);
            table::print_damage(&findings.damage, &frames);
        }
    }
    if chosen(Scenario::Beside) {
        findings.beside = beside::visit_all(&setting, last);
        if harness.talks() {
            table::print_beside(&findings.beside);
        }
    }
    harness.write_json(&findings)?;
    findings.check()
}

impl Findings {
    fn time<T: Timed>(&mut self, setting: &Setting<'_>, timed: &T) {
        self.add(setting, rounds::hold(setting, timed));
    }

    fn add(&mut self, setting: &Setting<'_>, results: Results) {
        if setting.harness.talks() {
            table::print(&results);
        }
        self.timed.push(results);
    }

    /// Fails if an engine did not do what it takes part in. What an engine of others loses in a crash is not held
    /// against the run: the tables say it.
    fn check(&self) -> Result<()> {
        let timed = self.timed.iter().flat_map(|results| {
            let counts = |engine| !results.heading.after_a_crash || engine == BroadringLog::NAME;
            results.standings.iter().filter(move |one| counts(one.engine))
        });
        let timed = timed.filter_map(|one| Some((one.engine, one.failure.as_ref()?)));
        let damage = self.damage.iter().filter_map(|one| Some((one.engine, one.failure.as_ref()?)));
        match timed.chain(damage).next() {
            Some((engine, failure)) => bail!("{engine}: {failure}"),
            None => Ok(()),
        }
    }
}

fn shapes(arguments: &Arguments) -> Result<Vec<Shape>> {
    let Arguments { record, ref records, .. } = *arguments;
    ensure!((8..=1 << 16).contains(&record), "a record has from 8 to 65536 bytes, not {record}");
    let shape = |&records: &usize| {
        let shape = Shape { record, records };
        ensure!(
            (1..=1 << 18).contains(&shape.bytes()),
            "a frame has from 1 record to 262144 bytes, not {records} records"
        );
        Ok(shape)
    };
    records.iter().map(shape).collect()
}

fn setting<'h>(harness: &'h Harness, arguments: &Arguments) -> Result<Setting<'h>> {
    let (rounds, turn, size, patience) =
        if harness.quick() { (3, 20, 4, 1) } else { (9, 300, 200, 60) };
    let (rounds, turn) = (arguments.rounds.unwrap_or(rounds), arguments.turn.unwrap_or(turn));
    ensure!(rounds > 0 && turn > 0, "there must be a round, and a turn of a millisecond");
    Ok(Setting {
        harness,
        program: std::env::current_exe().context("where this program is")?,
        place: Place::new(arguments.dir.as_deref())?,
        only: arguments.only.clone(),
        rounds,
        turn: Duration::from_millis(turn),
        bytes: arguments.size.unwrap_or(size).max(1) * 1_000_000,
        patience: Duration::from_secs(arguments.patience.unwrap_or(patience)),
    })
}
