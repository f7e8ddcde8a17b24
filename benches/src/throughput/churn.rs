//! Joining and leaving while the writer is at work.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use crate::cores::spawn;
use crate::event::Ledger;
use crate::subject::{Join, Mode, Receiver, Sender, Subject};

/// How many events are sent between two looks at whether it is time to end.
const RUN: u64 = 256;

/// How many events a passing reader stays for.
const STAY: u64 = 64;

/// Returns a closure that does it for about as long as it is told, and returns how
/// many million events a second went through, and how many thousand readers came and
/// went; `None` if the subject's readers cannot join a sender at work.
pub(super) fn turns<S: Subject, const WORDS: usize>(
    capacity: usize,
    mode: Mode,
) -> Option<impl FnMut(Duration) -> Vec<f64>> {
    drop(S::open::<WORDS>(capacity, 1, mode).join?);
    Some(move |turn| {
        let mut link = S::open::<WORDS>(capacity, 1, mode);
        let join = link.join.expect("the subject could join before");
        let mut steady = link.receivers.pop().expect("there is one reader");
        let mut sender = link.sender;
        let ready = Arc::new(Barrier::new(3));
        let over = Arc::new(AtomicBool::new(false));
        let end = Arc::new(AtomicU64::new(u64::MAX));

        let reader = spawn("reader", None, {
            let (ready, end) = (Arc::clone(&ready), Arc::clone(&end));
            move || {
                let (mut ledger, mut seen) = (Ledger::default(), 0);
                ready.wait();
                // ORDERING: Acquire, though the events themselves order it: the writer
                // stores the end before it sends the last run.
                while seen != end.load(Ordering::Acquire) {
                    steady.drain(RUN, |event| ledger.see(event));
                    seen += RUN;
                }
                ledger.check::<WORDS>(S::NAME, seen);
            }
        });
        let passer_by = spawn("passer-by", None, {
            let (ready, over) = (Arc::clone(&ready), Arc::clone(&over));
            move || {
                ready.wait();
                let joins = pass_by::<S, WORDS>(join, turn);
                // ORDERING: Release, with the writer's Acquire; a flag alone.
                over.store(true, Ordering::Release);
                joins
            }
        });
        let writer = spawn("writer", None, move || {
            ready.wait();
            let (start, mut sent) = (Instant::now(), 0);
            // The writer goes on for as long as somebody may wait for an event.
            // ORDERING: Acquire, with the passer-by's Release.
            while !over.load(Ordering::Acquire) {
                (sent..sent + RUN).for_each(|number| sender.send(number));
                sent += RUN;
            }
            // ORDERING: Release, with the reader's Acquire.
            end.store(sent + RUN, Ordering::Release);
            (sent..sent + RUN).for_each(|number| sender.send(number));
            ((sent + RUN) as f64 / start.elapsed().as_secs_f64(), sender)
        });
        let joins = passer_by.join().expect("the passer-by ends");
        let (rate, _sender) = writer.join().expect("the writer ends");
        reader.join().expect("the reader ends");
        vec![rate / 1e6, joins / 1e3]
    })
}

/// Joins, reads and leaves until time is over, and returns how often in a second.
fn pass_by<S: Subject, const WORDS: usize>(
    mut join: Join<S::Receiver<WORDS>>,
    turn: Duration,
) -> f64 {
    let (start, mut joins) = (Instant::now(), 0);
    while start.elapsed() < turn {
        let mut receiver = join();
        let mut next = receiver.receive()[0];
        receiver.drain(STAY - 1, |event| {
            next += 1;
            assert_eq!(event[0], next, "{} left out an event", S::NAME);
        });
        joins += 1;
    }
    f64::from(joins) / start.elapsed().as_secs_f64()
}
