//! A ring or a channel for each step, and a thread in between that sends on what it gets.

use std::time::{Duration, Instant};

use broadring::{Reader, Writer};
use crossbeam_channel::bounded;

use super::way::{Setting, Stage};
use crate::event::{Event, Ledger};
use crate::subject::{Forward, Receiver};
use crate::subjects::{End, builder};
use crate::throughput::stream::{checked, race, reading};

/// What a chain is made of.
pub(super) trait Link: 'static {
    const NAME: &'static str;
    type Sender<const WORDS: usize>: Forward<WORDS>;
    type Receiver<const WORDS: usize>: Receiver<WORDS>;

    fn open<const WORDS: usize>(setting: &Setting) -> (Self::Sender<WORDS>, Self::Receiver<WORDS>);
}

/// Rings of ours; every event is copied from each to the next.
pub(super) struct Rings;

impl Link for Rings {
    const NAME: &'static str = "broadring, a ring for each";
    type Sender<const WORDS: usize> = Writer<Event<WORDS>>;
    type Receiver<const WORDS: usize> = Reader<Event<WORDS>>;

    fn open<const WORDS: usize>(setting: &Setting) -> (Self::Sender<WORDS>, Self::Receiver<WORDS>) {
        let (writer, ring) = builder(setting.capacity, setting.mode).build(|| [0; WORDS]);
        (writer, ring.subscribe().expect("a gate is free"))
    }
}

/// Bounded channels, through which every event moves; used as in the subject.
pub(super) struct Channels;

impl Link for Channels {
    const NAME: &'static str = "crossbeam-channel";
    type Sender<const WORDS: usize> = End<crossbeam_channel::Sender<Event<WORDS>>>;
    type Receiver<const WORDS: usize> = End<crossbeam_channel::Receiver<Event<WORDS>>>;

    fn open<const WORDS: usize>(setting: &Setting) -> (Self::Sender<WORDS>, Self::Receiver<WORDS>) {
        let (sender, receiver) = bounded(setting.capacity);
        let mode = setting.mode;
        (End { inner: sender, mode }, End { inner: receiver, mode })
    }
}

/// writer → A → B → C, all of which read every event.
pub(super) fn pipeline<L: Link, const WORDS: usize>(setting: &Setting, count: u64) -> Duration {
    let (writer, a) = L::open::<WORDS>(setting);
    let (a_to_b, b) = L::open::<WORDS>(setting);
    let (b_to_c, c) = L::open::<WORDS>(setting);
    let c = Box::new(reading::<_, WORDS>(L::NAME, c));
    let readers = vec![pass_on::<L, WORDS>(a, a_to_b), pass_on::<L, WORDS>(b, b_to_c), c];
    race::<_, WORDS>(writer, readers, &setting.places, setting.batch, count)
}

/// Reads every event, and sends it on.
fn pass_on<L: Link, const WORDS: usize>(
    mut from: L::Receiver<WORDS>,
    mut to: L::Sender<WORDS>,
) -> Stage {
    Box::new(checked::<WORDS>(L::NAME, move |count| {
        let mut ledger = Ledger::default();
        from.drain(count, |event| {
            ledger.see(event);
            to.forward(*event);
        });
        ledger
    }))
}

/// Sends every event on as `edit` returns it.
pub(super) fn edit_on<L: Link, const WORDS: usize>(
    mut from: L::Receiver<WORDS>,
    mut to: L::Sender<WORDS>,
    edit: impl Fn(u64) -> u64 + Send + 'static,
) -> Stage {
    Box::new(move |count| {
        from.drain(count, |event| to.forward(event.map(&edit)));
        Instant::now()
    })
}
