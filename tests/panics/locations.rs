//! A panic for misuse has a useful message, points at the caller, and has no other effect.

use std::cell::Cell;
use std::mem;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::Once;
use std::time::{Duration, Instant};

use broadring::{Ring, Sequence};

use crate::common::{finite, publish_at_once, ring_of};
use crate::rig::ring_with;

/// The message and the location of a panic, as its hook got them.
struct Reported {
    message: String,
    file: String,
    line: u32,
}

/// Runs code that must panic; returns the message and the location of the panic.
#[track_caller]
fn report_of<R>(body: impl FnOnce() -> R) -> Reported {
    thread_local! {
        static CATCHING: Cell<bool> = const { Cell::new(false) };
        static CAUGHT: Cell<Option<Reported>> = const { Cell::new(None) };
    }
    static HOOK: Once = Once::new();

    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CATCHING.get() {
                return usual(info);
            }
            let location = info.location().expect("a location");
            let payload = info.payload();
            let literal = payload.downcast_ref::<&str>().map(|&message| message.to_owned());
            CAUGHT.set(Some(Reported {
                message: literal.or_else(|| payload.downcast_ref().cloned()).unwrap_or_default(),
                file: location.file().to_owned(),
                line: location.line(),
            }));
        }));
    });
    CATCHING.set(true);
    let panicked = panic::catch_unwind(AssertUnwindSafe(body)).is_err();
    CATCHING.set(false);
    assert!(panicked, "it must panic");
    CAUGHT.take().expect("the hook was called")
}

/// Checks that the code panics with this message, and that the panic points at the line of
/// this call.
#[track_caller]
fn assert_panics_here<R>(body: impl FnOnce() -> R, message: &str) {
    let here = Location::caller();
    let seen = report_of(body);
    assert_eq!((seen.file.as_str(), seen.line), (here.file(), here.line()), "{}", seen.message);
    assert_eq!(seen.message, message);
}

#[test]
fn a_bad_capacity_points_at_the_caller_and_names_the_next_power_of_two() {
    let message = |capacity: usize, next: usize| {
        format!(
            "the capacity of a ring must be a power of two, and {capacity} is not one: try {next}"
        )
    };
    assert_panics_here(|| Ring::<u64>::builder(0), &message(0, 1));
    assert_panics_here(|| Ring::<u64>::builder(3), &message(3, 4));
    assert_panics_here(|| Ring::<u64>::builder(1000), &message(1000, 1024));
    let large = 1 << (usize::BITS - 1);
    let message = format!("a ring of capacity {large} is larger than memory can be");
    assert_panics_here(|| Ring::<u64>::builder(large), &message);
    let message = format!("a ring of capacity {} is larger than memory can be", usize::MAX);
    assert_panics_here(|| Ring::<u64>::builder(usize::MAX), &message);
}

#[test]
fn a_stream_that_would_go_beyond_the_last_sequence_points_at_the_caller() {
    let message = format!("no ring can start at {}, after {}", 1_u64 << 62, Sequence::MAX);
    assert_panics_here(|| Ring::<u64>::builder(1).first_sequence(1 << 62), &message);

    let (mut writer, ring) = Ring::builder(4).first_sequence(Sequence::MAX).build(|| 0);
    let message = "nothing more can be published: the sequences are used up";
    assert_panics_here(|| writer.publish(1), message);
    assert_panics_here(|| writer.publish_with(|_| unreachable!()), message);
    assert_panics_here(|| writer.try_publish(1), message);
    assert_panics_here(|| writer.try_publish_with(|_| unreachable!()), message);
    assert_panics_here(|| writer.publish_timeout(1, Duration::ZERO), message);
    assert_panics_here(|| writer.publish_deadline(1, Instant::now()), message);
    assert_panics_here(|| writer.publish_all([1]), message);
    assert_panics_here(|| writer.claim(1).map(drop), message);
    assert_panics_here(|| writer.try_claim(1).map(drop), message);
    assert_panics_here(|| writer.claim_up_to(1).map(drop), message);
    assert_eq!((writer.cursor(), writer.remaining_capacity()), (Sequence::MAX, 0));
    assert!(writer.claim(0).unwrap().publish().is_empty());
    assert_eq!(ring.cursor(), Sequence::MAX);
}

#[test]
fn an_index_beyond_a_claim_points_at_the_caller() {
    let (mut writer, _reader, _ring) = ring_of(4);
    let mut claim = writer.claim(2).unwrap();
    assert_panics_here(|| claim[2], "the index is 2 but 2 slots are claimed");
    assert_panics_here(|| claim[9] = 1, "the index is 9 but 2 slots are claimed");
    drop(claim);
    let claim = writer.claim(0).unwrap();
    assert_panics_here(|| claim[0], "the index is 0 but 0 slots are claimed");
}

#[test]
fn an_index_beyond_a_batch_points_at_the_caller() {
    let (_writer, mut reader, _ring) = ring_with(3);
    let batch = reader.try_batch().unwrap();
    assert_panics_here(|| batch[3], "the index is 3 but the batch has 3 events");
    let index = usize::MAX;
    let message = format!("the index is {index} but the batch has 3 events");
    assert_panics_here(|| batch[index], &message);
}

#[test]
fn an_index_beyond_an_edit_batch_points_at_the_caller() {
    let (mut writer, [mut editor], _ring) =
        Ring::builder(4).build_with_editors(["editor"], || 0_u64);
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    let mut batch = editor.try_batch().unwrap();
    assert_panics_here(|| batch[2], "the index is 2 but the batch has 2 events");
    assert_panics_here(|| batch[9] = 1, "the index is 9 but the batch has 2 events");
    drop(batch);
    publish_at_once(&mut writer);
    let batch = editor.try_batch_up_to(0).unwrap();
    assert_panics_here(|| batch[0], "the index is 0 but the batch has 0 events");
}

#[test]
fn publishing_more_than_is_claimed_points_at_the_caller_and_publishes_nothing() {
    let (mut writer, reader, _ring) = ring_of(4);
    let claim = writer.claim(2).unwrap();
    let message = "cannot publish 3 events of a claim of 2";
    assert_panics_here(|| claim.publish_first(3), message);
    assert_eq!((writer.cursor().get(), reader.lag()), (0, 0));
    publish_at_once(&mut writer);
    assert_eq!(reader.lag(), 1);
}

#[test]
fn committing_beyond_a_batch_points_at_the_caller_and_commits_nothing() {
    let (_writer, mut reader, _ring) = ring_with(5);
    let mut batch = reader.try_batch_up_to(3).unwrap();
    let message = "cannot commit through 3: it is not before 3, the end of the batch";
    assert_panics_here(|| batch.commit_through(Sequence::new(3)), message);
    let last = Sequence::new(u64::MAX);
    let message = format!("cannot commit through {last}: it is not before 3, the end of the batch");
    assert_panics_here(|| batch.commit_through(last), &message);
    assert_eq!(batch.len(), 3);
    mem::forget(batch);
    assert_eq!((reader.position().get(), reader.lag()), (0, 5));
}

#[test]
fn publishing_after_an_editor_has_left_points_at_the_caller() {
    finite(|| {
        for named in ["", "pricing"] {
            let builder = Ring::builder(2);
            let (mut writer, [editor], _ring) = builder.build_with_editors([named], || 0_u64);
            publish_at_once(&mut writer);
            drop(editor);
            let message = format!("nothing more can be published: the editor {named:?} has left");
            assert_panics_here(|| writer.claim(2).map(drop), &message);
            publish_at_once(&mut writer);
            assert_panics_here(|| writer.publish(0), &message);
            assert_panics_here(|| writer.publish_with(|_| unreachable!()), &message);
            assert_panics_here(|| writer.publish_all([0, 1]), &message);
            assert_panics_here(|| writer.claim(1).map(drop), &message);
            assert_panics_here(|| writer.claim_up_to(1).map(drop), &message);
            // A request for no slots still succeeds.
            assert!(writer.claim(0).unwrap().is_empty());
            assert!(writer.claim_up_to(0).unwrap().is_empty());
            assert_eq!(writer.publish_all([]).start.get(), 2);
        }
    });
}

#[test]
fn cloning_one_reader_too_many_points_at_the_caller() {
    let (_writer, ring) = Ring::builder(4).max_readers(1).build(|| 0_u64);
    let reader = ring.subscribe().unwrap();
    let message = "the ring has all the readers it was built for: 1";
    assert_panics_here(|| reader.clone(), message);
    assert_eq!(ring.reader_count(), 1);
}
