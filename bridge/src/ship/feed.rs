//! Where frames come from.

use std::future::Future;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{End, Reader, Sequence};
use broadring_log::codec::Codec;
use broadring_log::{Frame, FrameBuilder, Frames, LogId, LogReader, ReadError};
use broadring_order::clock::Hlc;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::failure::ShipError;
use super::options::Window;
use crate::cluster::Shared;
use crate::election::Claimed;
use crate::protocol::Payload;
use crate::wire::{OVERHEAD, enclose};

/// A frame, as it is sent: the same bytes however often.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    first: u64,
    end: u64,
    pub(super) bytes: Bytes,
}

impl Payload for Parcel {
    fn first(&self) -> u64 {
        self.first
    }

    fn end(&self) -> u64 {
        self.end
    }
}

/// Makes frames of events.
pub(super) struct Framer {
    frames: FrameBuilder,
    stream: LogId,
    epoch: u64,
    clock: Arc<Hlc>,
    limits: Window,
    shared: Arc<Shared>,
}

impl Framer {
    pub(super) fn new(stream: LogId, claimed: &Claimed, next: u64, limits: Window) -> Self {
        Self {
            frames: FrameBuilder::new(stream, next, claimed.id.epoch()),
            stream,
            epoch: claimed.id.epoch(),
            clock: Arc::clone(&claimed.clock),
            limits,
            shared: Arc::clone(&claimed.shared),
        }
    }

    /// Whether the servers take no message of a frame with so many bytes.
    fn is_too_large(&self, size: usize) -> bool {
        // A frame is padded.
        size.next_multiple_of(64) + OVERHEAD > self.shared.most()
    }

    /// Forgets the frame that is being made, which had begun with this sequence.
    fn begin_again(&mut self, first: Sequence) {
        self.frames = FrameBuilder::new(self.stream, first, self.epoch);
    }

    /// Whether the frame takes no more.
    fn is_full(&self) -> bool {
        self.frames.len() >= self.limits.events_of_frame
            || self.frames.size() >= self.limits.bytes_of_frame
    }

    fn push<C: Codec>(&mut self, codec: &C, event: &C::Event) -> Result<(), ShipError> {
        let pushed = self.frames.push(codec, event);
        pushed.map(drop).map_err(|error| ShipError::Encode(Arc::new(error)))
    }

    fn finish(&mut self) -> Option<Parcel> {
        let end = self.frames.next_sequence().into();
        let first = end - self.frames.len() as u64;
        let frame = self.frames.finish(self.clock.tick().get())?;
        Some(Parcel { first, end, bytes: enclose(self.stream, &frame) })
    }
}

/// Where frames come from. Waiting for the next one can be given up at any time.
pub(super) trait Feed: Send {
    /// Waits for the next frame: none at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Parcel>, ShipError>> + Send;
}

/// A reader of a ring.
pub(super) struct RingFeed<T, C> {
    pub(super) reader: Reader<T>,
    pub(super) codec: C,
    pub(super) framer: Framer,
}

impl<T, C> Feed for RingFeed<T, C>
where
    T: Send + Sync,
    C: Codec<Event = T> + Send,
{
    async fn next(&mut self) -> Result<Option<Parcel>, ShipError> {
        let batch = match self.reader.batch_async().await {
            Ok(batch) => batch,
            Err(End::Closed) => return Ok(None),
            Err(end) => return Err(ShipError::Ring(end)),
        };
        // From here on there is nothing to wait for, so nothing is lost if the caller gives up.
        let first = self.framer.frames.next_sequence();
        let mut taken = 0;
        for (_, event) in batch.iter() {
            self.framer.push(&self.codec, event)?;
            if taken > 0 && self.framer.is_too_large(self.framer.frames.size()) {
                // It has to go alone, and what came before it too.
                self.framer.begin_again(first);
                for (_, event) in batch.iter().take(taken) {
                    self.framer.push(&self.codec, event)?;
                }
                break;
            }
            taken += 1;
            if self.framer.is_full() {
                break;
            }
        }
        batch.commit_first(taken);
        Ok(self.framer.finish())
    }
}

/// A log, which a thread of its own reads, because reading blocks.
pub(super) struct LogFeed {
    /// Frames, and nothing at the end. A thread that has panicked says nothing.
    parcels: mpsc::Receiver<Result<Option<Parcel>, ShipError>>,
}

impl Feed for LogFeed {
    async fn next(&mut self) -> Result<Option<Parcel>, ShipError> {
        self.parcels.recv().await.unwrap_or(Err(ShipError::Panicked))
    }
}

/// How many frames are read ahead of those that are sent.
const AHEAD: usize = 16;

/// How long the log is waited for before it is looked whether anybody still wants it.
const LOOK: Duration = Duration::from_millis(50);

/// A log that cannot be shipped.
#[derive(Debug)]
pub(super) enum NoFeed {
    Read(ReadError),
    /// It ends before the stream goes on.
    Behind(Sequence),
    Thread(std::io::Error),
}

impl LogFeed {
    /// Reads a log from where the stream goes on. With `follow`, it waits for more until nobody writes the log any more.
    pub(super) fn start(log: LogReader, framer: Framer, follow: bool) -> Result<Self, NoFeed> {
        let next = framer.frames.next_sequence();
        let end = log.end().map_err(NoFeed::Read)?;
        if end < next {
            return Err(NoFeed::Behind(end));
        }
        let frames = log.from(next).map_err(NoFeed::Read)?;
        let (to, parcels) = mpsc::channel(AHEAD);
        let read = move || {
            let end = read(frames, framer, follow, &to);
            // Who does not listen does not need to know.
            let _ = to.blocking_send(end.map(|()| None));
        };
        thread::Builder::new()
            .name("shipped log".to_owned())
            .spawn(read)
            .map_err(NoFeed::Thread)?;
        Ok(Self { parcels })
    }
}

/// Reads to the end.
fn read(
    mut frames: Frames,
    mut framer: Framer,
    follow: bool,
    to: &mpsc::Sender<Result<Option<Parcel>, ShipError>>,
) -> Result<(), ShipError> {
    let failed = |error| ShipError::Read(Arc::new(error));
    while !to.is_closed() {
        // Before it is looked what there is: a writer commits its last events, and then leaves.
        let written =
            follow && frames.reader().has_writer().map_err(|error| failed(error.into()))?;
        loop {
            match frames.next_frame().map_err(failed)? {
                Some(frame) if send(to, &mut framer, frame)? => {}
                Some(_) => return Ok(()),
                None => break,
            }
        }
        if !written {
            break;
        }
        // Ends early when there is something.
        if let Some(frame) = frames.wait_frame_timeout(LOOK).map_err(failed)?
            && !send(to, &mut framer, frame)?
        {
            break;
        }
    }
    Ok(())
}

/// Makes frames for the stream of a frame of the log. Returns whether there is still somebody who wants them.
fn send(
    to: &mpsc::Sender<Result<Option<Parcel>, ShipError>>,
    framer: &mut Framer,
    frame: Frame<'_>,
) -> Result<bool, ShipError> {
    let (codec, schema) = (frame.codec(), frame.schema());
    let send = |parcel: Option<Parcel>| {
        parcel.is_none_or(|parcel| to.blocking_send(Ok(Some(parcel))).is_ok())
    };
    for (_, record) in frame.records() {
        // The length of a record is in front of it.
        let size = framer.frames.size() + size_of::<u32>() + record.len();
        if framer.is_too_large(size) && !send(framer.finish()) {
            return Ok(false);
        }
        let pushed = framer.frames.push_record(codec, schema, record);
        pushed.map_err(|error| ShipError::Encode(Arc::new(error)))?;
        if framer.is_full() && !send(framer.finish()) {
            return Ok(false);
        }
    }
    Ok(send(framer.finish()))
}
