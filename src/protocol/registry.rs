//! Who has which gate, for those who ask.
//!
//! The protocol does without: a gate is taken, moved and given up whether or not its
//! reader is entered here.

#![forbid(unsafe_code)]

use super::barrier::Barrier;
use super::gate::Gate;
use super::gates::Gates;
use crate::member::{Member, Role};
use crate::sync::{PlainArc, PlainMutex};

/// The members of a ring that have a gate.
#[derive(Debug)]
pub(crate) struct Registry(PlainMutex<List>);

#[derive(Debug)]
struct List {
    /// The number of the next who joins.
    next: u64,
    /// By the index of their gates.
    entries: Vec<Option<Registration>>,
}

/// What is known of a member.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    pub(crate) member: Member,
    pub(crate) after: Vec<Member>,
    /// The gates behind which it waits for those: they may have come back to others since.
    upstreams: Vec<usize>,
}

impl Registration {
    /// What is known of an editor.
    pub(crate) fn of_editor(member: Member, after: Vec<Member>) -> Self {
        Self { member, after, upstreams: Vec::new() }
    }
}

impl Registry {
    /// A registry for so many gates, where the first `next` numbers have others.
    pub(crate) fn new(gates: usize, next: u64) -> Self {
        Self(PlainMutex::new(List { next, entries: vec![None; gates] }))
    }

    /// Enters who has taken a gate.
    pub(crate) fn register(
        &self,
        gate: &Gate,
        role: Role,
        name: Option<PlainArc<str>>,
        barrier: &Barrier,
    ) -> Member {
        self.with(|list| {
            let member = Member::new(role, list.next, name);
            list.next += 1;
            let after = barrier.members().cloned().collect();
            let upstreams = barrier.gates().map(Gate::index).collect();
            let entry = Registration { member: member.clone(), after, upstreams };
            list.entries[gate.index()] = Some(entry);
            member
        })
    }

    /// Enters who has one gate as the one who has another.
    pub(crate) fn transfer(&self, from: &Gate, to: &Gate) {
        self.with(|list| {
            list.entries[to.index()] = list.entries[from.index()].take();
        });
    }

    /// Strikes off who is about to give a gate up.
    pub(crate) fn deregister(&self, gate: &Gate) {
        self.with(|list| list.entries[gate.index()] = None);
    }

    /// Returns who has a gate.
    pub(crate) fn member(&self, gate: &Gate) -> Option<Member> {
        self.with(|list| list.entries[gate.index()].as_ref().map(|entry| entry.member.clone()))
    }

    /// Returns everybody, each with their gate.
    pub(crate) fn entries<'g>(&self, gates: &'g Gates) -> Vec<(&'g Gate, Registration)> {
        let entries = self.with(|list| list.entries.clone());
        let gated = entries.into_iter().enumerate();
        gated.filter_map(|(index, entry)| Some((gates.gate(index), entry?))).collect()
    }

    /// Returns those of these gates whose members wait behind others of them.
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
