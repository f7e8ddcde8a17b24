//! The registry: which member has which gate, for statistics, errors and evictions.
//!
//! Safety does not depend on it: a gate is taken, moved and given up whether or not its reader is
//! registered here.

#![forbid(unsafe_code)]

use super::barrier::Barrier;
use super::gate::Gate;
use super::gates::Gates;
use crate::member::{Member, Role};
use crate::sync::{PlainArc, PlainMutex};

/// The registered members of a ring: those that have a gate.
#[derive(Debug)]
pub(crate) struct Registry(PlainMutex<List>);

#[derive(Debug)]
struct List {
    /// The name of the ring.
    ring: Option<PlainArc<str>>,
    /// The number of the next member that joins.
    next: u64,
    /// The registrations, by the index of the gate.
    entries: Vec<Option<Registration>>,
}

/// The registration of a member.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    pub(crate) member: Member,
    pub(crate) after: Vec<Member>,
    /// The indices of the gates of those readers. A gate may belong to another reader by now.
    upstreams: Vec<usize>,
}

impl Registration {
    /// Makes a registration for an editor, which has no gate.
    pub(crate) fn of_editor(member: Member, after: Vec<Member>) -> Self {
        Self { member, after, upstreams: Vec::new() }
    }
}

impl Registry {
    /// Makes a registry for so many gates. The numbers below `next` are those of editors.
    pub(crate) fn new(gates: usize, next: u64, ring: Option<PlainArc<str>>) -> Self {
        Self(PlainMutex::new(List { ring, next, entries: vec![None; gates] }))
    }

    /// Registers the reader or observer that has taken a gate.
    pub(crate) fn register(
        &self,
        gate: &Gate,
        role: Role,
        name: Option<PlainArc<str>>,
        barrier: &Barrier,
    ) -> Member {
        self.with(|list| {
            let member = Member::new(role, list.next, name, list.ring.clone());
            list.next += 1;
            let after = barrier.members().cloned().collect();
            let upstreams = barrier.gates().map(Gate::index).collect();
            let entry = Registration { member: member.clone(), after, upstreams };
            list.entries[gate.index()] = Some(entry);
            member
        })
    }

    /// Transfers a registration to the gate that its member has now.
    pub(crate) fn transfer(&self, from: &Gate, to: &Gate) {
        self.with(|list| {
            list.entries[to.index()] = list.entries[from.index()].take();
        });
    }

    /// Removes the registration of a member that is about to give up its gate.
    pub(crate) fn deregister(&self, gate: &Gate) {
        self.with(|list| list.entries[gate.index()] = None);
    }

    /// Returns the member that has a gate.
    pub(crate) fn member(&self, gate: &Gate) -> Option<Member> {
        self.with(|list| list.entries[gate.index()].as_ref().map(|entry| entry.member.clone()))
    }

    /// Returns the gate of a member and its generation, if the member is registered. The member may
    /// give its gate up meanwhile.
    pub(crate) fn gate<'g>(
        &self,
        gates: &'g Gates,
        member: &Member,
    ) -> Option<(&'g PlainArc<Gate>, u64)> {
        self.with(|list| {
            let entries = list.entries.iter().enumerate();
            let mut present = entries.filter_map(|(index, entry)| Some((index, entry.as_ref()?)));
            let (index, _) = present.find(|(_, entry)| entry.member == *member)?;
            // While the member is registered, the gate is in the generation in which it took it.
            let gate = gates.shared(index);
            Some((gate, gate.generation()))
        })
    }

    /// Returns all registrations, each with its gate.
    pub(crate) fn entries<'g>(&self, gates: &'g Gates) -> Vec<(&'g Gate, Registration)> {
        let entries = self.with(|list| list.entries.clone());
        let gated = entries.into_iter().enumerate();
        gated.filter_map(|(index, entry)| Some((gates.gate(index), entry?))).collect()
    }

    /// Returns those of these gates whose readers come after the reader of another one of them.
    pub(crate) fn waiting_for_each_other<'g>(&self, gates: Vec<&'g Gate>) -> Vec<&'g Gate> {
        self.with(|list| {
            let among = |index: &usize| gates.iter().any(|gate| gate.index() == *index);
            let waits = |gate: &Gate| {
                let entry = list.entries[gate.index()].as_ref();
                entry.is_some_and(|entry| entry.upstreams.iter().any(among))
            };
            gates.iter().copied().filter(|gate| waits(gate)).collect()
        })
    }

    /// Returns how many members have this role.
    pub(crate) fn count(&self, role: Role) -> usize {
        let has_role = |entry: &&Registration| entry.member.role() == role;
        self.with(|list| list.entries.iter().flatten().filter(has_role).count())
    }

    fn with<R>(&self, act: impl FnOnce(&mut List) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}
