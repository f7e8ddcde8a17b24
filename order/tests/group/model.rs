//! Whatever is done to a group, in whatever order, it answers as a plain model does: each event is
//! handled, those that were committed once, in the order of their partition, and the assignment is fair.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use broadring::{Sequence, Writer};
use broadring_order::group::{Group, Member, MemberId};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::rig::{Journal, on_purpose, panics, rings};

const CAPACITY: u64 = 4;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_group_answers_as_the_model_does(partitions in 1..9_usize, ops in vec(an_op(), 1..150)) {
        let mut pair = Pair::new(partitions);
        for op in ops {
            pair.apply(op);
        }
        pair.finish();
    }
}

/// What happens. An index means the partition, or the member, with this index modulo their number.
#[derive(Debug, Clone)]
enum Op {
    Publish(usize),
    Close(usize),
    Join,
    Leave(usize),
    Panic(usize),
    Evict(usize),
    Rejoin(usize),
    Poll(usize, Then),
    /// Every member calls twice.
    Settle,
}

/// What a member does with a batch.
#[derive(Debug, Clone)]
enum Then {
    Commit,
    /// Commits so many events, at most all.
    CommitPart(u64),
    Drop,
    Panic,
    /// Commits an event, is evicted, and tries to commit the rest.
    Evicted,
    /// Runs a closure that panics at this event, or else breaks at the last of the batch.
    Run(u64),
}

fn a_then() -> impl Strategy<Value = Then> {
    prop_oneof![
        4 => Just(Then::Commit),
        3 => (1..CAPACITY).prop_map(Then::CommitPart),
        2 => Just(Then::Drop),
        1 => Just(Then::Panic),
        1 => Just(Then::Evicted),
        2 => (0..CAPACITY).prop_map(Then::Run),
    ]
}

fn an_op() -> impl Strategy<Value = Op> {
    let any = 0..64_usize;
    prop_oneof![
        12 => any.clone().prop_map(Op::Publish),
        1 => (0..640_usize).prop_map(Op::Close),
        2 => Just(Op::Join),
        1 => any.clone().prop_map(Op::Leave),
        1 => any.clone().prop_map(Op::Panic),
        1 => any.clone().prop_map(Op::Evict),
        2 => any.clone().prop_map(Op::Rejoin),
        12 => (any, a_then()).prop_map(|(member, then)| Op::Poll(member, then)),
        2 => Just(Op::Settle),
    ]
}

/// A partition as the model knows it.
struct Log {
    writer: Option<Writer<u64>>,
    published: u64,
    /// Everything below was committed.
    committed: u64,
    /// Everything below was handled.
    handled: u64,
}

struct Pair {
    group: Group<u64>,
    logs: Vec<Log>,
    members: Vec<Member<u64>>,
    /// Who reads what, as the changes tell.
    journal: Journal,
}

impl Pair {
    fn new(partitions: usize) -> Self {
        let (writers, rings) = rings(partitions, CAPACITY as usize);
        let journal = Journal::default();
        let group = Group::builder("model").on_change(journal.write()).build(rings).unwrap();
        let log = |writer| Log { writer: Some(writer), published: 0, committed: 0, handled: 0 };
        let logs = writers.into_iter().map(log).collect();
        Self { group, logs, members: Vec::new(), journal }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Publish(at) => self.publish(at),
            // Not all of them in one run.
            Op::Close(at) if at < self.logs.len() => self.logs[at].writer = None,
            Op::Close(_) => (),
            Op::Join if self.members.len() < 12 => self.members.push(self.group.join().unwrap()),
            Op::Join => (),
            Op::Leave(at) => drop(self.take(at)),
            Op::Panic(at) => {
                if let Some(member) = self.take(at) {
                    panics(move || {
                        let _member = member;
                        on_purpose()
                    });
                }
            }
            Op::Evict(at) => {
                if let Some(at) = self.member(at) {
                    let id = self.members[at].id().clone();
                    assert_eq!(self.is_member(at), self.group.evict(&id));
                }
            }
            Op::Rejoin(at) => {
                if let Some(at) = self.member(at) {
                    self.members[at].rejoin();
                    assert!(self.is_member(at));
                }
            }
            Op::Poll(at, then) => {
                if let Some(at) = self.member(at) {
                    self.poll(at, then);
                }
            }
            Op::Settle => self.settle(),
        }
        self.check();
    }

    fn member(&self, at: usize) -> Option<usize> {
        at.checked_rem(self.members.len())
    }

    fn take(&mut self, at: usize) -> Option<Member<u64>> {
        self.member(at).map(|at| self.members.swap_remove(at))
    }

    fn is_member(&self, at: usize) -> bool {
        self.group.members().contains(self.members[at].id())
    }

    fn publish(&mut self, at: usize) {
        let at = at % self.logs.len();
        let log = &mut self.logs[at];
        let Some(writer) = &mut log.writer else { return };
        let full = log.published - log.committed == CAPACITY;
        match writer.try_publish(log.published) {
            Ok(_) => {
                assert!(!full, "an event that is not committed is overwritten");
                log.published += 1;
            }
            // Readers of members that were evicted hold the writer back until they notice.
            Err(_) => assert!(full || (0..self.members.len()).any(|at| !self.is_member(at))),
        }
    }

    /// Lets a member call once.
    fn poll(&mut self, at: usize, then: Then) {
        let is_member = self.is_member(at);
        let Self { group, logs, members, .. } = self;
        let member = &mut members[at];
        let id = member.id().clone();
        let mut batch = match member.try_batch() {
            Ok(batch) => batch,
            Err(error) => {
                let end = error.end();
                if end.is_some_and(|end| end.is_closed()) {
                    // For ever, also if it is evicted afterwards.
                    assert!(logs.iter().all(|log| log.writer.is_none()));
                    assert!(logs.iter().all(|log| log.committed == log.published));
                } else {
                    assert_eq!(end.is_some_and(|end| end.is_evicted()), !is_member);
                }
                return;
            }
        };
        assert!(is_member);
        let partition = batch.partition();
        let log = &mut logs[partition];
        assert_eq!(group.owners()[partition], Some(id));
        // From the committed position on, and in order.
        let events: Vec<(u64, u64)> = batch.iter().map(|(at, event)| (at.get(), *event)).collect();
        let end = log.committed + events.len() as u64;
        assert!(!events.is_empty() && end <= log.published);
        assert_eq!(events, (log.committed..end).map(|at| (at, at)).collect::<Vec<_>>());
        log.handled = log.handled.max(end);
        match then {
            Then::Commit => {
                batch.commit().unwrap();
                log.committed = end;
            }
            Then::CommitPart(count) => {
                log.committed = end.min(log.committed + count);
                batch.commit_through(Sequence::new(log.committed - 1)).unwrap();
            }
            Then::Drop => drop(batch),
            Then::Panic => panics(move || {
                let _batch = batch;
                on_purpose()
            }),
            Then::Evicted => {
                batch.commit_through(Sequence::new(log.committed)).unwrap();
                log.committed += 1;
                assert!(group.evict(batch.member()));
                if !batch.is_empty() {
                    let error = batch.commit().unwrap_err();
                    assert_eq!((error.partition(), error.through().get()), (partition, end - 1));
                    assert_eq!(error.committed().get(), log.committed);
                }
            }
            Then::Run(panic_at) => {
                drop(batch);
                self.run(at, panic_at);
            }
        }
    }

    /// Runs a closure that panics at an event of the batch that comes then, if there is such a one.
    fn run(&mut self, at: usize, panic_at: u64) {
        let Self { logs, members, .. } = self;
        let mut count = 0;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            members[at].run_until(|partition, sequence, &event| {
                let log = &mut logs[partition];
                assert_eq!((sequence.get(), event), (log.committed, log.committed));
                log.handled = log.handled.max(event + 1);
                if count == panic_at {
                    on_purpose();
                }
                count += 1;
                // Handled, and so committed.
                log.committed += 1;
                match log.committed == log.published {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })
        }));
        // It has broken or panicked: there was something to read.
        assert!(outcome.is_err() || outcome.is_ok_and(|broken| broken == Ok(())));
    }

    fn settle(&mut self) {
        for _ in 0..2 {
            for member in &mut self.members {
                drop(member.try_batch());
            }
        }
        assert_eq!(self.group.owners(), self.group.assignment());
    }

    /// The assignment is fair, and positions are what was committed.
    fn check(&self) {
        for (partition, log) in self.logs.iter().enumerate() {
            assert_eq!(self.group.committed(partition).get(), log.committed);
        }
        let members = self.group.members();
        let assignment = self.group.assignment();
        let open = assignment.iter().flatten().count();
        let count =
            |id: &MemberId| assignment.iter().flatten().filter(|&owner| owner == id).count();
        if let (Some(most), Some(least)) =
            (members.iter().map(count).max(), members.iter().map(count).min())
        {
            assert!(most - least <= 1, "{assignment:?}");
            assert_eq!(members.iter().map(count).sum::<usize>(), open);
        } else {
            assert_eq!(open, 0);
        }
        for owner in self.group.owners().iter().flatten() {
            assert!(members.contains(owner));
        }
        // Nobody has what was not given up: each partition is assigned and goes in turns.
        for (partition, changes) in self.changes().into_iter().enumerate() {
            let assigned = changes.iter().step_by(2).all(|change| change.starts_with('+'));
            let mut gone = changes.iter().skip(1).step_by(2);
            assert!(
                assigned && gone.all(|change| !change.starts_with('+')),
                "{partition}: {changes:?}"
            );
        }
    }

    /// Returns the changes of each partition so far.
    fn changes(&self) -> Vec<Vec<String>> {
        let mut changes = vec![Vec::new(); self.logs.len()];
        for change in self.journal.all() {
            let partition: usize = change[1..].split('@').next().unwrap().parse().unwrap();
            changes[partition].push(change);
        }
        changes
    }

    /// Closes all rings and lets one member read what is left.
    fn finish(mut self) {
        self.members.clear();
        let mut member = self.group.join().unwrap();
        for log in &mut self.logs {
            log.writer = None;
        }
        let logs = &mut self.logs;
        let end = member.run(|partition, sequence, &event| {
            let log = &mut logs[partition];
            assert_eq!((sequence.get(), event), (log.committed, log.committed));
            (log.committed, log.handled) = (event + 1, event + 1);
        });
        assert!(end.is_closed());
        for log in logs {
            assert_eq!((log.committed, log.handled), (log.published, log.published));
        }
        self.check();
    }
}
