//! writer → editor → editor → reader: in place, and by copying.

use std::time::{Duration, Instant};

use broadring::Editor;

use super::WAITING;
use super::chain::{Channels, Link, Rings, edit_on};
use super::way::{Setting, Stage, Way};
use crate::event::{Event, Ledger};
use crate::subject::{Kind, Receiver};
use crate::subjects::builder;
use crate::throughput::stream::{checked, race};

/// Every way has the same four threads. Those that copy need a ring or a channel for each of
/// the three steps in between.
pub(super) fn ways<const WORDS: usize>() -> Vec<Way> {
    let queues = Kind::QueuePerReader;
    vec![
        Way::new("broadring, in place", Kind::Broadcast, WAITING, in_place::<WORDS>),
        Way::new(Rings::NAME, queues, WAITING, copying::<Rings, WORDS>),
        Way::new(Channels::NAME, queues, WAITING, copying::<Channels, WORDS>),
    ]
}

/// What the first editor makes of every word.
fn first(word: u64) -> u64 {
    word.wrapping_add(1)
}

/// What the second one does: what comes out tells who was first.
fn second(word: u64) -> u64 {
    word.rotate_left(1)
}

/// The word that both have edited.
fn original(word: u64) -> u64 {
    word.rotate_right(1).wrapping_sub(1)
}

fn in_place<const WORDS: usize>(setting: &Setting, count: u64) -> Duration {
    let (writer, [one, two], ring) = builder(setting.capacity, setting.mode)
        .build_with_editors(["first", "second"], || [0; WORDS]);
    let reader = ring.subscribe().expect("a gate is free");
    let stages = vec![edit(one, first), edit(two, second), edited("broadring, in place", reader)];
    race::<_, WORDS>(writer, stages, &setting.places, setting.batch, count)
}

/// Edits so many events as they come.
fn edit<const WORDS: usize>(
    mut editor: Editor<Event<WORDS>>,
    edit: impl Fn(u64) -> u64 + Send + 'static,
) -> Stage {
    Box::new(move |count| {
        let mut left = count;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let mut batch = editor.wait_batch_up_to(most).expect("the writer is there");
            left -= batch.len() as u64;
            for (_sequence, event) in &mut batch {
                *event = event.map(&edit);
            }
        }
        Instant::now()
    })
}

fn copying<L: Link, const WORDS: usize>(setting: &Setting, count: u64) -> Duration {
    let (writer, one) = L::open::<WORDS>(setting);
    let (from_one, two) = L::open::<WORDS>(setting);
    let (from_two, reader) = L::open::<WORDS>(setting);
    let one = edit_on::<L, WORDS>(one, from_one, first);
    let two = edit_on::<L, WORDS>(two, from_two, second);
    let stages = vec![one, two, edited(L::NAME, reader)];
    race::<_, WORDS>(writer, stages, &setting.places, setting.batch, count)
}

/// Reads every event, and checks that both have edited it, one after the other.
fn edited<R: Receiver<WORDS>, const WORDS: usize>(name: &'static str, mut reader: R) -> Stage {
    Box::new(checked::<WORDS>(name, move |count| {
        let mut ledger = Ledger::default();
        reader.drain(count, |event| ledger.see(&event.map(original)));
        ledger
    }))
}

#[cfg(test)]
mod tests {
    use super::{first, original, second};

    #[test]
    fn editors_in_the_wrong_order_are_noticed() {
        for word in [0, 1, 41, u64::MAX - 1] {
            assert_eq!(original(second(first(word))), word);
            assert_ne!(original(first(second(word))), word);
        }
    }
}
