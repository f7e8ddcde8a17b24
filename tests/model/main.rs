//! Whatever is done to a ring with plain readers, in whatever order, it answers exactly as a model that
//! keeps a queue for every reader.

#[path = "../common/mod.rs"]
mod common;

mod ops;
mod pair;
mod queues;

use proptest::collection::vec;
use proptest::prelude::*;

use common::{a_first_sequence, cases, finite};
use ops::an_op;
use pair::Pair;

#[test]
fn a_ring_answers_as_the_model_does() {
    finite(|| {
        let capacity = (0..7_u32).prop_map(|power| 1 << power);
        proptest!(cases(256), |(capacity in capacity, first in a_first_sequence(), ops in vec(an_op(), 1..150))| {
            let mut pair = Pair::new(capacity, first);
            for op in ops {
                pair.apply(op);
            }
        });
    });
}
