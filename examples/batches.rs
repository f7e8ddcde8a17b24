//! Many events at once: slots claimed, written in place and published together;
//! batches read by reference and released early; events handed to a closure.
//!
//! ```text
//! cargo run --release --example batches
//! ```

use std::error::Error;
use std::ops::{ControlFlow, Range};

use broadring::{Reader, Ring, Writer};

/// A slot that keeps its memory from one lap of the ring to the next.
#[derive(Debug, Default)]
struct Order {
    customer: String,
    cents: u64,
}

impl Order {
    fn set(&mut self, customer: &str, cents: u64) {
        self.customer.clear();
        self.customer.push_str(customer);
        self.cents = cents;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut writer, ring) = Ring::builder(16).build(Order::default);
    let mut reader = ring.subscribe()?;

    claim(&mut writer, &mut reader)?;
    claim_what_is_free(&mut writer, &mut reader)?;
    publish_some_of_a_claim(&mut writer, &mut reader)?;
    publish_an_iterator(&mut writer, &mut reader)?;
    release_early(&mut writer, &mut reader)?;
    take_one_by_one(&mut writer, &mut reader)?;
    hand_to_a_closure(writer, reader)
}

/// A claim reserves slots; `publish` shows all of them to every reader at once.
fn claim(writer: &mut Writer<Order>, reader: &mut Reader<Order>) -> Result<(), Box<dyn Error>> {
    let mut claim = writer.claim(3)?;
    for (order, cents) in claim.iter_mut().zip([250, 199, 1_000]) {
        order.set("ada", cents);
    }
    assert!(reader.try_batch().is_err(), "no reader sees a claim before it is published");
    claim.publish();

    let batch = reader.wait_batch()?;
    let total: u64 = batch.events().map(|order| order.cents).sum();
    println!("claim:         {} orders in one batch, {total} cents in total", batch.len());
    assert_eq!((batch.len(), total), (3, 1_449));
    Ok(())
}

/// `claim_up_to` takes what is free, so that the writer need not wait for all.
fn claim_what_is_free(
    writer: &mut Writer<Order>,
    reader: &mut Reader<Order>,
) -> Result<(), Box<dyn Error>> {
    writer.claim(12)?.publish(); // the slots keep what they held before
    let mut claim = writer.claim_up_to(10)?;
    println!("claim_up_to:   asked for 10 slots, got the {} that are free", claim.len());
    assert_eq!(claim.len(), 4);
    for order in &mut claim {
        order.set("grace", 5);
    }
    claim.publish();
    assert_eq!(reader.wait_batch()?.len(), 16);
    Ok(())
}

/// What is not published was never there: the same slots are claimed next time.
fn publish_some_of_a_claim(
    writer: &mut Writer<Order>,
    reader: &mut Reader<Order>,
) -> Result<(), Box<dyn Error>> {
    let mut claim = writer.claim(8)?;
    claim[0].set("alan", 1);
    claim[1].set("alan", 2);
    let published = claim.publish_first(2);
    println!("publish_first: {} of 8 claimed slots", published.end - published.start);

    let mut abandoned = writer.claim(5)?;
    abandoned[0].set("nobody", 666);
    let first = abandoned.first_sequence();
    drop(abandoned);
    assert_eq!(first, writer.cursor(), "the next event gets the sequence that was given up");

    let batch = reader.wait_batch()?;
    assert!(batch.events().map(|order| order.cents).eq([1, 2]));
    println!("abandon:       a dropped claim publishes nothing, and leaves no gap");
    Ok(())
}

/// `publish_all` moves events in, as many at once as are free.
fn publish_an_iterator(
    writer: &mut Writer<Order>,
    reader: &mut Reader<Order>,
) -> Result<(), Box<dyn Error>> {
    let orders = (1..=10).map(|n| Order { customer: format!("customer {n}"), cents: n });
    let published = writer.publish_all(orders);
    let Range { start, end } = published;
    println!("publish_all:   {} events, from sequence {start} on", end - start);

    let batch = reader.wait_batch_up_to(4)?;
    assert!(batch.events().map(|order| order.cents).eq([1, 2, 3, 4]));
    drop(batch);
    let batch = reader.wait_batch()?;
    assert_eq!(batch.len(), 6);
    for (sequence, order) in &batch {
        let flush = if batch.is_last(sequence) { ", and flush" } else { "" };
        println!("               {sequence}: {} pays {}{flush}", order.customer, order.cents);
    }
    Ok(())
}

/// `commit_through` gives slots back to the writer while the batch goes on.
fn release_early(
    writer: &mut Writer<Order>,
    reader: &mut Reader<Order>,
) -> Result<(), Box<dyn Error>> {
    writer.claim(16)?.publish();
    let mut batch = reader.wait_batch()?;
    assert_eq!(writer.remaining_capacity(), 0);
    let middle = batch.sequences().start + 7;
    batch.commit_through(middle);
    println!(
        "commit:        {} slots are free while {} events are still held",
        writer.remaining_capacity(),
        batch.len()
    );
    assert_eq!((writer.remaining_capacity(), batch.len()), (8, 8));
    Ok(())
}

/// `next_event` lends one event at a time, and releases what it has passed every
/// quarter of the ring. So does `for_each`.
fn take_one_by_one(
    writer: &mut Writer<Order>,
    reader: &mut Reader<Order>,
) -> Result<(), Box<dyn Error>> {
    writer.claim(16)?.publish();
    let mut batch = reader.wait_batch()?;
    while let Some((_sequence, order)) = batch.next_event() {
        let _read_it_here = order.cents;
        if batch.len() == 8 {
            break;
        }
    }
    println!("next_event:    {} slots are free half way through", writer.remaining_capacity());
    assert_eq!(writer.remaining_capacity(), 4);

    let mut rest = 0;
    batch.for_each(|_order, _sequence| rest += 1);
    assert_eq!((rest, writer.remaining_capacity()), (8, 16));
    println!("for_each:      took the other {rest}");
    Ok(())
}

/// `run_until` reads until the closure has what it wants, `run` until the end.
fn hand_to_a_closure(
    mut writer: Writer<Order>,
    mut reader: Reader<Order>,
) -> Result<(), Box<dyn Error>> {
    for cents in [10, 20, 5_000, 30, 40] {
        writer.publish_with(|order| order.set("edsger", cents));
    }
    drop(writer); // the end of the stream

    let big = reader.run_until(|order, sequence, _end_of_batch| {
        if order.cents > 1_000 { ControlFlow::Break(sequence) } else { ControlFlow::Continue(()) }
    })?;
    println!("run_until:     a big order under sequence {big}");

    let mut rest = Vec::new();
    reader.run(|order, _sequence, _end_of_batch| rest.push(order.cents));
    assert_eq!(rest, [30, 40]);
    println!("run:           read what came after it, to the end: {rest:?}");
    Ok(())
}
