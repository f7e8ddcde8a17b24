//! What one flipped bit costs: a log is closed, a bit of its files is flipped, and a process opens it and
//! reads everything.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use super::engine::{Engine, Visitor};
use super::engines;
use super::errand::{Ended, Errand, Report, Task};
use super::frame::Shape;
use super::place;
use super::rounds::{Setting, fill};
use crate::soak::dice::Dice;

/// The frames of the log.
const FRAMES: u64 = 128;

/// Reading so small a log takes no longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came of one bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All frames are there: the bit meant nothing, or there was a second copy.
    Harmless,
    /// An error that says where: close to the byte, or which frame.
    Place,
    /// An error that does not say where, after the frames before it.
    UpToThere,
    /// An error that does not say where, and not one frame.
    Nothing,
    /// No error; the last frames are missing.
    Short,
    /// No error until then; a frame is wrong, or one is missing that has others after it.
    Wrong,
    /// The process panicked or was ended by a signal.
    Died,
    /// It had to be killed.
    Hung,
}

impl Outcome {
    pub(super) const ALL: [(Self, &'static str); 8] = [
        (Self::Harmless, "harmless"),
        (Self::Place, "error with place"),
        (Self::UpToThere, "error, read up to it"),
        (Self::Nothing, "error, nothing read"),
        (Self::Short, "silently short"),
        (Self::Wrong, "silently wrong"),
        (Self::Died, "panic"),
        (Self::Hung, "hangs"),
    ];

    /// Judges how reading a log of so many frames ended, whose bit was at this byte of its file.
    fn of(ended: &Ended, frames: u64, at: u64, shape: Shape) -> Self {
        let report = match ended {
            Ended::Hung => return Self::Hung,
            Ended::Died(_) => return Self::Died,
            Ended::Report(report) => report,
        };
        match report {
            Report { wrong: 1.., .. } => Self::Wrong,
            Report { error: Some(error), right, .. } => {
                if names(error, at, *right, shape) {
                    Self::Place
                } else if *right > 0 {
                    Self::UpToThere
                } else {
                    Self::Nothing
                }
            }
            Report { right, .. } if *right < frames => Self::Short,
            _ => Self::Harmless,
        }
    }
}

/// Whether a message has a number in it that is close to the byte, or that of the frame that is next.
fn names(message: &str, at: u64, frame: u64, shape: Shape) -> bool {
    let close = shape.bytes() as u64 + 4096;
    let numbers = message.split(|letter: char| !letter.is_ascii_digit());
    numbers.filter_map(|digits| digits.parse().ok()).any(|number: u64| {
        let first = frame * shape.records as u64;
        number.abs_diff(at) <= close || frame > 0 && (number == frame || number == first)
    })
}

/// What came of all bits with one engine.
#[derive(Debug, Serialize)]
pub(super) struct Damage {
    pub(super) engine: &'static str,
    /// In the order of `Outcome::ALL`.
    pub(super) counts: [u32; Outcome::ALL.len()],
    /// How often the log was not whole, and was not whole again either after the bit was flipped back:
    /// opening it had cut something off or written over it.
    pub(super) for_good: u32,
    /// One message of each outcome that has one.
    pub(super) messages: Vec<(&'static str, String)>,
    pub(super) failure: Option<String>,
}

/// Flips so many bits with every engine.
pub(super) fn flip_bits(setting: &Setting<'_>, shape: Shape, flips: u32, seed: u64) -> Vec<Damage> {
    struct Flipping<'a, 'h> {
        setting: &'a Setting<'h>,
        shape: Shape,
        flips: u32,
        seed: u64,
        all: Vec<Damage>,
    }
    impl Visitor for Flipping<'_, '_> {
        fn visit<E: Engine>(&mut self) {
            let Self { setting, shape, flips, seed, .. } = *self;
            if setting.takes::<E>() && !setting.harness.stopped() {
                self.all.push(flip_with::<E>(setting, shape, flips, seed));
            }
        }
    }
    let mut flipping = Flipping { setting, shape, flips, seed, all: Vec::new() };
    engines::visit(&mut flipping);
    flipping.all
}

fn flip_with<E: Engine>(setting: &Setting<'_>, shape: Shape, flips: u32, seed: u64) -> Damage {
    let bar = setting.harness.bar(flips as usize);
    bar.set_message(format!("damage: {}", E::NAME));
    let counts = [0; Outcome::ALL.len()];
    let (for_good, messages, failure) = (0, Vec::new(), None);
    let mut damage = Damage { engine: E::NAME, counts, for_good, messages, failure };
    let mut all = || -> Result<()> {
        let original = setting.empty::<E>("whole")?;
        let bytes = FRAMES * shape.bytes() as u64;
        let frames = fill::<E>(&original, shape, bytes, setting.patience)?;
        let mut dice = Dice::of(seed, &[]);
        for _ in 0..flips {
            let dir = setting.empty::<E>("flipped")?;
            place::copy(&original, &dir)?;
            let spot = Spot::choose(&dir, &mut dice)?;
            spot.flip()?;
            let errand = Errand::new::<E>(Task::Read, &dir, shape);
            let ended = errand.read_by(&setting.program, PATIENCE)?;
            let outcome = Outcome::of(&ended, frames, spot.at, shape);
            damage.note(outcome, ended);
            if outcome != Outcome::Harmless {
                let back = spot.flip_back()?;
                let whole = || {
                    let again = errand.read_by(&setting.program, PATIENCE)?;
                    anyhow::Ok(Outcome::of(&again, frames, spot.at, shape) == Outcome::Harmless)
                };
                damage.for_good += u32::from(!back || !whole()?);
            }
            bar.inc(1);
        }
        place::remove(&original)
    };
    let result = all();
    damage.failure = result.err().map(|error| format!("{error:#}"));
    bar.finish_and_clear();
    damage
}

impl Damage {
    fn note(&mut self, outcome: Outcome, ended: Ended) {
        let position = Outcome::ALL.iter().position(|(one, _)| *one == outcome);
        let position = position.expect("all are in the list");
        self.counts[position] += 1;
        let message = match ended {
            Ended::Report(report) => report.error,
            Ended::Died(how) => Some(how),
            Ended::Hung => None,
        };
        let name = Outcome::ALL[position].1;
        if let Some(message) = message
            && self.messages.iter().all(|(other, _)| *other != name)
        {
            self.messages.push((name, message));
        }
    }
}

/// A bit of a file.
#[derive(Debug)]
struct Spot {
    file: PathBuf,
    at: u64,
    bit: u8,
    /// The byte as it was.
    byte: u8,
}

impl Spot {
    /// Chooses a bit between the first and the last tenth of what is written. Where files were only made
    /// long, nothing is written.
    fn choose(dir: &Path, dice: &mut Dice) -> Result<Self> {
        let mut files = Vec::new();
        for path in place::files(dir)? {
            let mut bytes = fs::read(&path)?;
            let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            bytes.truncate(written);
            files.push((path, bytes));
        }
        let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        let tenth = total / 10;
        'again: for _ in 0..1000 {
            let mut at = tenth + dice.roll((total - 2 * tenth) as u64) as usize;
            for (file, bytes) in &files {
                if at >= bytes.len() {
                    at -= bytes.len();
                    continue;
                }
                let around = &bytes[at.saturating_sub(32)..bytes.len().min(at + 32)];
                if around.iter().all(|byte| *byte == 0) {
                    continue 'again;
                }
                let (file, byte, bit) = (file.clone(), bytes[at], dice.roll(8) as u8);
                return Ok(Self { file, at: at as u64, bit, byte });
            }
        }
        None.context("the log is empty")
    }

    fn flip(&self) -> Result<()> {
        place::put(&self.file, self.at, self.byte ^ (1 << self.bit))
    }

    /// Flips it back, if it is still there and still flipped.
    fn flip_back(&self) -> Result<bool> {
        let flipped = self.byte ^ (1 << self.bit);
        let there =
            fs::read(&self.file).is_ok_and(|bytes| bytes.get(self.at as usize) == Some(&flipped));
        if there {
            place::put(&self.file, self.at, self.byte)?;
        }
        Ok(there)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ended, Outcome, Report, Shape, names};

    const SHAPE: Shape = Shape { record: 100, records: 10 };

    #[test]
    fn a_message_names_a_place_by_byte_or_by_frame() {
        assert!(names("bad checksum at offset 70000", 70_100, 3, SHAPE));
        assert!(names("frame 41 is damaged", 70_100, 41, SHAPE));
        assert!(names("record 410 is damaged", 70_100, 41, SHAPE));
        assert!(!names("bad checksum: 123456789 instead of 987654321", 70_100, 41, SHAPE));
        assert!(!names("CorruptLog", 70_100, 0, SHAPE));
    }

    #[test]
    fn a_wrong_frame_counts_more_than_the_error_after_it() {
        let error = Some("crc".to_owned());
        let report =
            |right, wrong, error| Ended::Report(Report { right, wrong, error, open_ms: 0.0 });
        let of = |ended| Outcome::of(&ended, 9, 5_000_000, SHAPE);
        assert_eq!(of(report(9, 0, None)), Outcome::Harmless);
        assert_eq!(of(report(8, 0, None)), Outcome::Short);
        assert_eq!(of(report(8, 1, error.clone())), Outcome::Wrong);
        assert_eq!(of(report(8, 0, error.clone())), Outcome::UpToThere);
        assert_eq!(of(report(0, 0, error)), Outcome::Nothing);
    }
}
