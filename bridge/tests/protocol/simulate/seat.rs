//! A candidate that becomes a writer, as a program drives it: with answers, timeouts and questions.

use std::collections::BTreeMap;

use broadring_jetstream::protocol::{ClaimStep, Claimant, Last, MessageId, Sender, SenderState};
use fastrand::Rng;

use super::super::hostile::{Flaw, Writing, claim};
use super::super::world::{Frame, Message};

/// What it is doing.
#[derive(Debug)]
pub(super) enum Role {
    Idle,
    /// It has asked for the last message, to claim the stream.
    Looking,
    Claiming(Claimant),
    Writing(Box<Writing>),
}

/// A candidate, or the writer that it has become.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) by: u8,
    /// How many places its claims take.
    places: u64,
    /// How many messages it may have on its way, as its writer knows it.
    leap: u64,
    pub(super) role: Role,
    /// How often it was started: what is said to an earlier life is not heard.
    pub(super) life: u64,
    /// Until when it does nothing and hears nothing.
    pub(super) asleep: u64,
    /// What it has sent and is not answered.
    waits: BTreeMap<u64, (MessageId, u64)>,
    /// The question that it has asked.
    question: Option<u64>,
    /// The number of the next message or question.
    number: u64,
    /// How many frames it has made since the faults have stopped.
    pub(super) calm_frames: u64,
    pub(super) counts: Counts,
}

/// What has happened to it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) won: u64,
    pub(super) lost: u64,
    pub(super) deposed: u64,
    /// Deposed with frames that are not acknowledged.
    pub(super) deposed_in_flight: u64,
    /// Deposed with as many as it may have on its way.
    pub(super) deposed_full: u64,
    /// Resigned, as far as it can know: a claim has come.
    pub(super) resigned_late: u64,
    pub(super) resigned: u64,
    pub(super) timeouts: u64,
    pub(super) late_acknowledgements: u64,
    pub(super) old_answers: u64,
}

/// What it wants from the network.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wish {
    /// To publish a message, and to be answered under this number.
    Publish(u64, Message),
    /// To be told the last message, under this number.
    Ask(u64),
}

impl Seat {
    pub(super) fn new(by: u8, places: u64, leap: u64) -> Self {
        Self {
            by,
            places,
            leap,
            role: Role::Idle,
            life: 0,
            asleep: 0,
            waits: BTreeMap::new(),
            question: None,
            number: 0,
            calm_frames: 0,
            counts: Counts::default(),
        }
    }

    /// Ends it, and starts it anew.
    pub(super) fn crash(&mut self) {
        self.role = Role::Idle;
        self.life += 1;
        self.waits.clear();
        self.question = None;
    }

    /// Its writer, if it is one.
    pub(super) fn sender(&self) -> Option<&Sender<Frame>> {
        match &self.role {
            Role::Writing(writing) => Some(&writing.sender),
            _ => None,
        }
    }

    /// The first event of its epoch, if it writes.
    pub(super) fn first(&self) -> Option<u64> {
        match &self.role {
            Role::Writing(writing) => Some(writing.first),
            _ => None,
        }
    }

    fn number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn ask(&mut self, wishes: &mut Vec<Wish>) {
        if self.question.is_none() {
            let number = self.number();
            self.question = Some(number);
            wishes.push(Wish::Ask(number));
        }
    }

    fn publish(&mut self, message: Message, attempt: u64, wishes: &mut Vec<Wish>) {
        let number = self.number();
        self.waits.insert(number, (message.id, attempt));
        wishes.push(Wish::Publish(number, message));
    }

    /// Claims the stream.
    pub(super) fn look(&mut self, wishes: &mut Vec<Wish>) {
        self.role = Role::Looking;
        self.ask(wishes);
    }

    /// Does what there is to do. It makes a frame of so many events if it has room for one.
    pub(super) fn act(
        &mut self,
        flaw: Option<Flaw>,
        frame: Option<u64>,
        window: usize,
        wishes: &mut Vec<Wish>,
    ) {
        let by = self.by;
        let mut sent = Vec::new();
        match &mut self.role {
            Role::Idle => {}
            Role::Looking => self.ask(wishes),
            Role::Claiming(_) => {
                if self.waits.is_empty() {
                    self.ask(wishes);
                }
            }
            Role::Writing(writing) => match writing.sender.state() {
                SenderState::Leading => {
                    if let Some(events) = frame
                        && writing.makes()
                        && writing.sender.has_room()
                        && writing.sender.in_flight() < window
                    {
                        writing.make(by, events);
                    }
                    while let Some(next) = writing.sender.transmit() {
                        let attempt = next.attempt;
                        sent.push((writing.message(by, flaw, next), attempt));
                    }
                }
                SenderState::Uncertain => self.ask(wishes),
                SenderState::Deposed { .. } => {
                    self.counts.deposed += 1;
                    self.counts.deposed_in_flight += u64::from(writing.sender.in_flight() > 0);
                    self.counts.deposed_full += u64::from(!writing.sender.has_room());
                    self.crash();
                }
                SenderState::Resigned => {
                    self.counts.resigned += 1;
                    self.counts.resigned_late += u64::from(writing.sender.in_flight() > 0);
                    self.crash();
                }
            },
        }
        for (message, attempt) in sent {
            self.publish(message, attempt, wishes);
        }
    }

    /// Whether it gives the stream back.
    pub(super) fn resigns(&self) -> bool {
        matches!(&self.role, Role::Writing(writing) if !writing.makes())
    }

    /// Gives the stream back, or doubts that it has it.
    pub(super) fn hesitate(&mut self, rng: &mut Rng) {
        if let Role::Writing(writing) = &mut self.role {
            if rng.bool() {
                writing.sender.doubt();
            } else if writing.makes() && writing.sender.has_room() {
                writing.resign();
            }
        }
    }

    /// It gets an answer, or has waited for it too long.
    pub(super) fn answer(&mut self, number: u64, answer: Option<bool>, wishes: &mut Vec<Wish>) {
        let Some((id, attempt)) = self.waits.remove(&number) else {
            return;
        };
        self.counts.timeouts += u64::from(answer.is_none());
        match &mut self.role {
            Role::Idle | Role::Looking => {}
            Role::Claiming(claimant) => match answer {
                Some(true) => {
                    let claimant = claimant.clone();
                    self.step(&claimant, claimant.accepted(), wishes);
                }
                _ => self.ask(wishes),
            },
            Role::Writing(writing) => match answer {
                Some(true) => {
                    let late = attempt != writing.sender.attempt()
                        || writing.sender.state() != SenderState::Leading;
                    self.counts.late_acknowledgements += u64::from(late);
                    writing.accepted(id);
                }
                _ => {
                    writing.sender.failed(attempt);
                }
            },
        }
    }

    /// It is told the last message, or has asked in vain.
    pub(super) fn told(
        &mut self,
        number: u64,
        last: Option<Option<Last>>,
        flaw: Option<Flaw>,
        nonce: u64,
        wishes: &mut Vec<Wish>,
    ) {
        if self.question != Some(number) {
            return;
        }
        self.question = None;
        let Some(last) = last else {
            // It asks again when it acts.
            return;
        };
        match &mut self.role {
            Role::Idle => {}
            Role::Looking => {
                let claimant = Claimant::with_leap(nonce, last, 0, self.places);
                let message = claim(self.by, flaw, &claimant);
                self.role = Role::Claiming(claimant);
                self.publish(message, 0, wishes);
            }
            Role::Claiming(claimant) => {
                let claimant = claimant.clone();
                self.step(&claimant, claimant.last(last), wishes);
            }
            Role::Writing(writing) => {
                let settled = writing.sender.last(last);
                self.counts.old_answers += u64::from(!settled);
            }
        }
    }

    fn step(&mut self, claimant: &Claimant, step: ClaimStep, wishes: &mut Vec<Wish>) {
        match step {
            ClaimStep::Publish { .. } => {
                let message = claim(self.by, None, claimant);
                self.publish(message, 0, wishes);
            }
            ClaimStep::Won => {
                self.counts.won += 1;
                self.waits.clear();
                self.role = Role::Writing(Box::new(Writing::new(claimant, self.leap)));
            }
            ClaimStep::Lost { .. } => {
                self.counts.lost += 1;
                self.crash();
            }
        }
    }
}
