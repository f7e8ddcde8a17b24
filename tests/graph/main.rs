//! Whatever is done to a ring with editors, dependents, evictable readers and observers, in whatever
//! order, it answers exactly as a model that consists of positions only.

#[path = "../common/mod.rs"]
mod common;

mod editors;
mod model;
mod observers;
mod ops;
mod pair;
mod readers;

use proptest::collection::vec;
use proptest::prelude::*;

use common::{a_first_sequence, cases, finite};
use ops::an_op;
use pair::Pair;

#[test]
fn a_ring_with_everything_in_it_answers_as_the_model_does() {
    finite(|| {
        let capacity = (0..6_u32).prop_map(|power| 1 << power);
        let editors = prop_oneof![4 => Just(0), 1 => Just(1), 1 => Just(3_usize)];
        proptest!(cases(384), |(capacity in capacity, first in a_first_sequence(), editors in editors, ops in vec(an_op(), 1..200))| {
            let mut pair = Pair::new(capacity, first, editors);
            for op in ops {
                pair.apply(op);
            }
        });
    });
}
