//! A publication may be interrupted anywhere, for as long as you like. What others do meanwhile is done
//! here by the clock, on the same thread.

use std::sync::{Arc, Mutex};

use broadring::TryReadError;
use broadring_order::{Merged, Order, Writer, Writers};

use crate::common::{Moment, Stepped};

type Clock<const X: bool> = Stepped<X>;
type Seen = (u64, u32, u64, u64);

fn order<const X: bool>() -> (Clock<X>, Writers<u64, Clock<X>>, Order<u64, Clock<X>>) {
    let clock = Stepped::<X>::new();
    let (writers, order) = Writers::builder(8).clock(clock.clone()).build(|| u64::MAX);
    (clock, writers, order)
}

/// The position, source, sequence and event of all that can be read.
fn read<const X: bool>(reader: &mut Merged<u64, Clock<X>>) -> Vec<Seen> {
    let mut seen = Vec::new();
    loop {
        match reader.try_recv() {
            Ok(event) => {
                let source = event.source.get();
                seen.push((event.position, source, event.sequence.get(), event.event));
            }
            Err(TryReadError::Empty) => return seen,
            Err(TryReadError::Ended(end)) => panic!("{end:?}"),
        }
    }
}

fn shared<T>(value: T) -> Arc<Mutex<T>> {
    Arc::new(Mutex::new(value))
}

fn publish<const X: bool>(writer: &Arc<Mutex<Writer<u64, Clock<X>>>>, event: u64) {
    writer.lock().unwrap().publish(event);
}

/// One writer is interrupted, another publishes meanwhile, and a reader looks: it must not get what may
/// still have to come later.
fn a_reader_waits_for_a_publication<const X: bool>(moment: Moment, interrupted: usize) {
    let (clock, writers, order) = order::<X>();
    let reader = shared(order.subscribe().unwrap());
    let both = [shared(writers.join()), shared(writers.join())];
    let other = 1 - interrupted;
    // All know of each other.
    publish(&both[0], 100);
    publish(&both[1], 101);
    assert_eq!(read(&mut reader.lock().unwrap()).len(), 2);

    let meanwhile = shared(Vec::new());
    clock.at(moment, {
        let (writer, reader) = (Arc::clone(&both[other]), Arc::clone(&reader));
        let meanwhile = Arc::clone(&meanwhile);
        move || {
            publish(&writer, 7);
            *meanwhile.lock().unwrap() = read(&mut reader.lock().unwrap());
        }
    });
    publish(&both[interrupted], 8);
    let meanwhile = mem_take(&meanwhile);
    let mut all = meanwhile.clone();
    all.extend(read(&mut reader.lock().unwrap()));

    let (here, there) = (interrupted as u32, other as u32);
    let first_is_interrupted = match moment {
        Moment::BeforeStamp => false,
        // Its stamp is the smaller one, or both have the same, and the smaller source comes first.
        Moment::AfterStamp => X || interrupted == 0,
        _ => unreachable!(),
    };
    assert_eq!(
        all,
        if first_is_interrupted {
            [(2, here, 1, 8), (3, there, 1, 7)]
        } else {
            [(2, there, 1, 7), (3, here, 1, 8)]
        },
        "{moment:?}, exclusive: {X}",
    );
    if first_is_interrupted {
        assert_eq!(meanwhile, []);
    }
    // Whoever joins now sees the same from here on.
    let mut late = order.subscribe().unwrap();
    publish(&both[0], 9);
    let expected = [(4, 0, 2, 9)];
    assert_eq!(read(&mut late), expected);
    assert_eq!(read(&mut reader.lock().unwrap()), expected);
}

fn mem_take<T: Default>(shared: &Mutex<T>) -> T {
    std::mem::take(&mut *shared.lock().unwrap())
}

#[test]
fn what_may_still_come_first_is_waited_for() {
    for moment in [Moment::BeforeStamp, Moment::AfterStamp] {
        for interrupted in [0, 1] {
            a_reader_waits_for_a_publication::<true>(moment, interrupted);
            a_reader_waits_for_a_publication::<false>(moment, interrupted);
        }
    }
}

fn joins_in_the_middle<const X: bool>(moment: Moment) {
    let (clock, writers, order) = order::<X>();
    let mut early = order.subscribe().unwrap();
    let (a, b) = (shared(writers.join()), shared(writers.join()));
    publish(&a, 1);
    let late = shared(None);
    clock.at(moment, {
        let (late, order) = (Arc::clone(&late), order.clone());
        move || *late.lock().unwrap() = Some(order.subscribe().unwrap())
    });
    publish(&a, 2);
    publish(&b, 3);
    publish(&a, 4);
    let all = read(&mut early);
    assert_eq!(all, [(0, 0, 0, 1), (1, 0, 1, 2), (2, 1, 0, 3), (3, 0, 2, 4)]);
    let mut late = late.lock().unwrap().take().unwrap();
    let seen = read(&mut late);
    // The publication that it met may belong to it or not; the later ones do.
    assert!(seen == all[1..] || seen == all[2..], "{moment:?}, exclusive: {X}: {seen:?}");
    assert_eq!(late.position(), 4);
}

#[test]
fn a_reader_that_joins_in_the_middle_of_a_publication_agrees_on_positions() {
    for moment in [Moment::BeforeStamp, Moment::AfterStamp, Moment::BeforeSettle] {
        joins_in_the_middle::<true>(moment);
        joins_in_the_middle::<false>(moment);
    }
}

fn a_writer_publishes_while_a_reader_joins<const X: bool>(then_leaves: bool) {
    let (clock, writers, order) = order::<X>();
    let mut early = order.subscribe().unwrap();
    let (a, b) = (shared(writers.join()), shared(writers.join()));
    publish(&b, 1);
    clock.at(Moment::BeforeCut, {
        let a = Arc::clone(&a);
        move || {
            publish(&a, 2);
            publish(&a, 3);
        }
    });
    let mut late = order.subscribe().unwrap();
    let a = Arc::into_inner(a).unwrap();
    let a = (!then_leaves).then_some(a);
    publish(&b, 4);
    let all = read(&mut early);
    assert_eq!(all, [(0, 1, 0, 1), (1, 0, 0, 2), (2, 0, 1, 3), (3, 1, 1, 4)]);
    let seen = read(&mut late);
    assert!((1..=3).any(|from| seen == all[from..]), "leaves: {then_leaves}: {seen:?}");
    assert_eq!(late.position(), 4);
    drop(a);
}

#[test]
fn a_reader_that_joins_while_a_writer_publishes_agrees_on_positions() {
    a_writer_publishes_while_a_reader_joins::<true>(false);
    a_writer_publishes_while_a_reader_joins::<false>(false);
}

#[test]
fn a_reader_that_joins_while_a_writer_publishes_and_leaves_agrees_on_positions() {
    a_writer_publishes_while_a_reader_joins::<true>(true);
    a_writer_publishes_while_a_reader_joins::<false>(true);
}

fn a_writer_joins_in_the_middle<const X: bool>(moment: Moment) {
    let (clock, writers, order) = order::<X>();
    let reader = shared(order.subscribe().unwrap());
    let a = shared(writers.join());
    publish(&a, 1);
    let newcomer = shared(None);
    let meanwhile = shared(Vec::new());
    clock.at(moment, {
        let (reader, meanwhile) = (Arc::clone(&reader), Arc::clone(&meanwhile));
        let newcomer = Arc::clone(&newcomer);
        move || {
            let mut b = writers.join();
            b.publish(2);
            *newcomer.lock().unwrap() = Some(b);
            *meanwhile.lock().unwrap() = read(&mut reader.lock().unwrap());
        }
    });
    publish(&a, 3);
    let mut all = mem_take(&meanwhile);
    all.extend(read(&mut reader.lock().unwrap()));
    let first = matches!(moment, Moment::BeforeStamp);
    assert_eq!(
        all,
        if first {
            [(0, 0, 0, 1), (1, 1, 0, 2), (2, 0, 1, 3)]
        } else {
            [(0, 0, 0, 1), (1, 0, 1, 3), (2, 1, 0, 2)]
        },
        "{moment:?}, exclusive: {X}"
    );
}

#[test]
fn a_writer_that_joins_in_the_middle_of_a_publication_comes_where_its_stamp_says() {
    for moment in [Moment::BeforeStamp, Moment::AfterStamp, Moment::BeforeSettle] {
        a_writer_joins_in_the_middle::<true>(moment);
        a_writer_joins_in_the_middle::<false>(moment);
    }
}

/// Two publications overlap, and perhaps have the same stamp. One is visible when a reader joins, and the
/// other is not, which may be the one that comes first.
fn joins_between_two_that_overlap<const X: bool>(interrupted: usize) {
    let (clock, writers, order) = order::<X>();
    let mut early = order.subscribe().unwrap();
    let both = [shared(writers.join()), shared(writers.join())];
    let late = shared(None);
    clock.at(Moment::AfterStamp, {
        let (other, clock) = (Arc::clone(&both[1 - interrupted]), clock.clone());
        let (order, late) = (order.clone(), Arc::clone(&late));
        move || {
            clock.at(Moment::BeforeSettle, move || {
                *late.lock().unwrap() = Some(order.subscribe().unwrap());
            });
            publish(&other, 1);
        }
    });
    publish(&both[interrupted], 2);
    publish(&both[0], 3);
    publish(&both[1], 4);
    let all = read(&mut early);
    assert_eq!(all.len(), 4);
    let mut late = late.lock().unwrap().take().unwrap();
    let seen = read(&mut late);
    assert!(
        seen == all[1..] || seen == all[2..],
        "{interrupted}, exclusive: {X}: {seen:?} of {all:?}"
    );
    assert_eq!(late.position(), 4);
}

#[test]
fn a_reader_that_joins_between_publications_that_overlap_agrees_on_positions() {
    for interrupted in [0, 1] {
        joins_between_two_that_overlap::<true>(interrupted);
        joins_between_two_that_overlap::<false>(interrupted);
    }
}

#[test]
fn a_clock_that_panics_leaves_nobody_waiting() {
    let (clock, writers, order) = order::<true>();
    let mut reader = order.subscribe().unwrap();
    let (mut a, mut b) = (writers.join(), writers.join());
    for round in 0..4_u64 {
        clock.at(Moment::BeforeStamp, || panic!("on purpose"));
        let publishing = std::panic::AssertUnwindSafe(|| a.publish(99));
        assert!(std::panic::catch_unwind(publishing).is_err());
        b.publish(2 * round);
        let seen = (2 * round, 1, round, 2 * round);
        assert_eq!(read(&mut reader), [seen], "the other one has published");
        a.publish(2 * round + 1);
        assert_eq!(read(&mut reader), [(2 * round + 1, 0, round, 2 * round + 1)]);
    }
}
