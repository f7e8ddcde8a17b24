//! Candidates and writers, driven by a server and a network that do the worst they may.
//!
//! The network keeps a copy of everything that was ever sent, and may hand it to the server at any time, in any order,
//! or never: that is loss, delay, repetition and reordering at once. The server forgets all ids, so only expectations
//! keep a repetition out. Whoever has sent a message may be told at any time that it was refused, or be left without an
//! answer, whatever has become of it: so a refusal of a repetition, one of a message that is still in process, and a
//! timeout are the same. An acknowledgement comes at any time after the message was accepted, or never: also that of a
//! server which remembers the id. The last message may be any that has ever been there, also from within a claim. A
//! candidate that crashes is one of which nothing more is heard, so it needs
//! no step; a step lets it begin anew, with what it has sent before still on its way.

use core::fmt;

use broadring_jetstream::protocol::{
    ClaimStep, Claimant, Last, MessageId, Sender, SenderState, Transmission,
};

use super::world::{Frame, Log, Message, seat};

/// What is wrong with a protocol that is made to fail. The state machines are the right ones; what is around them is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flaw {
    /// A claim takes fewer places than a writer may have messages on its way. How many, the bounds say.
    ShortLeap,
    /// The messages of a claim are sent one by one, each with the place before its own.
    ClaimsInPieces,
    /// The messages of a claim are sent one by one, and only the first expects something.
    ClaimsInLoosePieces,
    /// The server accepts the first message of a claim, and loses the others.
    ClaimsInPart,
    /// Frames expect nothing.
    FramesWithoutExpectation,
    /// Claims expect nothing.
    ClaimsWithoutExpectation,
    /// All candidates have the same nonce.
    SharedNonce,
    /// A frame that is not acknowledged is taken for accepted.
    GoesOn,
    /// After a failure, what is left is put into one frame, with the id of the first.
    NewFrames,
    /// Nobody asks a second time.
    GivesUp,
    /// The server acknowledges a message that it has seen, whether it has accepted it or not.
    ServerAcknowledgesRefused,
    /// The server does not look at the place 0.
    ServerIgnoresPlaceZero,
    /// The server looks at the expectation of a message when it arrives, and lets others come before it.
    ServerChecksTooEarly,
    /// The server loses the last message, which has events.
    ServerLoses,
}

/// A writer, with what its program has to know beside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Writing {
    pub(crate) sender: Sender<Frame>,
    /// The first event of its epoch.
    pub(crate) first: u64,
    /// How many frames it has made.
    pub(crate) frames: u16,
    /// What it has made, in order.
    made: Vec<MessageId>,
    /// How many of these are acknowledged, or were sent in this attempt: for those there will be an answer.
    sent: usize,
}

/// A candidate, or what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Seat {
    Idle,
    Claiming(Claimant),
    Writing(Writing),
}

/// How much may happen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) seats: u8,
    /// How many claims may begin.
    pub(crate) claims: u8,
    /// How many places a claim takes.
    pub(crate) leap: u64,
    /// How many messages a writer may have on its way.
    pub(crate) window: u64,
    /// How many frames each writer makes.
    pub(crate) frames: u8,
    /// How often a writer may be told that something has failed.
    pub(crate) failures: u8,
    /// Whether writers give the stream back.
    pub(crate) resignations: bool,
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) log: Log,
    /// What was sent, in the order of the ids.
    pub(crate) sent: Vec<Message>,
    pub(crate) seats: Vec<Seat>,
    /// What the server has found to be as expected, and not taken yet: if that is what is wrong with it.
    checked: Vec<Message>,
    pub(crate) claims: u8,
    pub(crate) failures: u8,
    pub(crate) leap: u64,
    pub(crate) window: u64,
}

/// Something that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A candidate begins a claim, or begins anew after a crash, with the last message of the stream as a server tells
    /// it that has seen so many.
    Begin(u8, usize),
    /// The last message is told to whoever wants to know it.
    Tell(u8, usize),
    /// An acknowledgement arrives.
    Acknowledge(u8, MessageId),
    /// Something was refused, or not answered.
    Fail(u8),
    /// A writer makes a frame.
    Make(u8),
    /// A writer sends what comes next.
    Send(u8),
    /// A writer gives the stream back.
    Resign(u8),
    /// A message reaches the server and is accepted.
    Accept(Message),
    /// A message reaches a server that looks at its expectation, and accepts it later.
    Check(Message),
    /// The server loses its last message.
    Lose,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Begin(by, seen) => write!(f, "{} claims, and has seen {seen} messages", seat(by)),
            Self::Tell(by, seen) => write!(f, "{} reads the last of {seen} messages", seat(by)),
            Self::Acknowledge(by, id) => write!(f, "{} gets an acknowledgement of {id}", seat(by)),
            Self::Fail(by) => write!(f, "{} gets a refusal, or no answer", seat(by)),
            Self::Make(by) => write!(f, "{} makes a frame", seat(by)),
            Self::Send(by) => write!(f, "{} sends its next message", seat(by)),
            Self::Resign(by) => write!(f, "{} resigns", seat(by)),
            Self::Accept(message) => write!(f, "the stream accepts {message}"),
            Self::Check(message) => write!(f, "the server finds that it may accept {message}"),
            Self::Lose => write!(f, "the server loses its last message"),
        }
    }
}

impl Writing {
    /// The writer whose claim was accepted, with so many messages on its way at most.
    pub(crate) fn new(claimant: &Claimant, window: u64) -> Self {
        let (place, next) = (claimant.place(), claimant.next());
        Self {
            sender: Sender::with_leap(claimant.last_id(), place, next, window),
            first: next,
            frames: 0,
            made: Vec::new(),
            sent: 0,
        }
    }

    /// Makes a frame of so many events.
    pub(crate) fn make(&mut self, by: u8, events: u64) {
        let first = self.sender.next();
        self.sender.push(Frame { by, first, end: first + events });
        self.made.push(MessageId::Frame { epoch: self.sender.epoch(), first });
        self.frames += 1;
    }

    /// Whether it takes another frame, as soon as there is room for it.
    pub(crate) fn makes(&self) -> bool {
        // A resignation has been accepted, or is in the window behind all frames.
        let resigns =
            self.made.last().is_some_and(|id| matches!(id, MessageId::Resignation { .. }));
        !resigns && !matches!(self.sender.state(), SenderState::Deposed { .. })
    }

    pub(crate) fn resign(&mut self) {
        self.sender.resign();
        self.made.push(MessageId::Resignation { epoch: self.sender.epoch() });
    }

    /// It is told that a message was accepted.
    pub(crate) fn accepted(&mut self, id: MessageId) {
        self.sender.accepted(id);
        self.note();
    }

    /// What is acknowledged needs no answer any more.
    fn note(&mut self) {
        self.sent = self.sent.max(self.made.len().saturating_sub(self.sender.in_flight()));
    }

    /// Sends the next message.
    pub(crate) fn transmit(&mut self) -> Option<Transmission<Frame>> {
        let next = self.sender.transmit()?;
        if let Some(at) = self.made.iter().position(|&id| id == next.id) {
            self.sent = at + 1;
        }
        Some(next)
    }

    /// It is told the last message. Returns whether that has settled the matter.
    pub(crate) fn tell(&mut self, last: Option<Last>) -> bool {
        let attempt = self.sender.attempt();
        let settled = self.sender.last(last);
        self.note();
        if self.sender.attempt() != attempt {
            self.sent = self.made.len().saturating_sub(self.sender.in_flight());
        }
        settled
    }

    /// Whether there will be an answer for all that is not acknowledged, be it that there is none in time.
    pub(crate) fn waits_for_all(&self) -> bool {
        self.sent >= self.made.len()
    }

    /// Puts what is left behind the last message into one frame.
    fn make_anew(&mut self, by: u8, last: Last, window: u64) {
        let (first, end) = (self.sender.acknowledged(), self.sender.next());
        self.sender = Sender::with_leap(last.id, last.place, first, window);
        if end > first {
            self.sender.push(Frame { by, first, end });
        }
    }

    /// As it goes on its way.
    pub(crate) fn message(&self, by: u8, flaw: Option<Flaw>, sent: Transmission<Frame>) -> Message {
        let (first, end) = match sent.frame {
            Some(frame) => (frame.first, frame.end),
            None => (self.sender.next(), self.sender.next()),
        };
        let expected = match flaw {
            Some(Flaw::FramesWithoutExpectation) => None,
            _ => Some(sent.expected),
        };
        Message { id: sent.id, expected, by, first, end }
    }
}

/// The claim of a candidate, as it goes on its way.
pub(crate) fn claim(by: u8, flaw: Option<Flaw>, claimant: &Claimant) -> Message {
    let ClaimStep::Publish { expected } = claimant.publish() else {
        unreachable!("a claim is published before anything else");
    };
    let expected = match flaw {
        Some(Flaw::ClaimsWithoutExpectation) => None,
        Some(Flaw::ServerIgnoresPlaceZero) if expected == 0 => None,
        _ => Some(expected),
    };
    let id = claimant.messages().next().expect("a claim has a message");
    Message { id, expected, by, first: claimant.next(), end: claimant.next() }
}

/// The messages of a claim, each on its own.
fn pieces(claim: Message, claimant: &Claimant, loose: bool) -> impl Iterator<Item = Message> {
    (0..).zip(claimant.messages()).map(move |(number, id)| {
        let expected = claim.expected.map(|before| before + number);
        Message { id, expected: expected.filter(|_| number == 0 || !loose), ..claim }
    })
}

impl World {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        Self {
            log: Log::default(),
            sent: Vec::new(),
            seats: vec![Seat::Idle; bounds.seats.into()],
            checked: Vec::new(),
            claims: 0,
            failures: 0,
            leap: bounds.leap,
            window: bounds.window,
        }
    }

    /// Everything that may happen next.
    pub(crate) fn steps(&self, bounds: &Bounds, flaw: Option<Flaw>, steps: &mut Vec<Step>) {
        let told = 0..=self.log.0.len();
        for (by, state) in (0..).zip(&self.seats) {
            // A writer that still has the stream may crash as well, and claim it again.
            if self.claims < bounds.claims {
                steps.extend(told.clone().map(|seen| Step::Begin(by, seen)));
            }
            match state {
                Seat::Idle => {}
                Seat::Claiming(claimant) => {
                    steps.extend(told.clone().map(|seen| Step::Tell(by, seen)));
                    if self.log.has(claimant.last_id()) {
                        steps.push(Step::Acknowledge(by, claimant.last_id()));
                    }
                }
                Seat::Writing(writing) => {
                    let epoch = writing.sender.epoch();
                    let own = self.log.0.iter().filter(|message| message.id.epoch() == epoch);
                    steps.extend(own.map(|message| Step::Acknowledge(by, message.id)));
                    if flaw == Some(Flaw::ServerAcknowledgesRefused) {
                        let own = self.sent.iter().filter(|message| message.id.epoch() == epoch);
                        steps.extend(own.map(|message| Step::Acknowledge(by, message.id)));
                    }
                    match writing.sender.state() {
                        SenderState::Leading => {
                            steps.push(Step::Send(by));
                            if self.failures < bounds.failures {
                                steps.push(Step::Fail(by));
                            }
                        }
                        SenderState::Uncertain => {
                            steps.extend(told.clone().map(|seen| Step::Tell(by, seen)));
                        }
                        SenderState::Deposed { .. } | SenderState::Resigned => {}
                    }
                    if writing.makes() && writing.sender.has_room() {
                        if writing.frames < u16::from(bounds.frames) {
                            steps.push(Step::Make(by));
                        }
                        if bounds.resignations {
                            steps.push(Step::Resign(by));
                        }
                    }
                }
            }
        }
        let fitting = self.sent.iter().filter(|message| self.log.fits(message));
        steps.extend(fitting.clone().map(|&message| Step::Accept(message)));
        if flaw == Some(Flaw::ServerChecksTooEarly) {
            steps.extend(self.checked.iter().map(|&message| Step::Accept(message)));
            let new = fitting.filter(|message| !self.checked.contains(message));
            steps.extend(new.map(|&message| Step::Check(message)));
        }
        let loses = flaw == Some(Flaw::ServerLoses) && self.failures < bounds.failures;
        if loses && self.log.0.last().is_some_and(|last| last.end > last.first) {
            steps.push(Step::Lose);
        }
    }

    /// Lets something happen.
    pub(crate) fn step(&mut self, flaw: Option<Flaw>, step: Step) {
        match step {
            Step::Begin(by, seen) => {
                self.claims += 1;
                let nonce = if flaw == Some(Flaw::SharedNonce) { 7 } else { self.claims.into() };
                let claimant = Claimant::with_leap(nonce, self.log.last(seen), 0, self.leap);
                let message = claim(by, flaw, &claimant);
                match flaw {
                    Some(Flaw::ClaimsInPieces | Flaw::ClaimsInLoosePieces) => {
                        let loose = flaw == Some(Flaw::ClaimsInLoosePieces);
                        pieces(message, &claimant, loose).for_each(|piece| self.send(piece));
                    }
                    _ => self.send(message),
                }
                self.seats[usize::from(by)] = Seat::Claiming(claimant);
            }
            Step::Tell(by, seen) => self.tell(by, flaw, seen),
            Step::Acknowledge(by, id) => match &mut self.seats[usize::from(by)] {
                Seat::Idle => {}
                Seat::Claiming(claimant) => {
                    assert_eq!(claimant.accepted(), ClaimStep::Won);
                    let won = Writing::new(claimant, self.window);
                    self.seats[usize::from(by)] = Seat::Writing(won);
                }
                Seat::Writing(writing) => writing.accepted(id),
            },
            Step::Fail(by) => {
                self.failures += 1;
                let writing = self.writing(by);
                if flaw == Some(Flaw::GoesOn) {
                    let (epoch, first) = (writing.sender.epoch(), writing.sender.acknowledged());
                    writing.sender.accepted(MessageId::Frame { epoch, first });
                } else {
                    let attempt = writing.sender.attempt();
                    assert!(writing.sender.failed(attempt));
                }
            }
            Step::Make(by) => {
                // One event, then two, and the other way round at other seats, so that the frames of two writers for the
                // same events do not have the same bounds.
                let writing = self.writing(by);
                writing.make(by, 1 + u64::from((writing.frames + u16::from(by)) % 2));
            }
            Step::Send(by) => {
                let writing = self.writing(by);
                if let Some(sent) = writing.transmit() {
                    let message = writing.message(by, flaw, sent);
                    self.send(message);
                }
            }
            Step::Resign(by) => self.writing(by).resign(),
            Step::Accept(message) => {
                self.checked.retain(|checked| *checked != message);
                let places = match flaw {
                    Some(Flaw::ClaimsInPieces | Flaw::ClaimsInLoosePieces | Flaw::ClaimsInPart) => {
                        1
                    }
                    _ => self.leap,
                };
                self.log.push(message, places);
            }
            Step::Check(message) => self.checked.push(message),
            Step::Lose => {
                self.failures += 1;
                self.log.0.pop();
            }
        }
    }

    fn tell(&mut self, by: u8, flaw: Option<Flaw>, seen: usize) {
        let last = self.log.last(seen);
        match &mut self.seats[usize::from(by)] {
            Seat::Idle => {}
            Seat::Claiming(claimant) => match claimant.last(last) {
                ClaimStep::Publish { .. } => {}
                ClaimStep::Won => {
                    let won = Writing::new(claimant, self.window);
                    self.seats[usize::from(by)] = Seat::Writing(won);
                }
                ClaimStep::Lost { .. } => self.seats[usize::from(by)] = Seat::Idle,
            },
            Seat::Writing(writing) => {
                let settled = writing.tell(last);
                let leads = writing.sender.state() == SenderState::Leading;
                if flaw == Some(Flaw::NewFrames)
                    && settled
                    && leads
                    && let Some(last) = last
                {
                    writing.make_anew(by, last, self.window);
                }
            }
        }
    }

    fn writing(&mut self, by: u8) -> &mut Writing {
        match &mut self.seats[usize::from(by)] {
            Seat::Writing(writing) => writing,
            other => unreachable!("{other:?} does not write"),
        }
    }

    fn send(&mut self, message: Message) {
        if !self.sent.contains(&message) {
            self.sent.push(message);
            self.sent.sort_by_key(|message| (message.id, message.by, message.end));
        }
    }

    /// Forgets what can never be accepted any more: then worlds are the same that have the same future. A place that has
    /// been passed does not come again.
    pub(crate) fn forget(&mut self) {
        let place = self.log.0.len() as u64;
        self.sent.retain(|message| message.expected.is_none_or(|before| before >= place));
    }
}
