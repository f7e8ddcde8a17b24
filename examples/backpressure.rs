//! A slow consumer, and what the writer can do about it: refuse, wait for a
//! limited time, drop and count, wait, or let the reader go.
//!
//! Nothing is ever lost behind a reader's back: a full ring holds the writer back,
//! and each of its methods says what that means for the caller.
//!
//! ```text
//! cargo run --release --example backpressure
//! ```

use std::thread;
use std::time::{Duration, Instant};

use broadring::{Reader, Ring, Writer};

const CAPACITY: usize = 4;

fn main() {
    let (mut writer, ring) = Ring::builder(CAPACITY).build(String::new);
    let reader = ring.subscribe().expect("a new ring has room for a reader");

    fill(&mut writer);
    refuse(&mut writer);
    wait_a_while(&mut writer);
    drop_and_count(&mut writer);
    let reader = wait(&mut writer, reader);
    let_go(&mut writer, reader);
}

/// While the reader does not read, the ring takes as many events as it has slots.
fn fill(writer: &mut Writer<String>) {
    for number in 1..=CAPACITY {
        writer.publish(format!("event {number}"));
    }
    assert_eq!(writer.remaining_capacity(), 0);
    println!("published {CAPACITY} events; the reader sleeps, and the ring is full");
}

/// `try_publish` gives back what the ring has no room for.
fn refuse(writer: &mut Writer<String>) {
    let refused = writer.try_publish("one too many".to_owned()).unwrap_err();
    let reason = refused.to_string();
    let event = refused.into_inner();
    assert_eq!(event, "one too many");
    println!("try:     {reason}, and {event:?} is ours again");
}

/// `publish_timeout` does so too, but only when the time is up.
fn wait_a_while(writer: &mut Writer<String>) {
    let limit = Duration::from_millis(20);
    let start = Instant::now();
    let refused = writer.publish_timeout("still too many".to_owned(), limit).unwrap_err();
    assert!(start.elapsed() >= limit);
    let reason = refused.to_string();
    let event = refused.into_inner();
    assert_eq!(event, "still too many");
    println!("timeout: {reason} ({limit:?}), and {event:?} is ours again");
}

/// A writer that must not wait, such as one that samples a sensor, may choose to
/// lose events; it then knows how many, and readers see no gap in the sequences.
fn drop_and_count(writer: &mut Writer<String>) {
    let lost = (1..=10).filter(|n| writer.try_publish(format!("sample {n}")).is_err()).count();
    assert_eq!(lost, 10);
    println!("drop:    {lost} of 10 samples found no room, and were dropped knowingly");
}

/// `publish` waits for as long as it takes. The slow consumer gets everything.
fn wait(writer: &mut Writer<String>, mut reader: Reader<String>) -> Reader<String> {
    const MORE: usize = 6;
    let consumer = thread::spawn(move || {
        for number in 1..=CAPACITY + MORE {
            thread::sleep(Duration::from_millis(10));
            assert_eq!(reader.recv(), Ok(format!("event {number}")));
        }
        reader
    });

    let start = Instant::now();
    for number in CAPACITY + 1..=CAPACITY + MORE {
        writer.publish(format!("event {number}"));
    }
    let waited = start.elapsed().as_millis();
    println!("wait:    {MORE} more events took {waited} ms: the pace of the slow consumer");
    consumer.join().expect("the consumer has seen every event, in order")
}

/// A reader that is dropped no longer holds the writer back.
fn let_go(writer: &mut Writer<String>, reader: Reader<String>) {
    fill(writer);
    drop(reader);
    assert_eq!(writer.remaining_capacity(), CAPACITY);
    let published = writer.publish_all((1..=1000).map(|n| format!("unread {n}")));
    let count = published.end - published.start;
    assert!(!writer.has_readers());
    println!(
        "let go:  the reader is dropped, and the writer published {count} more without waiting"
    );
}
