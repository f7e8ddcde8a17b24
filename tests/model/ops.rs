//! The operations on a ring with plain readers, and a strategy that generates them.

use proptest::prelude::*;

pub(crate) const MAX_READERS: usize = 4;

/// One thing to do. Readers are chosen by an index into those there are.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Publish(Publish),
    PublishAll(u64),
    Claim { how: HowToClaim, len: usize, then: Then },
    Subscribe,
    SubscribeFromOldest,
    SubscribeFrom(i64),
    Clone(usize),
    Recv(usize),
    Batch { reader: usize, limit: usize, take: usize, then: Done },
    Leave(usize),
    Close,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Publish {
    Wait,
    Try,
    TryWith,
    NoTime,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum HowToClaim {
    Wait,
    Try,
    UpTo,
}

/// What becomes of a claim.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then {
    Publish,
    PublishFirst(usize),
    Drop,
    Forget,
}

/// What becomes of a batch of which some events are taken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Done {
    /// Nothing is taken; all of it is dropped.
    Drop,
    /// What is taken is committed, and the rest forgotten.
    CommitAndForget,
    /// It is taken one by one, and the batch is forgotten.
    NextAndForget,
    /// It is taken one by one, and the batch is dropped.
    NextAndDrop,
    /// A closure is given as many.
    BreakOff,
    /// A closure is given as many, over as many batches as it takes.
    RunUntil,
}

pub(crate) fn an_op() -> impl Strategy<Value = Op> {
    let len = || prop_oneof![0..5_usize, 0..70_usize];
    let publish = prop_oneof![
        Just(Publish::Wait),
        Just(Publish::Try),
        Just(Publish::TryWith),
        Just(Publish::NoTime)
    ];
    let how = prop_oneof![Just(HowToClaim::Wait), Just(HowToClaim::Try), Just(HowToClaim::UpTo)];
    let then = prop_oneof![
        3 => Just(Then::Publish),
        2 => len().prop_map(Then::PublishFirst),
        1 => Just(Then::Drop),
        1 => Just(Then::Forget)
    ];
    let done = prop_oneof![
        Just(Done::Drop),
        Just(Done::CommitAndForget),
        Just(Done::NextAndForget),
        Just(Done::NextAndDrop),
        Just(Done::BreakOff),
        Just(Done::RunUntil)
    ];
    let reader = || 0..MAX_READERS;
    prop_oneof![
        12 => publish.prop_map(Op::Publish),
        3 => (0..20_u64).prop_map(Op::PublishAll),
        8 => (how, len(), then).prop_map(|(how, len, then)| Op::Claim { how, len, then }),
        2 => Just(Op::Subscribe),
        2 => Just(Op::SubscribeFromOldest),
        2 => (-40..40_i64).prop_map(Op::SubscribeFrom),
        2 => reader().prop_map(Op::Clone),
        8 => reader().prop_map(Op::Recv),
        12 => (reader(), len(), len(), done)
            .prop_map(|(reader, limit, take, then)| Op::Batch { reader, limit, take, then }),
        3 => reader().prop_map(Op::Leave),
        1 => Just(Op::Close),
    ]
}
