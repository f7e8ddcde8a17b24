//! A publication or a claim with a time limit waits until there is room or the time is up, and not
//! less. What it cannot publish comes back.

use std::thread;
use std::time::{Duration, Instant};

use broadring::{ClaimTimeoutError, PublishTimeoutError, Ring, Sequence, Writer};

use crate::common::{WAITS, event, finite, join, publish_at_once, ring_of};

/// A way to publish the event of the next sequence within a time limit. Fails with the name of the
/// member that has held the writer back.
type Form = fn(&mut Writer<u64>, Duration) -> Result<Sequence, Option<String>>;

/// Every such way, by name.
const FORMS: [(&str, Form); 8] = [
    ("publish_timeout", |writer, limit| {
        let next = event(writer.cursor().get());
        writer.publish_timeout(next, limit).map_err(|refused| returned(refused, next))
    }),
    ("publish_deadline", |writer, limit| {
        let next = event(writer.cursor().get());
        writer.publish_deadline(next, deadline(limit)).map_err(|refused| returned(refused, next))
    }),
    ("publish_with_timeout", |writer, limit| {
        let next = event(writer.cursor().get());
        writer.publish_with_timeout(|slot| *slot = next, limit).map_err(|it| uncalled(it, next))
    }),
    ("publish_with_deadline", |writer, limit| {
        let next = event(writer.cursor().get());
        let published = writer.publish_with_deadline(|slot| *slot = next, deadline(limit));
        published.map_err(|refused| uncalled(refused, next))
    }),
    ("claim_timeout", |writer, limit| {
        let next = event(writer.cursor().get());
        let mut claim = writer.claim_timeout(1, limit).map_err(held_back)?;
        claim[0] = next;
        Ok(claim.publish().start)
    }),
    ("claim_deadline", |writer, limit| {
        let next = event(writer.cursor().get());
        let mut claim = writer.claim_deadline(1, deadline(limit)).map_err(held_back)?;
        claim[0] = next;
        Ok(claim.publish().start)
    }),
    ("claim_up_to_timeout", |writer, limit| {
        let next = event(writer.cursor().get());
        let mut claim = writer.claim_up_to_timeout(1, limit).map_err(held_back)?;
        claim[0] = next;
        Ok(claim.publish().start)
    }),
    ("claim_up_to_deadline", |writer, limit| {
        let next = event(writer.cursor().get());
        let mut claim = writer.claim_up_to_deadline(1, deadline(limit)).map_err(held_back)?;
        claim[0] = next;
        Ok(claim.publish().start)
    }),
];

/// The deadline of a time limit, or one in a year if the clock does not go as far.
fn deadline(limit: Duration) -> Instant {
    let year = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + limit.min(year)
}

/// Checks that the refused event came back.
fn returned(refused: PublishTimeoutError<u64>, event: u64) -> Option<String> {
    let holder = refused.holder().map(ToString::to_string);
    assert_eq!(refused.into_inner(), event);
    holder
}

/// Checks that the refused closure came back uncalled.
fn uncalled(refused: PublishTimeoutError<impl FnOnce(&mut u64)>, event: u64) -> Option<String> {
    let holder = refused.holder().map(ToString::to_string);
    let mut slot = 0;
    refused.into_inner()(&mut slot);
    assert_eq!(slot, event);
    holder
}

fn held_back(error: ClaimTimeoutError) -> Option<String> {
    assert!(error.is_timeout() && !error.is_too_large());
    error.holder().map(ToString::to_string)
}

#[test]
fn a_time_limit_is_kept_when_a_slot_is_freed_in_time() {
    finite(|| {
        for wait in WAITS {
            for (name, form) in FORMS {
                let (mut writer, ring) = Ring::builder(1).writer_wait(wait).build(|| 0);
                let mut reader = ring.subscribe().unwrap();
                publish_at_once(&mut writer);
                let writer = thread::spawn(move || form(&mut writer, Duration::from_secs(3600)));
                assert_eq!(reader.recv(), Ok(event(0)));
                assert_eq!(join(writer), Ok(Sequence::new(1)), "{name}");
                assert_eq!(reader.recv(), Ok(event(1)));
            }
        }
    });
}

#[test]
fn who_has_a_time_limit_gives_up_but_not_too_early_and_learns_because_of_whom() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = Ring::builder(1).writer_wait(wait).build(|| 0);
            let _stuck = ring.reader().name("stuck").subscribe().unwrap();
            publish_at_once(&mut writer);
            for (name, form) in FORMS {
                for milliseconds in [0, 1, 5] {
                    let limit = Duration::from_millis(milliseconds);
                    let start = Instant::now();
                    let stuck = Some("reader \"stuck\"".to_owned());
                    assert_eq!(form(&mut writer, limit), Err(stuck), "{name}");
                    assert!(start.elapsed() >= limit, "gave up too early: {name}");
                }
            }
            let past = Instant::now().checked_sub(Duration::from_millis(1));
            let past = past.unwrap_or_else(Instant::now);
            assert_eq!(writer.publish_deadline(9, past).unwrap_err().into_inner(), 9);
            assert!(writer.claim_deadline(1, past).unwrap_err().is_timeout());
            assert_eq!(writer.cursor().get(), 1);
        }
    });
}

#[test]
fn the_longest_time_limit_never_expires() {
    finite(|| {
        for (_, form) in FORMS {
            let (mut writer, mut reader, _ring) = ring_of(1);
            assert_eq!(form(&mut writer, Duration::MAX), Ok(Sequence::new(0)));
            let writer = thread::spawn(move || form(&mut writer, Duration::MAX));
            assert_eq!(reader.recv(), Ok(event(0)));
            assert_eq!(join(writer), Ok(Sequence::new(1)));
        }
    });
}

#[test]
fn a_free_slot_is_used_even_if_the_time_is_up() {
    let (mut writer, mut reader, _ring) = ring_of(1);
    for sequence in 0..20 {
        let (_, form) = FORMS[sequence as usize % FORMS.len()];
        assert_eq!(form(&mut writer, Duration::ZERO), Ok(Sequence::new(sequence)));
        assert_eq!(reader.try_recv(), Ok(event(sequence)));
    }
}

#[test]
fn a_claim_with_a_time_limit_waits_for_all_its_slots_and_one_up_to_a_number_for_the_first() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(4);
        let limit = Duration::from_millis(1);
        (0..3).for_each(|_| publish_at_once(&mut writer));
        assert!(writer.claim_timeout(2, limit).unwrap_err().is_timeout());
        assert_eq!(writer.claim_up_to_timeout(2, limit).unwrap().len(), 1);
        assert_eq!(writer.try_claim_up_to(2).unwrap().len(), 1);
        assert_eq!(reader.try_recv(), Ok(event(0)));
        assert_eq!(writer.claim_timeout(2, limit).unwrap().len(), 2);
        assert_eq!(writer.claim_up_to_deadline(4, Instant::now()).unwrap().len(), 2);
        assert_eq!(writer.try_claim_up_to(4).unwrap().len(), 2);

        assert_eq!(writer.claim(2).unwrap().publish().end, Sequence::new(5));
        assert!(writer.try_claim_up_to(1).unwrap_err().is_full());
        // Nothing is what there is always room for.
        assert!(writer.claim_timeout(0, limit).unwrap().is_empty());
        assert!(writer.claim_up_to_timeout(0, limit).unwrap().is_empty());
        assert!(writer.try_claim_up_to(0).unwrap().is_empty());
    });
}

#[test]
fn a_claim_larger_than_the_ring_is_refused_before_its_time_is_up() {
    let (mut writer, _reader, _ring) = ring_of(4);
    let forever = Duration::MAX;
    assert!(writer.claim_timeout(5, forever).unwrap_err().is_too_large());
    assert!(writer.claim_up_to_timeout(5, forever).unwrap_err().is_too_large());
    assert!(writer.claim_deadline(5, deadline(forever)).unwrap_err().is_too_large());
    assert!(writer.claim_up_to_deadline(5, deadline(forever)).unwrap_err().is_too_large());
    assert!(writer.try_claim_up_to(5).unwrap_err().is_too_large());
}

#[test]
fn a_claim_with_a_time_limit_ends_when_an_editor_has_left() {
    finite(|| {
        let (mut writer, [editor], _ring) = Ring::builder(1).build_with_editors(["fees"], || 0);
        publish_at_once(&mut writer);
        drop(editor);
        for (_, form) in FORMS {
            assert_eq!(form(&mut writer, Duration::MAX), Err(Some("editor \"fees\"".to_owned())));
        }
        let error = writer.try_claim_up_to(1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "nothing more can be published: the editor \"fees\" has left"
        );
    });
}
