//! A log on a disk in memory, together with what must be in it.

use std::ops::Range;
use std::time::Duration;

use broadring_log::codec::{Bytes, Fixed};
use broadring_log::{Durability, FileError, Log, LogOptions, LogReader, Retention};

use crate::common::{Disk, Random, read};

/// What was pushed, and what was promised about it.
pub(crate) struct Stream {
    pub(crate) disk: Disk,
    pub(crate) random: Random,
    options: LogOptions,
    policy: Durability,
    /// Whether a checkpoint keeps segments.
    keeps: bool,
    log: Option<Log>,
    events: Vec<Vec<u8>>,
    /// Before this, everything must be there.
    durable: u64,
    oldest: u64,
    /// What a checkpoint may be: what was stored last, and what was to be stored.
    checkpoints: [Option<u64>; 2],
    /// Where whoever reads to the end gets to: what was removed may lie before.
    pub(crate) rounds: u64,
}

/// What was done to a stream failed because the disk refuses.
pub(crate) type Done = Result<(), FileError>;

impl Stream {
    pub(crate) fn new(disk: Disk, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let policy = match random.below(4) {
            0 => Durability::Every { events: 5, within: Duration::from_secs(3600) },
            1 => Durability::Interval(Duration::from_secs(3600)),
            2 => Durability::System,
            _ => Durability::EveryBatch,
        };
        let retention = match random.below(4) {
            0 => Retention::EVERYTHING.bytes(2000),
            1 => Retention::EVERYTHING.consumed(),
            2 => Retention::EVERYTHING.bytes(3000).despite_checkpoints(),
            _ => Retention::EVERYTHING,
        };
        let options = Log::options()
            .segment_bytes(200 + random.below(2000))
            .frame_bytes(50 + random.below(1000) as usize)
            .durability(policy)
            .retention(retention)
            .first_sequence(random.below(2) * 1000);
        Self {
            disk,
            options,
            policy,
            keeps: !retention.despite_checkpoints,
            log: None,
            events: Vec::new(),
            durable: 0,
            oldest: 0,
            checkpoints: [None; 2],
            rounds: 0,
            random,
        }
    }

    /// The log, if it is open.
    pub(crate) fn log(&mut self) -> &mut Log {
        self.log.as_mut().expect("the log is open")
    }

    fn end(&self) -> u64 {
        self.events.len() as u64
    }

    /// Opens the log, and checks what is in it.
    ///
    /// # Panics
    ///
    /// If something is missing, or wrong.
    pub(crate) fn open(&mut self) {
        let log = self.options.open_on(self.disk.storage());
        let log = log.unwrap_or_else(|error| panic!("the log cannot be opened: {error}"));
        self.opened(log);
    }

    /// Opens the log on a disk that may refuse.
    pub(crate) fn try_open(&mut self) -> bool {
        match self.options.open_on(self.disk.storage()) {
            Ok(log) => {
                self.opened(log);
                true
            }
            Err(broadring_log::OpenError::File(_)) => false,
            Err(error) => panic!("the log cannot be opened: {error}"),
        }
    }

    fn opened(&mut self, log: Log) {
        let next = log.next_sequence().get();
        if self.events.is_empty() {
            // Nobody asks for what is before the first event.
            self.events.resize(next as usize, Vec::new());
            (self.durable, self.oldest) = (next, next);
        }
        assert!(next >= self.durable, "the log ends at {next}, and {} was durable", self.durable);
        assert!(next <= self.end(), "the log ends at {next}, and {} were pushed", self.end());
        self.events.truncate(next as usize);
        self.durable = next;
        let oldest = log.oldest().get();
        assert!(oldest >= self.oldest, "{oldest} is there again");
        if self.keeps
            && let Some(position) = self.slowest()
        {
            assert!(oldest <= position, "{oldest} is the oldest, and {position} was needed");
        }
        self.oldest = oldest;
        self.log = Some(log);
        self.check();
        self.check_checkpoint();
    }

    fn slowest(&self) -> Option<u64> {
        self.checkpoints
            .iter()
            .map(|stored| stored.unwrap_or(0))
            .min()
            .filter(|_| self.checkpoints[0].is_some())
    }

    fn check_checkpoint(&mut self) {
        let reader = self.log().reader();
        let known = reader.checkpoints().is_ok_and(|known| !known.is_empty());
        if !known {
            let stored = self.checkpoints.iter().all(Option::is_some);
            assert!(!stored, "the checkpoint is lost");
            return;
        }
        // Opening it makes durable what it says.
        match reader.checkpoint("consumer") {
            Ok(checkpoint) => self.stored(&checkpoint),
            Err(broadring_log::CheckpointError::File(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Checks what a checkpoint says.
    fn stored(&mut self, checkpoint: &broadring_log::Checkpoint) {
        let there = checkpoint.position().map(broadring::Sequence::get);
        let expected = self.checkpoints;
        assert!(expected.contains(&there), "the checkpoint is {there:?} instead of {expected:?}");
        self.checkpoints = [there; 2];
    }

    /// Reads everything that is committed, and as much of what is not as another process sees.
    ///
    /// # Panics
    ///
    /// If it is not what was pushed.
    pub(crate) fn check(&mut self) {
        let log = self.log.as_ref().expect("the log is open");
        let oldest = log.oldest().get();
        let (events, error) = read(&log.reader(), oldest);
        assert!(error.is_none(), "{}", error.unwrap());
        self.compare(&events, oldest..log.committed().get());
        let reader = LogReader::open_on(self.disk.storage()).expect("the log is there");
        let oldest = reader.oldest().unwrap().get();
        let committed = reader.committed().unwrap().expect("the log is written").get();
        let (events, error) = read(&reader, oldest);
        assert!(error.is_none(), "{}", error.unwrap());
        self.compare(&events, oldest..committed);
    }

    fn compare(&self, found: &[(u64, Vec<u8>)], expected: Range<u64>) {
        assert_eq!(found.len() as u64, expected.end - expected.start, "events of {expected:?}");
        for ((found, event), number) in found.iter().zip(expected) {
            assert_eq!(*found, number);
            assert!(*event == self.events[number as usize], "event {number} is another one");
        }
    }

    /// Does something with the log.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub(crate) fn act(&mut self) -> Done {
        self.rounds += 1;
        let done = match self.random.below(20) {
            0..8 => self.push().and_then(|()| self.log().end_batch().map(drop)),
            8..12 => self.push(),
            12..14 => self.log().end_batch().map(drop),
            14..16 => self.log().sync().map(drop),
            16 => self.log().retain().map(drop),
            17..19 => self.store(),
            _ => self.reopen(),
        };
        self.note();
        done
    }

    /// Notes what the log promises.
    pub(crate) fn note(&mut self) {
        let Some(log) = &self.log else { return };
        let (durable, committed) = (log.durable().get(), log.committed().get());
        self.durable = self.durable.max(durable);
        if self.policy == Durability::System {
            assert!(committed <= self.events.len() as u64);
        } else {
            assert!(committed <= durable, "{committed} is committed, and {durable} durable");
            self.durable = self.durable.max(committed);
        }
        assert!(log.oldest().get() >= self.oldest);
        self.oldest = log.oldest().get();
    }

    fn push(&mut self) -> Done {
        for _ in 0..1 + self.random.below(4) {
            let event = match self.random.below(4) {
                0 => self.random.bytes(16),
                1 => Vec::new(),
                _ => {
                    let length = self.random.below(300) as usize;
                    self.random.bytes(length)
                }
            };
            let sequence = if event.len() == 16 {
                let array: [u8; 16] = event[..].try_into().unwrap();
                self.log().push(&Fixed::<[u8; 16]>::new(7), &array)
            } else {
                self.log().push(&Bytes, &event)
            };
            assert_eq!(sequence.unwrap().get(), self.end());
            self.events.push(event);
        }
        Ok(())
    }

    fn store(&mut self) -> Done {
        let committed = self.log().committed().get();
        let least = self.oldest.max(self.checkpoints[0].unwrap_or(0));
        let position = least + self.random.below(committed.saturating_sub(least) + 1);
        let opened = self.log().reader().checkpoint("consumer");
        let mut checkpoint = match opened {
            Ok(checkpoint) => checkpoint,
            Err(broadring_log::CheckpointError::File(error)) => return Err(error),
            Err(error) => panic!("{error}"),
        };
        self.stored(&checkpoint);
        self.checkpoints[1] = Some(position);
        // What could not be synced is read all the same.
        checkpoint.store(position).inspect_err(|_| self.keeps = false)?;
        self.checkpoints = [Some(position); 2];
        Ok(())
    }

    fn reopen(&mut self) -> Done {
        let log = self.log.take().expect("the log is open");
        let closed = match self.random.once_in(2) {
            true => {
                drop(log);
                Ok(())
            }
            false => log.close().map(|next| assert_eq!(next.get(), self.end())),
        };
        if closed.is_ok() && self.try_open() {
            return Ok(());
        }
        // Whoever drives this goes on with a log that is open, or with none after the power was cut.
        closed
    }

    /// Syncs what was pushed, now that the disk does what it is told.
    pub(crate) fn sync_everything(&mut self) {
        let end = self.end();
        self.log().sync().unwrap();
        assert_eq!(self.log().durable().get(), end);
        self.note();
    }

    pub(crate) fn is_open(&self) -> bool {
        self.log.is_some()
    }

    /// The process dies.
    pub(crate) fn kill(&mut self) {
        self.note();
        self.disk.kill();
        self.log = None;
    }

    /// The power goes.
    pub(crate) fn cut_power(&mut self) {
        self.note();
        self.disk.cut_power();
        self.log = None;
    }
}
