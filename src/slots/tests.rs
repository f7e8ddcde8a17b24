//! The arithmetic of the packed lines, over sizes, alignments and capacities.

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

/// The addresses of all slots, place by place.
fn addresses<T>(slots: &Slots<T>) -> Vec<usize> {
    (0..slots.capacity() as u64).map(|index| slots.slot(slots.place(index)).addr().get()).collect()
}

/// Going from place to place leads where the division leads, lap after lap.
fn step_agrees_with_place<T>(slots: &Slots<T>) {
    let capacity = slots.capacity() as u64;
    for first in [0, 5 * capacity, (1 << 40) - capacity, u64::MAX - 6 * capacity] {
        let mut place = slots.place(first);
        for sequence in first + 1..first + 3 * capacity + 2 {
            slots.step(&mut place);
            assert_eq!(place, slots.place(sequence));
        }
    }
}

/// Walking from any sequence, over any length, passes what place by place is
/// passed, whether by hand, by `fold`, or first one and then the other.
fn walk_agrees_with_place<T>(slots: &Slots<T>) {
    let capacity = slots.capacity();
    let step = if capacity > 16 { 5 } else { 1 };
    for first in (0..2 * capacity as u64).step_by(step) {
        for len in (0..=capacity).step_by(step).chain([capacity]) {
            let expected: Vec<_> =
                (first..first + len as u64).map(|at| slots.slot(slots.place(at))).collect();
            let by_hand = {
                let mut walk = slots.walk(slots.place(first), len);
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
                let mut walk = slots.walk(slots.place(first), len);
                let mut passed: Vec<_> = walk.by_ref().take(taken).collect();
                walk.for_each(|slot| passed.push(slot));
                assert_eq!(passed, expected);
            }
            let mut over = slots.walk(slots.place(first), len);
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
    assert_eq!(Slots::<T>::STRIDE % Slots::<T>::ALIGN, 0);

    let slots_at = addresses(slots);
    let stamps_at = (start..end).step_by(Slots::<T>::STRIDE).map(|line| (line, STAMP));
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

/// A slot lies in the line whose stamp announces it, and where the two fit into
/// one cache line, that is one cache line.
fn slots_lie_with_their_stamp<T>(slots: &Slots<T>) {
    let size = size_of::<T>();
    let fits = size_of::<T>().max(1) + align_of::<T>().max(STAMP) <= CACHE_LINE;
    for index in 0..slots.capacity() as u64 {
        let place = slots.place(index);
        let stamp = slots.memory.start.addr().get() + Slots::<T>::line(place);
        let slot = slots.slot(place).addr().get();
        assert!(stamp + STAMP <= slot);
        assert!(slot + size <= stamp + Slots::<T>::STRIDE);
        if fits {
            assert_eq!((stamp % CACHE_LINE, Slots::<T>::STRIDE), (0, CACHE_LINE));
            assert!(slot + size <= stamp + CACHE_LINE);
        } else {
            assert_eq!((slots.lanes_from(place), Slots::<T>::LANES), (1, 1));
        }
    }
}

/// A stamp is that of all slots of its line, and of no other.
fn stamps_are_one_for_each_line<T>(slots: &Slots<T>) {
    let places: Vec<_> = (0..slots.capacity() as u64).map(|at| slots.place(at)).collect();
    assert!(places.iter().all(|&place| slots.stamped(place) == 0));
    for (number, &place) in (1..).zip(&places) {
        slots.set_stamp(place, number);
        for &other in &places {
            assert_eq!(
                slots.stamped(other) == number,
                Slots::<T>::line(other) == Slots::<T>::line(place)
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
        slots.set_stamp(slots.place(index), u64::MAX - index);
    }
    for (slot, expected) in slots.walk(slots.place(0), capacity).zip((0..).map(|n: usize| n as u8))
    {
        // SAFETY: the slot is filled, and nobody writes to it.
        let event = unsafe { slot.as_ref() };
        assert!(event.bytes().iter().all(|&byte| byte == expected.wrapping_add(1)));
    }
    for index in 0..capacity as u64 {
        let line = Slots::<T>::line(slots.place(index));
        let last = (0..capacity as u64).rfind(|&at| Slots::<T>::line(slots.place(at)) == line);
        assert_eq!(Some(u64::MAX - slots.stamped(slots.place(index))), last);
    }
}

fn all_hold<T: Filled>() {
    for capacity in CAPACITIES {
        if cfg!(miri) && capacity > 16 {
            break;
        }
        let slots = Slots::new(capacity, || T::filled(0));
        assert_eq!(slots.capacity(), capacity);
        step_agrees_with_place(&slots);
        walk_agrees_with_place(&slots);
        slots_keep_apart(&slots);
        slots_lie_with_their_stamp(&slots);
        stamps_are_one_for_each_line(&slots);
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
    large_events_are_packed: A1<120>, A1<121>, A8<200>, A1<1000>;
    aligned_events_are_packed: A16<16>, A16<48>, A16<64>, A32<32>, A32<64>;
    events_aligned_to_lines_are_packed: A64<1>, A64<64>, A64<128>, A128<1>, A128<128>, A128<256>;
}

#[test]
fn a_line_holds_as_many_events_as_documented() {
    assert_eq!((Slots::<u64>::LANES, Slots::<u64>::STRIDE), (7, 64));
    assert_eq!((Slots::<u8>::LANES, Slots::<u8>::STRIDE), (56, 64));
    assert_eq!((Slots::<u32>::LANES, Slots::<u32>::STRIDE), (14, 64));
    assert_eq!((Slots::<[u64; 3]>::LANES, Slots::<[u64; 3]>::STRIDE), (2, 64));
    assert_eq!((Slots::<A1<28>>::LANES, Slots::<A1<28>>::STRIDE), (2, 64));
    assert_eq!((Slots::<A1<29>>::LANES, Slots::<A1<29>>::STRIDE), (1, 64));
    assert_eq!((Slots::<A1<56>>::LANES, Slots::<A1<56>>::STRIDE), (1, 64));
    assert_eq!((Slots::<A1<57>>::LANES, Slots::<A1<57>>::STRIDE), (1, 128));
    assert_eq!((Slots::<A1<200>>::LANES, Slots::<A1<200>>::STRIDE), (1, 256));
    assert_eq!((Slots::<A16<16>>::LANES, Slots::<A16<16>>::STRIDE), (3, 64));
    assert_eq!((Slots::<A32<32>>::LANES, Slots::<A32<32>>::STRIDE), (1, 64));
    assert_eq!((Slots::<A64<64>>::LANES, Slots::<A64<64>>::STRIDE), (1, 128));
    assert_eq!((Slots::<A128<128>>::LANES, Slots::<A128<128>>::STRIDE), (1, 256));
}

#[test]
fn seven_words_to_a_line_and_the_last_line_as_it_comes() {
    let slots = Slots::new(16, || 0_u64);
    let places: Vec<_> = (0..18)
        .map(|at| slots.place(at))
        .map(|place| (Slots::<u64>::line(place), slots.lanes_from(place)))
        .collect();
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
