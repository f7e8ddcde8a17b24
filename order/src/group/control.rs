//! The state under the lock of a group: its members, who owns which partition and who is to own it,
//! and the bell that tells them of a change.
//!
//! It knows nothing of events. Whoever changes an owner here also fences the partition (G2).

#![forbid(unsafe_code)]

use broadring::{End, Ring, Writer};

use super::assign::assign;
use super::member_id::MemberId;
use super::seat::Seat;
use crate::sync::{Arc, strong};

/// How many changes a bell counts before its slots are used again. A member holds a slot only while
/// it takes note of a change, so a few are enough.
const BELL: usize = 16;

/// What is under the lock of a group.
pub(super) struct Control {
    /// Every change is published here, under the lock. Members observe it, so nobody holds it back.
    bell: Writer<()>,
    /// The number that the next member gets.
    next: u64,
    /// In the order in which they have joined.
    members: Vec<Entry>,
    /// One for each partition.
    places: Vec<Place>,
}

struct Entry {
    id: MemberId,
    seat: Arc<Seat>,
}

#[derive(Default)]
struct Place {
    /// Who reads it and may commit.
    owner: Option<MemberId>,
    /// Who is to have it: the owner, unless it is to move. Always a member.
    assigned: Option<MemberId>,
    /// Whether the owner was told already that it goes.
    revoked: bool,
    /// How it has ended. Then it has no owner and is assigned to nobody.
    ended: Option<End>,
}

impl Control {
    /// Makes the state of a group without members, and the ring that its members observe.
    pub(super) fn new(partitions: usize, max_members: usize) -> (Self, Ring<()>) {
        let (bell, ring) = Ring::builder(BELL).max_readers(max_members).build(|| ());
        let places = (0..partitions).map(|_| Place::default()).collect();
        (Self { bell, next: 0, members: Vec::new(), places }, ring)
    }

    /// Adds a member, and assigns the partitions anew.
    pub(super) fn join(&mut self, name: Option<Arc<str>>, seat: Arc<Seat>) -> MemberId {
        let id = MemberId::new(self.next, name);
        self.next += 1;
        self.members.push(Entry { id: id.clone(), seat });
        self.assign();
        id
    }

    /// Removes a member, takes what it owns from it, and assigns the partitions anew. Returns what it
    /// has owned, and of each whether it was told already that it goes. `None` if it is no member.
    pub(super) fn remove(&mut self, id: &MemberId) -> Option<Vec<(usize, bool)>> {
        let index = self.members.iter().position(|entry| entry.id == *id)?;
        self.members.remove(index);
        let mut owned = Vec::new();
        for (partition, place) in self.places.iter_mut().enumerate() {
            if place.owner.as_ref() == Some(id) {
                owned.push((partition, place.revoked));
                (place.owner, place.revoked) = (None, false);
            }
        }
        self.assign();
        Some(owned)
    }

    /// Assigns the partitions that have not ended, and rings.
    fn assign(&mut self) {
        let members: Vec<u64> = self.members.iter().map(|entry| entry.id.number()).collect();
        let open = |place: &&mut Place| place.ended.is_none();
        // Whoever owns a partition has it, wherever it was to go; nothing has moved before.
        let had = |place: &mut Place| {
            place.owner.as_ref().or(place.assigned.as_ref()).map(MemberId::number)
        };
        let previous: Vec<_> = self.places.iter_mut().filter(open).map(had).collect();
        let next = assign(&previous, &members);
        for (place, number) in self.places.iter_mut().filter(open).zip(next) {
            let entry = self.members.iter().find(|entry| Some(entry.id.number()) == number);
            place.assigned = entry.map(|entry| entry.id.clone());
        }
        if strong!("group.ring_assignment") {
            self.ring();
        }
    }

    /// Whether this is a member.
    pub(super) fn has(&self, id: &MemberId) -> bool {
        self.members.iter().any(|entry| entry.id == *id)
    }

    /// Whether the member owns the partition and is to keep it.
    pub(super) fn keeps(&self, id: &MemberId, partition: usize) -> bool {
        let place = &self.places[partition];
        place.owner.as_ref() == Some(id) && place.assigned.as_ref() == Some(id) && !place.revoked
    }

    /// Returns the partitions that this member owns.
    pub(super) fn owned(&self, id: &MemberId) -> Vec<usize> {
        self.which(|place| place.owner.as_ref() == Some(id))
    }

    /// Returns the partitions that this member is to take: those that are assigned to it and that
    /// nobody owns.
    pub(super) fn coming(&self, id: &MemberId) -> Vec<usize> {
        self.which(|place| place.owner.is_none() && place.assigned.as_ref() == Some(id))
    }

    fn which(&self, like: impl Fn(&Place) -> bool) -> Vec<usize> {
        self.places.iter().enumerate().filter(|(_, place)| like(place)).map(|(at, _)| at).collect()
    }

    /// Notes that the owner is told that the partition goes. Returns whether it was not told before.
    pub(super) fn revoke(&mut self, partition: usize) -> bool {
        !core::mem::replace(&mut self.places[partition].revoked, true)
    }

    /// Gives the partition a new owner. It must have none.
    pub(super) fn take(&mut self, id: &MemberId, partition: usize) {
        let place = &mut self.places[partition];
        debug_assert!(place.owner.is_none() && place.ended.is_none(), "G1");
        place.owner = Some(id.clone());
    }

    /// Takes partitions from their owner, of which some have ended, and rings.
    pub(super) fn release(&mut self, going: impl IntoIterator<Item = (usize, Option<End>)>) {
        let mut any_ended = false;
        for (partition, ended) in going {
            let place = &mut self.places[partition];
            (place.owner, place.revoked) = (None, false);
            if ended.is_some() {
                (place.assigned, place.ended) = (None, ended);
                any_ended = true;
            }
        }
        if any_ended {
            self.assign();
        } else if strong!("group.ring_release") {
            self.ring();
        }
    }

    /// Returns how the group has ended, if all partitions have.
    pub(super) fn ended(&self) -> Option<super::End> {
        let mut broken = None;
        for (partition, place) in self.places.iter().enumerate().rev() {
            let end = place.ended.as_ref()?;
            if !end.is_closed() {
                broken = Some(super::End::Broken { partition, end: end.clone() });
            }
        }
        Some(broken.unwrap_or(super::End::Closed))
    }

    /// Returns the members, with what shows whether they are alive.
    pub(super) fn members(&self) -> impl Iterator<Item = (&MemberId, &Seat)> {
        self.members.iter().map(|entry| (&entry.id, &*entry.seat))
    }

    /// Returns the owner of each partition.
    pub(super) fn owners(&self) -> Vec<Option<MemberId>> {
        self.places.iter().map(|place| place.owner.clone()).collect()
    }

    /// Returns to whom each partition is assigned.
    pub(super) fn assignment(&self) -> Vec<Option<MemberId>> {
        self.places.iter().map(|place| place.assigned.clone()).collect()
    }

    fn ring(&mut self) {
        self.bell.publish(());
    }
}
