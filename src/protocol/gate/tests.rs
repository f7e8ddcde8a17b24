//! Who may retain a gate, and when it is vacant again.

use super::{Gate, VACANT};
use crate::sync::Fences;

#[test]
fn a_gate_is_retained_by_whoever_comes_while_its_reader_or_another_holder_has_it() {
    let fences = Fences::choose();
    let gate = Gate::vacant(0, fences);
    let mut earlier = Vec::new();
    for holders in [0, 1, 3, 0, 2] {
        assert!(gate.try_take(5));
        assert!(!gate.try_take(5), "it is taken");
        let generation = gate.generation();
        let retain_too_late = |&generation: &u64| gate.retain(generation, fences);
        assert!(!earlier.iter().any(retain_too_late), "another reader has the gate");
        for _ in 0..holders {
            assert!(gate.retain(generation, fences));
        }
        assert_eq!(gate.is_retained(), holders > 0);
        assert_eq!(gate.leave(7), holders == 0);
        for left in (0..holders).rev() {
            assert!(gate.is_open() && !gate.try_take(5));
            assert!(gate.retain(generation, fences), "the others hold it");
            gate.release();
            assert_eq!(gate.progress().position, 7);
            gate.release();
            assert_eq!(left == 0, !gate.retain(generation, fences));
            if left > 0 {
                gate.release();
            }
        }
        assert_eq!(gate.gating_sequence(), VACANT);
        earlier.push(generation);
        assert!(!earlier.iter().any(retain_too_late), "nobody has the gate");
    }
}
