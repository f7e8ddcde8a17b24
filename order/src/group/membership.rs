//! How a member gets partitions and gives them up.
//!
//! Each call of a member begins here. While nobody has rung, that is one look at the bell.

#![forbid(unsafe_code)]

use broadring::{Observer, Reader};

use super::change::Change;
use super::error::{End, Evicted};
use super::member_id::MemberId;
use super::partition::Lent;
use super::seat::Seat;
use super::shared::Shared;
use crate::sync::{Arc, SharedArc, lock, strong};

/// The state of a member.
pub(super) struct Membership<E> {
    pub(super) group: SharedArc<Shared<E>>,
    pub(super) id: MemberId,
    pub(super) seat: Arc<Seat>,
    pub(super) bell: Observer<()>,
    /// What it owns, and reads.
    pub(super) holdings: Vec<Holding<E>>,
    /// Why it gets nothing more.
    pub(super) end: Option<End>,
    /// A partition that it could not take.
    pub(super) refused: Option<End>,
    /// Whether it has to look again although nobody has rung: it could not take a partition, or a
    /// closure has panicked.
    unsettled: bool,
}

/// A partition that a member owns.
pub(super) struct Holding<E> {
    pub(super) partition: usize,
    /// At the committed position, unless a batch of it is held.
    pub(super) reader: Reader<E>,
    pub(super) generation: u64,
}

/// A partition that a member gives up, and how it has ended if that is why.
type Going = (usize, Option<broadring::End>);

impl<E> Membership<E> {
    /// Joins a group.
    pub(super) fn new(
        group: SharedArc<Shared<E>>,
        bell: Observer<()>,
        name: Option<Arc<str>>,
    ) -> Self {
        let now = group.patience.as_ref().map_or(0, |patience| patience.now());
        let seat = Arc::new(Seat::new(now));
        let id = lock(&group.control).join(name, Arc::clone(&seat));
        Self {
            group,
            id,
            seat,
            bell,
            holdings: Vec::new(),
            end: None,
            refused: None,
            unsettled: false,
        }
    }

    /// Joins the group again, with another identity, if this member was evicted.
    pub(super) fn rejoin(&mut self) {
        if !matches!(self.end, Some(End::Evicted(_))) && lock(&self.group.control).has(&self.id) {
            return;
        }
        self.holdings.clear();
        self.seen();
        let name = self.id.name().map(Arc::from);
        self.id = lock(&self.group.control).join(name, Arc::clone(&self.seat));
        (self.end, self.refused) = (None, None);
    }

    /// Notes that the member is alive. Returns the time, if anybody asks for it.
    pub(super) fn seen(&self) -> Option<u64> {
        let now = self.group.patience.as_ref()?.now();
        self.seat.seen(now);
        Some(now)
    }

    /// Gives up and takes partitions, if the assignment has changed.
    ///
    /// # Errors
    ///
    /// Why there is nothing more to read.
    pub(super) fn follow(&mut self) -> Result<(), End> {
        if let Some(end) = &self.end {
            return Err(end.clone());
        }
        if self.bell.is_empty() && !self.unsettled {
            return Ok(());
        }
        // First take note, then look: a change that comes in between is found the next time.
        if strong!("group.note_first") {
            self.take_note();
        }
        let followed = self.exchange(Vec::new());
        if !strong!("group.note_first") {
            self.take_note();
        }
        followed
    }

    fn take_note(&mut self) {
        // An error would only say that there is nothing new.
        let _ = self.bell.look();
    }

    /// Gives up the partitions that have come to their end. Returns whether there were any.
    ///
    /// # Errors
    ///
    /// Why there is nothing more to read.
    pub(super) fn retire(&mut self) -> Result<bool, End> {
        let ended = |holding: &mut Holding<E>| Some((holding.partition, Some(holding.ended()?)));
        let ended: Vec<Going> = self.holdings.iter_mut().filter_map(ended).collect();
        let any = !ended.is_empty();
        if any {
            self.exchange(ended)?;
        }
        Ok(any)
    }

    /// Gives up what has ended and what is to move, and takes what is to come.
    fn exchange(&mut self, ended: Vec<Going>) -> Result<(), End> {
        (self.refused, self.unsettled) = (None, true);
        let group = SharedArc::clone(&self.group);
        let mut control = lock(&group.control);
        if !control.has(&self.id) {
            drop(control);
            return Err(self.evicted());
        }
        let mut going = ended;
        for partition in control.owned(&self.id) {
            // If a closure has panicked, there may be something that is owned but not held.
            let held = self.holdings.iter().any(|holding| holding.partition == partition);
            let stays = held && control.keeps(&self.id, partition);
            let listed = going.iter().any(|&(at, _)| at == partition);
            if !stays && !listed {
                going.push((partition, None));
            }
        }
        if !going.is_empty() {
            let untold = going.iter().map(|&(at, _)| at).filter(|&at| control.revoke(at)).collect();
            drop(control);
            // Before somebody else can make a reader: a ring may have room for two.
            self.holdings.retain(|holding| going.iter().all(|&(at, _)| at != holding.partition));
            self.report_revoked(untold);
            control = lock(&group.control);
            if !control.has(&self.id) {
                drop(control);
                return Err(self.evicted());
            }
            for &(partition, _) in &going {
                group.partitions[partition].fence();
            }
            control.release(going);
        }
        let mut taken = Vec::new();
        for partition in control.coming(&self.id) {
            match group.partitions[partition].lend() {
                Ok(Lent { reader, generation }) => {
                    control.take(&self.id, partition);
                    taken.push((partition, reader.position()));
                    self.holdings.push(Holding { partition, reader, generation });
                }
                Err(error) => self.refused = Some(End::NoReader { partition, error }),
            }
        }
        let ended = control.ended();
        drop(control);
        self.unsettled = self.refused.is_some();
        for (partition, position) in taken {
            let member = self.id.clone();
            group.report(|| Change::Assigned { partition, position, member });
        }
        match ended {
            Some(end) => Err(self.end.insert(end).clone()),
            None => Ok(()),
        }
    }

    /// Gives everything up and learns that it was evicted.
    fn evicted(&mut self) -> End {
        self.holdings.clear();
        self.end.insert(End::Evicted(Evicted { member: self.id.clone() })).clone()
    }

    fn report_revoked(&self, partitions: Vec<usize>) {
        for partition in partitions {
            let (position, member) =
                (self.group.partitions[partition].committed(), self.id.clone());
            self.group.report(|| Change::Revoked { partition, position, member });
        }
    }

    /// Tells the member, before it leaves, that all of its partitions go.
    pub(super) fn revoke_all(&mut self) {
        self.holdings.clear();
        let mut control = lock(&self.group.control);
        let owned = control.owned(&self.id);
        let untold = owned.into_iter().filter(|&at| control.revoke(at)).collect();
        drop(control);
        self.report_revoked(untold);
    }
}

impl<E> Holding<E> {
    /// Returns how the partition has ended, if it has and everything was committed.
    fn ended(&mut self) -> Option<broadring::End> {
        match self.reader.try_batch() {
            Ok(batch) => {
                batch.commit_first(0);
                None
            }
            Err(error) => error.end().cloned(),
        }
    }
}
