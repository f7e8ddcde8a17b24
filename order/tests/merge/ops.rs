//! What may be done to an order.

use proptest::collection::vec;
use proptest::prelude::*;

/// Writers and readers are named by any number: it counts around those that there are.
pub(crate) type Which = usize;

/// How one event is published.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Publish,
    With,
    Try,
    TryWith,
    Timeout,
    WithTimeout,
    Deadline,
    WithDeadline,
}

/// How slots are claimed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claiming {
    Exactly,
    Try,
    UpTo,
    TryUpTo,
    Timeout,
    Deadline,
}

/// What becomes of a claim.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Finish {
    Publish,
    First(usize),
    Drop,
    Forget,
}

/// How a reader gets one event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Receiving {
    Plain,
    Try,
    Timeout,
}

/// How a handler ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    Break,
    Panic,
}

/// What is done. Some of it takes a while, in which other things are done.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    WriterJoins { capacity: usize },
    WriterLeaves(Which),
    WritersAreDropped,
    Publish(Which, Way),
    WriteSlowly { writer: Which, panics: bool, meanwhile: Vec<Op> },
    Claim { writer: Which, len: usize, how: Claiming, finish: Finish, meanwhile: Vec<Op> },
    PublishAll { writer: Which, len: usize, panics: bool },
    ReaderJoins { evictable: bool },
    ReaderLeaves(Which),
    ReaderRejoins(Which),
    Receive(Which, Receiving, usize),
    Batch { reader: Which, iterators: Vec<usize>, forget: bool, meanwhile: Vec<Op> },
    Run(Which, usize, Stop),
}

fn at_once() -> impl Strategy<Value = Op> {
    let which = || 0..12_usize;
    let way = prop::sample::select(vec![
        Way::Publish,
        Way::With,
        Way::Try,
        Way::TryWith,
        Way::Timeout,
        Way::WithTimeout,
        Way::Deadline,
        Way::WithDeadline,
    ]);
    let receiving =
        prop::sample::select(vec![Receiving::Plain, Receiving::Try, Receiving::Timeout]);
    let stop = prop::sample::select(vec![Stop::Break, Stop::Panic]);
    prop_oneof![
        3 => (0..5_u32).prop_map(|power| Op::WriterJoins { capacity: 1 << power }),
        1 => which().prop_map(Op::WriterLeaves),
        12 => (which(), way).prop_map(|(writer, way)| Op::Publish(writer, way)),
        4 => (which(), 0..12_usize, prop::bool::weighted(0.2))
            .prop_map(|(writer, len, panics)| Op::PublishAll { writer, len, panics }),
        2 => prop::bool::weighted(0.3).prop_map(|evictable| Op::ReaderJoins { evictable }),
        1 => which().prop_map(Op::ReaderLeaves),
        1 => which().prop_map(Op::ReaderRejoins),
        8 => (which(), receiving, 1..6_usize)
            .prop_map(|(reader, how, times)| Op::Receive(reader, how, times)),
        4 => (which(), 1..9_usize, stop).prop_map(|(reader, at, stop)| Op::Run(reader, at, stop)),
    ]
}

/// Anything but the end of the order, which comes at most once.
fn anything() -> impl Strategy<Value = Op> {
    at_once().prop_recursive(2, 24, 4, |inner| {
        let which = || 0..12_usize;
        let meanwhile = || vec(inner.clone(), 0..4);
        let how = prop::sample::select(vec![
            Claiming::Exactly,
            Claiming::Try,
            Claiming::UpTo,
            Claiming::TryUpTo,
            Claiming::Timeout,
            Claiming::Deadline,
        ]);
        let finish = prop_oneof![
            4 => Just(Finish::Publish),
            4 => (0..9_usize).prop_map(Finish::First),
            1 => Just(Finish::Drop),
            1 => Just(Finish::Forget),
        ];
        prop_oneof![
            2 => inner.clone(),
            1 => (which(), prop::bool::weighted(0.3), meanwhile()).prop_map(
                |(writer, panics, meanwhile)| Op::WriteSlowly { writer, panics, meanwhile }
            ),
            1 => (which(), 1..9_usize, how, finish, meanwhile()).prop_map(
                |(writer, len, how, finish, meanwhile)| {
                    Op::Claim { writer, len, how, finish, meanwhile }
                }
            ),
            1 => (which(), vec(0..6_usize, 0..3), prop::bool::weighted(0.2), meanwhile()).prop_map(
                |(reader, iterators, forget, meanwhile)| {
                    Op::Batch { reader, iterators, forget, meanwhile }
                }
            ),
        ]
    })
}

/// A history, in which no more writers come from some time on.
pub(crate) fn history() -> impl Strategy<Value = Vec<Op>> {
    (vec(anything(), 1..90), any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(mut ops, at, early)| {
            let at = if early { at.index(ops.len()) } else { ops.len() };
            ops.insert(at, Op::WritersAreDropped);
            ops
        },
    )
}
