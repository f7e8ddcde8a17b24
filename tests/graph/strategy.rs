//! How the property test makes operations: which come often, and which rarely.

use proptest::option;
use proptest::prelude::*;

use crate::ops::{Claimed, Claiming, Count, Done, Edit, Mishap, Op, Patience, Seen, Way, Which};

fn which() -> impl Strategy<Value = Which> {
    any::<u8>().prop_map(Which)
}

/// A few, or none.
fn few() -> impl Strategy<Value = Count> {
    prop_oneof![0..4_u8, 0..Count::FEW].prop_map(Count)
}

fn limit() -> impl Strategy<Value = Count> {
    prop_oneof![2 => few(), 1 => Just(Count(u8::MAX))]
}

fn rarely() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.1)
}

fn a_way() -> impl Strategy<Value = Way> {
    use Way::{InPlace, Timed, TryInPlace, TryValue, Value};
    prop_oneof![Just(Value), Just(TryValue), Just(Timed), Just(InPlace), Just(TryInPlace)]
}

fn publish() -> impl Strategy<Value = Op> {
    (a_way(), rarely()).prop_map(|(way, panics)| Op::Publish { way, panics })
}

fn publish_all() -> impl Strategy<Value = Op> {
    let mishap = prop_oneof![Just(Mishap::Iterator), Just(Mishap::DropOfOldEvent)];
    (limit(), option::weighted(0.3, (mishap, few())))
        .prop_map(|(len, mishap)| Op::PublishAll { len, mishap })
}

fn claim() -> impl Strategy<Value = Op> {
    let how = prop_oneof![
        Just(Claiming::Claim),
        Just(Claiming::Try),
        Just(Claiming::UpTo),
        Just(Claiming::TryUpTo),
        Just(Claiming::Timed),
    ];
    let then = prop_oneof![
        5 => Just(Claimed::Publish),
        2 => few().prop_map(Claimed::PublishFirst),
        1 => Just(Claimed::Drop),
        1 => Just(Claimed::Forget),
        1 => Just(Claimed::Panic),
    ];
    let len = (0..Count::FEW).prop_map(Count);
    (len, how, then).prop_map(|(len, how, then)| Op::Claim { len, how, then })
}

fn join() -> impl Strategy<Value = Op> {
    let patience = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Patience::Endless)),
        2 => Just(Some(Patience::None)),
    ];
    let after = proptest::array::uniform3(option::of(which()));
    let after = prop_oneof![Just([None; 3]), after];
    (after, patience, any::<bool>()).prop_map(|(after, patience, oldest)| Op::Join {
        after,
        patience,
        oldest,
    })
}

fn batch() -> impl Strategy<Value = Op> {
    let then = prop_oneof![
        8 => Just(Done::Drop),
        2 => Just(Done::Forget),
        2 => few().prop_map(Done::CommitAndForget),
        2 => few().prop_map(Done::TakeAndForget),
        2 => Just(Done::ForEach),
        1 => few().prop_map(Done::BreakAt),
        1 => few().prop_map(Done::PanicAt),
        1 => Just(Done::Panic),
    ];
    (which(), limit(), rarely(), then).prop_map(|(reader, limit, waits, then)| Op::Batch {
        reader,
        limit,
        waits,
        then,
    })
}

fn seen() -> impl Strategy<Value = Seen> {
    prop_oneof![8 => Just(Seen::Drop), 1 => Just(Seen::Forget), 1 => Just(Seen::Panic)]
}

fn edit() -> impl Strategy<Value = Op> {
    let how = prop_oneof![
        4 => Just(Edit::All),
        3 => Just(Edit::ForEach),
        1 => Just(Edit::Nothing),
        1 => few().prop_map(Edit::ForgetAfter),
        1 => few().prop_map(Edit::PanicAfter),
        1 => few().prop_map(Edit::PanicAt),
    ];
    (which(), limit(), rarely(), how).prop_map(|(editor, limit, waits, how)| Op::Edit {
        editor,
        limit,
        waits,
        how,
    })
}

pub(crate) fn an_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        14 => publish(),
        2 => publish_all(),
        6 => claim(),
        6 => join(),
        2 => (few(), any::<bool>())
            .prop_map(|(offset, forwards)| Op::JoinAt { offset, forwards }),
        2 => which().prop_map(Op::Clone),
        8 => (which(), rarely(), rarely())
            .prop_map(|(reader, waits, panics)| Op::Recv { reader, waits, panics }),
        12 => batch(),
        2 => which().prop_map(Op::Rejoin),
        3 => which().prop_map(Op::Leave),
        1 => any::<bool>().prop_map(|oldest| Op::Observe { oldest }),
        4 => (which(), limit(), seen())
            .prop_map(|(observer, limit, then)| Op::Look { observer, limit, then }),
        2 => (which(), seen()).prop_map(|(observer, then)| Op::Latest { observer, then }),
        1 => which().prop_map(Op::LookAway),
        16 => edit(),
        // Rarely, because each is the end of everything.
        1 => prop_oneof![4 => publish(), 1 => which().prop_map(Op::Fire)],
        1 => prop_oneof![2 => publish(), 1 => Just(Op::Close)],
    ]
}
