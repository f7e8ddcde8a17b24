//! Whatever is done to a ring with editors, dependents, evictable readers and observers, in
//! whatever order, it answers exactly as a model that consists of positions and events only. So it
//! does if what the ring calls panics, or a panic drops a guard.
//!
//! The fuzz target in `fuzz` includes all of these files but this one and `strategy`.

#[path = "../common/mod.rs"]
mod common;

mod editors;
mod event;
mod model;
mod observers;
mod ops;
mod pair;
mod panics;
mod readers;
mod strategy;
mod writer;

use proptest::collection::vec;
use proptest::prelude::*;

use common::{a_first_sequence, cases, finite};
use pair::Pair;
use strategy::an_op;

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
