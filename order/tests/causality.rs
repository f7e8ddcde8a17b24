//! If a publication is over before another one begins, by whichever writers, it comes first for every
//! reader.
//!
//! Threads hand a token to each other, past the rings: by a channel, or by a word in memory. Whoever gets
//! it publishes its number, and then hands it on. So each number is published before the next, and must
//! be read before it. Meanwhile other writers publish as they like, and all of them yield and sleep in the
//! middle of what they do. There are more threads than cores.
//!
//! A hundred thousand times for each clock, or as often as the environment says:
//!
//! ```sh
//! BROADRING_CAUSALITY=10000000 cargo test --release -p broadring-order --test causality
//! ```
//!
//! Controls: clocks that break their contract, for which the same check must find numbers in the wrong
//! order.

#![cfg(not(all(loom, feature = "loom")))]

mod common;

use std::borrow::Borrow;
use std::cell::Cell;
use std::env;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use broadring::End;
use broadring_order::clock::{Clock, Hlc, Lamport, Monotonic, Turns};
use broadring_order::{Merged, Ordered, Stamp, Writer, Writers};
use common::{Dice, PARK, WAITS, count, deadline, finite_within, join, mixed};

/// How many writers hand the token to each other.
const RUNNERS: u64 = 5;

/// How many others publish as they like.
const BYSTANDERS: u64 = 2;

/// So many numbers are published before anybody reads, so that readers find them side by side.
const HEAD_START: u64 = 48;

/// The slots of each ring: a whole head start fits in.
const CAPACITY: usize = 64;

/// How often the token is handed on for each clock.
fn hand_overs() -> u64 {
    let said = env::var("BROADRING_CAUSALITY").ok();
    said.map_or(count(100_000), |number| number.parse().expect("a number of hand-overs"))
}

#[derive(Clone, Copy, Debug, Default)]
enum Event {
    #[default]
    Nothing,
    /// What the one with the token has published.
    Token(u64),
    /// What somebody else has: who, and the how many-th.
    Other(u64, u64),
}

/// How the token gets from one thread to the next.
#[derive(Clone, Copy, Debug)]
enum Path {
    Channel,
    Memory,
}

/// Who gets the token with this number.
fn runner(number: u64) -> u64 {
    mixed(number) % RUNNERS
}

/// Where a runner gets the token from and hands it on to.
enum Hands {
    Channel { own: Receiver<u64>, all: Vec<Sender<u64>> },
    Memory(Arc<AtomicU64>),
}

impl Hands {
    fn of_all(path: Path) -> Vec<Self> {
        match path {
            Path::Channel => {
                let (all, own): (Vec<_>, Vec<_>) = (0..RUNNERS).map(|_| channel()).unzip();
                all[runner(0) as usize].send(0).unwrap();
                own.into_iter().map(|own| Self::Channel { own, all: all.clone() }).collect()
            }
            Path::Memory => {
                let token = Arc::new(AtomicU64::new(0));
                (0..RUNNERS).map(|_| Self::Memory(Arc::clone(&token))).collect()
            }
        }
    }

    fn receive(&self, number: u64) {
        match self {
            Self::Channel { own, .. } => assert_eq!(own.recv(), Ok(number)),
            Self::Memory(token) => {
                while token.load(Ordering::Acquire) != number {
                    thread::yield_now();
                }
            }
        }
    }

    fn hand_on(&self, number: u64) {
        match self {
            // The last one may have nobody left to go to.
            Self::Channel { all, .. } => drop(all[runner(number) as usize].send(number)),
            Self::Memory(token) => token.store(number, Ordering::Release),
        }
    }
}

/// Publishes whenever it has the token.
fn run(
    mut writer: Writer<Event, impl Clock>,
    me: u64,
    hands: Hands,
    total: u64,
    reached: &AtomicU64,
) {
    let mut dice = Dice(me << 40);
    for number in (0..total).filter(|&number| runner(number) == me) {
        match dice.roll(8) {
            0 => {
                // Claims first, and is then preempted with the claim open until the token comes.
                let mut claim = writer.claim(2).unwrap();
                claim[0] = Event::Token(number);
                hands.receive(number);
                claim.publish_first(1);
            }
            1 => {
                hands.receive(number);
                writer.publish_with(|slot| {
                    thread::yield_now();
                    *slot = Event::Token(number);
                });
            }
            2 => {
                hands.receive(number);
                writer.publish_all([Event::Token(number)]);
            }
            _ => {
                hands.receive(number);
                writer.publish(Event::Token(number));
            }
        }
        reached.store(number + 1, Ordering::Release);
        hands.hand_on(number + 1);
    }
}

/// Publishes as it likes until the token has come to its end. Returns how much that was.
fn stand_by(mut writer: Writer<Event, impl Clock>, me: u64, over: &AtomicBool) -> u64 {
    let mut dice = Dice(me << 48);
    let mut next = 0;
    while !over.load(Ordering::Acquire) {
        match dice.roll(6) {
            0 => {
                writer.publish_with(|slot| {
                    thread::yield_now();
                    *slot = Event::Other(me, next);
                });
                next += 1;
            }
            1 => {
                let mut claim = writer.claim_up_to(5).unwrap();
                for slot in &mut claim {
                    *slot = Event::Other(me, next);
                    next += 1;
                }
                thread::yield_now();
                claim.publish();
            }
            2 if dice.roll(40) == 0 => {
                let claim = writer.claim(1).unwrap();
                thread::sleep(Duration::from_micros(300));
                drop(claim);
            }
            3 => thread::sleep(Duration::from_micros(50)),
            4 => {
                writer.publish(Event::Other(me, next));
                next += 1;
            }
            _ => thread::yield_now(),
        }
    }
    next
}

/// What a reader has seen.
#[derive(Debug, Default, PartialEq, Eq)]
struct Account {
    tokens: u64,
    others: [u64; BYSTANDERS as usize],
    /// The first number that came where another one should have.
    inversion: Option<(u64, u64)>,
    position: u64,
    digest: u64,
}

impl Account {
    fn take(&mut self, event: Ordered<impl Borrow<Event>>) {
        let Ordered { position, stamp, source, sequence, event, .. } = event;
        assert_eq!(position, self.position);
        self.position += 1;
        let place = mixed(stamp.get() ^ u64::from(source.get()) << 56) ^ sequence.get();
        self.digest = self.digest.rotate_left(5).wrapping_mul(31).wrapping_add(place);
        match *event.borrow() {
            Event::Nothing => panic!("that was never published"),
            Event::Token(number) => {
                if number != self.tokens {
                    self.inversion.get_or_insert((self.tokens, number));
                }
                self.tokens += 1;
            }
            Event::Other(who, number) => {
                let next = &mut self.others[who as usize];
                assert_eq!(number, *next, "the events of one writer keep their order");
                *next += 1;
            }
        }
    }
}

/// Reads to the end: one by one, in batches, or by a handler that breaks off now and then.
fn read(mut reader: Merged<Event, impl Clock>, way: u64) -> Account {
    let mut account = Account::default();
    let end = loop {
        let end = match way {
            0 => reader.recv().map(|event| account.take(event)),
            1 => reader.wait_batch().map(|mut batch| {
                batch.iter().for_each(|event| account.take(event));
            }),
            _ => reader.run_until(|event| {
                let breaks = event.position % 100 == 99;
                account.take(event);
                if breaks { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }),
        };
        if let Err(end) = end {
            break end;
        }
    };
    assert_eq!(end, End::Closed);
    account
}

/// Lets the token run so often, and returns what each reader has seen.
fn accounts(clock: impl Clock, path: Path, total: u64) -> Vec<Account> {
    let deadline = deadline() + Duration::from_micros(300) * total as u32;
    finite_within(deadline, move || {
        let (writers, order) =
            Writers::builder(CAPACITY).clock(clock).writer_wait(PARK).build(Event::default);
        let reached = Arc::new(AtomicU64::new(0));
        let over = Arc::new(AtomicBool::new(false));
        let reading: Vec<_> = (0..3)
            .map(|way| {
                let reader = order.reader().wait(WAITS[way as usize]).subscribe().unwrap();
                let reached = Arc::clone(&reached);
                thread::spawn(move || {
                    while reached.load(Ordering::Acquire) < HEAD_START.min(total) {
                        thread::yield_now();
                    }
                    read(reader, way)
                })
            })
            .collect();
        let standing_by: Vec<_> = (0..BYSTANDERS)
            .map(|me| {
                let (writer, over) = (writers.join(), Arc::clone(&over));
                thread::spawn(move || stand_by(writer, me, &over))
            })
            .collect();
        let running: Vec<_> = Hands::of_all(path)
            .into_iter()
            .zip(0..)
            .map(|(hands, me)| {
                let (writer, reached) = (writers.join(), Arc::clone(&reached));
                thread::spawn(move || run(writer, me, hands, total, &reached))
            })
            .collect();
        drop(writers);
        running.into_iter().for_each(join);
        over.store(true, Ordering::Release);
        let others: Vec<u64> = standing_by.into_iter().map(join).collect();
        let accounts: Vec<Account> = reading.into_iter().map(join).collect();
        for account in &accounts {
            assert_eq!((account.tokens, &account.others[..]), (total, &others[..]));
            assert_eq!(account.position, order.published());
        }
        accounts
    })
}

fn readers_see_the_order_of_the_token(clock: impl Clock + Clone) {
    // Whoever waits for the word yields all the time, which takes much longer.
    let by_memory = hand_overs() / 10;
    for (path, total) in [(Path::Channel, hand_overs() - by_memory), (Path::Memory, by_memory)] {
        let accounts = accounts(clock.clone(), path, total);
        for account in &accounts {
            assert_eq!(account.inversion, None, "{path:?}: expected the first, and got the second");
            assert_eq!(account, &accounts[0], "{path:?}");
        }
    }
}

#[test]
fn what_is_over_comes_first_by_the_time() {
    readers_see_the_order_of_the_token(Monotonic::new());
}

#[test]
fn what_is_over_comes_first_by_turns() {
    readers_see_the_order_of_the_token(Turns::new());
}

#[test]
fn what_is_over_comes_first_by_a_logical_clock() {
    readers_see_the_order_of_the_token(Lamport::new());
}

#[test]
fn what_is_over_comes_first_by_a_hybrid_clock() {
    readers_see_the_order_of_the_token(Hlc::new());
}

/// A clock whose stamps were read too early: each writer uses what it has read at its last publication.
#[derive(Clone)]
struct Early(Lamport);

thread_local! {
    static READ_EARLIER: Cell<Option<Stamp>> = const { Cell::new(None) };
}

impl Clock for Early {
    const EXCLUSIVE: bool = true;

    fn now(&self) -> Stamp {
        Clock::now(&self.0)
    }

    fn stamp(&self, _latest: Stamp) -> Stamp {
        let early = READ_EARLIER.take().unwrap_or_else(|| self.0.tick());
        READ_EARLIER.set(Some(self.0.tick()));
        early
    }

    fn cut(&self) -> Stamp {
        self.0.tick()
    }
}

/// A clock that shows the same value a thousand times, and does not wait until it shows more.
#[derive(Clone)]
struct Unsettled(Arc<AtomicU64>);

impl Clock for Unsettled {
    const EXCLUSIVE: bool = false;

    fn now(&self) -> Stamp {
        Stamp::new(self.0.fetch_add(1, Ordering::SeqCst) / 1000)
    }

    fn stamp(&self, latest: Stamp) -> Stamp {
        self.now().max(latest)
    }

    fn cut(&self) -> Stamp {
        Stamp::new(self.0.fetch_add(1000, Ordering::SeqCst) / 1000)
    }
}

fn an_inversion_is_found(clock: impl Clock + Clone) {
    for path in [Path::Channel, Path::Memory] {
        let accounts = accounts(clock.clone(), path, 2 * HEAD_START);
        assert!(accounts.iter().all(|account| account.inversion.is_some()), "{path:?}");
    }
}

#[test]
fn control_a_clock_that_is_read_too_early_is_found_out() {
    an_inversion_is_found(Early(Lamport::new()));
}

#[test]
fn control_a_clock_that_nobody_waits_for_is_found_out() {
    an_inversion_is_found(Unsettled(Arc::new(AtomicU64::new(0))));
}
