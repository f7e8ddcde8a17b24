//! What it costs to wait for nothing.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::cores::spawn;
use crate::subject::{Mode, Receiver, Sender, Subject};

const READERS: usize = 3;

/// Returns a closure that lets three readers wait for as long as it is told, and
/// returns the CPU time that the process took meanwhile, in percent of a core.
pub(super) fn turns<S: Subject, const WORDS: usize>(
    capacity: usize,
    mode: Mode,
) -> impl FnMut(Duration) -> Vec<f64> {
    move |turn| {
        let mut link = S::open::<WORDS>(capacity, READERS, mode);
        let ready = Arc::new(Barrier::new(READERS + 1));
        let readers: Vec<_> = link
            .receivers
            .drain(..)
            .map(|mut receiver| {
                let ready = Arc::clone(&ready);
                spawn("reader", None, move || {
                    ready.wait();
                    receiver.receive()[0]
                })
            })
            .collect();
        ready.wait();
        // Until they sleep: what they do before that is not idling.
        thread::sleep(Duration::from_millis(10));
        let (start, busy) = (Instant::now(), cpu_time());
        thread::sleep(turn);
        let share = (cpu_time() - busy).as_secs_f64() / start.elapsed().as_secs_f64();
        link.sender.send(7);
        for reader in readers {
            assert_eq!(reader.join().expect("the reader ends"), 7, "{} lost a wake-up", S::NAME);
        }
        vec![100.0 * share]
    }
}

/// Returns the CPU time of this process so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
