//! An event there, and an event back, over two rings.

use std::time::{Duration, Instant};

use crate::cores::{Places, spawn};
use crate::event::Ledger;
use crate::subject::{Mode, Receiver, Sender, Subject};
use crate::throughput::stream::Pace;

/// Returns a closure that does it for about as long as it is told, and returns the
/// nanoseconds that a round trip took.
pub(super) fn turns<S: Subject, const WORDS: usize>(
    places: Places,
    capacity: usize,
    mode: Mode,
) -> impl FnMut(Duration) -> Vec<f64> {
    let mut pace = Pace::new(1000, 1);
    move |turn| {
        let rate = pace.take(turn, |count| {
            let (here, there) = places.of(1);
            play::<S, WORDS>(capacity, mode, here, there[0], count)
        });
        vec![1e9 / rate]
    }
}

/// Plays `count` round trips, after some to warm up, and returns how long they took.
pub(crate) fn play<S: Subject, const WORDS: usize>(
    capacity: usize,
    mode: Mode,
    here: Option<usize>,
    there: Option<usize>,
    count: u64,
) -> Duration {
    const WARM_UP: u64 = 1000;

    let mut out = S::open::<WORDS>(capacity, 1, mode);
    let mut back = S::open::<WORDS>(capacity, 1, mode);
    let echo = spawn("echo", there, move || {
        for _ in 0..WARM_UP + count {
            let event = out.receivers[0].receive();
            back.sender.send(event[0]);
        }
        back.sender
    });
    let serve = spawn("serve", here, move || {
        let mut ledger = Ledger::default();
        let mut start = Instant::now();
        for number in 0..WARM_UP + count {
            if number == WARM_UP {
                start = Instant::now();
            }
            out.sender.send(number);
            ledger.see(&back.receivers[0].receive());
        }
        let took = start.elapsed();
        ledger.check::<WORDS>(S::NAME, WARM_UP + count);
        took
    });
    let took = serve.join().expect("every event comes back");
    drop(echo.join().expect("the echo ends when the pings do"));
    took
}
