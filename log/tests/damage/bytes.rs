//! A byte has changed.

use crate::sample::Sample;

/// Flips bits of a file, one at a time: one of each byte, or all of every so many bytes.
fn flip(name: &str, all_of_every: usize, mut check: impl FnMut(usize, crate::sample::Outcome)) {
    let sample = Sample::new();
    let mut image = sample.image.clone();
    for at in 0..image[name].len() {
        let bits = if at % all_of_every == 0 { 0..8 } else { at % 8..at % 8 + 1 };
        for bit in bits {
            image.get_mut(name).unwrap()[at] ^= 1 << bit;
            check(at, sample.try_out(&image));
            image.get_mut(name).unwrap()[at] ^= 1 << bit;
        }
    }
}

#[test]
fn a_byte_of_a_full_segment_that_has_changed_is_an_error() {
    let sample = Sample::new();
    for (index, name) in sample.segments().into_iter().enumerate().take(2) {
        let length = sample.image[&name].len();
        flip(&name, if index == 1 { 16 } else { 1 << 20 }, |at, outcome| {
            assert!(outcome.is_noticed(), "byte {at} of {name}: {outcome:?}");
            assert_eq!(outcome.cut, None, "byte {at} of {name}");
            // What finds the seal is not needed to read.
            if at < length - 32 {
                let error = outcome.unreadable.expect("it cannot be read");
                assert!(error.contains(&name), "{error} does not name {name}");
            }
        });
    }
}

#[test]
fn a_byte_of_the_last_segment_that_has_changed_is_an_error_where_it_was_synced() {
    let sample = Sample::new();
    let name = sample.segments().pop().unwrap();
    flip(&name, 16, |at, outcome| {
        assert!(outcome.refused.is_some(), "byte {at}: {outcome:?}");
        assert!(outcome.unreadable.is_some(), "byte {at}: {outcome:?}");
    });
}

#[test]
fn without_the_progress_the_frames_say_what_was_synced() {
    let sample = Sample::new();
    let name = sample.segments().pop().unwrap();
    let mut image = sample.without_progress();
    let mut last_refused = 0;
    for at in 0..image[&name].len() {
        image.get_mut(&name).unwrap()[at] ^= 0x10;
        let outcome = sample.try_out(&image);
        assert!(outcome.is_noticed(), "byte {at}: {outcome:?}");
        if outcome.refused.is_some() {
            assert_eq!(last_refused + 1, at + usize::from(at == 0), "byte {at}: {outcome:?}");
            last_refused = at;
        }
        image.get_mut(&name).unwrap()[at] ^= 0x10;
    }
    // Only the last frame may have been what was being written.
    assert!(last_refused > image[&name].len() / 2, "{last_refused}");
}

#[test]
fn a_byte_of_the_manifest_that_has_changed_is_an_error() {
    flip("manifest", 1, |at, outcome| {
        assert!(outcome.refused.is_some() && outcome.unreadable.is_some(), "byte {at}");
    });
}

#[test]
fn a_byte_of_the_progress_that_has_changed_changes_nothing() {
    let sample = Sample::new();
    flip("progress", 1, |at, outcome| {
        assert!(outcome.is_whole(&sample), "byte {at}: {outcome:?}");
    });
}

#[test]
fn a_byte_of_a_checkpoint_that_has_changed_gives_the_position_before_or_an_error() {
    let sample = Sample::new();
    let mut image = sample.image.clone();
    let name = "consumer.checkpoint";
    let position = |image: &crate::common::Image| {
        let disk = crate::common::Disk::with(image);
        let reader = broadring_log::LogReader::open_on(disk.storage()).unwrap();
        let listed = reader.checkpoints().unwrap()[0].position;
        match reader.checkpoint("consumer") {
            Ok(checkpoint) => {
                assert_eq!(checkpoint.position(), listed);
                listed
            }
            Err(error) => {
                assert!(error.to_string().contains(name), "{error}");
                None
            }
        }
    };
    assert_eq!(position(&image), Some(5.into()));
    for at in 0..image[name].len() {
        image.get_mut(name).unwrap()[at] ^= 1 << (at % 8);
        let found = position(&image);
        // The later one of the positions is in the second slot, and there is something between the slots.
        let expected = if at >= 4096 { 4 } else { 5 };
        assert_eq!(found, Some(expected.into()), "byte {at}");
        if at % 64 == 0 {
            assert!(sample.try_out(&image).is_whole(&sample));
        }
        image.get_mut(name).unwrap()[at] ^= 1 << (at % 8);
    }
    for length in 0..image[name].len() {
        let mut cut = image.clone();
        cut.get_mut(name).unwrap().truncate(length);
        let found = position(&cut).map(broadring::Sequence::get);
        assert_eq!(found, (length >= 32).then_some(4), "{length} bytes");
    }
}
