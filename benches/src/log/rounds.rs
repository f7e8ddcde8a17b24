//! Every engine in turn, A B C A B C, so that a noisy moment hits all alike.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::engine::{Engine, Remark, Scenario, Visitor};
use super::engines;
use super::engines::bare::{Appended, Bare};
use super::errand::SYNC_EACH;
use super::frame::Shape;
use super::place::Place;
use crate::figure::Figure;
use crate::harness::{Harness, is_chosen};

/// What every scenario needs to know.
#[derive(Debug)]
pub(super) struct Setting<'h> {
    pub(super) harness: &'h Harness,
    /// This program, to start processes of.
    pub(super) program: PathBuf,
    /// Where the logs go.
    pub(super) place: Place,
    /// The engines that take part, beside the bare limit.
    pub(super) only: Vec<String>,
    pub(super) rounds: usize,
    pub(super) turn: Duration,
    /// The bytes of frames in the log of a process that is killed.
    pub(super) bytes: u64,
    /// How long such a log may take to fill.
    pub(super) patience: Duration,
}

impl Setting<'_> {
    /// Whether this engine takes part. The bare limit always does.
    pub(super) fn takes<E: Engine>(&self) -> bool {
        E::NAME == Bare::<Appended>::NAME || is_chosen(E::NAME, &self.only)
    }

    /// Makes an empty directory for something that this engine does.
    pub(super) fn empty<E: Engine>(&self, what: &str) -> Result<PathBuf> {
        let name = E::NAME.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        self.place.empty(&format!("{what}-{name}"))
    }
}

/// One turn of an engine: returns the figures.
pub(super) type Turn<'a> = Box<dyn FnMut() -> Result<Vec<f64>> + 'a>;

/// Something that is timed with every engine.
pub(super) trait Timed {
    /// Which scenario it is.
    const SCENARIO: Scenario;

    /// What it is about.
    fn heading(&self) -> Heading;

    /// Prepares an engine for its turns.
    fn turn<'a, E: Engine>(&self, setting: &'a Setting<'_>) -> Turn<'a>;
}

/// What a scenario is about.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Heading {
    pub(super) name: String,
    pub(super) what: String,
    /// The units of the figures; the first is compared.
    pub(super) units: &'static [&'static str],
    /// Whether a larger first figure is a better one.
    pub(super) more_is_better: bool,
    /// Whether it begins with a crash: what an engine of others loses in one is a finding.
    pub(super) after_a_crash: bool,
}

/// What came out of a scenario.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    #[serde(flatten)]
    pub(super) heading: Heading,
    pub(super) standings: Vec<Standing>,
    /// Who does not take part, and why.
    pub(super) absent: Vec<(&'static str, &'static str)>,
}

/// What one engine achieved.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    pub(super) engine: &'static str,
    pub(super) note: Option<&'static str>,
    /// One for each unit; none if no turn succeeded.
    pub(super) figures: Vec<Figure>,
    /// How many times as good it is as the bare limit: the median over the rounds.
    pub(super) of_the_limit: Option<f64>,
    /// What went wrong; it has no further turns.
    pub(super) failure: Option<String>,
}

/// Gives every engine its turns. Ctrl-C ends that after the round that is under way.
pub(super) fn hold<T: Timed>(setting: &Setting<'_>, timed: &T) -> Results {
    let heading = timed.heading();
    let mut casting = Casting { setting, timed, cast: Vec::new(), absent: Vec::new() };
    engines::visit(&mut casting);
    take_turns(setting, heading, casting.cast, casting.absent)
}

/// Gives everybody their turns; the first is the limit that the others are compared with. Ctrl-C ends that after
/// the round that is under way.
pub(super) fn take_turns(
    setting: &Setting<'_>,
    heading: Heading,
    mut cast: Vec<Cast<'_>>,
    absent: Vec<(&'static str, &'static str)>,
) -> Results {
    let bar = setting.harness.bar(setting.rounds * cast.len());
    for _ in 0..setting.rounds {
        for engine in &mut cast {
            bar.set_message(format!("{}: {}", heading.name, engine.name));
            if engine.failure.is_none() {
                match (engine.turn)() {
                    Ok(values) => engine.rounds.push(values),
                    Err(error) => engine.failure = Some(format!("{error:#}")),
                }
            }
            bar.inc(1);
        }
        if setting.harness.stopped() {
            break;
        }
    }
    bar.finish_and_clear();

    let limit: Vec<f64> = cast[0].rounds.iter().map(|values| values[0]).collect();
    let standings = cast.into_iter().map(|engine| engine.standing(&heading, &limit)).collect();
    Results { heading, standings, absent }
}

/// Somebody who takes part, usually an engine, and the turns so far.
pub(super) struct Cast<'a> {
    name: &'static str,
    note: Option<&'static str>,
    turn: Turn<'a>,
    rounds: Vec<Vec<f64>>,
    failure: Option<String>,
}

impl<'a> Cast<'a> {
    pub(super) fn new(name: &'static str, turn: Turn<'a>) -> Self {
        Self { name, note: None, turn, rounds: Vec::new(), failure: None }
    }

    fn standing(self, heading: &Heading, limit: &[f64]) -> Standing {
        let Self { name, note, rounds, failure, .. } = self;
        let ratios = rounds.iter().zip(limit).map(|(values, limit)| {
            let ratio = values[0] / limit;
            if heading.more_is_better { ratio } else { 1.0 / ratio }
        });
        let ratios: Vec<_> = ratios.collect();
        let figure = |unit: usize| Figure::of(rounds.iter().map(|values| values[unit]).collect());
        let figures = if rounds.is_empty() {
            Vec::new()
        } else {
            (0..heading.units.len()).map(figure).collect()
        };
        let of_the_limit = (!ratios.is_empty()).then(|| Figure::of(ratios).median);
        Standing { engine: name, note, figures, of_the_limit, failure }
    }
}

struct Casting<'a, 'h, T> {
    setting: &'a Setting<'h>,
    timed: &'a T,
    cast: Vec<Cast<'a>>,
    absent: Vec<(&'static str, &'static str)>,
}

impl<T: Timed> Visitor for Casting<'_, '_, T> {
    fn visit<E: Engine>(&mut self) {
        if !self.setting.takes::<E>() {
            return;
        }
        let note = match E::remark(T::SCENARIO) {
            Remark::Absent(why) => return self.absent.push((E::NAME, why)),
            Remark::Note(note) => Some(note),
            Remark::None => None,
        };
        let turn = self.timed.turn::<E>(self.setting);
        self.cast.push(Cast { note, ..Cast::new(E::NAME, turn) });
    }
}

/// Appends whole frames until there are so many bytes, or as long as that may take, and has them all safe on
/// the disk then. Returns how many frames there are.
pub(super) fn fill<E: Engine>(
    dir: &Path,
    shape: Shape,
    bytes: u64,
    patience: Duration,
) -> Result<u64> {
    let start = Instant::now();
    let enough = bytes.div_ceil(shape.bytes() as u64).max(1);
    let mut log = E::create(dir)?;
    for number in 0.. {
        let last = number + 1 >= enough || start.elapsed() >= patience;
        log.append(&shape.frame(number), last || number % SYNC_EACH == 0)?;
        if last {
            return Ok(number + 1);
        }
    }
    Ok(0)
}
