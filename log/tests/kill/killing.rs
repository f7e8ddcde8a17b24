//! Kills the process that records again and again, and looks each time at what is there.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use broadring_log::{Log, LogReader, OpenError};
use fastrand::Rng;

use crate::consumer::{self, Consumer};
use crate::input;
use crate::recorder::Recorder;

/// How many tests there are.
const SCENARIOS: u64 = 6;

/// What is recorded, and how.
#[derive(Debug)]
pub(crate) struct Scenario {
    name: &'static str,
    options: Vec<&'static str>,
    retains: bool,
    consumed: bool,
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

impl Scenario {
    pub(crate) fn new(name: &'static str, options: &[&'static str]) -> Self {
        Self { name, options: options.to_vec(), retains: false, consumed: false }
    }

    /// The oldest segments are removed.
    pub(crate) fn retaining(self) -> Self {
        Self { retains: true, ..self }
    }

    /// A consumer with a checkpoint reads, and is killed too.
    pub(crate) fn consumed(self) -> Self {
        Self { consumed: true, ..self }
    }

    pub(crate) fn run(&self) {
        let kills = from_environment("BROADRING_LOG_KILLS").unwrap_or(240).div_ceil(SCENARIOS);
        let seed = from_environment("BROADRING_LOG_SEED").unwrap_or_else(|| fastrand::u64(..));
        println!(
            "{}: BROADRING_LOG_SEED={seed} BROADRING_LOG_KILLS={}",
            self.name,
            kills * SCENARIOS
        );
        let mut random = Rng::with_seed(seed);
        let mut killed = 0;
        // The input may come to its end first.
        while killed < kills {
            killed += self.record(&mut random, kills - killed);
        }
    }

    /// Records the whole input, with so many kills at most, and returns how many there were.
    fn record(&self, random: &mut Rng, kills: u64) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        input::write(&folder.join("input"));
        if self.consumed {
            // From here on nothing is removed that it has not passed.
            let log = Log::open(folder.join("log")).unwrap();
            log.reader().checkpoint(consumer::NAME).unwrap().store(0).unwrap();
            log.close().unwrap();
        }
        let (mut killed, mut acknowledged) = (0, 0);
        while killed < kills {
            let mut recorder = Recorder::start(folder, &self.options);
            let mut consumer = self.consumed.then(|| Consumer::start(folder));
            match random.u8(..4) {
                // While it is starting.
                0 => thread::sleep(Duration::from_micros(random.u64(..12_000))),
                _ => {
                    recorder.wait_for(random.u64(..=250));
                    thread::sleep(Duration::from_micros(random.u64(..2_000)));
                }
            }
            let told = recorder.acknowledged();
            if random.bool()
                && let Some(consumer) = consumer.take()
            {
                consumer.kill();
            }
            let running = recorder.kill(folder);
            // It may have acknowledged more until it died.
            let told = told.max(acknowledged_in(folder));
            if let Some(consumer) = consumer {
                consumer.kill();
            }
            killed += u64::from(running);
            acknowledged = acknowledged.max(told.unwrap_or(0));
            self.check(folder, acknowledged);
            if !running {
                break;
            }
        }
        Recorder::start(folder, &self.options).finish(folder);
        if self.consumed {
            Consumer::start(folder).finish();
        }
        assert_eq!(self.check(folder, input::LINES), input::LINES);
        killed
    }

    /// Checks that the log is good, and has what was acknowledged, as it is in the input. Returns where it ends.
    fn check(&self, folder: &Path, acknowledged: u64) -> u64 {
        let log = folder.join("log");
        let report = match broadring_log::verify(&log, |_| ()) {
            Ok(report) => report,
            // It was killed before there was a log.
            Err(OpenError::NotALog(_) | OpenError::NoDirectory(_)) if acknowledged == 0 => {
                return 0;
            }
            Err(error) => panic!("{error}"),
        };
        assert!(report.is_good(), "{report:?}");
        assert!(report.sequences.end >= acknowledged.into(), "{acknowledged} lines: {report:?}");

        let reader = LogReader::open(&log).unwrap();
        let oldest = reader.oldest().unwrap();
        assert!(self.retains || oldest == 0.into());
        let mut frames = reader.from(oldest).unwrap();
        let mut next = u64::from(oldest);
        while let Some(frame) = frames.next_frame().unwrap() {
            for (sequence, record) in frame.records() {
                assert_eq!(sequence, next.into());
                assert_eq!(record, input::line(next));
                next += 1;
            }
        }
        assert_eq!(report.sequences.end, next.into());
        assert!(next <= input::LINES);
        if self.consumed {
            consumer::check(folder, next);
        }
        next
    }
}

fn acknowledged_in(folder: &Path) -> Option<u64> {
    fs::read_to_string(folder.join("acknowledged")).ok()?.trim_end().parse().ok()
}
