//! Every state of small worlds, one by one.

use std::time::Instant;

use broadring_jetstream::protocol::{ClaimStep, MessageId, SenderState};
use stateright::{Checker, HasDiscoveries, Model, Property};

use super::calm;
use super::deep;
use super::hostile::{Bounds, Flaw, Seat, Step, World};
use super::world::{Message, Order};

/// What is explored.
#[derive(Clone, Debug)]
pub(crate) struct Exploration {
    pub(crate) bounds: Bounds,
    pub(crate) flaw: Option<Flaw>,
    /// Whether messages are forgotten that can never be accepted any more.
    pub(crate) forgets: bool,
}

/// The messages of the stream make a chain, and a mirror takes them all.
pub(crate) const CHAIN: &str = "the stream is a chain";
/// From a claim on, nothing of an earlier epoch is accepted.
pub(crate) const FENCE: &str = "a claim is a fence";
/// What is acknowledged is in the stream, where it belongs.
pub(crate) const KEPT: &str = "what is acknowledged is in the stream";
/// Each event is in the stream once, as the writer of its epoch gave it.
pub(crate) const ONCE: &str = "each event is there once, as it was given";
/// Each epoch has one claim, and who believes to have it has it.
pub(crate) const ONE: &str = "each epoch has one writer";
/// A writer has no more on its way than a window behind what it knows to be in the stream.
pub(crate) const ROOM: &str = "nothing expects a place behind the window";
/// When the faults stop, nobody waits for ever.
pub(crate) const SETTLES: &str = "when the faults stop, everything is settled";

impl Model for Exploration {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.bounds)]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        world.steps(&self.bounds, self.flaw, steps);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        next.step(self.flaw, step);
        if self.forgets {
            next.forget();
        }
        (next != *world).then_some(next)
    }

    fn format_action(&self, step: &Step) -> String {
        step.to_string()
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(CHAIN, |_, world| is_chain(world)),
            Property::always(FENCE, |_, world| is_fenced(world)),
            Property::always(KEPT, |_, world| is_kept(world)),
            Property::always(ONCE, |_, world| is_once(world)),
            Property::always(ONE, |_, world| has_one_writer(world)),
            Property::always(ROOM, |_, world| has_room(world)),
        ];
        if self.flaw == Some(Flaw::GivesUp) {
            properties.push(Property::always(SETTLES, |_, world| {
                calm::settles(world, Order::ExpectationFirst, false, calm::TOO_LITTLE).is_ok()
            }));
        }
        if self.flaw.is_none() {
            properties.push(Property::always(SETTLES, |_, world| calm::always_settles(world)));
            properties.extend(witnesses(&self.bounds));
        }
        properties
    }
}

fn sometimes(
    name: &'static str,
    condition: fn(&Exploration, &World) -> bool,
) -> Property<Exploration> {
    Property::sometimes(name, condition)
}

/// What has to happen somewhere, or else nothing was shown.
fn witnesses(bounds: &Bounds) -> Vec<Property<Exploration>> {
    let mut witnesses =
        vec![sometimes("all frames of a writer are acknowledged", |model, world| {
            writers(world).any(|(_, writing)| {
                writing.frames == u16::from(model.bounds.frames) && writing.sender.in_flight() == 0
            })
        })];
    if bounds.claims > 1 {
        witnesses.extend([
            sometimes("a writer is deposed with all that it may have in flight", |model, world| {
                let epoch = world.log.newest().map_or(0, |last| last.id.epoch());
                let most = model.bounds.window.min(model.bounds.frames.into());
                writers(world).any(|(_, writing)| {
                    let in_flight = writing.sender.in_flight() as u64;
                    writing.sender.epoch() < epoch && in_flight == most
                })
            }),
            sometimes("a candidate has seen a claim in part", |_, world| {
                world.seats.iter().any(|seat| {
                    let Seat::Claiming(claimant) = seat else {
                        return false;
                    };
                    let ClaimStep::Publish { expected } = claimant.publish() else {
                        return false;
                    };
                    let next = world.log.0.get(expected as usize);
                    next.is_some_and(|next| matches!(next.id, MessageId::Padding { .. }))
                        && expected > 0
                })
            }),
            sometimes("a claim is lost", |_, world| {
                let claims = world.log.0.iter().filter(|message| is_claim(message.id)).count();
                let idle = world.seats.iter().all(|seat| !matches!(seat, Seat::Claiming(_)));
                claims < world.claims.into() && idle
            }),
            sometimes("frames of two epochs are in the stream", |_, world| {
                let mut frames = world.log.0.iter().filter(|message| message.end > message.first);
                let first = frames.next().map(|message| message.id.epoch());
                frames.any(|message| Some(message.id.epoch()) != first)
            }),
        ]);
    }
    if bounds.failures > 0 {
        witnesses.extend([
            sometimes("a frame is sent again, and acknowledged", |_, world| {
                writers(world).any(|(_, writing)| {
                    writing.sender.attempt() > 0 && writing.sender.acknowledged() > writing.first
                })
            }),
            sometimes("an acknowledgement comes while it is in doubt", |_, world| {
                writers(world).any(|(_, writing)| {
                    writing.sender.state() == SenderState::Uncertain
                        && writing.sender.acknowledged() > writing.first
                })
            }),
        ]);
        if bounds.claims > 1 {
            witnesses.push(sometimes("a deposed writer learns of it", |_, world| {
                writers(world).any(|(_, writing)| {
                    matches!(writing.sender.state(), SenderState::Deposed { .. })
                        && writing.sender.in_flight() > 0
                })
            }));
        }
    }
    if bounds.resignations {
        witnesses.push(sometimes("a writer resigns, and knows it", |_, world| {
            writers(world).any(|(_, writing)| writing.sender.state() == SenderState::Resigned)
        }));
        if bounds.claims > 1 {
            witnesses.push(sometimes("a claim follows a resignation", |_, world| {
                world.log.0.windows(2).any(|two| {
                    matches!(two[0].id, MessageId::Resignation { .. }) && is_claim(two[1].id)
                })
            }));
            witnesses.push(sometimes("a claim comes instead of a resignation", |_, world| {
                writers(world).any(|(_, writing)| {
                    let epoch = writing.sender.epoch();
                    writing.sender.state() == SenderState::Resigned
                        && !world.log.has(MessageId::Resignation { epoch })
                })
            }));
        }
    }
    witnesses
}

fn is_claim(id: MessageId) -> bool {
    matches!(id, MessageId::Claim { .. })
}

fn writers(world: &World) -> impl Iterator<Item = (u8, &super::hostile::Writing)> {
    (0..).zip(&world.seats).filter_map(|(by, seat)| match seat {
        Seat::Writing(writing) => Some((by, writing)),
        Seat::Idle | Seat::Claiming(_) => None,
    })
}

fn is_chain(world: &World) -> bool {
    world.log.read().is_ok()
}

fn is_fenced(world: &World) -> bool {
    world.log.0.is_sorted_by_key(|message| message.id.epoch())
}

fn is_kept(world: &World) -> bool {
    writers(world).all(|(by, writing)| {
        let (epoch, sender) = (writing.sender.epoch(), &writing.sender);
        let own = world.log.0.iter().filter(|message| message.id.epoch() == epoch);
        let events =
            own.flat_map(|message| (message.first..message.end).map(|at| (at, message.by)));
        let acknowledged = (writing.first..sender.acknowledged()).map(|at| (at, by));
        // Those of its epoch begin with what it has made, in order; there may be more than it knows.
        let there = events.take(acknowledged.clone().count());
        // Its resignation is there, or a claim in its place, which goes on behind all that it has made.
        let resigned = sender.state() != SenderState::Resigned
            || sender.acknowledged() == sender.next()
                && (world.log.has(MessageId::Resignation { epoch })
                    || later(world, epoch).is_some_and(|claim| claim.first == sender.next()));
        there.eq(acknowledged) && resigned
    })
}

/// The first message of a later epoch.
fn later(world: &World, epoch: u64) -> Option<&Message> {
    world.log.0.iter().find(|message| message.id.epoch() > epoch)
}

fn is_once(world: &World) -> bool {
    let once = world.log.events().map(|(at, _)| at).eq(0..world.log.events().count() as u64);
    let mut writer = None;
    let given = world.log.0.iter().all(|message| {
        if is_claim(message.id) {
            writer = Some((message.id.epoch(), message.by));
        }
        writer == Some((message.id.epoch(), message.by))
    });
    once && given
}

fn has_one_writer(world: &World) -> bool {
    let claims = || world.log.0.iter().filter(|message| is_claim(message.id));
    let one = claims().map(|claim| claim.id.epoch()).eq(1..=claims().count() as u64);
    // Seats that believe to have an epoch, and the seat that has it.
    one && writers(world).all(|(by, writing)| {
        claims().any(|claim| claim.id.epoch() == writing.sender.epoch() && claim.by == by)
    })
}

fn has_room(world: &World) -> bool {
    writers(world).all(|(_, writing)| {
        let (epoch, to) = (writing.sender.epoch(), writing.sender.acknowledged());
        // The last place that the writer knows, or one before it.
        let known = world.log.0.iter().rposition(|message| {
            let resigns = matches!(message.id, MessageId::Resignation { .. });
            message.id.epoch() == epoch && message.end <= to && !resigns
        });
        let most = known.map_or(0, |index| index as u64 + 1) + world.window;
        let mut own = world.sent.iter().filter(|message| {
            let frame = matches!(message.id, MessageId::Frame { .. });
            message.id.epoch() == epoch
                && (frame || matches!(message.id, MessageId::Resignation { .. }))
        });
        own.all(|message| message.expected.is_some_and(|before| before < most))
    })
}

/// Looks at every state, and fails if one is wrong or one is missing. Returns how many there were.
fn explore(name: &str, bounds: Bounds, forgets: bool) -> usize {
    let begin = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let checker = Exploration { bounds, flaw: None, forgets }.checker().threads(threads);
    // It looks at all states, also when everything that has to happen somewhere has been found.
    let checker = checker.finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    println!(
        "{name}: {} states, {} steps, {} deep, {:?}: {bounds:?}",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        begin.elapsed(),
    );
    checker.assert_properties();
    checker.unique_state_count()
}

const BASE: Bounds =
    Bounds { seats: 2, claims: 2, leap: 2, window: 2, frames: 2, failures: 2, resignations: false };

const ALONE: Bounds = Bounds { seats: 1, claims: 1, resignations: true, ..BASE };

#[test]
fn one_writer_whatever_fails() {
    assert!(explore("one writer", Bounds { frames: 4, failures: 4, ..ALONE }, true) > 1_000);
}

#[test]
fn two_candidates_with_frames_in_flight() {
    assert!(explore("two candidates", Bounds { frames: 3, ..BASE }, true) > 20_000);
}

#[test]
fn two_candidates_with_longer_windows() {
    let bounds = Bounds { leap: 3, window: 3, frames: 3, failures: 1, ..BASE };
    assert!(explore("longer windows", bounds, true) > 20_000);
}

#[test]
fn two_candidates_that_resign() {
    let bounds = Bounds { resignations: true, failures: 1, ..BASE };
    assert!(explore("resignations", bounds, true) > 20_000);
}

#[test]
fn two_candidates_that_crash_and_come_again() {
    let bounds = Bounds { claims: 3, failures: 1, ..BASE };
    assert!(explore("crashes", bounds, true) > 20_000);
}

#[test]
fn three_candidates() {
    let bounds = Bounds { seats: 3, claims: 3, frames: 1, failures: 1, ..BASE };
    assert!(explore("three candidates", bounds, true) > 20_000);
}

/// That worlds may forget what can never be accepted is an argument; this does without it.
#[test]
fn a_network_that_forgets_nothing() {
    let bounds = Bounds { failures: 1, ..BASE };
    let (all, less) = (explore("all", bounds, false), explore("less", bounds, true));
    assert!(all > less, "{all} states, and {less} when messages are forgotten");
}

#[test]
fn larger_worlds() {
    if !deep() {
        println!("not asked for: set BROADRING_DEEP=1");
        return;
    }
    const LONG: Bounds = Bounds { leap: 3, window: 3, frames: 3, ..BASE };
    explore("one writer", Bounds { leap: 3, window: 3, frames: 4, failures: 4, ..ALONE }, true);
    explore("longer windows", LONG, true);
    explore("windows that move on", Bounds { frames: 4, failures: 1, ..BASE }, true);
    explore("resignations", Bounds { resignations: true, failures: 1, ..LONG }, true);
    explore("crashes", Bounds { claims: 3, failures: 1, ..LONG }, true);
    explore(
        "crashes and resignations",
        Bounds { claims: 3, failures: 1, resignations: true, ..BASE },
        true,
    );
    explore("three candidates", Bounds { seats: 3, claims: 3, failures: 1, ..BASE }, true);
    explore("four claims", Bounds { claims: 4, frames: 1, failures: 1, ..BASE }, true);
    explore("all", BASE, false);
}
