//! A file is missing, there twice, in the place of another one, or of another log.

use broadring_log::{Log, LogReader, OpenError};

use crate::common::{Disk, Image, read};
use crate::sample::{Sample, options};

/// A copy of the files in which something was changed.
fn changed(sample: &Sample, change: impl FnOnce(&mut Image, &[String])) -> Image {
    let mut image = sample.image.clone();
    change(&mut image, &sample.segments());
    image
}

#[test]
fn a_segment_that_is_missing_is_an_error() {
    let sample = Sample::new();
    for index in 0..4 {
        for progress in [true, false] {
            let image = changed(&sample, |image, names| {
                image.remove(&names[index]);
                if !progress {
                    image.remove("progress");
                }
            });
            let outcome = sample.try_out(&image);
            let name = &sample.segments()[index];
            assert!(
                outcome.refused.as_ref().is_some_and(|error| error.contains(name)),
                "{outcome:?}"
            );
            let error = outcome.unreadable.as_ref();
            assert!(error.is_some_and(|error| error.contains(name)), "{outcome:?}");
        }
    }
}

#[test]
fn all_segments_missing_is_an_error() {
    let sample = Sample::new();
    let image = changed(&sample, |image, names| {
        names.iter().for_each(|name| drop(image.remove(name)));
        image.remove("progress");
    });
    let outcome = sample.try_out(&image);
    assert!(outcome.refused.is_some() && outcome.unreadable.is_some(), "{outcome:?}");
}

#[test]
fn segments_that_were_swapped_are_an_error() {
    let sample = Sample::new();
    for (one, other) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
        let image = changed(&sample, |image, names| {
            let content = image[&names[one]].clone();
            let content = image.insert(names[other].clone(), content).unwrap();
            image.insert(names[one].clone(), content);
        });
        let outcome = sample.try_out(&image);
        assert!(outcome.refused.is_some() && outcome.unreadable.is_some(), "{outcome:?}");
    }
}

#[test]
fn a_segment_under_another_name_is_an_error() {
    let sample = Sample::new();
    for index in 0..4 {
        for first in [1, 33, 63, 64, 1000, u64::MAX] {
            let copied = format!("{first:020}.frames");
            let image = changed(&sample, |image, names| {
                let content = image[&names[index]].clone();
                assert!(image.insert(copied.clone(), content).is_none());
            });
            let outcome = sample.try_out(&image);
            assert!(outcome.refused.is_some());
            assert!(outcome.readable.end == 63 || outcome.unreadable.is_some());
        }
    }
}

#[test]
fn a_segment_of_another_log_is_an_error() {
    let (sample, other) = (Sample::new(), Sample::new());
    for index in 0..4 {
        let image = changed(&sample, |image, names| {
            image.insert(names[index].clone(), other.image[&names[index]].clone());
        });
        let outcome = sample.try_out(&image);
        assert!(outcome.refused.is_some() && outcome.unreadable.is_some(), "{outcome:?}");
    }
}

#[test]
fn what_belongs_to_another_log_beside_the_segments_does_no_harm() {
    let (sample, other) = (Sample::new(), Sample::new());
    let image = changed(&sample, |image, _| {
        image.insert("progress".to_owned(), other.image["progress"].clone());
    });
    assert!(sample.try_out(&image).is_whole(&sample));
    let image = changed(&sample, |image, _| {
        image.insert("manifest".to_owned(), other.image["manifest"].clone());
    });
    let outcome = sample.try_out(&image);
    assert!(outcome.refused.is_some() && outcome.unreadable.is_some(), "{outcome:?}");
}

#[test]
fn segments_that_were_to_be_removed_are_removed_unless_they_are_of_another_log() {
    let (sample, other) = (Sample::new(), Sample::new());
    let retention = broadring_log::Retention::EVERYTHING.bytes(1).despite_checkpoints();
    let removed = |sample: &Sample| {
        let disk = Disk::with(&sample.image);
        let mut log = options().retention(retention).open_on(disk.storage()).unwrap();
        log.retain().unwrap();
        drop(log);
        disk.image()
    };
    // The process has died before it has removed them.
    let after = removed(&sample);
    let mut image = sample.image.clone();
    image.insert("manifest".to_owned(), after["manifest"].clone());
    let disk = Disk::with(&image);
    let log = options().open_on(disk.storage()).unwrap();
    assert_eq!(log.recovery().cut(), None);
    assert_eq!(disk.image(), after);
    // The manifest is of another log, whose oldest event is a later one.
    image.insert("manifest".to_owned(), removed(&other)["manifest"].clone());
    let disk = Disk::with(&image);
    assert!(matches!(options().open_on(disk.storage()), Err(OpenError::Damaged(_))));
    assert_eq!(disk.image(), image);
}

#[test]
fn an_older_manifest_is_an_error_or_does_no_harm() {
    let sample = Sample::new();
    let disk = Disk::with(&sample.image);
    // The manifest of a log in which something was removed, with the segments from before.
    let retention = broadring_log::Retention::EVERYTHING.bytes(1).despite_checkpoints();
    let mut log = options().retention(retention).open_on(disk.storage()).unwrap();
    assert_eq!(log.retain().unwrap().segments(), 3);
    drop(log);
    let mut image = disk.image();
    image.insert("manifest".to_owned(), sample.image["manifest"].clone());
    let outcome = sample.try_out(&image);
    assert!(outcome.refused.is_some() && outcome.unreadable.is_some(), "{outcome:?}");
}

#[test]
fn a_manifest_that_is_missing_is_an_error() {
    let sample = Sample::new();
    let image = changed(&sample, |image, _| drop(image.remove("manifest")));
    let outcome = sample.try_out(&image);
    assert!(outcome.refused.unwrap().contains("manifest"));
    assert!(outcome.unreadable.unwrap().contains("manifest"));
    // What is left beside the segments shows too that there was a log.
    for left in ["progress", "consumer.checkpoint"] {
        let image = changed(&sample, |image, _| image.retain(|name, _| name == left));
        let outcome = sample.try_out(&image);
        assert!(outcome.refused.is_some() && outcome.unreadable.is_some(), "{outcome:?}");
    }
}

#[test]
fn a_log_without_progress_is_read_to_its_end() {
    let sample = Sample::new();
    assert!(sample.try_out(&sample.without_progress()).is_whole(&sample));
}

#[test]
fn what_was_left_while_a_file_was_made_does_no_harm() {
    let sample = Sample::new();
    for name in ["manifest.new", "segment.new", "consumer.checkpoint.new", "other.txt"] {
        for content in [&b""[..], b"half", &[0; 5000], &sample.image["manifest"]] {
            let image = changed(&sample, |image, _| {
                image.insert(name.to_owned(), content.to_vec());
            });
            let outcome = sample.try_out(&image);
            assert!(outcome.is_whole(&sample), "{name}: {outcome:?}");
        }
    }
    // Also where there is no log yet.
    let image = Image::from([("manifest.new".to_owned(), b"half".to_vec())]);
    let log = Log::options().open_on(Disk::with(&image).storage()).unwrap();
    assert!(log.recovery().is_new());
}

#[test]
fn a_log_in_which_there_is_only_a_manifest_is_empty() {
    let disk = Disk::new(1);
    drop(Log::options().first_sequence(9).open_on(disk.storage()).unwrap());
    assert_eq!(disk.image().keys().collect::<Vec<_>>(), ["manifest", "progress"]);
    let mut image = disk.image();
    image.remove("progress");
    let disk = Disk::with(&image);
    let (events, error) = read(&LogReader::open_on(disk.storage()).unwrap(), 9);
    assert!(events.is_empty() && error.is_none(), "{error:?}");
    let log = Log::options().open_on(disk.storage()).unwrap();
    assert_eq!(log.next_sequence(), 9.into());
}

#[test]
fn a_segment_of_which_the_manifest_knows_nothing_and_that_is_not_the_first_is_an_error() {
    let disk = Disk::new(1);
    drop(options().open_on(disk.storage()).unwrap());
    let manifest = disk.image()["manifest"].clone();
    let mut log = options().open_on(disk.storage()).unwrap();
    for number in 0..60_u64 {
        log.push(&broadring_log::codec::Fixed::<[u8; 8]>::new(3), &number.to_le_bytes()).unwrap();
        log.end_batch().unwrap();
    }
    log.close().unwrap();
    let mut image = disk.image();
    image.insert("manifest".to_owned(), manifest);
    image.retain(|name, _| name != "00000000000000000000.frames");
    let disk = Disk::with(&image);
    assert!(matches!(options().open_on(disk.storage()), Err(OpenError::Damaged(_))));
    let (events, error) = read(&LogReader::open_on(disk.storage()).unwrap(), 0);
    assert!(events.is_empty() && error.is_some());
}

#[test]
fn a_directory_that_is_no_log_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    // Nothing there.
    assert!(matches!(LogReader::open(path), Err(OpenError::NotALog(_))));
    assert!(matches!(Log::options().create(false).open(path), Err(OpenError::NotALog(_))));
    assert!(matches!(LogReader::open(path.join("no")), Err(OpenError::NoDirectory(_))));
    let opened = Log::options().create(false).open(path.join("no"));
    assert!(matches!(opened, Err(OpenError::NoDirectory(_))));
    // Something else there.
    std::fs::write(path.join("letter.txt"), "Dear Sir").unwrap();
    assert!(matches!(Log::open(path), Err(OpenError::NotALog(_))));
    assert!(matches!(LogReader::open(path), Err(OpenError::NotALog(_))));
    // No directory.
    let file = path.join("letter.txt");
    assert!(Log::open(&file).unwrap_err().to_string().contains("letter.txt"));
    assert!(matches!(LogReader::open(&file), Err(OpenError::NotALog(_))));
    assert_eq!(std::fs::read(&file).unwrap(), b"Dear Sir");
}
