//! The operations on a ring with readers, observers and editors, and a strategy that generates them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// One thing to do. Handles are chosen by an index into those there are.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Publish,
    Claim(usize),
    Join { after: Vec<Index>, patience: Option<Patience>, oldest: bool },
    Clone(Index),
    Recv(Index),
    Batch { reader: Index, limit: usize, then: Done },
    Rejoin(Index),
    Leave(Index),
    Observe { oldest: bool },
    Look { observer: Index, limit: usize, forget: bool },
    Latest { observer: Index, forget: bool },
    LookAway(Index),
    Edit { editor: Index, limit: usize, how: Edit },
    Fire(Index),
    Close,
}

/// For how long a reader that may be evicted may hold the writer up: what lies in between
/// depends on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    Endless,
    None,
}

/// What becomes of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Done {
    Drop,
    Forget,
    CommitOneAndForget,
}

/// What an editor does with a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Edit {
    All,
    ForEach,
    Nothing,
}

pub(crate) fn an_op() -> impl Strategy<Value = Op> {
    let which = any::<Index>;
    let limit = || prop_oneof![0..4_usize, 0..40_usize, Just(usize::MAX)];
    let patience = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Patience::Endless)),
        2 => Just(Some(Patience::None))
    ];
    let done = prop_oneof![4 => Just(Done::Drop), 1 => Just(Done::Forget), 1 => Just(Done::CommitOneAndForget)];
    let edit =
        prop_oneof![3 => Just(Edit::All), 2 => Just(Edit::ForEach), 1 => Just(Edit::Nothing)];
    prop_oneof![
        14 => Just(Op::Publish),
        6 => (0..40_usize).prop_map(Op::Claim),
        6 => (vec(which(), 0..4), patience, any::<bool>())
            .prop_map(|(after, patience, oldest)| Op::Join { after, patience, oldest }),
        2 => which().prop_map(Op::Clone),
        8 => which().prop_map(Op::Recv),
        12 => (which(), limit(), done)
            .prop_map(|(reader, limit, then)| Op::Batch { reader, limit, then }),
        2 => which().prop_map(Op::Rejoin),
        3 => which().prop_map(Op::Leave),
        1 => any::<bool>().prop_map(|oldest| Op::Observe { oldest }),
        4 => (which(), limit(), proptest::bool::weighted(0.1))
            .prop_map(|(observer, limit, forget)| Op::Look { observer, limit, forget }),
        2 => (which(), proptest::bool::weighted(0.1))
            .prop_map(|(observer, forget)| Op::Latest { observer, forget }),
        1 => which().prop_map(Op::LookAway),
        16 => (which(), limit(), edit)
            .prop_map(|(editor, limit, how)| Op::Edit { editor, limit, how }),
        1 => proptest::option::weighted(0.2, which()).prop_map(|editor| {
            // Rarely, because it is the end of everything.
            editor.map_or(Op::Publish, Op::Fire)
        }),
        1 => proptest::bool::weighted(0.3).prop_map(|close| {
            if close { Op::Close } else { Op::Publish }
        }),
    ]
}
