//! What is timed: appending, reading everything, making a log, and opening one after a crash.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use super::engine::{Engine, Scenario};
use super::errand::{Ended, Errand, Task};
use super::frame::{Frame, Shape};
use super::place;
use super::rounds::{Heading, Setting, Timed, Turn, fill};

/// No turn appends more: what has to go to the disk afterwards would slow down the next one.
const MOST_OF_A_TURN: usize = 32 << 20;

/// A turn begins with so many frames that do not count.
const WARM_UP: usize = 8;

/// The log that is read has so many bytes.
const REPLAYED: u64 = 32 << 20;

/// Nothing takes longer than this, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(300);

fn frames(shape: Shape) -> String {
    format!("frames of {} records of {} bytes", shape.records, shape.record)
}

/// Frame after frame, each synced.
#[derive(Debug)]
pub(super) struct Synced(pub(super) Appending);

/// Frame after frame, none synced.
#[derive(Debug)]
pub(super) struct Unsynced(pub(super) Appending);

/// The frames that are appended, made beforehand.
#[derive(Clone, Debug)]
pub(super) struct Appending {
    shape: Shape,
    frames: Rc<[Frame]>,
}

impl Appending {
    pub(super) fn new(shape: Shape) -> Self {
        let count = (MOST_OF_A_TURN / shape.bytes()).max(2 * WARM_UP) as u64;
        Self { shape, frames: (0..count).map(|number| shape.frame(number)).collect() }
    }

    fn turn<'a, E: Engine>(&self, setting: &'a Setting<'_>, sync: bool) -> Turn<'a> {
        let Self { shape, frames } = self.clone();
        Box::new(move || {
            let dir = setting.empty::<E>("append")?;
            let mut log = E::create(&dir)?;
            let (warm_up, frames) = frames.split_at(WARM_UP);
            warm_up.iter().try_for_each(|frame| log.append(frame, sync))?;
            let start = Instant::now();
            let mut count = 0;
            let mut took = Duration::ZERO;
            for frame in frames {
                log.append(frame, sync)?;
                count += 1;
                took = start.elapsed();
                if took >= setting.turn {
                    break;
                }
            }
            // Closing is outside of the timer.
            drop(log);
            place::remove(&dir)?;
            let rate = f64::from(count) / took.as_secs_f64();
            Ok(vec![rate, rate * shape.bytes() as f64 / 1e6])
        })
    }
}

impl Timed for Synced {
    const SCENARIO: Scenario = Scenario::Synced;

    fn heading(&self) -> Heading {
        Heading {
            name: format!("append-synced-{}B", self.0.shape.bytes()),
            what: format!("{}, each safe on the disk before the next", frames(self.0.shape)),
            units: &["frames/s", "MB/s"],
            more_is_better: true,
            after_a_crash: false,
        }
    }

    fn turn<'a, E: Engine>(&self, setting: &'a Setting<'_>) -> Turn<'a> {
        self.0.turn::<E>(setting, true)
    }
}

impl Timed for Unsynced {
    const SCENARIO: Scenario = Scenario::Unsynced;

    fn heading(&self) -> Heading {
        Heading {
            name: format!("append-unsynced-{}B", self.0.shape.bytes()),
            what: format!("{}, left to the system", frames(self.0.shape)),
            units: &["frames/s", "MB/s"],
            more_is_better: true,
            after_a_crash: false,
        }
    }

    fn turn<'a, E: Engine>(&self, setting: &'a Setting<'_>) -> Turn<'a> {
        self.0.turn::<E>(setting, false)
    }
}

/// Opening a log that was closed, and reading all of it.
#[derive(Debug)]
pub(super) struct Replay(pub(super) Shape);

impl Timed for Replay {
    const SCENARIO: Scenario = Scenario::Replay;

    fn heading(&self) -> Heading {
        Heading {
            name: format!("replay-{}B", self.0.bytes()),
            what: format!("open a log that was closed, and read all its {}", frames(self.0)),
            units: &["MB/s", "MB there"],
            more_is_better: true,
            after_a_crash: false,
        }
    }

    fn turn<'a, E: Engine>(&self, setting: &'a Setting<'_>) -> Turn<'a> {
        let shape = self.0;
        let mut filled = None;
        Box::new(move || {
            let (dir, count) = match &filled {
                Some(filled) => filled,
                None => {
                    let dir = setting.empty::<E>("replay")?;
                    let bytes = REPLAYED.min(setting.bytes);
                    let count = fill::<E>(&dir, shape, bytes, setting.patience)?;
                    filled.insert((dir, count))
                }
            };
            let start = Instant::now();
            let mut log = E::reopen(dir)?;
            let (mut frames, mut bytes, mut in_order) = (0, 0, true);
            // Not every byte: comparing takes longer than reading. The tests do.
            log.replay(&mut |first, frame| {
                in_order &= first == frames * shape.records as u64
                    && frame.first_chunk() == Some(&first.to_le_bytes());
                frames += 1;
                bytes += frame.len();
            })?;
            let took = start.elapsed();
            ensure!(
                in_order && frames == *count,
                "{frames} of {count} frames, in order: {in_order}"
            );
            let megabytes = bytes as f64 / 1e6;
            Ok(vec![megabytes / took.as_secs_f64(), megabytes])
        })
    }
}

/// Making a log of one frame, and closing it.
#[derive(Debug)]
pub(super) struct Segment(pub(super) Shape);

impl Timed for Segment {
    const SCENARIO: Scenario = Scenario::Segment;

    fn heading(&self) -> Heading {
        Heading {
            name: format!("segment-{}B", self.0.bytes()),
            what: "make a log, append one frame, sync, close it: what a file of its own for each segment costs"
                .to_owned(),
            units: &["ms", "KiB on disk"],
            more_is_better: false,
            after_a_crash: false,
        }
    }

    fn turn<'a, E: Engine>(&self, setting: &'a Setting<'_>) -> Turn<'a> {
        let frame = self.0.frame(0);
        Box::new(move || {
            let dir = setting.empty::<E>("segment")?;
            let start = Instant::now();
            let mut log = E::create(&dir)?;
            log.append(&frame, true)?;
            drop(log);
            let took = start.elapsed();
            let kib = place::on_disk(&dir)? as f64 / 1024.0;
            place::remove(&dir)?;
            Ok(vec![took.as_secs_f64() * 1e3, kib])
        })
    }
}

/// Opening the log of a process that was killed while it appended.
#[derive(Debug)]
pub(super) struct Reopening(pub(super) Shape);

impl Timed for Reopening {
    const SCENARIO: Scenario = Scenario::Reopening;

    fn heading(&self) -> Heading {
        Heading {
            name: format!("reopening-{}B", self.0.bytes()),
            what: "open the log of a process that was killed while it appended".to_owned(),
            units: &["ms", "MB of frames", "MB on disk"],
            more_is_better: false,
            after_a_crash: true,
        }
    }

    fn turn<'a, E: Engine>(&self, setting: &'a Setting<'_>) -> Turn<'a> {
        let shape = self.0;
        let mut killed = None;
        Box::new(move || {
            let (original, safe) = match &killed {
                Some(killed) => killed,
                None => {
                    let dir = setting.empty::<E>("killed")?;
                    let seconds = setting.patience.as_secs().max(1);
                    let task = Task::Fill { bytes: setting.bytes, seconds };
                    let safe =
                        Errand::new::<E>(task, &dir, shape).fill_and_kill(&setting.program)?;
                    killed.insert((dir, safe))
                }
            };
            // Opening it repairs it: each turn has a copy.
            let dir = setting.empty::<E>("reopen")?;
            place::copy(original, &dir)?;
            let errand = Errand::new::<E>(Task::Read, &dir, shape);
            let report = match errand.read_by(&setting.program, PATIENCE)? {
                Ended::Report(report) => report,
                Ended::Died(how) => bail!("the process that opened it died: {how}"),
                Ended::Hung => bail!("it did not open in {} s", PATIENCE.as_secs()),
            };
            let disk = place::on_disk(&dir)? as f64 / 1e6;
            place::remove(&dir)?;
            if let Some(error) = report.error {
                bail!("{} of {safe} safe frames, then: {error}", report.right);
            }
            ensure!(
                report.right >= *safe && report.wrong <= u64::from(!E::CHECKS),
                "{} of {safe} safe frames, and {} wrong ones",
                report.right,
                report.wrong
            );
            let megabytes = report.right as f64 * shape.bytes() as f64 / 1e6;
            Ok(vec![report.open_ms, megabytes, disk])
        })
    }
}
