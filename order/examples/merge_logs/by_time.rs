//! The order of the times in the lines: a plain ring for each file, which every reader merges.

use std::iter;

use broadring::Ring;
use broadring_order::{Replay, SourceId, Stamp};

use crate::reading::{Printer, Reading};
use crate::source::Source;
use crate::{READERS, spawn};

/// Starts a writer for each source, and the readers.
pub(crate) fn start(
    sources: Vec<Source>,
    capacity: usize,
    printer: Printer,
) -> anyhow::Result<Vec<Reading>> {
    let mut readers: [Vec<_>; READERS] = Default::default();
    let mut writers = Vec::new();
    for source in sources {
        let ring = Ring::builder(capacity).max_readers(READERS).name(source.name());
        let (writer, ring) = ring.build(|| (Stamp::MIN, Vec::new()));
        for lanes in &mut readers {
            lanes.push(ring.subscribe()?);
        }
        writers.push((writer, source));
    }

    let mut printer = Some(printer);
    let mut readings = Vec::new();
    for (number, lanes) in readers.into_iter().enumerate() {
        readings.push(Reading::start(number, printer.take(), move |sight| {
            let streams = lanes.into_iter().map(|mut lane| iter::from_fn(move || lane.recv().ok()));
            let replay = streams.zip(0..).fold(Replay::new(), |replay, (stream, source)| {
                replay.source(SourceId::new(source), stream) // waits for its first line
            });
            for next in replay {
                let next = next.expect("a source never gives a smaller stamp than before");
                sight.take(next.source, &next.event)?;
                sight.pause()?; // the next line may be long in coming
            }
            Ok(())
        })?);
    }

    for (mut writer, source) in writers {
        spawn(source.name(), move || {
            source.read(|time, lines| {
                writer.publish_with(|(stamp, slot)| {
                    *stamp = time;
                    slot.clear();
                    slot.extend_from_slice(lines);
                });
            });
        })?;
    }
    Ok(readings)
}
