//! The arithmetic of the packed blocks, over sizes, alignments and capacities.

use super::*;

/// As large as `N` bytes, rounded up, and aligned.
macro_rules! aligned {
    ($($name:ident $align:literal),*) => {$(
        #[repr(align($align))]
        struct $name<const N: usize>([u8; N]);

        impl<const N: usize> Filled for $name<N> {
            fn filled(with: u8) -> Self {
                Self([with; N])
            }

            fn bytes(&self) -> &[u8] {
                &self.0
            }
        }
    )*};
}

aligned!(A1 1, A2 2, A4 4, A8 8, A16 16, A32 32, A64 64, A128 128);

/// An event that can be told apart by its bytes.
trait Filled {
    fn filled(with: u8) -> Self;
    fn bytes(&self) -> &[u8];
}

const CAPACITIES: [usize; 7] = [1, 2, 4, 8, 16, 32, 128];

/// The addresses of all slots, one by one.
fn addresses<T>(slots: &Slots<T>) -> Vec<usize> {
    (0..slots.capacity() as u64).map(|index| slots.slot(index).addr().get()).collect()
}

/// Where the block of a sequence starts.
fn start<T>(slots: &Slots<T>, sequence: u64) -> usize {
    slots.start(&slots.block(sequence), sequence).addr() - slots.memory.start.addr().get()
}

fn stamped<T>(slots: &Slots<T>, sequence: u64) -> u64 {
    slots.stamped(&slots.block(sequence), sequence)
}

/// How many slots there are from a sequence to the end of its block.
fn rest_of_block<T>(slots: &Slots<T>, sequence: u64) -> usize {
    slots.walk::<false>(slots.block(sequence), sequence, slots.capacity()).run()
}

/// Going from block to block leads where the division leads, lap after lap.
fn moving_on_agrees_with_the_division<T>(slots: &Slots<T>) {
    let capacity = slots.capacity() as u64;
    for first in [0, 5 * capacity, (1 << 40) - capacity, u64::MAX - 6 * capacity] {
        let (mut writer, mut reader) = (slots.block(first), slots.block(first));
        for sequence in first..first + 3 * capacity + 2 {
            slots.move_writer(&mut writer, sequence);
            slots.move_reader(&mut reader, sequence, 0);
            assert_eq!((writer, reader), (slots.block(sequence), slots.block(sequence)));
        }
    }
}

/// Walking from any sequence, over any length, passes what slot by slot is
/// passed, whether by hand, by `fold`, or first one and then the other.
fn walk_agrees_with_the_division<T>(slots: &Slots<T>) {
    let capacity = slots.capacity();
    let step = if capacity > 16 { 5 } else { 1 };
    for first in (0..2 * capacity as u64).step_by(step) {
        for len in (0..=capacity).step_by(step).chain([capacity]) {
            let expected: Vec<_> = (first..first + len as u64).map(|at| slots.slot(at)).collect();
            // From the block of the sequence, or from the one before.
            let block = match first.checked_sub(1).map(|before| slots.block(before)) {
                Some(before) if !slots.holds(&before, first) => before,
                _ => slots.block(first),
            };
            let by_hand = {
                let mut walk = slots.walk::<true>(block, first, len);
                let mut passed = Vec::new();
                loop {
                    assert_eq!(walk.len(), len - passed.len());
                    match walk.next() {
                        Some(slot) => passed.push(slot),
                        None => break passed,
                    }
                }
            };
            assert_eq!(by_hand, expected);
            for taken in [0, 1, len / 2, len] {
                let mut walk = slots.walk::<false>(block, first, len);
                let mut passed: Vec<_> = walk.by_ref().take(taken).collect();
                walk.for_each(|slot| passed.push(slot));
                assert_eq!(passed, expected);
            }
            let mut over = slots.walk::<false>(block, first, len);
            over.by_ref().for_each(drop);
            assert_eq!((over.next(), over.next(), over.len()), (None, None, 0));
        }
    }
}

/// Every slot is aligned, inside the memory, and clear of all others and of all
/// stamps.
fn slots_keep_apart<T>(slots: &Slots<T>) {
    let start = slots.memory.start.addr().get();
    let end = start + slots.memory.layout.size();
    assert_eq!(start % Slots::<T>::ALIGN, 0);
    assert_eq!(Slots::<T>::STRIDE % STAMP, 0);

    let slots_at = addresses(slots);
    let stamps_at = (start..end).step_by(Slots::<T>::STRIDE).map(|block| (block, STAMP));
    let mut taken: Vec<_> =
        slots_at.iter().map(|&at| (at, size_of::<T>())).chain(stamps_at).collect();
    for &at in &slots_at {
        assert_eq!(at % align_of::<T>(), 0);
        assert!(start <= at && at + size_of::<T>() <= end);
    }
    taken.retain(|&(_, size)| size > 0);
    taken.sort_unstable();
    for pair in taken.windows(2) {
        let ((at, size), (next, _)) = (pair[0], pair[1]);
        assert!(at + size <= next, "{size} bytes at {at} reach into what is at {next}");
    }
}

/// A slot lies in the block whose stamp announces it, and where the two fit into
/// one cache line, that is one cache line.
fn slots_lie_with_their_stamp<T>(slots: &Slots<T>) {
    let size = size_of::<T>();
    let fits = size_of::<T>().max(1) + align_of::<T>().max(STAMP) <= CACHE_LINE;
    assert_eq!(fits, Slots::<T>::SMALL);
    for index in 0..slots.capacity() as u64 {
        let stamp = slots.memory.start.addr().get() + start(slots, index);
        let slot = slots.slot(index).addr().get();
        assert!(stamp + STAMP <= slot);
        assert!(slot + size <= stamp + Slots::<T>::STRIDE);
        if fits {
            assert_eq!((stamp % CACHE_LINE, Slots::<T>::STRIDE), (0, CACHE_LINE));
            assert!(slot + size <= stamp + CACHE_LINE);
        }
    }
}

/// A stamp is that of all slots of its block, and of no other.
fn stamps_are_one_for_each_block<T>(slots: &Slots<T>) {
    let all = 0..slots.capacity() as u64;
    assert!(all.clone().all(|sequence| stamped(slots, sequence) == 0));
    for sequence in all.clone() {
        slots.set_stamp(&slots.block(sequence), sequence, sequence + 1);
        for other in all.clone() {
            assert_eq!(
                stamped(slots, other) == sequence + 1,
                start(slots, other) == start(slots, sequence)
            );
        }
    }
}

/// What is written to the slots stays there, whatever is written to the others
/// and to the stamps.
fn content_stays<T: Filled>(capacity: usize) {
    let mut made = 0_u8;
    let slots = Slots::new(capacity, || {
        made = made.wrapping_add(1);
        T::filled(made)
    });
    for index in 0..capacity as u64 {
        slots.set_stamp(&slots.block(index), index, u64::MAX - index);
    }
    let all = slots.walk::<false>(slots.block(0), 0, capacity);
    for (slot, expected) in all.zip((0..).map(|n: usize| n as u8)) {
        // SAFETY: the slot is filled, and nobody writes to it.
        let event = unsafe { slot.as_ref() };
        assert!(event.bytes().iter().all(|&byte| byte == expected.wrapping_add(1)));
    }
    for index in 0..capacity as u64 {
        let block = start(&slots, index);
        let last = (0..capacity as u64).rfind(|&at| start(&slots, at) == block);
        assert_eq!(Some(u64::MAX - stamped(&slots, index)), last);
    }
}

fn all_hold<T: Filled>() {
    for capacity in CAPACITIES {
        if cfg!(miri) && capacity > 16 {
            break;
        }
        let slots = Slots::new(capacity, || T::filled(0));
        assert_eq!(slots.capacity(), capacity);
        moving_on_agrees_with_the_division(&slots);
        walk_agrees_with_the_division(&slots);
        slots_keep_apart(&slots);
        slots_lie_with_their_stamp(&slots);
        stamps_are_one_for_each_block(&slots);
        content_stays::<T>(capacity);
    }
}

macro_rules! packed {
    ($($name:ident: $($type:ty),+;)+) => {$(
        #[test]
        fn $name() {
            $(all_hold::<$type>();)+
        }
    )+};
}

packed! {
    nothing_is_packed: A1<0>, A8<0>, A16<0>, A64<0>, A128<0>;
    bytes_are_packed: A1<1>, A1<3>, A1<7>, A1<9>, A1<11>;
    uneven_events_are_packed: A1<18>, A1<19>, A1<27>, A1<28>, A1<29>;
    words_are_packed: A2<2>, A4<4>, A8<8>, A8<16>, A8<24>, A4<12>, A2<6>;
    events_of_about_a_line_are_packed: A1<55>, A1<56>, A1<57>, A8<48>, A8<56>, A8<64>;
    large_events_are_packed: A1<120>, A1<121>, A8<200>, A1<256>, A1<1000>;
    aligned_events_are_packed: A16<16>, A16<48>, A16<64>, A32<32>, A32<64>;
    events_aligned_to_lines_are_packed: A64<1>, A64<64>, A64<128>, A128<1>, A128<128>, A128<256>;
}

#[test]
fn a_block_holds_as_many_events_as_documented() {
    assert_eq!((Slots::<u64>::LANES, Slots::<u64>::STRIDE), (7, 64));
    assert_eq!((Slots::<u8>::LANES, Slots::<u8>::STRIDE), (56, 64));
    assert_eq!((Slots::<u32>::LANES, Slots::<u32>::STRIDE), (14, 64));
    assert_eq!((Slots::<[u64; 3]>::LANES, Slots::<[u64; 3]>::STRIDE), (2, 64));
    assert_eq!((Slots::<A1<28>>::LANES, Slots::<A1<28>>::STRIDE), (2, 64));
    assert_eq!((Slots::<A1<29>>::LANES, Slots::<A1<29>>::STRIDE), (1, 64));
    assert_eq!((Slots::<A1<56>>::LANES, Slots::<A1<56>>::STRIDE), (1, 64));
    assert_eq!((Slots::<A1<57>>::LANES, Slots::<A1<57>>::STRIDE), (64, 64 + 64 * 57));
    assert_eq!((Slots::<A8<64>>::LANES, Slots::<A8<64>>::STRIDE), (64, 64 + 64 * 64));
    assert_eq!((Slots::<A1<200>>::LANES, Slots::<A1<200>>::STRIDE), (16, 64 + 16 * 200));
    assert_eq!((Slots::<A8<4096>>::LANES, Slots::<A8<4096>>::STRIDE), (1, 64 + 4096));
    assert_eq!((Slots::<A16<16>>::LANES, Slots::<A16<16>>::STRIDE), (3, 64));
    assert_eq!((Slots::<A32<32>>::LANES, Slots::<A32<32>>::STRIDE), (1, 64));
    assert_eq!((Slots::<A64<64>>::LANES, Slots::<A64<64>>::STRIDE), (64, 64 + 64 * 64));
    assert_eq!((Slots::<A128<128>>::LANES, Slots::<A128<128>>::STRIDE), (32, 128 + 32 * 128));
}

#[test]
fn seven_words_to_a_block_and_the_last_block_as_it_comes() {
    let slots = Slots::new(16, || 0_u64);
    let places: Vec<_> = (0..18).map(|at| (start(&slots, at), rest_of_block(&slots, at))).collect();
    assert_eq!(places[..2], [(0, 7), (0, 6)]);
    assert_eq!(places[6..9], [(0, 1), (64, 7), (64, 6)]);
    assert_eq!(places[13..], [(64, 1), (128, 2), (128, 1), (0, 7), (0, 6)]);
    assert_eq!(slots.memory.layout.size(), 3 * 64);
    let first = addresses(&slots)[0];
    assert_eq!(first % 64, 8);
}

#[test]
fn what_fits_into_memory_is_known_before_it_is_asked_for() {
    assert!(Slots::<u64>::fits(1));
    assert!(Slots::<u64>::fits(1 << 40));
    assert!(!Slots::<u64>::fits(1 << (usize::BITS - 1)));
    assert!(!Slots::<[u8; 4096]>::fits(1 << (usize::BITS - 12)));
    assert!(!Slots::<A128<1>>::fits(1 << (usize::BITS - 8)));
    assert!(Slots::<A128<1>>::fits(1 << (usize::BITS - 10)));
}
