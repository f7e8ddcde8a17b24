//! Readers that join while the writer publishes: with the next event, with the
//! oldest event that is still in the ring, or at the position of another reader.
//!
//! Wherever a reader starts, from there on it misses nothing.
//!
//! ```text
//! cargo run --release --example late_joiner
//! ```

use std::thread::{self, JoinHandle};
use std::time::Duration;

use broadring::{Reader, Ring, SubscribeError, Writer};

const CAPACITY: u64 = 64;
const EVENTS: u64 = 2_000;

fn main() -> Result<(), SubscribeError> {
    let (writer, ring) = Ring::builder(CAPACITY as usize).build(|| 0);

    let mut early = ring.reader().name("early").subscribe()?;
    let publishing = thread::spawn(move || publish(writer));

    // Read a third of the stream, then let the others in. Meanwhile the writer
    // goes on.
    while early.position().get() < EVENTS / 3 {
        let batch = early.wait_batch().expect("most of the stream is still to come");
        check(batch.sequences().start.get(), batch.events());
    }

    let at_cursor = ring.reader().name("at the cursor").from_cursor().subscribe()?;

    let before = ring.cursor();
    let at_oldest = ring.reader().name("at the oldest").from_oldest().subscribe()?;
    let after = ring.cursor();
    // Between half a ring and a whole ring of old events are still there.
    assert!(at_oldest.position() + CAPACITY >= before);
    assert!(at_oldest.position() + CAPACITY / 2 <= after);

    let beside = early.try_clone()?;
    assert_eq!(beside.position(), early.position());

    println!("the writer was at {after} when the others had joined\n");
    let readers = [
        read("early", early),
        read("at the cursor", at_cursor),
        read("at the oldest", at_oldest),
        read("a clone of early", beside),
    ];
    for reader in readers {
        reader.join().expect("every reader has seen what it should");
    }
    publishing.join().expect("the writer publishes to the end");

    // The writer is gone. What it left in the ring can still be read.
    let mut last = ring.reader().name("after the end").from_oldest().subscribe()?;
    assert!(ring.is_closed());
    report("after the end", &mut last);
    Ok(())
}

/// Publishes numbers that are their own sequences. Returning closes the ring.
fn publish(mut writer: Writer<u64>) {
    for number in 0..EVENTS {
        writer.publish(number);
        if number.is_multiple_of(8) {
            thread::sleep(Duration::from_micros(200));
        }
    }
}

/// Reads to the end on a thread of its own.
fn read(who: &'static str, mut reader: Reader<u64>) -> JoinHandle<()> {
    thread::spawn(move || report(who, &mut reader))
}

/// Reads to the end, and says what there was to read.
fn report(who: &str, reader: &mut Reader<u64>) {
    let first = reader.position();
    while let Ok(batch) = reader.wait_batch() {
        check(batch.sequences().start.get(), batch.events());
    }
    let end = reader.position();
    assert_eq!(end.get(), EVENTS, "the stream ends at the same place for everybody");
    println!("{who:>16}: from {first:>4} to {}, {:>4} events", end.get() - 1, end - first);
}

/// Checks that the events from sequence `first` on are all there, in order.
fn check<'a>(first: u64, events: impl Iterator<Item = &'a u64>) {
    for (expected, event) in (first..).zip(events) {
        assert_eq!(*event, expected);
    }
}
