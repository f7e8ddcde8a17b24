//! One thread waits for several rings at once, with events of different types, and for the time of
//! its next heartbeat. It sleeps in between: nobody polls.
//!
//! Orders and trades are read, so that none is lost. Of the ticker only the latest price matters, so
//! it is observed: it may miss events, and never holds the ticker up. The thread ends when all three
//! rings are closed.
//!
//! ```text
//! cargo run --release --example select
//! ```

use std::error::Error;
use std::iter;
use std::thread;
use std::time::{Duration, Instant};

use broadring::{Ring, TryReadError, WaitSet, Waitable, Writer};

const HEARTBEAT: Duration = Duration::from_millis(150);

#[derive(Debug, Default)]
struct Order {
    number: u32,
    pieces: u32,
}

/// The name of the buyer.
type Trade = String;

/// A price in cents.
type Price = u32;

fn main() -> Result<(), Box<dyn Error>> {
    let (order_writer, ring) = Ring::builder(64).name("orders").build(Order::default);
    let mut orders = Some(ring.subscribe()?);
    let (trade_writer, ring) = Ring::builder(64).name("trades").build(Trade::new);
    let mut trades = Some(ring.subscribe()?);
    let (price_writer, ring) = Ring::builder(2).name("ticker").build(Price::default);
    let mut ticker = Some(ring.observe()?);

    let writers = [
        every(90, order_writer, (1..=5).map(|number| Order { number, pieces: 10 * number })),
        every(240, trade_writer, ["Ada", "Grace"].map(Trade::from)),
        every(30, price_writer, 9_990..10_010),
    ];

    let mut set = WaitSet::new();
    let start = Instant::now();
    let mut next_heartbeat = start + HEARTBEAT;
    let (mut ordered, mut bought, mut beats, mut woken) = (0, Vec::new(), 0, 0);
    loop {
        // A handle whose stream has ended is always ready: it is left out from then on.
        let open: Vec<&dyn Waitable> = iter::empty()
            .chain(orders.as_ref().map(|orders| orders as &dyn Waitable))
            .chain(trades.as_ref().map(|trades| trades as &dyn Waitable))
            .chain(ticker.as_ref().map(|ticker| ticker as &dyn Waitable))
            .collect();
        if open.is_empty() {
            break;
        }
        // It says which handle is ready, or that the time has come. Here everybody has a turn each
        // time, so that no ring and no heartbeat has to wait for another ring to be empty.
        let _ready = set.wait_deadline(&open, next_heartbeat);
        woken += 1;

        orders.take_if(|orders| {
            has_ended(orders.try_batch().map(|batch| {
                for Order { number, pieces } in batch.events() {
                    println!("order {number}: {pieces} pieces");
                    ordered += pieces;
                }
            }))
        });
        trades.take_if(|trades| {
            has_ended(trades.try_recv().map(|buyer| {
                println!("bought by {buyer}");
                bought.push(buyer);
            }))
        });
        ticker.take_if(|ticker| {
            has_ended(ticker.look().map(|prices| {
                let cents = prices[prices.len() - 1];
                println!("price {}.{:02}", cents / 100, cents % 100);
            }))
        });
        if Instant::now() >= next_heartbeat {
            println!("heartbeat after {} ms", start.elapsed().as_millis());
            beats += 1;
            next_heartbeat += HEARTBEAT;
        }
    }
    for writer in writers {
        writer.join().expect("no writer panics");
    }
    println!(
        "{ordered} pieces ordered, {} trades, {beats} heartbeats; woken {woken} times",
        bought.len()
    );
    assert_eq!((ordered, bought.len()), (150, 2), "an event is missing");
    Ok(())
}

/// Whether a handle has come to its end. What there is to read now was read by then.
fn has_ended(read: Result<(), TryReadError>) -> bool {
    matches!(read, Err(TryReadError::Ended(_)))
}

/// Publishes one of the events after so many milliseconds each, on a thread of its own.
fn every<T: Send + Sync + 'static>(
    milliseconds: u64,
    mut writer: Writer<T>,
    events: impl IntoIterator<Item = T> + Send + 'static,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for event in events {
            thread::sleep(Duration::from_millis(milliseconds));
            writer.publish(event);
        }
    })
}
