//! Those that want to write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use broadring::Sequence;
use broadring_log::{LogId, OpenError};
use broadring_order::clock::Hlc;
use futures_util::StreamExt;

use super::error::ClaimError;
use super::leadership::Leadership;
use super::pulse::Beat;
use crate::cluster::{Found, RequestError, Shared, pause};
use crate::embedded::Embedded;
use crate::protocol::{ClaimStep, Claimant, MessageId};
use crate::stream::{Engine, Stream};
use crate::trace;
use crate::wire::{MAX_NAME, Notice, NoticeKind, enclose};

/// How long a campaign looks for a while, before it checks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);

/// Somebody who wants to write into a stream.
///
/// Of all candidates one has the stream at any one time: whoever claims it publishes a message that the servers accept only
/// if nothing came in between. From there on nothing of the writer before is accepted, whatever it has on its way.
///
/// # Examples
///
/// A hot standby: it waits until the writer gives up or falls silent, and goes on with the next event.
///
/// ```no_run
/// use broadring::Ring;
/// use broadring_jetstream::{Shipper, StreamOptions};
/// use broadring_log::codec::Bytes;
///
/// let stream = StreamOptions::new("orders").connect()?;
/// let leadership = stream.candidate("standby").campaign()?;
/// let (writer, ring) =
///     Ring::builder(1024).first_sequence(leadership.next_sequence()).build(Vec::new);
/// let shipper = Shipper::builder(leadership, Bytes).start(&ring)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Candidate {
    stream: Stream,
    name: String,
    first: u64,
    id: Option<LogId>,
    patience: Duration,
}

impl Stream {
    /// Describes a candidate with this name, which status and errors show. It does nothing yet.
    pub fn candidate(&self, name: impl Into<String>) -> Candidate {
        Candidate {
            stream: self.clone(),
            name: name.into(),
            first: 0,
            id: None,
            patience: Duration::from_secs(3),
        }
    }
}

impl Candidate {
    /// Sets with which sequence a stream begins that is empty. 0 unless set.
    ///
    /// # Panics
    ///
    /// If it is later than [`Sequence::MAX`].
    #[track_caller]
    pub fn first_sequence(self, first: impl Into<Sequence>) -> Self {
        let first = first.into();
        assert!(first <= Sequence::MAX, "{first} is later than any sequence");
        Self { first: first.into(), ..self }
    }

    /// Sets which identity the stream gets if it is empty: that of a [log](broadring_log::Log::id) which is shipped. A
    /// random one unless set. A stream that has another one is refused.
    pub fn id(self, id: LogId) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Sets how long the writer may be silent before it is taken to be gone. 3 seconds unless set. If it is not gone, it
    /// is deposed.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Claims the stream now, whoever has it. Where a writer publishes all the time, that may take some tries; while no
    /// server leads the stream, it takes until one does, for as long as the [timeout](crate::StreamOptions::timeout)
    /// four times over.
    ///
    /// # Errors
    ///
    /// [`ClaimError`].
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn claim(&self) -> Result<Leadership, ClaimError> {
        let shared = match &self.stream.engine {
            Engine::Cluster(shared) => shared,
            Engine::Embedded(embedded) => return self.lock(embedded),
        };
        let until = Instant::now() + shared.options.timeout * 4;
        shared.wait(async {
            loop {
                match self.try_claim(shared, until).await {
                    Err(ClaimError::Lost { .. }) if Instant::now() < until => {}
                    claimed => return claimed,
                }
            }
        })
    }

    /// Waits until nobody has the stream, and claims it.
    ///
    /// # Errors
    ///
    /// [`ClaimError`], but not when the servers do not answer: it waits for them too.
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn campaign(&self) -> Result<Leadership, ClaimError> {
        let won = self.campaign_until(|| false)?;
        Ok(won.expect("nobody has stopped it"))
    }

    /// As [`campaign`](Self::campaign), unless it is stopped: returns nothing then. It is asked some times a second
    /// whether it is.
    ///
    /// # Errors
    ///
    /// As [`campaign`](Self::campaign).
    ///
    /// # Panics
    ///
    /// In a task.
    #[track_caller]
    pub fn campaign_until(
        &self,
        stop: impl Fn() -> bool,
    ) -> Result<Option<Leadership>, ClaimError> {
        match &self.stream.engine {
            Engine::Cluster(shared) => shared.wait(self.run(shared, &stop)),
            Engine::Embedded(embedded) => loop {
                match self.lock(embedded) {
                    Err(ClaimError::Locked(_)) if stop() => return Ok(None),
                    Err(ClaimError::Locked(_)) => std::thread::sleep(LOOK),
                    locked => return locked.map(Some),
                }
            },
        }
    }

    /// Claims an embedded stream.
    fn lock(&self, embedded: &Embedded) -> Result<Leadership, ClaimError> {
        self.check_name()?;
        let (log, epoch) = match embedded.open(self.first, self.id) {
            Ok(opened) => opened,
            Err(OpenError::Locked(_, holder)) => return Err(ClaimError::Locked(holder)),
            Err(error) => return Err(ClaimError::Open(error)),
        };
        self.identity(Some(log.id()))?;
        trace::claimed(&self.name, epoch, log.next_sequence().into());
        Ok(Leadership::locked(log, epoch, self.name.clone()))
    }

    async fn run(
        &self,
        shared: &Arc<Shared>,
        stop: &impl Fn() -> bool,
    ) -> Result<Option<Leadership>, ClaimError> {
        // Without beats, everything that is heard is the stream itself.
        let mut beats = loop {
            match shared.limit(shared.client.subscribe(shared.options.pulse())).await {
                Ok(Ok(beats)) => break beats,
                _ if stop() => return Ok(None),
                _ => tokio::time::sleep(LOOK).await,
            }
        };
        let mut seen = None;
        let mut heard = Instant::now();
        while !stop() {
            let last = match shared.last().await {
                Ok(last) => last,
                Err(RequestError::Unanswered(_)) => {
                    // Who cannot hear must not conclude anything from silence.
                    heard = Instant::now();
                    tokio::time::sleep(LOOK).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let place = last.as_ref().map(|last| last.place);
            if seen != Some(place) {
                seen = Some(place);
                heard = Instant::now();
            }
            let epoch = last.as_ref().map_or(0, |last| last.link.id.epoch());
            // What has come while the last message was asked for counts too, however long that took.
            while let Some(Some(message)) = futures_util::FutureExt::now_or_never(beats.next()) {
                if Beat::decode(&message.payload)
                    .is_some_and(|beat| !beat.over && beat.epoch >= epoch)
                {
                    heard = Instant::now();
                }
            }
            if self.is_free(last.as_ref()) || heard.elapsed() >= self.patience {
                match self.try_claim(shared, Instant::now() + shared.options.timeout).await {
                    Ok(won) => return Ok(Some(won)),
                    Err(ClaimError::Lost { .. }) => heard = Instant::now(),
                    Err(ClaimError::Request(RequestError::Unanswered(_))) => heard = Instant::now(),
                    Err(error) => return Err(error),
                }
                continue;
            }
            let left = self.patience.saturating_sub(heard.elapsed());
            let until = tokio::time::Instant::now() + left.min(LOOK * 4);
            while let Ok(Some(message)) = tokio::time::timeout_at(until, beats.next()).await {
                match Beat::decode(&message.payload) {
                    // It is in the stream by now, or will be soon.
                    Some(beat) if beat.over => break,
                    Some(beat) if beat.epoch >= epoch => heard = Instant::now(),
                    _ => {}
                }
                if stop() {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Whether nobody has the stream.
    fn is_free(&self, last: Option<&Found>) -> bool {
        last.is_none_or(|last| matches!(last.link.id, MessageId::Resignation { .. }))
    }

    /// Claims the stream as it is now.
    async fn try_claim(
        &self,
        shared: &Arc<Shared>,
        until: Instant,
    ) -> Result<Leadership, ClaimError> {
        self.check_name()?;
        let last = retry(shared, until).await?;
        let stream = self.identity(last.as_ref().map(|last| last.stream))?;
        let nonce = getrandom::u64().map_err(|error| ClaimError::Random(error.into()))?;
        let clock = Arc::new(Hlc::new());
        if let Some(last) = &last {
            clock.observe(last.stamp).map_err(ClaimError::Clock)?;
        }
        let claimant = Claimant::begin(nonce, last.as_ref().map(Found::as_last), self.first);
        let stamp = clock.tick().get();
        let message = |id: MessageId| {
            let kind = match id {
                MessageId::Padding { number, .. } => NoticeKind::Padding(number),
                _ => NoticeKind::Claim,
            };
            let notice = Notice {
                kind,
                epoch: claimant.epoch(),
                next: claimant.next(),
                stamp,
                nonce,
                writer: self.name.clone(),
            };
            (id, enclose(stream, &notice.encode(stream)))
        };
        let mut step = claimant.publish();
        let mut attempt = 0;
        loop {
            step = match step {
                ClaimStep::Publish { expected } => {
                    let messages = claimant.messages().map(message);
                    let subject = shared.options.claims();
                    let published = shared.publish_together(&subject, expected, messages);
                    match shared.limit(published).await.unwrap_or_else(|late| Err(late.to_string()))
                    {
                        Ok(()) => claimant.accepted(),
                        // It is refused for another reason than what it expects: it may not be published, or there is
                        // no room for it.
                        Err(why) if attempt > 0 && Instant::now() >= until => {
                            return Err(RequestError::Unanswered(why).into());
                        }
                        Err(_) => {
                            tokio::time::sleep(pause(attempt)).await;
                            attempt += 1;
                            let last = retry(shared, until).await?;
                            claimant.last(last.as_ref().map(Found::as_last))
                        }
                    }
                }
                ClaimStep::Won => {
                    trace::claimed(&self.name, claimant.epoch(), claimant.next());
                    shared.learn(stream);
                    return Ok(Leadership::claimed(
                        Arc::clone(shared),
                        stream,
                        claimant.last_id(),
                        claimant.place(),
                        claimant.next(),
                        self.name.clone(),
                        clock,
                    ));
                }
                ClaimStep::Lost { epoch } => return Err(ClaimError::Lost { epoch }),
            };
        }
    }

    fn check_name(&self) -> Result<(), ClaimError> {
        let length = self.name.len();
        if length > MAX_NAME { Err(ClaimError::Name(length)) } else { Ok(()) }
    }

    /// Which stream it is: the one that is there, or the one that it will be.
    fn identity(&self, found: Option<LogId>) -> Result<LogId, ClaimError> {
        match (self.id, found) {
            (Some(expected), Some(found)) if expected != found => {
                Err(ClaimError::OtherStream { expected, found })
            }
            (_, Some(found)) => Ok(found),
            (Some(id), None) => Ok(id),
            (None, None) => LogId::random().map_err(ClaimError::Random),
        }
    }
}

/// Reads the last message, again and again while the servers do not answer.
async fn retry(shared: &Shared, until: Instant) -> Result<Option<Found>, RequestError> {
    let mut attempt = 0;
    loop {
        match shared.last().await {
            Err(RequestError::Unanswered(_)) if Instant::now() < until => {
                tokio::time::sleep(pause(attempt)).await;
                attempt += 1;
            }
            last => return last,
        }
    }
}
