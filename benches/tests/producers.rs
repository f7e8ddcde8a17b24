//! Every way to feed one ring from several threads brings every event of every producer to
//! every reader, in an order that they all agree on: a broken one must not get as far as a
//! figure.

mod watched;

use std::marker::PhantomData;
use std::thread;
use std::time::Duration;

use broadring_benches::cores::Places;
use broadring_benches::event::{Event, event};
use broadring_benches::producers::way::{Feed, Load, Visitor, Way};
use broadring_benches::producers::{lanes, race, ways};
use broadring_benches::subject::{Mode, Receiver};
use watched::watched;

const CAPACITY: usize = 64;

/// What is true of a way, with events of so many words.
trait Property {
    /// Panics if it is not.
    fn check<W: Way, const WORDS: usize>(load: Load, mode: Mode);
}

/// Checks it for every way in each of its modes, under every load that it suits.
fn of_every_way<P: Property + 'static>() {
    struct Check<P>(PhantomData<P>);
    impl<P: Property + 'static> Visitor for Check<P> {
        fn visit<W: Way>(&mut self) {
            for load in loads().filter(W::suits) {
                for mode in W::MODES {
                    let what = format!("{}: {load}, in mode {mode}", W::NAME);
                    watched(&what, move || P::check::<W, 1>(load, *mode));
                    watched(&what, move || P::check::<W, 8>(load, *mode));
                }
            }
        }
    }
    ways::visit(&mut Check::<P>(PhantomData));
}

/// Producers, readers and batches; 24 does not divide the capacity, so some go round the end.
fn loads() -> impl Iterator<Item = Load> {
    let loads = [(1, 1, 1), (1, 2, 24), (2, 1, 1), (2, 2, 24), (4, 1, CAPACITY), (4, 2, 1)];
    loads.into_iter().map(|(producers, readers, batch)| Load {
        capacity: CAPACITY,
        producers,
        readers,
        batch,
    })
}

struct RacesEndWell;

impl Property for RacesEndWell {
    fn check<W: Way, const WORDS: usize>(load: Load, mode: Mode) {
        // Ten laps of the ring for each producer, and a last batch that is not whole.
        let outcome = race::race::<W, WORDS>(&Places::on(Vec::new()), load, mode, 643);
        assert!(outcome.took > Duration::ZERO);
        assert!(outcome.first_done > 0.0 && outcome.first_done <= 1.0, "{outcome:?}");
    }
}

#[test]
fn every_reader_gets_every_event_of_every_producer_in_that_producers_order() {
    of_every_way::<RacesEndWell>();
}

struct ReadersAgree;

impl Property for ReadersAgree {
    fn check<W: Way, const WORDS: usize>(load: Load, mode: Mode) {
        let each = 643;
        let Feed { senders, receivers, thread } = W::open::<WORDS>(&load, mode, None);
        assert_eq!((senders.len(), receivers.len()), (load.producers, load.readers));
        let senders: Vec<_> = senders
            .into_iter()
            .enumerate()
            .map(|(producer, mut sender)| {
                thread::spawn(move || {
                    race::send(&mut sender, lanes::numbers(producer, each), load.batch);
                    sender
                })
            })
            .collect();
        let receivers: Vec<_> = receivers
            .into_iter()
            .map(|mut receiver| {
                thread::spawn(move || {
                    let mut seen: Vec<Event<WORDS>> = Vec::new();
                    receiver.drain(each * load.producers as u64, |event| seen.push(*event));
                    seen
                })
            })
            .collect();
        let seen: Vec<_> = receivers
            .into_iter()
            .map(|receiver| receiver.join().expect("every event comes"))
            .collect();
        let agree = seen.iter().all(|events| *events == seen[0]);
        assert!(agree || !W::AGREES, "the readers saw different orders");
        for (events, producer) in seen.iter().flat_map(|e| (0..load.producers).map(move |p| (e, p)))
        {
            let theirs = events.iter().filter(|event| lanes::producer(event[0]) == producer);
            assert!(theirs.copied().eq(lanes::numbers(producer, each).map(event::<WORDS>)));
        }
        drop(senders.into_iter().map(|sender| sender.join()).collect::<Vec<_>>());
        thread.into_iter().for_each(|thread| thread.join().expect("its senders are gone"));
    }
}

#[test]
fn all_readers_see_the_producers_events_in_one_order() {
    of_every_way::<ReadersAgree>();
}
