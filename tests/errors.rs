//! Errors say what happened, give back what they hold, and are errors.

use std::error::Error;
use std::time::Duration;

use broadring::{
    CapacityError, ClaimError, End, PublishTimeoutError, ReadTimeoutError, Reader, Ring,
    SubscribeError, TryClaimError, TryPublishError, TryReadError, Writer,
};

/// An event that is neither `Debug` nor anything else.
struct Plain(u64);

/// A ring of one slot, which is taken.
fn full_ring() -> (Writer<Plain>, Reader<Plain>, Ring<Plain>) {
    let (mut writer, ring) = Ring::builder(1).max_readers(1).build(|| Plain(0));
    let reader = ring.subscribe().unwrap();
    assert!(writer.try_publish(Plain(1)).is_ok());
    (writer, reader, ring)
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

fn try_publish_error(number: u64) -> TryPublishError<Plain> {
    let (mut writer, _reader, _ring) = full_ring();
    writer.try_publish(Plain(number)).unwrap_err()
}

fn publish_timeout_error(number: u64) -> PublishTimeoutError<Plain> {
    let (mut writer, _reader, _ring) = full_ring();
    writer.publish_timeout(Plain(number), Duration::ZERO).unwrap_err()
}

#[test]
fn every_error_says_what_happened() {
    let said = |error: &dyn Error| error.to_string();
    assert_eq!(
        said(&capacity_error(1000)),
        "the capacity of a ring must be a power of two, and 1000 is not one: try 1024"
    );
    let large = 1 << (usize::BITS - 1);
    assert_eq!(
        said(&capacity_error(large)),
        format!("a ring of capacity {large} is larger than memory can be")
    );
    assert_eq!(said(&subscribe_error()), "the ring has all the readers it was built for: 1");
    assert_eq!(said(&claim_error()), "a claim of 7 slots can never fit a ring of 1");
    assert_eq!(said(&try_publish_error(5)), "the ring is full");
    assert_eq!(
        said(&publish_timeout_error(5)),
        "the ring was full until the time was up, because of the reader 0"
    );
    assert_eq!(said(&TryClaimError::Full), "fewer slots are free than the claim asks for");
    assert_eq!(said(&TryClaimError::TooLarge(claim_error())), said(&claim_error()));
    assert_eq!(said(&End::Closed), "the ring is closed and every event was read");
    assert_eq!(said(&TryReadError::Empty), "every event published so far was read");
    assert_eq!(said(&TryReadError::Ended(End::Closed)), said(&End::Closed));
    assert_eq!(said(&ReadTimeoutError::Timeout), "no event was published until the time was up");
    assert_eq!(said(&ReadTimeoutError::Ended(End::Closed)), said(&End::Closed));
}

#[test]
fn errors_fit_where_any_error_does() {
    fn is_error<E: Error + Send + Sync + 'static>(error: E) -> Box<dyn Error + Send + Sync> {
        Box::new(error)
    }

    let errors = [
        is_error(capacity_error(3)),
        is_error(subscribe_error()),
        is_error(claim_error()),
        is_error(TryClaimError::Full),
        is_error(TryClaimError::TooLarge(claim_error())),
        // Even if the event is not `Debug`.
        is_error(try_publish_error(1)),
        is_error(publish_timeout_error(1)),
        is_error(End::Closed),
        is_error(TryReadError::Empty),
        is_error(TryReadError::Ended(End::Closed)),
        is_error(ReadTimeoutError::Timeout),
        is_error(ReadTimeoutError::Ended(End::Closed)),
    ];
    for error in errors {
        // Each says all there is to say itself.
        assert!(error.source().is_none());
        assert!(!error.to_string().is_empty());
        assert!(!format!("{error:?}").is_empty());
    }
}

#[test]
fn a_capacity_error_knows_what_would_do() {
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
fn errors_know_the_numbers() {
    assert_eq!((claim_error().requested(), claim_error().capacity()), (7, 1));
    assert_eq!(subscribe_error().max_readers(), 1);
}

#[test]
fn what_was_refused_comes_back() {
    assert_eq!(try_publish_error(17).into_inner().0, 17);
    assert_eq!(publish_timeout_error(18).into_inner().0, 18);
    let (mut writer, _reader, _ring) = full_ring();
    let refused = writer.try_publish_with(|slot| slot.0 = 19).unwrap_err();
    let mut slot = Plain(0);
    refused.into_inner()(&mut slot);
    assert_eq!(slot.0, 19);
}

#[test]
fn what_was_refused_is_not_printed() {
    assert_eq!(format!("{:?}", try_publish_error(17)), "TryPublishError { editor_left: None, .. }");
    let timeout = format!("{:?}", publish_timeout_error(17));
    assert!(timeout.starts_with("PublishTimeoutError { holder: Some("), "{timeout}");
    assert!(!timeout.contains("17"));
}

#[test]
fn predicates_match_their_own_variant_and_no_other() {
    let too_large = TryClaimError::TooLarge(claim_error());
    assert!(TryClaimError::Full.is_full() && !TryClaimError::Full.is_too_large());
    assert!(too_large.is_too_large() && !too_large.is_full());
    assert!(TryReadError::Empty.is_empty() && !TryReadError::Empty.is_closed());
    assert!(
        TryReadError::Ended(End::Closed).is_closed()
            && !TryReadError::Ended(End::Closed).is_empty()
    );
    assert!(ReadTimeoutError::Timeout.is_timeout() && !ReadTimeoutError::Timeout.is_closed());
    assert!(
        ReadTimeoutError::Ended(End::Closed).is_closed()
            && !ReadTimeoutError::Ended(End::Closed).is_timeout()
    );
}

#[test]
fn narrow_errors_become_wide_ones() {
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
