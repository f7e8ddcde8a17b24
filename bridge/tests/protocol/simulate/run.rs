//! One run: a queue of what happens when, and faults until a certain time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use broadring_jetstream::protocol::{Last, SenderState};
use fastrand::Rng;

use super::super::hostile::Flaw;
use super::super::world::{Message, Order};
use super::mirror::{Mirror, add};
use super::seat::{Role, Seat, Wish};
use super::server::{Arrival, Server};

/// How long an answer is waited for.
const TIMEOUT: u64 = 150;

/// When the faults stop.
const FAULTS_UNTIL: u64 = 3_000;

/// How long everything may take after that.
const CALM: u64 = 5_000;

/// Something that happens.
#[derive(Debug)]
enum Event {
    /// A seat acts.
    Turn(u8),
    /// A message arrives at the server.
    Arrive(To, Message),
    /// A message was in process.
    Process(To, Message),
    /// An answer arrives: none after too long a time.
    Answer(To, Option<bool>),
    /// A question arrives at the server.
    Asked(To),
    /// The answer to a question arrives: none after too long a time.
    Told(To, Option<Option<Last>>),
    /// A mirror reads.
    Read(usize),
}

/// Whom an answer is for.
#[derive(Clone, Copy, Debug)]
struct To {
    by: u8,
    life: u64,
    number: u64,
}

/// What one run has shown.
#[derive(Debug)]
pub(super) struct Run {
    rng: Rng,
    flaw: Option<Flaw>,
    now: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: Vec<Option<Event>>,
    pub(super) server: Server,
    pub(super) seats: Vec<Seat>,
    pub(super) mirrors: Vec<Mirror>,
    nonce: u64,
    window: usize,
    /// How often in a thousand times something goes wrong.
    loss: u32,
    repetition: u32,
    slow: u32,
    old: u32,
    /// What every writer knows to be acknowledged, to be looked at again in the end: by whom, in which epoch.
    promised: Vec<(u64, u64, (u8, u64))>,
    pub(super) crashes: u64,
    pub(super) sleeps: u64,
    pub(super) full: u64,
}

impl Run {
    pub(super) fn new(seed: u64, flaw: Option<Flaw>) -> Self {
        let mut rng = Rng::with_seed(seed);
        let order = if rng.bool() { Order::IdFirst } else { Order::ExpectationFirst };
        let leap = rng.u64(4..=16);
        let places = if flaw == Some(Flaw::ShortLeap) { 1 } else { leap };
        let seats: Vec<_> = (0..rng.u8(2..=3)).map(|by| Seat::new(by, places, leap)).collect();
        // Half of them have on their way what they may.
        let window = if rng.bool() { leap } else { rng.u64(1..=leap) };
        let mut run = Self {
            flaw,
            now: 0,
            queue: BinaryHeap::new(),
            events: Vec::new(),
            server: Server::new(order, places),
            mirrors: vec![Mirror::default(), Mirror::default()],
            nonce: 0,
            window: window as usize,
            slow: rng.u32(10..100),
            loss: rng.u32(0..150),
            repetition: rng.u32(0..150),
            old: rng.u32(0..500),
            promised: Vec::new(),
            crashes: 0,
            sleeps: 0,
            full: 0,
            seats,
            rng,
        };
        for by in 0..run.seats.len() {
            run.push(by as u64, Event::Turn(by as u8));
        }
        for mirror in 0..run.mirrors.len() {
            run.push(0, Event::Read(mirror));
        }
        run
    }

    /// Runs until everything is settled, or says what is wrong.
    pub(super) fn run(&mut self) -> Result<(), String> {
        while let Some(Reverse((at, number))) = self.queue.pop() {
            self.now = at;
            let event = self.events[number as usize].take().expect("it happens once");
            self.happen(event)?;
            self.check()?;
            if !self.has_faults() && self.is_settled() {
                return self.conclude();
            }
            if at > FAULTS_UNTIL + CALM {
                let seats: Vec<_> = self.seats.iter().map(|seat| &seat.role).collect();
                return Err(format!("nothing is settled: {seats:?}"));
            }
        }
        Err("nothing happens any more".to_owned())
    }

    fn has_faults(&self) -> bool {
        self.now < FAULTS_UNTIL
    }

    fn push(&mut self, after: u64, event: Event) {
        self.queue.push(Reverse((self.now + after, self.events.len() as u64)));
        self.events.push(Some(event));
    }

    /// Whether something goes wrong that does so this often in a thousand times.
    fn fault(&mut self, often: u32) -> bool {
        self.has_faults() && self.rng.u32(0..1000) < often
    }

    /// How long something is on its way. The order of what is sent changes only by faults.
    fn way(&mut self) -> u64 {
        if self.fault(self.slow) {
            self.rng.u64(0..1500)
        } else if self.fault(100) {
            self.rng.u64(0..100)
        } else {
            10
        }
    }

    /// Sends something once, or never, or more often.
    fn send(&mut self, event: impl Fn() -> Event) {
        if !self.fault(self.loss) {
            let way = self.way();
            self.push(way, event());
        }
        while self.fault(self.repetition) {
            let way = self.way();
            self.push(way, event());
        }
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Turn(by) => self.turn(by),
            Event::Arrive(to, message) => match self.server.arrive(&message) {
                Arrival::InProcess => {
                    let time = if self.fault(300) { self.rng.u64(0..60) } else { 0 };
                    self.push(time, Event::Process(to, message));
                }
                Arrival::Refused => self.send(|| Event::Answer(to, Some(false))),
            },
            Event::Process(to, message) => {
                let acknowledged = self.server.process(message)?;
                self.send(|| Event::Answer(to, Some(acknowledged)));
                if self.fault(10) {
                    self.server.forget();
                }
            }
            Event::Answer(to, answer) => {
                if let Some(event) = self.defer(to, Event::Answer(to, answer)) {
                    return self.later(to, event);
                }
                let mut wishes = Vec::new();
                let seat = &mut self.seats[usize::from(to.by)];
                seat.answer(to.number, answer, &mut wishes);
                self.grant(to.by, wishes);
            }
            Event::Asked(to) => {
                let all = self.server.log.0.len();
                let seen = if self.fault(self.old) { self.rng.usize(0..=all) } else { all };
                let last = self.server.last(seen);
                self.send(|| Event::Told(to, Some(last)));
            }
            Event::Told(to, last) => {
                if let Some(event) = self.defer(to, Event::Told(to, last)) {
                    return self.later(to, event);
                }
                self.nonce += 1;
                let nonce = if self.flaw == Some(Flaw::SharedNonce) { 7 } else { self.nonce };
                let mut wishes = Vec::new();
                let seat = &mut self.seats[usize::from(to.by)];
                seat.told(to.number, last, self.flaw, nonce, &mut wishes);
                self.grant(to.by, wishes);
            }
            Event::Read(index) => {
                if self.fault(30) {
                    self.mirrors[index].restart();
                }
                let again = self.rng.u64(5..60);
                self.mirrors[index].read(&self.server, &mut self.rng)?;
                self.push(again, Event::Read(index));
            }
        }
        Ok(())
    }

    /// Gives back what somebody cannot hear now, or never: it sleeps, or has crashed.
    fn defer(&self, to: To, event: Event) -> Option<Event> {
        let seat = &self.seats[usize::from(to.by)];
        (seat.life != to.life || seat.asleep > self.now).then_some(event)
    }

    fn later(&mut self, to: To, event: Event) -> Result<(), String> {
        let seat = &self.seats[usize::from(to.by)];
        if seat.life == to.life {
            let after = seat.asleep - self.now;
            self.push(after, event);
        }
        Ok(())
    }

    /// A seat acts.
    fn turn(&mut self, by: u8) {
        let after = self.rng.u64(3..15);
        self.push(after, Event::Turn(by));
        let index = usize::from(by);
        if self.seats[index].asleep > self.now {
            return;
        }
        if self.fault(3) {
            self.crashes += 1;
            self.seats[index].crash();
            return;
        }
        let writes = self.seats[index].sender().is_some();
        if self.fault(if writes { 15 } else { 5 }) {
            // A writer that is stopped, and wakes up when another one has the stream.
            self.sleeps += 1;
            self.fill(by);
            self.seats[index].asleep = self.now + self.rng.u64(50..600);
            return;
        }
        if self.fault(10) {
            self.seats[index].hesitate(&mut self.rng);
            let seat = &mut self.seats[index];
            if seat.resigns() && self.rng.bool() {
                // Another one claims the stream before the resignation is sent.
                seat.asleep = self.now + self.rng.u64(200..1000);
                return;
            }
        }
        // While there are faults, candidates claim the stream whoever has it. Then they do it if nobody has it.
        let claims = if self.has_faults() { self.fault(15) } else { self.is_free() };
        let calm = !self.has_faults();
        let events = self.rng.u64(1..4);
        // A deposed writer finds out when it sends something.
        let epoch = self.server.log.newest().map_or(0, |last| last.id.epoch());
        let deposed = self.seats[index].sender().is_some_and(|sender| sender.epoch() < epoch);
        let enough = self.seats[index].calm_frames >= 3 && !deposed;
        let makes = if calm { !enough } else { self.rng.bool() };
        let seat = &mut self.seats[index];
        let mut wishes = Vec::new();
        if matches!(seat.role, Role::Idle) && claims {
            seat.look(&mut wishes);
        }
        let before = seat.sender().map(|sender| sender.next());
        seat.act(self.flaw, makes.then_some(events), self.window, &mut wishes);
        if calm && before.is_some() && seat.sender().map(|sender| sender.next()) != before {
            seat.calm_frames += 1;
        }
        self.grant(by, wishes);
    }

    /// A writer sends all that it may have on its way.
    fn fill(&mut self, by: u8) {
        let seat = &mut self.seats[usize::from(by)];
        let mut wishes = Vec::new();
        if !seat.sender().is_some_and(|sender| sender.state() == SenderState::Leading) {
            return;
        }
        for _ in 0..self.window {
            seat.act(self.flaw, Some(1), self.window, &mut wishes);
        }
        self.full += u64::from(seat.sender().is_some_and(|sender| !sender.has_room()));
        self.grant(by, wishes);
    }

    /// Whether nobody has the stream, or wants it.
    fn is_free(&self) -> bool {
        self.seats.iter().all(|seat| match &seat.role {
            Role::Idle => true,
            Role::Looking | Role::Claiming(_) => false,
            Role::Writing(writing) => matches!(
                writing.sender.state(),
                SenderState::Deposed { .. } | SenderState::Resigned
            ),
        })
    }

    fn grant(&mut self, by: u8, wishes: Vec<Wish>) {
        let life = self.seats[usize::from(by)].life;
        for wish in wishes {
            match wish {
                Wish::Publish(number, message) => {
                    let to = To { by, life, number };
                    self.send(|| Event::Arrive(to, message));
                    self.push(TIMEOUT, Event::Answer(to, None));
                }
                Wish::Ask(number) => {
                    let to = To { by, life, number };
                    self.send(|| Event::Asked(to));
                    self.push(TIMEOUT, Event::Told(to, None));
                }
            }
        }
    }

    /// Checks what the writers believe.
    fn check(&mut self) -> Result<(), String> {
        for seat in &self.seats {
            let (Some(sender), Some(first)) = (seat.sender(), seat.first()) else {
                continue;
            };
            let who = (seat.by, sender.epoch());
            let same = |&(_, _, by): &(u64, u64, (u8, u64))| by == who;
            let at = self.promised.iter().rposition(same).unwrap_or_else(|| {
                self.promised.push((first, first, who));
                self.promised.len() - 1
            });
            let (_, to, _) = &mut self.promised[at];
            let (before, end) = (*to, sender.acknowledged());
            *to = end;
            let there = self.server.events.get(before as usize..end as usize);
            if there.is_none_or(|there| there.iter().any(|&by| by != who)) {
                return Err(format!("{who:?} believes that {before}..{end} are in the stream"));
            }
        }
        Ok(())
    }

    /// Whether nothing is left to be done.
    fn is_settled(&self) -> bool {
        let mut writers = 0;
        self.seats.iter().all(|seat| match &seat.role {
            Role::Idle => true,
            Role::Looking | Role::Claiming(_) => false,
            Role::Writing(writing) => {
                writers += 1;
                let made = seat.calm_frames >= 3 || !writing.makes();
                made && writing.sender.state() == SenderState::Leading
                    && writing.sender.in_flight() == 0
            }
        }) && writers == 1
            && self.mirrors.iter().all(|mirror| mirror.is_at_the_end(&self.server))
    }

    /// Compares what everybody has in the end.
    fn conclude(&self) -> Result<(), String> {
        let events = &self.server.events;
        let digest = (0..).zip(events).fold(0, |digest, (at, &event)| add(digest, at, event));
        if self.mirrors.iter().any(|mirror| mirror.digest != digest) {
            return Err("a mirror has read something else than the stream has".to_owned());
        }
        let kept = self.promised.iter().all(|&(first, end, who)| {
            events[first as usize..end as usize].iter().all(|&event| event == who)
        });
        if !kept {
            return Err("something is gone that was acknowledged".to_owned());
        }
        let writer = self.seats.iter().find_map(Seat::sender).expect("there is one");
        if writer.acknowledged() != events.len() as u64 {
            return Err(format!("{} of {} are acknowledged", writer.acknowledged(), events.len()));
        }
        Ok(())
    }
}
