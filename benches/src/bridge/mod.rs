//! The `bridge` command: a stream on many machines, beside the client of NATS alone. It starts its own servers.
//!
//! - `event`: what is sent; `latencies`: what is reported of times
//! - `cluster`: the servers; `bare`: the client alone; `ours`: a ring that is shipped
//! - `errand`: what a process of its own does
//! - `rounds`: everybody in turn; `table`: the results, for people
//! - `throughput`, `latency`, `takeover`, `mirrors`: what is measured

pub mod bare;
pub mod cluster;
pub mod errand;
pub mod event;
mod latencies;
mod latency;
mod mirrors;
pub mod ours;
pub mod rounds;
mod table;
mod takeover;
mod throughput;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;

pub use self::latencies::Latencies;

use self::cluster::Cluster;
use self::errand::Errand;
use self::latency::Pace;
use self::ours::Shape;
use self::rounds::Results;
use crate::harness::{self, Harness, is_chosen};
use crate::machine::Machine;

/// The options of this command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Measure only the scenarios whose names contain one of these words: throughput, latency, mirrors, takeover, outage
    #[arg(long, value_name = "WORD,WORD...", value_delimiter = ',')]
    scenarios: Vec<String>,

    /// How often everybody has a turn [default: 5, or 1 with --quick]
    #[arg(long)]
    rounds: Option<usize>,

    /// How long each turn of throughput and mirrors publishes, in milliseconds [default: 5000, or 200 with --quick]
    #[arg(long, value_name = "MS")]
    turn: Option<u64>,

    /// How many events a frame has, and how many frames are on their way; mirrors are measured with the first of these
    /// [default: 256x256,256x64,1024x64, or 256x256 with --quick]
    #[arg(long, value_name = "EVENTSxWINDOW,...", value_delimiter = ',', value_parser = shape)]
    shapes: Option<Vec<Shape>>,

    /// How many events a turn of latency measures at each pace [default: 1000, or 50 with --quick]
    #[arg(long, value_name = "EVENTS")]
    events: Option<u64>,

    /// How many events a second are sent where latency is measured at a pace
    #[arg(long, value_name = "RATE", default_value_t = 200)]
    rate: u64,

    /// How many mirrors there are [default: 1,2,4,8, or 1,2 with --quick]
    #[arg(long, value_name = "COUNT,COUNT...", value_delimiter = ',')]
    mirrors: Option<Vec<usize>>,

    /// How long a standby bears a silent writer, in milliseconds [default: 1000,3000, or 1000 with --quick]
    #[arg(long, value_name = "MS,MS...", value_delimiter = ',')]
    patience: Option<Vec<u64>>,

    /// What a process does that this command starts
    #[arg(long, hide = true)]
    errand: Option<String>,
}

const SCENARIOS: [&str; 5] = ["throughput", "latency", "mirrors", "takeover", "outage"];

/// Everything that was found out.
#[derive(Serialize)]
struct Findings {
    machine: Machine,
    rounds: usize,
    results: Vec<Results>,
}

/// Starts servers, measures every scenario, and prints a table of each.
///
/// # Errors
///
/// If the arguments make no sense, there is no `nats-server`, a file cannot be written, or anything is lost.
pub fn run(harness: &Harness, arguments: &Arguments) -> Result<()> {
    if let Some(errand) = &arguments.errand {
        let errand: Errand = serde_json::from_str(errand).context("the errand")?;
        return errand.run();
    }
    harness::check_words(&arguments.scenarios, "scenario", &SCENARIOS)?;
    let setting = Setting::new(harness, arguments)?;
    let program = std::env::current_exe().context("where this program is")?;
    let cluster = Cluster::start()?;
    let machine = Machine::here();
    if harness.talks() {
        println!("{machine}");
        println!(
            "three servers on this machine, a stream of three replicas in files for each turn; medians of {} rounds",
            setting.rounds
        );
    }
    let chosen = |name| is_chosen(name, &arguments.scenarios) && !harness.stopped();
    let mut findings = Findings { machine, rounds: setting.rounds, results: Vec::new() };
    let mut add = |results: Results| {
        if harness.talks() {
            table::print(&results);
        }
        findings.results.push(results);
    };
    let Setting { rounds, turn, ref shapes, events, .. } = setting;
    for &shape in shapes {
        if chosen("throughput") {
            add(throughput::run(harness, rounds, turn, &cluster, shape)?);
        }
    }
    let each = Duration::from_secs(1) / u32::try_from(arguments.rate).context("so high a rate")?;
    for each in [Some(each), None] {
        if chosen("latency") {
            add(latency::run(harness, rounds, &cluster, &program, Pace { events, each })?);
        }
    }
    if chosen("mirrors") {
        add(mirrors::run(harness, rounds, turn, &cluster, shapes[0], &setting.mirrors)?);
    }
    if chosen("takeover") {
        add(takeover::standby(harness, rounds, &cluster, &program, &setting.patiences)?);
    }
    if chosen("outage") {
        add(takeover::outage(harness, rounds, &cluster)?);
    }
    harness.write_json(&findings)
}

/// What was asked for.
struct Setting {
    rounds: usize,
    turn: Duration,
    shapes: Vec<Shape>,
    events: u64,
    mirrors: Vec<usize>,
    patiences: Vec<Duration>,
}

impl Setting {
    fn new(harness: &Harness, arguments: &Arguments) -> Result<Self> {
        let quick = harness.quick();
        let millis = |all: &[u64]| all.iter().copied().map(Duration::from_millis).collect();
        let setting = Self {
            rounds: arguments.rounds.unwrap_or(if quick { 1 } else { 5 }),
            turn: Duration::from_millis(arguments.turn.unwrap_or(if quick { 200 } else { 5000 })),
            shapes: match &arguments.shapes {
                Some(shapes) => shapes.clone(),
                None if quick => vec![Shape { events: 256, window: 256 }],
                None => [(256, 256), (256, 64), (1024, 64)]
                    .map(|(events, window)| Shape { events, window })
                    .to_vec(),
            },
            events: arguments.events.unwrap_or(if quick { 50 } else { 1000 }),
            mirrors: match &arguments.mirrors {
                Some(mirrors) => mirrors.clone(),
                None if quick => vec![1, 2],
                None => vec![1, 2, 4, 8],
            },
            patiences: match &arguments.patience {
                Some(patience) => millis(patience),
                None if quick => millis(&[1000]),
                None => millis(&[1000, 3000]),
            },
        };
        ensure!(
            setting.rounds > 0
                && !setting.turn.is_zero()
                && setting.events > 0
                && arguments.rate > 0,
            "there must be a round, a turn of a millisecond, an event and a rate"
        );
        ensure!(!setting.shapes.is_empty(), "there must be a size of frames");
        ensure!(
            !setting.mirrors.is_empty() && !setting.mirrors.contains(&0),
            "there must be a mirror"
        );
        Ok(setting)
    }
}

/// Reads a size of frames, and how many there are.
fn shape(text: &str) -> Result<Shape> {
    let (events, window) = text.split_once('x').context("it is EVENTSxWINDOW, as in 256x64")?;
    let shape = Shape { events: events.parse()?, window: window.parse()? };
    ensure!(
        (1..=8192).contains(&shape.events) && (1..=16_384).contains(&shape.window),
        "a frame has from 1 to 8192 events, and from 1 to 16384 frames are on their way"
    );
    ensure!(shape.events * shape.window <= 1 << 22, "no ring has room for so much");
    Ok(shape)
}
