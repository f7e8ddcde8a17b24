//! The task that sends frames.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use broadring_log::LogId;
use futures_util::StreamExt;

use super::failure::ShipError;
use super::feed::{Feed, Parcel};
use super::options::{OnOutage, Window};
use super::status::Status;
use crate::cluster::{Answer, Answers, RequestError, pause};
use crate::election::Claimed;
use crate::protocol::{MessageId, Payload, Sender, SenderState};
use crate::trace;

/// How often it is looked whether nothing was acknowledged for too long.
const LOOK: Duration = Duration::from_millis(100);

/// How long it sends nothing when it hears that another candidate claims the stream.
const YIELD: Duration = Duration::from_millis(100);

/// The task that sends frames.
pub(super) struct Run<T, F> {
    pub(super) claimed: Claimed,
    /// The identity of the stream, and the name of the writer.
    pub(super) stream: LogId,
    pub(super) name: String,
    pub(super) feed: F,
    pub(super) limits: Window,
    pub(super) on_outage: OnOutage,
    /// Whether it gives the stream back at the end.
    pub(super) resign: bool,
    pub(super) status: Arc<Status<T>>,
    pub(super) sender: Sender<Parcel>,
    pub(super) answers: Answers,
    /// The end and the bytes of each frame that is not acknowledged.
    pub(super) sizes: VecDeque<(u64, usize)>,
    /// The sum of these bytes.
    pub(super) in_flight: usize,
    /// When something was last acknowledged, or when the first message was sent after all were.
    pub(super) progress: Instant,
    /// How often it has asked what the stream has since something was acknowledged.
    pub(super) doubts: u32,
    /// Since when it is to end, and does not get on.
    pub(super) stopped: Option<Instant>,
}

impl<T, F: Feed> Run<T, F>
where
    T: Send + Sync,
{
    /// Sends everything that comes, until the end.
    pub(super) async fn run(mut self) -> Result<(), ShipError> {
        let shared = Arc::clone(&self.claimed.shared);
        // Somebody else's claim may be heard here, before anything of ours is refused.
        let claims = shared.client.subscribe(shared.options.claims());
        let mut claims = shared.limit(claims).await.ok().and_then(Result::ok);
        let mut ended = false;
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            match self.sender.state() {
                SenderState::Leading => {}
                SenderState::Uncertain => {
                    self.settle().await?;
                    continue;
                }
                SenderState::Deposed { by } => return Err(ShipError::Deposed { by }),
                SenderState::Resigned => {
                    trace::resigned(self.sender.epoch(), self.sender.acknowledged());
                    self.claimed.announce_end().await;
                    return Ok(());
                }
            }
            self.transmit().await;
            if ended && self.sender.in_flight() == 0 {
                if !self.resign {
                    return Ok(());
                }
                self.begin_to_wait();
                self.sender.resign();
                continue;
            }
            let room = self.sender.has_room()
                && self.sender.in_flight() < self.limits.frames
                && (self.in_flight < self.limits.bytes || self.sender.in_flight() == 0);
            tokio::select! {
                biased;
                Some(answer) = self.answers.next(), if !self.answers.is_empty() => {
                    self.answer(answer);
                    // Whatever else has come meanwhile.
                    while let Some(Some(answer)) =
                        futures_util::FutureExt::now_or_never(self.answers.next())
                    {
                        self.answer(answer);
                    }
                    self.acknowledge();
                }
                claim = next_claim(&mut claims), if claims.is_some() => match claim {
                    Some(epoch) if epoch > self.sender.epoch() => {
                        // A claim is some hundred messages, and is refused if one of ours comes in between.
                        tokio::time::sleep(YIELD).await;
                        self.begin_to_wait();
                        self.sender.doubt();
                    }
                    Some(_) => {}
                    None => claims = None,
                },
                parcel = self.feed.next(), if room && !ended => match parcel? {
                    Some(parcel) => self.push(parcel)?,
                    None => ended = true,
                },
                () = self.status.stop.notified() => ended = true,
                _ = look.tick() => self.look()?,
            }
        }
    }

    fn push(&mut self, parcel: Parcel) -> Result<(), ShipError> {
        let most = self.claimed.shared.most();
        if parcel.bytes.len() > most {
            let (first, size) = (parcel.first().into(), parcel.bytes.len());
            return Err(ShipError::TooLarge { first, size, most });
        }
        self.begin_to_wait();
        self.in_flight += parcel.bytes.len();
        self.sizes.push_back((parcel.end(), parcel.bytes.len()));
        self.sender.push(parcel);
        self.status.note_window(self.sender.next(), self.sender.in_flight());
        Ok(())
    }

    /// From now on an answer is waited for, if none was before.
    fn begin_to_wait(&mut self) {
        if self.sender.in_flight() == 0 {
            self.progress = Instant::now();
        }
    }

    async fn transmit(&mut self) {
        let shared = Arc::clone(&self.claimed.shared);
        while let Some(message) = self.sender.transmit() {
            let (subject, payload) = match &message.frame {
                Some(parcel) => (shared.options.frames(), parcel.bytes.clone()),
                None => (
                    shared.options.claims(),
                    self.claimed.resignation(self.stream, &self.name, self.sender.next()),
                ),
            };
            let (id, expected, attempt) = (message.id, message.expected, message.attempt);
            match shared.publish(&subject, id, expected, attempt, payload).await {
                Ok(answer) => self.answers.push(answer),
                Err(answer) => self.answer(answer),
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        let Answer { id, attempt, failure } = answer;
        match (failure, id) {
            (None, _) => self.sender.accepted(id),
            // Only the acknowledgement was lost: a later one has told the same.
            (Some(_), MessageId::Frame { first, .. }) if first < self.sender.acknowledged() => {}
            (Some(reason), _) => {
                if self.sender.failed(attempt) {
                    let reason = self.claimed.shared.options.redact(reason);
                    trace::uncertain(self.sender.epoch(), self.sender.in_flight(), &reason);
                    self.status.note_doubt();
                }
            }
        }
    }

    /// Tells what was acknowledged.
    fn acknowledge(&mut self) {
        let acknowledged = self.sender.acknowledged();
        if acknowledged == u64::from(self.status.acknowledged()) {
            return;
        }
        let (mut frames, mut bytes) = (0, 0);
        while let Some(&(end, size)) = self.sizes.front()
            && end <= acknowledged
        {
            self.sizes.pop_front();
            frames += 1;
            bytes += size;
        }
        self.in_flight -= bytes;
        self.progress = Instant::now();
        self.doubts = 0;
        self.stopped = None;
        // Before anybody is woken, who may look at it.
        self.status.note_window(self.sender.next(), self.sender.in_flight());
        self.status.acknowledge(acknowledged, frames, bytes as u64);
    }

    /// Looks whether nothing was acknowledged for too long.
    fn look(&mut self) -> Result<(), ShipError> {
        let waits = self.sender.in_flight() > 0 || self.sender.state() == SenderState::Uncertain;
        self.status.note_waiting(waits.then_some(self.progress));
        match self.on_outage {
            OnOutage::Fail { after } if waits && self.progress.elapsed() >= after => {
                Err(ShipError::Outage(self.progress.elapsed()))
            }
            _ => Ok(()),
        }
    }

    /// Asks what is in the stream, until that is settled.
    async fn settle(&mut self) -> Result<(), ShipError> {
        while self.sender.state() == SenderState::Uncertain {
            tokio::time::sleep(pause(self.doubts)).await;
            self.doubts = self.doubts.saturating_add(1);
            self.look()?;
            if self.status.is_to_stop() {
                let since = *self.stopped.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.claimed.shared.options.timeout * 4 {
                    return Err(ShipError::Outage(self.progress.elapsed()));
                }
            }
            match self.claimed.shared.last().await {
                Ok(last) => {
                    self.sender.last(last.map(|last| last.as_last()));
                }
                Err(RequestError::Unanswered(_)) => {}
                Err(error) => return Err(error.into()),
            }
            self.acknowledge();
        }
        match self.sender.state() {
            SenderState::Deposed { by } => trace::deposed(self.sender.epoch(), by),
            SenderState::Resigned => {}
            _ => trace::resumed(
                self.sender.epoch(),
                self.sender.acknowledged(),
                self.sender.in_flight(),
            ),
        }
        Ok(())
    }
}

/// Waits for claims or resignations of anybody, and returns the last epoch of those that are there: 0 if they are none.
async fn next_claim(claims: &mut Option<async_nats::Subscriber>) -> Option<u64> {
    let claims = claims.as_mut()?;
    let mut last = epoch(&claims.next().await?);
    while let Some(Some(message)) = futures_util::FutureExt::now_or_never(claims.next()) {
        last = last.max(epoch(&message));
    }
    Some(last)
}

/// The epoch of a claim or resignation: 0 if it is none.
fn epoch(message: &async_nats::Message) -> u64 {
    let id = message.headers.as_ref().and_then(|headers| {
        headers.get(async_nats::header::NATS_MESSAGE_ID)?.as_str().parse::<MessageId>().ok()
    });
    id.map_or(0, MessageId::epoch)
}
