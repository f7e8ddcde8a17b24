//! A writer in this process that publishes all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use broadring::Ring;
use broadring_jetstream::protocol::LEAP;
use broadring_jetstream::{Leadership, ShipError, Shipper, Stream};
use broadring_log::codec::Bytes;

use crate::cluster::PATIENCE;
use crate::events::event;
use crate::watch::wait_until;

/// How many events it may be ahead of the servers.
const CAPACITY: usize = 16 * 1024;

/// How many events it publishes before it rests for a moment.
const AT_ONCE: u64 = 20;

/// How long it rests.
const REST: Duration = Duration::from_millis(2);

/// A writer that publishes all the time.
pub(crate) struct Load {
    /// The first event that it has published.
    first: u64,
    shipper: Arc<Shipper<Vec<u8>>>,
    ring: Ring<Vec<u8>>,
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Load {
    /// Waits until nobody has the stream.
    pub(crate) fn start(stream: &Stream) -> Self {
        let candidate = stream.candidate("load").patience(Duration::from_secs(1));
        Self::with(candidate.campaign().unwrap())
    }

    /// Takes the stream away from whoever has it.
    pub(crate) fn take_over(stream: &Stream) -> Self {
        Self::with(stream.candidate("load").claim().unwrap())
    }

    fn with(leadership: Leadership) -> Self {
        let first = leadership.next_sequence().into();
        let (mut writer, ring) =
            Ring::builder(CAPACITY).first_sequence(leadership.next_sequence()).build(Vec::new);
        let shipper = Arc::new(Shipper::builder(leadership, Bytes).start(&ring).unwrap());
        let over = Arc::new(AtomicBool::new(false));
        let (ended, shared) = (Arc::clone(&over), Arc::clone(&shipper));
        let thread = thread::spawn(move || {
            // ORDERING: Relaxed. Nothing is handed over with it.
            while !ended.load(Ordering::Relaxed) {
                for _ in 0..AT_ONCE {
                    let next = u64::from(writer.cursor());
                    // The test sees why it has stopped.
                    if shared.publish(&mut writer, event(next)).is_err() {
                        return;
                    }
                }
                thread::sleep(REST);
            }
        });
        Self { first, shipper, ring, over, thread }
    }

    /// What was published, acknowledged or not.
    pub(crate) fn published(&self) -> u64 {
        self.ring.cursor().into()
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        assert!(self.shipper.failure().is_none(), "{:?}", self.shipper.failure());
        self.shipper.acknowledged().into()
    }

    /// A look at what is acknowledged, for another thread.
    pub(crate) fn meter(&self) -> impl Fn() -> u64 + Send + 'static {
        let shipper = Arc::clone(&self.shipper);
        move || shipper.acknowledged().into()
    }

    /// Waits until something that is published from now on is acknowledged.
    pub(crate) fn wait_progress(&self) {
        let published = self.published();
        let got_on = wait_until(PATIENCE, || self.acknowledged() > published);
        let stats = self.shipper.stats();
        assert!(got_on, "nothing was acknowledged behind {published} for {PATIENCE:?}: {stats:?}");
    }

    /// Waits until it has as much on its way as it may, or has lost its faith that it arrives.
    pub(crate) fn wait_full(&self) {
        let doubts = self.shipper.stats().doubts;
        let full = wait_until(PATIENCE, || {
            let stats = self.shipper.stats();
            stats.in_flight >= LEAP || stats.doubts > doubts
        });
        assert!(full, "it does not send: {:?}", self.shipper.stats());
    }

    /// Waits until it notices that another writer has the stream, which goes on behind what this one was told is there.
    pub(crate) fn wait_deposed(self, by: &Self) {
        let Self { shipper, over, thread, .. } = self;
        let deposed = wait_until(PATIENCE, || shipper.is_finished());
        assert!(deposed, "it does not notice another writer: {:?}", shipper.stats());
        let failure = shipper.failure();
        assert!(matches!(failure, Some(ShipError::Deposed { .. })), "{failure:?}");
        assert!(u64::from(shipper.acknowledged()) <= by.first, "the other one does not have all");
        // ORDERING: Relaxed, as above.
        over.store(true, Ordering::Relaxed);
        thread.join().unwrap();
    }

    /// Ends, and returns how many events there are in all.
    pub(crate) fn finish(self) -> u64 {
        // ORDERING: Relaxed, as above.
        self.over.store(true, Ordering::Relaxed);
        let Self { shipper, ring, thread, .. } = self;
        thread.join().unwrap();
        let published = u64::from(ring.cursor());
        let ended = wait_until(PATIENCE, || shipper.is_finished());
        assert!(ended, "it does not end: {:?}", shipper.stats());
        assert!(shipper.failure().is_none(), "{:?}", shipper.failure());
        let acknowledged = u64::from(shipper.acknowledged());
        assert_eq!(acknowledged, published, "it has ended before everything was there");
        published
    }
}
