//! Messages that are sent until somebody says that they have arrived, and are in the log once all the same.
//!
//! Three producers send messages to a service over a network that loses some of them, and some of the answers. What is
//! not acknowledged is sent again, so the service gets many messages twice. It also crashes now and then, and forgets
//! what it has seen; then it makes its window of the log again. At the end each message is in the log once.
//!
//! ```text
//! cargo run --release -p broadring-log --example deduplicate
//! ```

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use broadring_log::codec::Postcard;
use broadring_log::{Durability, Log, LogReader, MessageId, Window};

/// A message, and the text in it.
type Message = (MessageId, String);

/// How many messages a producer sends before it waits for answers.
const ON_THE_WAY: u64 = 50;

fn codec() -> Postcard<Message> {
    Postcard::new(1)
}

/// A producer: what it has not sent yet, and what nobody has acknowledged.
struct Producer {
    number: u64,
    next: u64,
    end: u64,
    unanswered: BTreeSet<u64>,
}

impl Producer {
    /// What it sends now: everything that is not acknowledged, and as much more as may be on the way.
    fn send(&mut self) -> Vec<Message> {
        while self.next < self.end && (self.unanswered.len() as u64) < ON_THE_WAY {
            // The oldest one on the way limits the newest one, so that the window knows them all.
            if self.unanswered.first().is_some_and(|oldest| self.next - oldest >= ON_THE_WAY) {
                break;
            }
            self.unanswered.insert(self.next);
            self.next += 1;
        }
        let id = |&number: &u64| MessageId { producer: self.number, number };
        self.unanswered.iter().map(id).map(|id| (id, format!("this is {id}"))).collect()
    }

    fn is_done(&self) -> bool {
        self.next == self.end && self.unanswered.is_empty()
    }
}

/// What logs the messages.
struct Service {
    log: Log,
    window: Window,
}

impl Service {
    fn start(directory: &Path, producers: usize) -> Result<Self> {
        // A service that is killed loses nothing that it has acknowledged. If that is to be so when the power fails
        // too, leave the durability as it is.
        let log = Log::options().durability(Durability::System).open(directory)?;
        // As many events as can have been logged since the oldest message that may come again. While it does, each
        // producer gets no more than `ON_THE_WAY` new ones into the log in each round; and nobody needs 100 rounds.
        let events = 100 * ON_THE_WAY * producers as u64;
        let window =
            Window::rebuild(&log.reader(), &codec(), events, ON_THE_WAY, producers, |(id, _)| {
                Some(*id)
            })?;
        Ok(Self { log, window })
    }

    /// Logs those of the messages that are new. Returns how many they were. All may be acknowledged then.
    fn receive(&mut self, messages: &[Message]) -> Result<usize> {
        let mut new = 0;
        for message in messages {
            let push = || self.log.push(&codec(), message);
            new += usize::from(self.window.once(message.0, push)?.is_some());
        }
        self.log.end_batch()?;
        Ok(new)
    }
}

/// Numbers that look random.
struct Random(u64);

impl Random {
    /// Whether something happens that happens with one in so many.
    fn one_in(&mut self, times: u64) -> bool {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).is_multiple_of(times)
    }
}

/// What has happened.
#[derive(Debug, Default)]
struct Outcome {
    sent: usize,
    arrived: usize,
    new: usize,
    crashes: usize,
}

fn run(directory: &Path, producers: u64, messages: u64) -> Result<Outcome> {
    let mut random = Random(1);
    let mut outcome = Outcome::default();
    let mut all: Vec<Producer> = (0..producers)
        .map(|number| Producer { number, next: 0, end: messages, unanswered: BTreeSet::new() })
        .collect();
    let mut service = Service::start(directory, all.len())?;
    while !all.iter().all(Producer::is_done) {
        for producer in &mut all {
            let mut messages = producer.send();
            outcome.sent += messages.len();
            messages.retain(|_| !random.one_in(4));
            outcome.arrived += messages.len();
            outcome.new += service.receive(&messages)?;
            if random.one_in(50) {
                // What it has logged, nobody is told. What it knew is gone.
                drop(service);
                service = Service::start(directory, producers as usize)?;
                outcome.crashes += 1;
                continue;
            }
            for (id, _) in messages {
                if !random.one_in(4) {
                    producer.unanswered.remove(&id.number);
                }
            }
        }
    }
    service.log.close()?;
    Ok(outcome)
}

fn main() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let outcome = run(directory.path(), 3, 5000)?;
    let logged = check(directory.path(), 3, 5000)?;
    println!("3 producers have had 5000 messages each, and have sent {} in all,", outcome.sent);
    println!(
        "of which {} have arrived, at a service that has crashed {} times.",
        outcome.arrived, outcome.crashes
    );
    println!("{} were found to be repetitions.", outcome.arrived - outcome.new);
    println!("\nThe log has {logged} messages: each of them once.");
    Ok(())
}

/// Checks that each message is in the log once, and returns how many they are.
fn check(directory: &Path, producers: u64, messages: u64) -> Result<u64> {
    let reader = LogReader::open(directory)?;
    let mut frames = reader.from(0)?;
    let mut ids = BTreeSet::new();
    while let Some(frame) = frames.next_frame()? {
        for event in frame.decode(&codec()) {
            let (sequence, (id, _)) = event?;
            ensure!(ids.insert(id), "{id} is in the log again, as event {sequence}");
        }
    }
    ensure!(ids.len() as u64 == producers * messages, "there are {} messages", ids.len());
    Ok(ids.len() as u64)
}

#[test]
fn each_message_is_in_the_log_once() {
    let directory = tempfile::tempdir().unwrap();
    let outcome = run(directory.path(), 5, 1000).unwrap();
    assert_eq!(check(directory.path(), 5, 1000).unwrap(), outcome.new as u64);
    assert!(outcome.arrived > outcome.new && outcome.crashes > 0, "{outcome:?}");
}
