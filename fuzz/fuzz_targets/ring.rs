//! Reads a byte string as a program over all handles of a ring, and checks that the ring answers as
//! the model of `tests/graph` does.

#![no_main]

#[path = "../../tests/graph/editors.rs"]
mod editors;
#[path = "../../tests/graph/event.rs"]
mod event;
#[path = "../../tests/graph/model.rs"]
mod model;
#[path = "../../tests/graph/observers.rs"]
mod observers;
#[path = "../../tests/graph/ops.rs"]
mod ops;
#[path = "../../tests/graph/pair.rs"]
mod pair;
#[path = "../../tests/graph/panics.rs"]
mod panics;
#[path = "../../tests/graph/readers.rs"]
mod readers;
#[path = "../../tests/graph/writer.rs"]
mod writer;

use arbitrary::{Arbitrary, Unstructured};
use broadring::Sequence;
use libfuzzer_sys::fuzz_target;

use ops::{Op, Way};
use pair::Pair;

/// Where streams start: at 0, in the middle of a block, and near the widths of numbers.
const FIRSTS: [u64; 4] = [0, 5, (1 << 32) - 20, Sequence::MAX.get() - 1_000_000];

/// A ring, and what is done to it.
#[derive(Debug)]
struct Program {
    capacity: usize,
    first: u64,
    editors: usize,
    ops: Vec<Op>,
}

impl<'a> Arbitrary<'a> for Program {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let capacity = 1 << bytes.int_in_range(0..=5_u8)?;
        let first = *bytes.choose(&FIRSTS)?;
        let editors = *bytes.choose(&[0, 0, 1, 3])?;
        let mut ops = Vec::new();
        while !bytes.is_empty() {
            ops.push(an_op(bytes)?);
        }
        Ok(Self { capacity, first, editors, ops })
    }
}

/// The next operation. Those that end everything come rarely.
fn an_op(bytes: &mut Unstructured<'_>) -> arbitrary::Result<Op> {
    let op = bytes.arbitrary()?;
    match op {
        Op::Fire(_) | Op::Close if !bytes.ratio(1, 16_u8)? => {
            Ok(Op::Publish { way: Way::TryValue, panics: false })
        }
        _ => Ok(op),
    }
}

fuzz_target!(|program: Program| {
    let mut pair = Pair::new(program.capacity, program.first, program.editors);
    for op in program.ops {
        pair.apply(op);
    }
});
