//! The order of arrival: an order of many writers, stamped by the clock of the process.

use broadring_order::Writers;

use crate::reading::{Printer, Reading};
use crate::source::Source;
use crate::{READERS, spawn};

/// Starts a writer for each source, and the readers.
pub(crate) fn start(
    sources: Vec<Source>,
    capacity: usize,
    printer: Printer,
) -> anyhow::Result<Vec<Reading>> {
    let (writers, order) = Writers::builder(capacity).max_readers(READERS).build(Vec::new);

    let mut printer = Some(printer);
    let mut readings = Vec::new();
    for number in 0..READERS {
        let mut reader = order.reader().name(format!("reader {number}")).subscribe()?;
        readings.push(Reading::start(number, printer.take(), move |sight| {
            // Until all writers are gone, and everything was read.
            while let Ok(mut batch) = reader.wait_batch() {
                for event in &mut batch {
                    sight.take(event.source, event.event)?;
                }
                drop(batch); // nobody is held up while the output is
                sight.pause()?;
            }
            Ok(())
        })?);
    }

    for source in sources {
        // Joined here, so that the sources are numbered in the order of the command line.
        let mut writer = writers.writer().name(source.name()).join();
        spawn(source.name(), move || {
            source.read(|_time, lines| {
                writer.publish_with(|slot| {
                    slot.clear();
                    slot.extend_from_slice(lines);
                });
            });
        })?;
    }
    // No more writers will come. The readers end with the last of these.
    drop(writers);
    Ok(readings)
}
