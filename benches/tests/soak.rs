//! The accounting of the soak complains when something is wrong, and a soak in which nothing is
//! wrong passes.

mod watched;

use std::mem;
use std::time::{Duration, Instant};

use broadring_benches::soak::law::Law;
use broadring_benches::soak::life::{Life, Token};
use broadring_benches::soak::payload::{Large, Owned, Payload, Small};
use broadring_benches::soak::records::law::{RecordLaw, place, span};
use broadring_benches::soak::records::tally::RecordTally;
use broadring_benches::soak::tally::Tally;
use broadring_benches::soak::{Failure, Planted, Settings, Summary, soak};
use watched::watched;

const LAW: fn() -> Law = || Law::new(77, 2);

/// The event of a sequence as readers see it.
fn event<P: Payload>(sequence: u64) -> P {
    P::make(LAW().word(sequence, 2), &Life::begin())
}

/// A tally that has seen the events from 10 to 12.
fn tally() -> Tally {
    let mut tally = Tally::at(LAW(), 10);
    for sequence in 10..13 {
        tally.see(sequence, &event::<Small>(sequence)).expect("it is the next one");
    }
    tally
}

#[test]
fn a_tally_takes_every_event_once_and_in_order() {
    let tally = tally();
    assert_eq!((tally.first(), tally.next(), tally.seen()), (10, 13, 3));
    assert_eq!(tally.check(13), Ok(()));
}

#[test]
fn a_tally_complains_of_an_event_that_is_missing() {
    let complaint = tally().see(14, &event::<Small>(14)).unwrap_err();
    assert_eq!(complaint, "sequence 14 came too early: sequence 13 is due");
}

#[test]
fn a_tally_complains_of_an_event_that_comes_again() {
    let complaint = tally().see(12, &event::<Small>(12)).unwrap_err();
    assert_eq!(complaint, "sequence 12 came again: sequence 13 is due");
}

#[test]
fn a_tally_complains_of_the_event_of_another_sequence() {
    assert!(tally().see(13, &event::<Small>(14)).is_err());
}

#[test]
fn a_tally_complains_of_an_event_that_an_editor_has_not_had() {
    let unedited = Small::make(LAW().word(13, 1), &Life::begin());
    assert!(tally().see(13, &unedited).is_err());
}

#[test]
fn a_tally_complains_when_the_stream_ends_elsewhere() {
    assert!(tally().check(14).is_err());
    assert!(tally().check(12).is_err());
}

#[test]
fn what_was_missed_belongs_to_the_range() {
    let mut tally = tally();
    tally.miss(5);
    tally.see(18, &event::<Small>(18)).expect("it is the next one");
    assert_eq!((tally.seen(), tally.check(19)), (4, Ok(())));
}

#[test]
fn what_comes_again_is_counted_once() {
    let mut tally = tally();
    tally.comes_again(11).expect("it came");
    assert!(tally.check(13).is_err(), "it is still to come");
    tally.see(11, &event::<Small>(11)).expect("it comes again");
    tally.see(12, &event::<Small>(12)).expect("it comes again");
    assert_eq!((tally.seen(), tally.check(13)), (3, Ok(())));
    assert!(tally.comes_again(9).is_err(), "it never came");
}

/// Checks that the event says its word, after it was written anew too.
fn is_whole<P: Payload>() {
    let mut event: P = event(5);
    assert_eq!(event.read(), Ok(LAW().word(5, 2)), "{}", P::NAME);
    event.write(0);
    assert_eq!(event.clone().read(), Ok(0), "{}", P::NAME);
}

#[test]
fn every_kind_of_event_says_its_word() {
    is_whole::<Small>();
    is_whole::<Owned>();
    is_whole::<Large>();
}

#[test]
fn a_law_has_other_events_with_another_salt() {
    assert_ne!(Law::new(1, 0).word(0, 0), Law::new(2, 0).word(0, 0));
}

#[test]
fn the_register_complains_of_a_value_that_is_never_dropped() {
    let life = Life::begin();
    drop(Token::new(&life).clone());
    assert_eq!((life.born(), life.check()), (2, Ok(())));
    mem::forget(Token::new(&life));
    assert!(life.check().is_err());
}

/// A law in which the records that the tests leave out or show twice are not empty.
const RECORDS: fn() -> RecordLaw = || RecordLaw::new(6, 120);

/// A tally in a ring of 256 bytes that has seen so many records, from `first` on.
fn tally_of_records(first: u64, records: u64) -> RecordTally {
    let start = if first == 0 { 0 } else { 1 << 20 };
    let mut tally = RecordTally::at(RECORDS(), 256, start);
    for number in first..first + records {
        let record = RECORDS().record(number);
        let position = place(tally.next(), record.len(), 256);
        tally.see(position, &record).expect("it is the next one");
    }
    tally
}

/// Shows the tally the record with this number, where the next one must be.
fn then(tally: &mut RecordTally, number: u64) -> Result<(), String> {
    let record = RECORDS().record(number);
    tally.see(place(tally.next(), record.len(), 256), &record)
}

#[test]
fn a_tally_of_records_takes_every_record_once_and_in_order() {
    for first in [0, 1000] {
        let mut tally = tally_of_records(first, 300);
        assert_eq!((tally.seen(), tally.check_end(tally.next(), first + 300)), (300, Ok(())));
        assert!(then(&mut tally.clone(), first + 299).is_err(), "it came already");
        assert!(then(&mut tally.clone(), first + 301).is_err(), "it is too early");
        assert_eq!(then(&mut tally, first + 300), Ok(()));
    }
}

#[test]
fn a_tally_of_records_complains_of_a_wrong_byte_and_a_wrong_place() {
    let mut tally = tally_of_records(0, 100);
    let next = tally.next();
    let mut record = RECORDS().record(100);
    assert!(tally.clone().see(next + 8, &record).is_err(), "it is somewhere else");
    *record.last_mut().expect("this one is not empty") ^= 1;
    assert!(tally.see(place(next, record.len(), 256), &record).is_err());
}

#[test]
fn a_tally_of_records_complains_when_the_stream_ends_elsewhere() {
    let mut tally = tally_of_records(0, 100);
    assert!(tally.check_end(tally.next(), 101).is_err());
    assert!(tally.check_end(tally.next() + 8, 100).is_err());
}

#[test]
fn a_record_goes_where_it_fits() {
    assert_eq!([0, 1, 8, 9].map(span), [8, 16, 16, 24]);
    assert_eq!(place(240, 8, 256), 240);
    assert_eq!(place(240, 9, 256), 256);
}

/// Runs a short soak. A patience of some seconds is enough: the machine does nothing else.
fn short(planted: Option<Planted>, patience: u64) -> Result<Summary, Box<Failure>> {
    let settings = Settings {
        length: Duration::from_secs(1),
        seed: 1,
        rings: 3,
        round: Duration::from_millis(400),
        patience: Duration::from_secs(patience),
        planted,
    };
    soak(&settings, || false, |_, _| {})
}

#[test]
fn a_short_soak_passes() {
    watched("a short soak", || {
        let summary = short(None, 30).unwrap_or_else(|failure| panic!("{failure}"));
        let counts = summary.counts;
        assert!(counts.rounds >= 3 && counts.published > 0 && counts.read > 0, "{counts:?}");
    });
}

#[test]
fn ctrl_c_ends_a_soak_early_and_the_books_balance() {
    watched("a soak that is stopped", || {
        let settings = Settings {
            length: Duration::from_secs(3600),
            seed: 2,
            rings: 2,
            round: Duration::from_secs(600),
            patience: Duration::from_secs(30),
            planted: None,
        };
        let start = Instant::now();
        let stopped = || start.elapsed() > Duration::from_millis(300);
        soak(&settings, stopped, |_, _| {}).unwrap_or_else(|failure| panic!("{failure}"));
    });
}

#[test]
fn a_wrong_event_is_found() {
    watched("a wrong event", || {
        let failure = short(Some(Planted::WrongEvent), 30).unwrap_err();
        assert!(failure.faults[0].what.contains("the event of sequence"), "{failure}");
        assert!(failure.to_string().contains("seed 1"), "{failure}");
    });
}

#[test]
fn a_wrong_record_is_found() {
    watched("a wrong record", || {
        let failure = short(Some(Planted::WrongRecord), 30).unwrap_err();
        assert!(failure.faults[0].what.contains("must have"), "{failure}");
    });
}

#[test]
fn a_lost_event_is_found() {
    watched("a lost event", || {
        let failure = short(Some(Planted::LostEvent), 30).unwrap_err();
        assert!(!failure.faults.is_empty(), "{failure}");
    });
}

#[test]
fn a_leak_is_found() {
    watched("a leak", || {
        let failure = short(Some(Planted::Leak), 30).unwrap_err();
        assert!(failure.faults[0].what.contains("values were created"), "{failure}");
    });
}

#[test]
fn a_reader_that_hangs_is_found() {
    watched("a reader that hangs", || {
        let failure = short(Some(Planted::Hang), 2).unwrap_err();
        let stuck = failure.stuck.as_deref().expect("it names who is stuck");
        assert!(stuck.contains("no progress"), "{failure}");
        assert!(failure.scene.contains("hangs on purpose"), "{failure}");
    });
}
