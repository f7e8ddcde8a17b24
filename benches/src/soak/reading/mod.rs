//! The readers of a round, each kind in a module of its own.

mod account;
mod batches;
mod executor;
mod follower;
mod graph;
mod guest;
mod joining;
mod lookout;
mod manager;
mod observer;
mod offers;
mod regular;
mod rough;
mod sleeper;
mod track;
mod waiter;
mod ways;

use std::thread;

use broadring::{End, Reader, TryReadError};

pub(super) use self::account::Account;
pub(super) use self::offers::Offers;
pub(super) use self::track::Track;
pub(super) use self::ways::{Step, Waits, Way, briefly, in_time};
use super::dice::Dice;
use super::payload::Payload;

pub(super) use self::executor::execute;
pub(super) use self::follower::follow;
pub(super) use self::graph::graph;
pub(super) use self::guest::guest;
pub(super) use self::manager::{manage, panicked};
pub(super) use self::observer::observe;
pub(super) use self::regular::{Regular, regular};
pub(super) use self::sleeper::sleeper;
pub(super) use self::waiter::wait;

/// Reads in every way that the reader may wait in, by dice.
pub(super) struct Habits<P: Payload> {
    ways: Vec<Way<P>>,
    dice: Dice,
}

impl<P: Payload> Habits<P> {
    pub(super) fn new(waits: Waits, dice: Dice) -> Self {
        let ways = ways::all().into_iter().filter(|way| way.waits <= waits).collect();
        Self { ways, dice }
    }

    /// Reads once, at most up to `end`, which the account must not have reached.
    pub(super) fn step(
        &mut self,
        reader: &mut Reader<P>,
        account: &mut Account<P>,
        end: u64,
    ) -> Step {
        let way = self.dice.pick(&self.ways);
        account.post.doing(way.name);
        let most = end - account.next();
        let step = (way.read)(reader, account, &mut self.dice, most);
        account.agree(reader);
        account.tell();
        if let Err(TryReadError::Ended(end)) = &step {
            account.check_end(end);
        }
        step
    }

    /// Reads until `end`, or until nothing more comes.
    pub(super) fn read_until(
        &mut self,
        reader: &mut Reader<P>,
        account: &mut Account<P>,
        end: u64,
    ) -> Option<End> {
        while account.next() < end {
            match self.step(reader, account, end) {
                Ok(()) => {}
                Err(TryReadError::Empty) => thread::yield_now(),
                Err(TryReadError::Ended(end)) => return Some(end),
            }
        }
        None
    }
}
