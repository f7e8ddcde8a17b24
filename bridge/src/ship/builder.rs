//! How a shipper is started.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use broadring::{Ring, Sequence, SubscribeError, Upstream};
use broadring_log::codec::Codec;
use broadring_log::{Journal, LogId, LogReader, ReadError};

use super::failure::ShipError;
use super::feed::{Feed, Framer, LogFeed, NoFeed, RingFeed};
use super::options::{OnOutage, Window};
use super::run::Run;
use super::shipper::Shipper;
use super::status::Status;
use crate::cluster::Answers;
use crate::election::{Claimed, Leadership, Right};
use crate::protocol::Sender;

/// Describes a shipper before it is started: from [`Shipper::builder`] or [`Shipper::log_builder`].
#[derive(Debug)]
#[must_use = "a description does nothing until it is started"]
pub struct ShipperBuilder<C> {
    leadership: Leadership,
    codec: C,
    name: String,
    window: Window,
    on_outage: OnOutage,
    resign: bool,
}

/// A shipper that cannot be started. The leadership is inside, unless there was no thread.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It cannot read the ring from where the stream goes on.
    #[error("the shipper cannot join the ring: {reason}")]
    Subscribe {
        /// The reason.
        reason: SubscribeError,
        /// The right to write.
        leadership: Box<Leadership>,
    },
    /// It cannot read the log from where the stream goes on.
    #[error("the shipper cannot read the log: {reason}")]
    Read {
        /// The reason.
        reason: ReadError,
        /// The right to write.
        leadership: Box<Leadership>,
    },
    /// The log has less than the stream, so it would give other events the sequences that the stream has used.
    #[error("the log ends before event {end}, and the stream goes on with {}", leadership.next)]
    Behind {
        /// The sequence after the last event of the log.
        end: Sequence,
        /// The right to write.
        leadership: Box<Leadership>,
    },
    /// The system has no thread for it. The leadership is gone.
    #[error("cannot start a thread: {0}")]
    Thread(String),
    /// An embedded stream is a log itself, and takes rings only.
    #[error("an embedded stream takes rings, and no logs")]
    Embedded {
        /// The right to write.
        leadership: Box<Leadership>,
    },
    /// The log is another stream.
    #[error("the log is {log}, and the stream is {}", leadership.stream)]
    OtherStream {
        /// The identity of the log.
        log: LogId,
        /// The right to write.
        leadership: Box<Leadership>,
    },
}

impl<T> Shipper<T> {
    /// Describes a shipper with this right to write and this codec.
    pub fn builder<C>(leadership: Leadership, codec: C) -> ShipperBuilder<C>
    where
        C: Codec<Event = T>,
    {
        ShipperBuilder::new(leadership, codec)
    }
}

impl Shipper<()> {
    /// Describes a shipper of a [log](ShipperBuilder::start_log) with this right to write. It needs no codec: the records
    /// are encoded already.
    pub fn log_builder(leadership: Leadership) -> ShipperBuilder<()> {
        ShipperBuilder::new(leadership, ())
    }
}

impl<C> ShipperBuilder<C> {
    fn new(leadership: Leadership, codec: C) -> Self {
        Self {
            leadership,
            codec,
            name: "shipper".to_owned(),
            window: Window::default(),
            on_outage: OnOutage::default(),
            resign: true,
        }
    }

    /// Names its reader. `shipper` unless set.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Sets how much may be on its way, and how large the frames are.
    pub fn window(self, window: Window) -> Self {
        let window = window.frames(window.frames).events_of_frame(window.events_of_frame);
        Self { window, ..self }
    }

    /// Sets what happens while the servers do not answer.
    pub fn on_outage(self, on_outage: OnOutage) -> Self {
        Self { on_outage, ..self }
    }

    /// Sets whether it gives the stream back when its own stream has ended, so that another candidate goes on at once. It
    /// does unless set.
    pub fn resign(self, resign: bool) -> Self {
        Self { resign, ..self }
    }

    /// Starts it on a ring. When this returns, it has joined: it sends every event that is published from now on. It takes
    /// two of the ring's places for readers: one that reads, and one that stands for what the cluster has.
    ///
    /// It begins with the [next sequence](Leadership::next_sequence) of the stream, so the ring has to have that event, or
    /// be about to publish it.
    ///
    /// # Errors
    ///
    /// [`StartError`], with the leadership.
    pub fn start<T>(self, ring: &Ring<T>) -> Result<Shipper<T>, StartError>
    where
        T: Send + Sync + 'static,
        C: Codec<Event = T> + Send + 'static,
    {
        let Self { leadership, codec, name, window, on_outage, resign } = self;
        let Leadership { right, stream, epoch, next, name: writer } = leadership;
        let claimed = match right {
            Right::Claim(claimed) => claimed,
            Right::Lock(log) => {
                let journal = Journal::builder(*log, codec).name(name).start(ring);
                return match journal {
                    Ok(journal) => Ok(Shipper::embedded(journal, epoch)),
                    Err(broadring_log::StartError::Subscribe { reason, log }) => {
                        let right = Right::Lock(log);
                        let leadership = Leadership { right, stream, epoch, next, name: writer };
                        Err(StartError::Subscribe { reason, leadership: Box::new(leadership) })
                    }
                    Err(error) => Err(StartError::Thread(error.to_string())),
                };
            }
        };
        // Two readers: one reads, and runs ahead; the other one is the gate, which follows when the cluster has what was
        // read. The gate joins first, so that nothing is lost in between.
        let joined = ring.reader().name(&*name).from(next).subscribe().and_then(|gate| {
            let reader = ring.reader().name(format!("{name} (reading)")).from(next).subscribe()?;
            Ok((gate, reader))
        });
        let (gate, reader) = match joined {
            Ok(joined) => joined,
            Err(reason) => {
                let right = Right::Claim(claimed);
                let leadership = Leadership { right, stream, epoch, next, name: writer };
                return Err(StartError::Subscribe { reason, leadership: Box::new(leadership) });
            }
        };
        let upstream = Upstream::from(&gate);
        let status = Arc::new(Status::new(epoch, next, Some(gate)));
        let framer = Framer::new(stream, &claimed, next, window);
        let feed = RingFeed { reader, codec, framer };
        let plan = Plan { claimed, stream, next, writer, window, on_outage, resign };
        Ok(Shipper::new(plan.spawn(feed, status), Some(upstream)))
    }
}

impl ShipperBuilder<()> {
    /// Starts it on a log: it sends what the log has, and with `follow` also what is appended from now on, in this process
    /// or in another one, until nobody writes the log any more. The log has the identity of the stream.
    ///
    /// It holds nobody back. So the writer of a ring with a [journal](broadring_log::Journal) goes on during an outage,
    /// and the cluster catches up from the disk.
    ///
    /// # Errors
    ///
    /// [`StartError`], with the leadership.
    pub fn start_log(self, log: LogReader, follow: bool) -> Result<Shipper<()>, StartError> {
        let Self { leadership, window, on_outage, resign, .. } = self;
        if log.id() != leadership.stream {
            let log = log.id();
            return Err(StartError::OtherStream { log, leadership: Box::new(leadership) });
        }
        let Leadership { right, stream, epoch, next, name } = leadership;
        let claimed = match right {
            Right::Claim(claimed) => claimed,
            Right::Lock(_) => {
                let leadership = Leadership { right, stream, epoch, next, name };
                return Err(StartError::Embedded { leadership: Box::new(leadership) });
            }
        };
        // A log that has less would give other events the sequences that the stream has used.
        let framer = Framer::new(stream, &claimed, next, window);
        let feed = match LogFeed::start(log, framer, follow) {
            Ok(feed) => feed,
            Err(NoFeed::Thread(error)) => return Err(StartError::Thread(error.to_string())),
            Err(NoFeed::Read(reason)) => {
                let right = Right::Claim(claimed);
                let leadership = Box::new(Leadership { right, stream, epoch, next, name });
                return Err(StartError::Read { reason, leadership });
            }
            Err(NoFeed::Behind(end)) => {
                let right = Right::Claim(claimed);
                let leadership = Box::new(Leadership { right, stream, epoch, next, name });
                return Err(StartError::Behind { end, leadership });
            }
        };
        let status = Arc::new(Status::new(epoch, next, None));
        let plan = Plan { claimed, stream, next, writer: name, window, on_outage, resign };
        Ok(Shipper::new(plan.spawn(feed, status), None))
    }
}

/// What every shipper is started with.
struct Plan {
    claimed: Claimed,
    stream: LogId,
    next: u64,
    writer: String,
    window: Window,
    on_outage: OnOutage,
    resign: bool,
}

impl Plan {
    fn spawn<T, F>(self, feed: F, status: Arc<Status<T>>) -> Arc<Status<T>>
    where
        T: Send + Sync + 'static,
        F: Feed + 'static,
    {
        let Self { claimed, stream, next, writer, window, on_outage, resign } = self;
        let shared = Arc::clone(&claimed.shared);
        let run = Run {
            sender: Sender::new(claimed.id, claimed.place, next),
            claimed,
            stream,
            name: writer,
            feed,
            limits: window,
            on_outage,
            resign,
            status: Arc::clone(&status),
            answers: Answers::new(),
            sizes: VecDeque::new(),
            in_flight: 0,
            progress: Instant::now(),
            doubts: 0,
            stopped: None,
        };
        let task = shared.spawn(run.run());
        let (held, end) = (Arc::clone(&shared), Arc::clone(&status));
        shared.spawn(async move {
            let failure = match task.await {
                Ok(result) => result.err(),
                Err(_) => Some(ShipError::Panicked),
            };
            end.end(failure);
            drop(held);
        });
        status
    }
}
