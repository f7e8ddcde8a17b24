//! Messages that are sent again are dropped, and only those.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use broadring_log::codec::Postcard;
use broadring_log::{Durability, Log, LogReader, MessageId, OnceError, Seen, TooOld, Window};
use common::Random;
use common::consumers::copy;
use proptest::prelude::*;

fn id(producer: u64, number: u64) -> MessageId {
    MessageId { producer, number }
}

/// What a window promises, said with sets that forget nothing, and a list of producers, the latest one last.
#[derive(Default)]
struct Model {
    producers: Vec<(u64, BTreeSet<u64>)>,
}

impl Model {
    fn insert(&mut self, id: MessageId, numbers: u64, producers: usize) -> Result<Seen, TooOld> {
        let at = self.producers.iter().position(|(producer, _)| *producer == id.producer);
        let (_, mut known) = at.map_or_else(Default::default, |at| self.producers[at].clone());
        let newest = known.last().copied().unwrap_or(id.number);
        assert!(known.len() as u64 <= newest + 1);
        let seen = if id.number + numbers <= newest {
            Err(newest - numbers + 1)
        } else if known.insert(id.number) {
            Ok(Seen::New)
        } else {
            Ok(Seen::Repeated)
        };
        if seen.is_ok() {
            if let Some(at) = at {
                self.producers.remove(at);
            } else if self.producers.len() == producers {
                self.producers.remove(0);
            }
            self.producers.push((id.producer, known));
        }
        // `TooOld` cannot be made here.
        seen.map_err(|oldest| {
            let mut window = Window::new(numbers, 1);
            let _ = window.insert(self::id(id.producer, oldest + numbers - 1));
            window.check(id).unwrap_err()
        })
    }
}

proptest! {
    #[test]
    fn a_window_answers_as_a_plain_set_does(
        words in 1_u64..4,
        producers in 1_usize..5,
        messages in prop::collection::vec((0_u64..6, 0_u64..70, 0_u64..300), 0..400),
    ) {
        let mut window = Window::new(words * 64, producers);
        let mut model = Model::default();
        let mut base = BTreeMap::<u64, u64>::new();
        for (producer, number, jump) in messages {
            // Mostly near to the one before, and now and then far ahead.
            let base = base.entry(producer).or_default();
            if jump < 20 {
                *base += jump * 20;
            }
            let id = id(producer, *base + number);
            let expected = model.insert(id, words * 64, producers);
            prop_assert_eq!(window.check(id), expected);
            prop_assert_eq!(window.insert(id), expected);
            prop_assert_eq!(window.producers(), model.producers.len());
            let newest = model.producers.iter().find(|(known, _)| *known == producer);
            prop_assert_eq!(
                window.newest(producer),
                newest.and_then(|(_, known)| known.last().copied())
            );
        }
    }
}

#[test]
fn the_largest_numbers_are_numbers_as_others() {
    let mut window = Window::new(64, 1);
    for number in [0, u64::MAX - 64, u64::MAX] {
        assert_eq!(window.insert(id(1, number)), Ok(Seen::New));
        assert_eq!(window.insert(id(1, number)), Ok(Seen::Repeated));
    }
    assert_eq!(window.insert(id(1, u64::MAX - 63)), Ok(Seen::New));
    let error = window.insert(id(1, u64::MAX - 64)).unwrap_err();
    assert_eq!((error.id, error.oldest), (id(1, u64::MAX - 64), u64::MAX - 63));
}

#[test]
fn the_producer_that_was_silent_for_longest_is_forgotten() {
    let mut window = Window::new(64, 2);
    for producer in [1, 2, 1, 3] {
        let _ = window.insert(id(producer, 0)).unwrap();
    }
    assert_eq!(window.check(id(1, 0)), Ok(Seen::Repeated));
    assert_eq!(window.check(id(3, 0)), Ok(Seen::Repeated));
    assert_eq!(window.check(id(2, 0)), Ok(Seen::New));
    assert_eq!((window.producers(), window.newest(2)), (2, None));
}

#[test]
fn a_message_that_could_not_be_logged_may_be_sent_again() {
    let mut window = Window::new(64, 1);
    let refused = window.once(id(1, 0), || Err::<(), _>("no room"));
    assert_eq!(refused, Err(OnceError::Refused("no room")));
    assert_eq!(window.once(id(1, 0), || Ok::<_, ()>(5)).unwrap(), Some(5));
    assert_eq!(window.once(id(1, 0), || Ok::<_, ()>(5)).unwrap(), None);
}

type Message = (MessageId, u64);

fn codec() -> Postcard<Message> {
    Postcard::new(1)
}

fn rebuild(reader: &LogReader, events: u64) -> Window {
    Window::rebuild(reader, &codec(), events, 256, 8, |(id, _)| Some(*id)).unwrap()
}

/// The ids in a log.
fn logged(reader: &LogReader) -> Vec<MessageId> {
    let mut frames = reader.from(reader.oldest().unwrap()).unwrap();
    let mut ids = Vec::new();
    while let Some(frame) = frames.next_frame().unwrap() {
        ids.extend(frame.decode(&codec()).map(|event| event.unwrap().1.0));
    }
    ids
}

#[test]
fn a_producer_that_sends_everything_again_after_a_crash_has_each_message_once_in_the_log() {
    const PRODUCERS: u64 = 5;
    const MESSAGES: u64 = 200;
    for seed in 0..10 {
        let mut random = Random::new(seed);
        let mut directory = tempfile::tempdir().unwrap();
        // They send all that they have, each time in another order; and crash in the middle, but for the last time.
        for round in 0..6 {
            let mut log = Log::options()
                .segment_bytes(16 << 10)
                .durability(Durability::System)
                .open(directory.path())
                .unwrap();
            let mut window = rebuild(&log.reader(), PRODUCERS * MESSAGES);
            let mut all: Vec<MessageId> = (0..PRODUCERS)
                .flat_map(|producer| (0..MESSAGES).map(move |number| id(producer, number)))
                .collect();
            for place in (1..all.len()).rev() {
                all.swap(place, random.below(place as u64 + 1) as usize);
            }
            let crash = if round < 5 { random.below(900) as usize } else { usize::MAX };
            for id in all.into_iter().take(crash) {
                let push = || log.push(&codec(), &(id, round));
                window.once(id, push).unwrap();
                if random.below(10) == 0 {
                    log.end_batch().unwrap();
                }
            }
            if round < 5 {
                // What was not written when the process dies is gone.
                directory = copy(directory.path());
            } else {
                log.close().unwrap();
            }
        }
        let mut ids = logged(&LogReader::open(directory.path()).unwrap());
        ids.sort_unstable();
        let expected: Vec<MessageId> = (0..PRODUCERS)
            .flat_map(|producer| (0..MESSAGES).map(move |number| id(producer, number)))
            .collect();
        assert_eq!(ids, expected, "seed {seed}");
    }
}

#[test]
fn a_window_knows_the_last_events_of_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::options().segment_bytes(1024).open(directory.path()).unwrap();
    for number in 0..500 {
        log.push(&codec(), &(id(1, number), 0)).unwrap();
        if number % 7 == 6 {
            log.end_batch().unwrap();
        }
    }
    log.sync().unwrap();
    let known = |window: &Window| {
        (0..500).filter(|number| window.check(id(1, *number)) == Ok(Seen::Repeated)).count()
    };
    for events in [0, 1, 10, 100, 255] {
        assert_eq!(known(&rebuild(&log.reader(), events)), events as usize);
    }
    assert_eq!(known(&rebuild(&log.reader(), u64::MAX)), 256);
    log.close().unwrap();
    // Where nobody writes, there may be more.
    let reader = LogReader::open(directory.path()).unwrap();
    for events in [1, 10, 100, 255, u64::MAX] {
        assert!(known(&rebuild(&reader, events)) >= events.min(256) as usize);
    }
}
