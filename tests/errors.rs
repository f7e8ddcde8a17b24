//! Errors have exact messages, convert into wider errors, and never print the event they carry.

use std::error::Error;
use std::time::Duration;

use broadring::{
    AfterError, ByteRing, CapacityError, ClaimError, ClaimTimeoutError, End, PublishTimeoutError,
    ReadTimeoutError, Reader, Ring, SubscribeError, TryClaimError, TryPublishError, TryReadError,
    Writer,
};

/// An event without `Debug`, `Clone` or any other trait.
struct Plain(u64);

/// A full ring of one slot, with its only reader.
fn full_ring() -> (Writer<Plain>, Reader<Plain>, Ring<Plain>) {
    let (mut writer, ring) = Ring::builder(1).max_readers(1).build(|| Plain(0));
    let reader = ring.subscribe().unwrap();
    assert!(writer.try_publish(Plain(1)).is_ok());
    (writer, reader, ring)
}

/// The end of a reader that was evicted at event 0.
fn evicted() -> End {
    let (mut writer, ring) = Ring::builder(1).build(|| 0_u64);
    let mut reader = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
    writer.publish(1);
    writer.publish(2);
    reader.recv().unwrap_err()
}

/// The end of a reader whose upstream reader has left before event 0.
fn upstream_left() -> End {
    let (mut writer, ring) = Ring::builder(1).build(|| 0_u64);
    let first = ring.reader().name("first").subscribe().unwrap();
    let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
    writer.publish(1);
    drop(first);
    second.recv().unwrap_err()
}

/// The error of a claim on a ring whose editor has left.
fn editor_left() -> TryClaimError {
    let (mut writer, [editor], _ring) = Ring::builder(1).build_with_editors(["fees"], || 0_u64);
    drop(editor);
    writer.publish(1);
    writer.try_claim(1).unwrap_err()
}

fn capacity_error(capacity: usize) -> CapacityError {
    Ring::<u64>::try_builder(capacity).unwrap_err()
}

fn claim_error() -> ClaimError {
    let (mut writer, _reader, _ring) = full_ring();
    writer.claim(7).unwrap_err()
}

fn subscribe_error() -> SubscribeError {
    let (_writer, _reader, ring) = full_ring();
    ring.subscribe().unwrap_err()
}

fn not_retained_error() -> SubscribeError {
    let (mut writer, ring) = Ring::builder(1).build(|| 0);
    writer.publish(1);
    ring.reader().from(7).subscribe().unwrap_err()
}

fn try_publish_error(number: u64) -> TryPublishError<Plain> {
    let (mut writer, _reader, _ring) = full_ring();
    writer.try_publish(Plain(number)).unwrap_err()
}

fn publish_timeout_error(number: u64) -> PublishTimeoutError<Plain> {
    let (mut writer, _reader, _ring) = full_ring();
    writer.publish_timeout(Plain(number), Duration::ZERO).unwrap_err()
}

fn claim_timeout_error(len: usize) -> ClaimTimeoutError {
    let (mut writer, _reader, _ring) = full_ring();
    writer.claim_timeout(len, Duration::ZERO).unwrap_err()
}

#[test]
fn every_error_has_an_exact_message() {
    let message = |error: &dyn Error| error.to_string();
    assert_eq!(
        message(&capacity_error(1000)),
        "the capacity of a ring must be a power of two, and 1000 is not one: try 1024"
    );
    let large = 1 << (usize::BITS - 1);
    assert_eq!(
        message(&capacity_error(large)),
        format!("a ring of capacity {large} is larger than memory can be")
    );
    assert_eq!(message(&subscribe_error()), "the ring has all the readers it was built for: 1");
    assert_eq!(
        message(&not_retained_error()),
        "no reader can start at event 7 of the ring: it can start from 0 to 1"
    );
    assert_eq!(message(&claim_error()), "a claim of 7 slots can never fit a ring of 1");
    assert_eq!(message(&try_publish_error(5)), "the ring is full");
    assert_eq!(
        message(&publish_timeout_error(5)),
        "the ring was full until the time was up, because of the reader 0"
    );
    assert_eq!(message(&TryClaimError::Full), "fewer slots are free than the claim asks for");
    assert_eq!(message(&TryClaimError::TooLarge(claim_error())), message(&claim_error()));
    assert_eq!(
        message(&editor_left()),
        "nothing more can be published: the editor \"fees\" has left"
    );
    assert_eq!(
        message(&claim_timeout_error(1)),
        "fewer slots were free than the claim asks for until the time was up, because of the reader 0"
    );
    assert_eq!(message(&claim_timeout_error(7)), message(&claim_error()));
    let (mut bytes, ring) = ByteRing::builder(32).build();
    let slow = ring.reader().name("slow").subscribe().unwrap();
    let too_large = "a record of 9 bytes is too long for this ring: the longest has 8";
    assert_eq!(message(&bytes.publish(&[0; 9]).unwrap_err()), too_large);
    assert_eq!(message(&bytes.try_publish(&[0; 9]).unwrap_err()), too_large);
    assert_eq!(message(&bytes.publish_timeout(&[0; 9], Duration::MAX).unwrap_err()), too_large);
    assert_eq!(message(&bytes.publish_all([vec![0; 9]]).unwrap_err()), too_large);
    bytes.publish(&[0; 8]).unwrap();
    assert_eq!(
        message(&bytes.try_publish(&[0; 8]).unwrap_err()),
        "there is no room for the record"
    );
    assert_eq!(
        message(&bytes.publish_timeout(&[0; 8], Duration::ZERO).unwrap_err()),
        "there was no room for the record until the time was up, because of the reader \"slow\""
    );
    let gone = AfterError::Gone(Box::new(slow.member().clone()));
    assert_eq!(message(&gone), "the reader \"slow\" has left");
    assert_eq!(
        message(&AfterError::OtherRing),
        "a reader cannot come after a reader of another ring"
    );
    assert_eq!(message(&End::Closed), "the ring is closed and every event was read");
    assert_eq!(message(&evicted()), "the reader 0 was evicted at event 0 and has missed 2");
    assert_eq!(
        message(&upstream_left()),
        "the reader \"first\", which comes first, has left before event 0"
    );
    assert_eq!(
        message(&End::Stopped),
        "the managed thread was stopped before the end of the stream"
    );
    assert_eq!(message(&TryReadError::Empty), "every event published so far was read");
    assert_eq!(message(&TryReadError::Ended(End::Closed)), message(&End::Closed));
    assert_eq!(message(&ReadTimeoutError::Timeout), "no event was published until the time was up");
    assert_eq!(message(&ReadTimeoutError::Ended(End::Closed)), message(&End::Closed));
}

#[test]
fn every_error_can_be_boxed_as_a_send_and_sync_error() {
    fn is_error<E: Error + Send + Sync + 'static>(error: E) -> Box<dyn Error + Send + Sync> {
        Box::new(error)
    }

    let errors = [
        is_error(capacity_error(3)),
        is_error(subscribe_error()),
        is_error(not_retained_error()),
        is_error(claim_error()),
        is_error(TryClaimError::Full),
        is_error(TryClaimError::TooLarge(claim_error())),
        // The event need not be `Debug`.
        is_error(try_publish_error(1)),
        is_error(publish_timeout_error(1)),
        is_error(claim_timeout_error(1)),
        is_error(editor_left()),
        is_error(AfterError::OtherRing),
        is_error(End::Closed),
        is_error(End::Stopped),
        is_error(evicted()),
        is_error(upstream_left()),
        is_error(TryReadError::Empty),
        is_error(TryReadError::Ended(End::Closed)),
        is_error(ReadTimeoutError::Timeout),
        is_error(ReadTimeoutError::Ended(End::Closed)),
    ];
    for error in errors {
        // The message is complete, so there is no source.
        assert!(error.source().is_none());
        assert!(!error.to_string().is_empty());
        assert!(!format!("{error:?}").is_empty());
    }
}

#[test]
fn a_capacity_error_suggests_the_next_power_of_two() {
    for (capacity, suggestion) in
        [(0, Some(1)), (3, Some(4)), (1000, Some(1024)), (usize::MAX, None)]
    {
        let error = capacity_error(capacity);
        assert_eq!((error.capacity(), error.suggestion()), (capacity, suggestion));
    }
    for good in [1, 2, 4, 1024, 1 << 20] {
        assert!(Ring::<u64>::try_builder(good).is_ok());
    }
}

#[test]
fn a_refused_event_of_any_type_is_returned_by_into_inner() {
    assert_eq!(try_publish_error(17).into_inner().0, 17);
    assert_eq!(publish_timeout_error(18).into_inner().0, 18);
    let (mut writer, _reader, _ring) = full_ring();
    let refused = writer.try_publish_with(|slot| slot.0 = 19).unwrap_err();
    let mut slot = Plain(0);
    refused.into_inner()(&mut slot);
    assert_eq!(slot.0, 19);
}

#[test]
fn debug_output_does_not_contain_the_refused_event() {
    assert_eq!(format!("{:?}", try_publish_error(17)), "TryPublishError { editor_left: None, .. }");
    let timeout = format!("{:?}", publish_timeout_error(17));
    assert!(timeout.starts_with("PublishTimeoutError { holder: Some("), "{timeout}");
    assert!(!timeout.contains("17"));
}

#[test]
fn each_predicate_matches_its_own_variant_only() {
    let claims = [TryClaimError::Full, TryClaimError::TooLarge(claim_error()), editor_left()];
    let answers = claims.map(|error| [error.is_full(), error.is_too_large()]);
    assert_eq!(answers, [[true, false], [false, true], [false, false]]);

    let ends = [End::Closed, upstream_left(), evicted(), End::Stopped];
    for (index, end) in ends.iter().enumerate() {
        let answers = [end.is_closed(), end.is_upstream_left(), end.is_evicted(), end.is_stopped()];
        assert_eq!(answers, [0, 1, 2, 3].map(|other| other == index), "{end}");

        let error = TryReadError::Ended(end.clone());
        assert_eq!((error.is_empty(), error.is_closed()), (false, index == 0), "{end}");
        assert_eq!(error.end(), Some(end));
        let error = ReadTimeoutError::Ended(end.clone());
        assert_eq!((error.is_timeout(), error.is_closed()), (false, index == 0), "{end}");
        assert_eq!(error.end(), Some(end));
    }
    assert!(TryReadError::Empty.is_empty() && !TryReadError::Empty.is_closed());
    assert_eq!(TryReadError::Empty.end(), None);
    assert!(ReadTimeoutError::Timeout.is_timeout() && !ReadTimeoutError::Timeout.is_closed());
    assert_eq!(ReadTimeoutError::Timeout.end(), None);
}

#[test]
fn narrow_errors_convert_into_wide_ones() {
    assert_eq!(TryClaimError::from(claim_error()), TryClaimError::TooLarge(claim_error()));
    assert_eq!(TryReadError::from(End::Closed), TryReadError::Ended(End::Closed));
    assert_eq!(ReadTimeoutError::from(End::Closed), ReadTimeoutError::Ended(End::Closed));

    fn with_a_question_mark(reader: &mut Reader<u64>) -> Result<u64, TryReadError> {
        Ok(reader.recv()?)
    }
    let (writer, ring) = Ring::builder(1).build(|| 0_u64);
    let mut reader = ring.subscribe().unwrap();
    drop(writer);
    assert_eq!(with_a_question_mark(&mut reader), Err(TryReadError::Ended(End::Closed)));
}

#[test]
fn what_a_refused_publication_gives_back_can_be_replaced() {
    let (mut writer, reader, _ring) = full_ring();
    let refused = writer.try_publish(Plain(7)).err().unwrap();
    let replaced = refused.map(|event| event.0 + 1);
    assert_eq!(replaced.into_inner(), 8);

    let late = writer.publish_timeout(Plain(7), Duration::ZERO).err().unwrap();
    let holder = late.holder().cloned();
    assert_eq!(holder.as_ref(), Some(reader.member()));
    let replaced = late.map(|event| event.0 + 1);
    assert_eq!(replaced.holder().cloned(), holder);
    assert_eq!(replaced.into_inner(), 8);
}
