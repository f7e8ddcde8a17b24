//! A mirror in this process, and a reader of its ring that checks each event.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use broadring::Ring;
use broadring_jetstream::{Mirror, MirrorEnd, Stream};
use broadring_log::codec::Bytes;

use crate::cluster::PATIENCE;
use crate::events::Digest;
use crate::watch::wait_until;

/// A mirror, and a reader of its ring.
pub(crate) struct Witness {
    mirror: Arc<Mirror>,
    reading: JoinHandle<Digest>,
}

impl Witness {
    /// Begins with the first event.
    pub(crate) fn start(name: &str, stream: &Stream, until_resigned: bool) -> Self {
        let (writer, ring) = Ring::builder(4096).build(Vec::new);
        let mut reader = ring.subscribe().unwrap();
        let mirror = stream.mirror(Bytes).name(name).until_resigned(until_resigned).start(writer);
        let reading = thread::spawn(move || {
            let mut digest = Digest::default();
            reader.run(|event, sequence, _| digest.take(sequence.into(), event));
            digest
        });
        Self { mirror: Arc::new(mirror), reading }
    }

    /// A look at how far it is, for another thread.
    pub(crate) fn meter(&self) -> impl Fn() -> u64 + Send + 'static {
        let mirror = Arc::clone(&self.mirror);
        move || mirror.next_sequence().into()
    }

    /// Waits until it has everything before a sequence.
    pub(crate) fn wait_for(&self, sequence: u64) {
        let arrived = wait_until(PATIENCE, || {
            assert!(self.mirror.failure().is_none(), "{:?}", self.mirror.failure());
            assert!(!self.reading.is_finished(), "the reader has ended");
            u64::from(self.mirror.next_sequence()) >= sequence
        });
        let stats = self.mirror.stats();
        assert!(arrived, "a mirror has not got to {sequence} after {PATIENCE:?}: {stats:?}");
    }

    /// How often it had to begin anew.
    pub(crate) fn restarts(&self) -> u64 {
        self.mirror.stats().restarts
    }

    /// Stops it, and returns what was read.
    pub(crate) fn stop(self) -> Digest {
        self.mirror.stop();
        self.end(MirrorEnd::Stopped)
    }

    /// Waits until the writer has given the stream back, and returns what was read.
    pub(crate) fn finish(self) -> Digest {
        self.end(MirrorEnd::Resigned)
    }

    fn end(self, end: MirrorEnd) -> Digest {
        let ended = wait_until(PATIENCE, || self.mirror.is_finished());
        assert!(ended, "a mirror does not end: {:?}", self.mirror.stats());
        let mirror = Arc::into_inner(self.mirror).expect("nobody looks any more");
        assert_eq!(mirror.join().unwrap(), end);
        self.reading.join().unwrap()
    }
}
