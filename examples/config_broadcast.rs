//! A producer, a broker and two consumers: every consumer gets every update of
//! the configuration, in the one order that the broker gave them.
//!
//! The producer reaches the broker through an ordinary channel. The broker owns
//! the writer, so what it publishes first is first for everybody, and the
//! sequence under which it publishes an update is the id of the message.
//!
//! ```text
//! cargo run --release --example config_broadcast
//! ```

use std::error::Error;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use broadring::{Reader, Ring, Sequence, Writer};

/// A message of the producer's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Update {
    key: String,
    value: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (writer, ring) = Ring::builder(8).build(Update::default);

    // A consumer that subscribes before the broker starts gets everything.
    let consumers = ["consumer A", "consumer B"].map(|name| {
        let reader = ring.reader().name(name).subscribe();
        reader.map(|reader| thread::spawn(move || consume(reader)))
    });

    let (updates, inbox) = mpsc::channel();
    let producer = thread::spawn(move || produce(&updates));
    let broker = thread::spawn(move || broker(inbox, writer));

    producer.join().expect("the producer sends its updates");
    let order = broker.join().expect("the broker publishes them");
    assert_eq!(order, [(Sequence::new(0), update(1)), (Sequence::new(1), update(2))]);

    for consumer in consumers {
        let seen = consumer?.join().expect("a consumer reads to the end");
        assert_eq!(seen, order);
    }
    println!("both consumers saw update 1 and then update 2, as the broker published them");
    Ok(())
}

/// Sends two updates to the broker.
fn produce(broker: &Sender<Update>) {
    for number in [1, 2] {
        let update = update(number);
        println!("producer:   sends {update:?}");
        broker.send(update).expect("the broker listens for as long as there are producers");
    }
}

/// Gives every message its place in the order. Ends, and closes the ring, when
/// the last producer is gone.
fn broker(inbox: Receiver<Update>, mut writer: Writer<Update>) -> Vec<(Sequence, Update)> {
    let mut order = Vec::new();
    for update in inbox {
        println!("broker:     publishes it as message {}", writer.cursor());
        let id = writer.publish(update.clone());
        order.push((id, update));
    }
    order
}

/// Reads until the broker is gone, and returns what it saw.
fn consume(mut reader: Reader<Update>) -> Vec<(Sequence, Update)> {
    let name = reader.name().unwrap_or("consumer").to_owned();
    let mut seen = Vec::new();
    reader.run(|update, id, _end_of_batch| {
        println!("{name}: got message {id}, {} = {}", update.key, update.value);
        seen.push((id, update.clone()));
    });
    seen
}

/// The update with this number.
fn update(number: u32) -> Update {
    Update { key: format!("update {number}"), value: number * 100 }
}
