//! A file is shorter, or longer.

use crate::common::Random;
use crate::sample::Sample;

#[test]
fn a_full_segment_that_is_shorter_is_an_error() {
    let sample = Sample::new();
    for name in sample.segments().into_iter().take(3).step_by(2) {
        let mut image = sample.image.clone();
        for length in (0..image[&name].len()).rev() {
            image.get_mut(&name).unwrap().truncate(length);
            let outcome = sample.try_out(&image);
            assert!(outcome.refused.is_some(), "{length} bytes of {name}: {outcome:?}");
            assert!(
                outcome.unreadable.is_some() || length + 32 >= sample.image[&name].len(),
                "{length} bytes of {name}: {outcome:?}"
            );
        }
    }
}

#[test]
fn the_last_segment_that_is_shorter_than_what_was_synced_is_an_error() {
    let sample = Sample::new();
    let name = sample.segments().pop().unwrap();
    let mut image = sample.image.clone();
    for length in (0..image[&name].len()).rev() {
        image.get_mut(&name).unwrap().truncate(length);
        let outcome = sample.try_out(&image);
        assert!(outcome.refused.is_some(), "{length} bytes: {outcome:?}");
        assert!(outcome.unreadable.is_some(), "{length} bytes: {outcome:?}");
    }
}

#[test]
fn a_tail_of_which_nothing_is_known_is_cut_off_behind_the_last_whole_frame() {
    let sample = Sample::new();
    let name = sample.segments().pop().unwrap();
    let mut image = sample.without_progress();
    let mut ends = Vec::new();
    for length in (64..image[&name].len()).rev() {
        image.get_mut(&name).unwrap().truncate(length);
        let outcome = sample.try_out(&image);
        assert_eq!(outcome.refused, None, "{length} bytes");
        assert_eq!(outcome.unreadable, None, "{length} bytes");
        assert_eq!(outcome.readable, outcome.writable, "{length} bytes");
        match outcome.cut {
            None => ends.push(outcome.writable.end),
            Some(bytes) => assert!(bytes > 0),
        }
    }
    assert!(ends.len() > 3, "{ends:?}");
    assert!(ends.is_sorted_by(|later, earlier| later > earlier), "{ends:?}");
    // A segment that the manifest names has had a header.
    image.get_mut(&name).unwrap().truncate(63);
    assert!(sample.try_out(&image).refused.is_some());
}

#[test]
fn what_follows_the_last_frame_is_cut_off() {
    let sample = Sample::new();
    let name = sample.segments().pop().unwrap();
    let mut random = Random::new(7);
    for image in [&sample.image, &sample.without_progress()] {
        for length in [1, 7, 8, 63, 64, 65, 512, 4096, 300_000] {
            for tail in [vec![0; length], random.bytes(length)] {
                let mut image = image.clone();
                image.get_mut(&name).unwrap().extend(&tail);
                let outcome = sample.try_out(&image);
                assert_eq!(outcome.refused, None, "{length} bytes");
                assert_eq!(outcome.unreadable, None, "{length} bytes");
                assert_eq!(outcome.cut, Some(length as u64));
                assert_eq!(outcome.writable, 0..63);
                assert_eq!(outcome.readable, 0..63);
            }
        }
    }
}

#[test]
fn what_follows_a_seal_is_an_error() {
    let sample = Sample::new();
    for name in sample.segments().into_iter().take(3) {
        for tail in [&[0; 1][..], &[0; 100], b"something else"] {
            let mut image = sample.image.clone();
            image.get_mut(&name).unwrap().extend(tail);
            let outcome = sample.try_out(&image);
            assert!(outcome.refused.expect("it is an error").contains(&name));
            assert_eq!(outcome.readable, 0..63);
        }
    }
}
