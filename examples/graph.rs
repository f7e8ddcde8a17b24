//! An exchange in one process: stages that depend on each other, on one ring.
//!
//! ```text
//! orders ─▶ (fees) ─▶ (limits) ─▶ journal ──┬─▶ matching
//!           editors               replica ──┘
//!                                 dashboard    slow, and evicted for it
//!                                 tap          looks in now and then
//! ```
//!
//! Two editors complete every order in place before any reader sees it. The matching engine
//! sees an order only when both the journal and the replica have it. The dashboard cannot
//! keep up: instead of holding everybody up, it is evicted, and comes back. The tap is put
//! on the running ring and taken off again, and no other handle notices.
//!
//! ```text
//! cargo run --release --example graph
//! ```

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use broadring::{Editor, End, Observer, Reader, Ring, Writer};

const ORDERS: u64 = 200_000;

/// No order may be worth more.
const LIMIT: u64 = 90_000;

#[derive(Clone, Default)]
struct Order {
    quantity: u64,
    price: u64,
    fee: u64,
    accepted: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (writer, [fees, limits], ring) =
        Ring::builder(1024).build_with_editors(["fees", "limits"], Order::default);

    let journal = ring.reader().name("journal").subscribe()?;
    let replica = ring.reader().name("replica").subscribe()?;
    let matching = ring.reader().name("matching").after(&journal)?.after(&replica)?.subscribe()?;
    let patience = Duration::from_micros(200);
    let dashboard = ring.reader().name("dashboard").evict_after(patience).subscribe()?;
    let tap = ring.reader().name("tap").observe()?;

    let journaled = Arc::new(AtomicU64::new(0));
    let editors = [charge(fees), check(limits)];
    let journal = write_journal(journal, Arc::clone(&journaled));
    let replica = replicate(replica);
    let matching = match_orders(matching, journaled);
    let dashboard = show(dashboard);
    let tap = look_in(tap);
    take_orders(writer);

    for editor in editors {
        assert_eq!(editor.join().unwrap(), End::Closed);
    }
    let hash = journal.join().unwrap();
    assert_eq!(hash, replica.join().unwrap());
    let (accepted, rejected) = matching.join().unwrap();
    assert_eq!(accepted + rejected, ORDERS);
    let (shown, missed, evictions) = dashboard.join().unwrap();
    assert_eq!(shown + missed, ORDERS);
    let (seen, unseen) = tap.join().unwrap();
    println!("journal    {ORDERS} orders, hash {hash:016x}; the replica has the same");
    println!("matching   {accepted} orders accepted, {rejected} over the limit");
    println!("dashboard  {shown} orders shown, {missed} missed in {evictions} evictions");
    println!("tap        {seen} orders seen, {unseen} missed, and the writer was not held back");
    Ok(())
}

fn take_orders(mut writer: Writer<Order>) {
    for number in 0..ORDERS {
        writer.publish_with(|order| {
            *order = Order { quantity: number % 100, price: number % 1000, ..Order::default() };
        });
    }
}

/// The first editor: works out the fee.
fn charge(mut fees: Editor<Order>) -> JoinHandle<End> {
    thread::spawn(move || fees.run(|order, _, _| order.fee = order.quantity * order.price / 1000))
}

/// The second editor: sees the fee.
fn check(mut limits: Editor<Order>) -> JoinHandle<End> {
    thread::spawn(move || {
        limits.run(|order, _, _| {
            order.accepted = order.quantity * order.price + order.fee <= LIMIT;
        })
    })
}

/// Adds every order to a hash, and says how far it is.
fn write_journal(mut journal: Reader<Order>, written: Arc<AtomicU64>) -> JoinHandle<u64> {
    thread::spawn(move || {
        let mut hasher = DefaultHasher::new();
        journal.run(|order, sequence, _| {
            (order.quantity, order.price, order.fee, order.accepted).hash(&mut hasher);
            written.store(sequence.get() + 1, Ordering::Relaxed);
        });
        hasher.finish()
    })
}

/// Keeps a copy of every order.
fn replicate(mut replica: Reader<Order>) -> JoinHandle<u64> {
    thread::spawn(move || {
        let mut copies = Vec::new();
        while let Ok(batch) = replica.wait_batch() {
            copies.extend(batch.events().cloned());
        }
        let mut hasher = DefaultHasher::new();
        for order in &copies {
            (order.quantity, order.price, order.fee, order.accepted).hash(&mut hasher);
        }
        hasher.finish()
    })
}

/// Counts what was accepted and what was not, of what is in the journal.
fn match_orders(mut matching: Reader<Order>, journaled: Arc<AtomicU64>) -> JoinHandle<(u64, u64)> {
    thread::spawn(move || {
        let (mut accepted, mut rejected) = (0, 0);
        matching.run(|order, sequence, _| {
            assert!(sequence.get() < journaled.load(Ordering::Relaxed), "not yet in the journal");
            *(if order.accepted { &mut accepted } else { &mut rejected }) += 1;
        });
        (accepted, rejected)
    })
}

/// Takes far too long over every batch, and comes back when it was evicted.
fn show(mut dashboard: Reader<Order>) -> JoinHandle<(u64, u64, u64)> {
    thread::spawn(move || {
        let (mut shown, mut missed, mut evictions) = (0, 0, 0);
        loop {
            match dashboard.wait_batch_up_to(100).map(|batch| batch.len() as u64) {
                Ok(len) => {
                    shown += len;
                    thread::sleep(Duration::from_millis(5));
                }
                Err(End::Evicted(_)) => {
                    evictions += 1;
                    missed += dashboard.rejoin().expect("nobody comes after the dashboard");
                }
                Err(_) => return (shown, missed, evictions),
            }
        }
    })
}

/// Looks in a few times, and leaves.
fn look_in(mut tap: Observer<Order>) -> JoinHandle<(u64, u64)> {
    thread::spawn(move || {
        let (mut seen, mut missed) = (0, 0);
        for _ in 0..20 {
            let Ok(orders) = tap.wait_look() else { break };
            seen += orders.len() as u64;
            missed += orders.missed();
            drop(orders);
            thread::sleep(Duration::from_millis(1));
        }
        (seen, missed)
    })
}
