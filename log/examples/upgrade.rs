//! A stream whose type changes: the new program reads what the old one has written, and the old program says clearly
//! that it does not know what the new one writes.
//!
//! ```text
//! cargo run --release -p broadring-log --example upgrade
//! ```

use std::path::Path;

use anyhow::{Result, ensure};
use broadring_log::codec::{Bytes, Codec, Postcard};
use broadring_log::{Log, LogReader};

/// The program as it was: temperatures in whole degrees.
mod version_1 {
    use super::Postcard;
    use serde::{Deserialize, Serialize};

    #[derive(Deserialize, Serialize)]
    pub(crate) struct Reading {
        pub(crate) degrees: i32,
    }

    pub(crate) fn codec() -> Postcard<Reading> {
        Postcard::new(1)
    }
}

/// The program as it is: in thousandths, and with the place.
mod version_2 {
    use super::{Postcard, version_1};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    pub(crate) struct Reading {
        pub(crate) thousandths: i64,
        pub(crate) place: Option<String>,
    }

    impl From<version_1::Reading> for Reading {
        fn from(old: version_1::Reading) -> Self {
            Self { thousandths: i64::from(old.degrees) * 1000, place: None }
        }
    }

    /// Writes version 2, and reads both.
    pub(crate) fn codec() -> Postcard<Reading> {
        Postcard::new(2).reading::<version_1::Reading>(1)
    }
}

fn main() -> Result<()> {
    let directory = tempfile::tempdir()?;
    write(directory.path())?;
    println!("The new program reads:");
    for (sequence, reading) in read(directory.path(), &version_2::codec())? {
        let place = reading.place.as_deref().unwrap_or("somewhere");
        println!("  {sequence}: {:.3} degrees, {place}", reading.thousandths as f64 / 1000.0);
    }
    println!("\nThe old program says:");
    println!("  {}", refused(directory.path(), &version_1::codec())?);
    println!("\nA program that takes the log for one of plain bytes says:");
    println!("  {}", refused(directory.path(), &Bytes)?);
    Ok(())
}

/// Has both programs write, one after the other.
fn write(directory: &Path) -> Result<()> {
    let mut log = Log::open(directory)?;
    for degrees in [19, 20, 21] {
        log.push(&version_1::codec(), &version_1::Reading { degrees })?;
    }
    log.close()?;
    let mut log = Log::open(directory)?;
    for thousandths in [21_250, 21_375] {
        let place = Some("on the roof".to_owned());
        log.push(&version_2::codec(), &version_2::Reading { thousandths, place })?;
    }
    log.close()?;
    Ok(())
}

/// Reads the whole log with a codec.
fn read<C: Codec>(directory: &Path, codec: &C) -> Result<Vec<(u64, C::Event)>> {
    let reader = LogReader::open(directory)?;
    let mut frames = reader.from(0)?;
    let mut events = Vec::new();
    while let Some(frame) = frames.next_frame()? {
        for event in frame.decode(codec) {
            let (sequence, event) = event?;
            events.push((sequence.into(), event));
        }
    }
    Ok(events)
}

/// Why a codec does not read the log.
fn refused<C: Codec>(directory: &Path, codec: &C) -> Result<String> {
    let events = read(directory, codec);
    ensure!(events.is_err(), "the codec reads the log");
    Ok(events.err().map(|error| error.to_string()).unwrap_or_default())
}

#[test]
fn the_new_program_reads_everything_and_the_old_one_says_what_it_does_not_know() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path()).unwrap();
    let events = read(directory.path(), &version_2::codec()).unwrap();
    let thousandths: Vec<_> = events.iter().map(|(_, reading)| reading.thousandths).collect();
    assert_eq!(thousandths, [19_000, 20_000, 21_000, 21_250, 21_375]);
    assert!(refused(directory.path(), &version_1::codec()).unwrap().contains("version 2"));
    assert!(refused(directory.path(), &Bytes).unwrap().contains("postcard"));
}
