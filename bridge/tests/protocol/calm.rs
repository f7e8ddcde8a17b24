//! What has to come of any state when the faults stop: everybody gets an answer, nobody waits for ever.

use broadring_jetstream::protocol::{ClaimStep, Claimant, Payload, Sender, SenderState};

use super::hostile::{Seat, World, Writing, claim};
use super::world::{Order, publish, seat};

/// How often somebody may ask before it counts as waiting for ever. Two times are needed: what is in flight is refused,
/// and what is sent again is not.
const PATIENCE: usize = 4;

/// How often somebody asks who is given up too early: the model has to see that.
pub(crate) const TOO_LITTLE: usize = 1;

/// Lets everybody go on without any fault, with servers that answer in this order. What was on its way arrives before, or
/// is lost. Says what is wrong with the end.
pub(crate) fn settles(
    world: &World,
    order: Order,
    arrives: bool,
    patience: usize,
) -> Result<(), String> {
    let mut world = world.clone();
    if arrives {
        while let Some(at) = world.sent.iter().position(|sent| world.log.fits(sent)) {
            let message = world.sent.remove(at);
            world.log.push(message, world.leap);
        }
    }
    for by in 0..world.seats.len() {
        if matches!(world.seats[by], Seat::Claiming(_)) {
            claims(&mut world, by as u8, order, patience)?;
        }
    }
    for by in 0..world.seats.len() {
        let mut state = core::mem::replace(&mut world.seats[by], Seat::Idle);
        if let Seat::Writing(writing) = &mut state {
            writes(&mut world, by as u8, order, patience, writing)?;
        }
        world.seats[by] = state;
    }
    // Whoever comes next gets the stream, and goes on behind the last event.
    let claimant = Claimant::with_leap(u64::MAX, world.log.newest(), 0, world.leap);
    world.seats.push(Seat::Claiming(claimant));
    let by = world.seats.len() - 1;
    claims(&mut world, by as u8, order, patience)?;
    let Seat::Writing(mut writing) = world.seats.remove(by) else {
        return Err("a candidate without a rival has lost".to_owned());
    };
    writes(&mut world, by as u8, order, patience, &mut writing)?;
    let read = world.log.read().map_err(|error| error.to_string())?;
    let (end, last) = (writing.sender.acknowledged(), read.last().map_or(0, |last| last.end));
    if last == end { Ok(()) } else { Err(format!("{end} are acknowledged, and {last} are there")) }
}

/// Lets a candidate ask until it has won or lost.
fn claims(world: &mut World, by: u8, order: Order, patience: usize) -> Result<(), String> {
    let Seat::Claiming(claimant) = world.seats[usize::from(by)].clone() else {
        unreachable!("it is a candidate");
    };
    for _ in 0..patience {
        let message = claim(by, None, &claimant);
        let remembers = world.log.has(message.id);
        let acknowledged = publish(&mut world.log, order, remembers, world.leap, message);
        let step = match acknowledged {
            true => claimant.accepted(),
            false => claimant.last(world.log.newest()),
        };
        match step {
            ClaimStep::Publish { .. } => {}
            ClaimStep::Won => {
                world.seats[usize::from(by)] = Seat::Writing(Writing::new(&claimant, world.window));
                return Ok(());
            }
            ClaimStep::Lost { .. } => {
                world.seats[usize::from(by)] = Seat::Idle;
                return Ok(());
            }
        }
    }
    Err(format!("{} neither wins nor loses", seat(by)))
}

/// Lets a writer send what it has, and one frame more, until it is through or deposed.
fn writes(
    world: &mut World,
    by: u8,
    order: Order,
    patience: usize,
    writing: &mut Writing,
) -> Result<(), String> {
    if !writing.sender.has_room() {
        sends(world, by, order, patience, writing)?;
    }
    if writing.makes() && writing.sender.has_room() {
        writing.make(by, 1);
    }
    sends(world, by, order, patience, writing)?;
    holds(world, by, writing)
}

/// Lets a writer send what it has.
fn sends(
    world: &mut World,
    by: u8,
    order: Order,
    patience: usize,
    writing: &mut Writing,
) -> Result<(), String> {
    for _ in 0..patience {
        let mut answers = Vec::new();
        while let Some(sent) = writing.transmit() {
            let (id, attempt) = (sent.id, sent.attempt);
            let message = writing.message(by, None, sent);
            let remembers = world.log.has(id);
            let acknowledged = publish(&mut world.log, order, remembers, world.leap, message);
            answers.push((id, attempt, acknowledged));
        }
        if answers.is_empty() && writing.sender.state() == SenderState::Leading {
            // All of it has been sent before, and the answers do not come in time any more.
            if !writing.waits_for_all() {
                break;
            }
            writing.sender.doubt();
        }
        for (id, attempt, acknowledged) in answers {
            match acknowledged {
                true => writing.accepted(id),
                false => {
                    writing.sender.failed(attempt);
                }
            }
        }
        if writing.sender.state() == SenderState::Uncertain {
            writing.tell(world.log.newest());
        }
        if is_over(&writing.sender) {
            return Ok(());
        }
    }
    Err(format!("{} waits for ever: {:?}", seat(by), writing.sender))
}

fn is_over<F: Payload + Clone>(sender: &Sender<F>) -> bool {
    match sender.state() {
        SenderState::Leading => sender.in_flight() == 0,
        SenderState::Uncertain => false,
        SenderState::Deposed { .. } | SenderState::Resigned => true,
    }
}

/// What has to hold of a writer that has got all answers.
fn holds(world: &World, by: u8, writing: &Writing) -> Result<(), String> {
    let epoch = writing.sender.epoch();
    let last = world.log.newest().map_or(0, |last| last.id.epoch());
    let deposed = matches!(writing.sender.state(), SenderState::Deposed { .. });
    if deposed != (last > epoch) && writing.sender.state() != SenderState::Resigned {
        return Err(format!("{} is {:?} in epoch {last}", seat(by), writing.sender));
    }
    let (made, acknowledged) = (writing.sender.next(), writing.sender.acknowledged());
    if !deposed && made != acknowledged {
        return Err(format!("{} has made {made}, and {acknowledged} are there", seat(by)));
    }
    Ok(())
}

/// All ways in which the faults may stop.
pub(crate) fn always_settles(world: &World) -> bool {
    [Order::ExpectationFirst, Order::IdFirst].into_iter().all(|order| {
        [false, true].into_iter().all(|arrives| match settles(world, order, arrives, PATIENCE) {
            Ok(()) => true,
            Err(why) => {
                eprintln!("{order:?}, what was on its way arrives: {arrives}: {why}");
                false
            }
        })
    })
}
