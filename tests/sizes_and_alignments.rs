//! Events of every size and alignment keep their content, are aligned and do not overlap.

mod common;

use std::fmt::Debug;
use std::thread;

use broadring::{Ring, Sequence};
use common::{count, event, finite, join};

/// An event whose bytes all depend on its sequence.
trait Payload: Clone + PartialEq + Debug + Send + Sync + 'static {
    fn of(sequence: u64) -> Self;
}

impl<const N: usize> Payload for [u8; N] {
    fn of(sequence: u64) -> Self {
        std::array::from_fn(|index| (event(sequence) >> (index % 8 * 8)) as u8 ^ index as u8)
    }
}

impl Payload for u16 {
    fn of(sequence: u64) -> Self {
        event(sequence) as Self
    }
}

impl Payload for u32 {
    fn of(sequence: u64) -> Self {
        event(sequence) as Self
    }
}

impl Payload for u64 {
    fn of(sequence: u64) -> Self {
        event(sequence)
    }
}

impl Payload for [u64; 3] {
    fn of(sequence: u64) -> Self {
        [0, 1, 2].map(|index| event(sequence) ^ index)
    }
}

impl Payload for u128 {
    fn of(sequence: u64) -> Self {
        Self::from(event(sequence)) << 64 | Self::from(event(!sequence))
    }
}

impl Payload for () {
    fn of(_sequence: u64) -> Self {}
}

/// Defines a type of `N` bytes, rounded up, with an alignment.
macro_rules! aligned {
    ($($name:ident $align:literal),*) => {$(
        #[repr(align($align))]
        #[derive(Clone, PartialEq, Debug)]
        struct $name<const N: usize>([u8; N]);

        impl<const N: usize> Payload for $name<N> {
            fn of(sequence: u64) -> Self {
                Self(Payload::of(sequence))
            }
        }
    )*};
}

aligned!(Align2 2, Align4 4, Align8 8, Align16 16, Align32 32, Align64 64, Align128 128);

/// Publishes and reads several laps in runs of changing length, and checks the content, the address
/// and the alignment of every event, and that no two events overlap. Rings start in the middle of a
/// block, too, and near the end of all sequences.
fn check_content_and_addresses<T: Payload>() {
    let firsts = [0, 5, (1 << 32) - 3, Sequence::MAX.get() - 1003];
    for (capacity, first) in [1, 2, 4, 8, 64, 128].into_iter().zip(firsts.into_iter().cycle()) {
        let builder = Ring::builder(capacity).first_sequence(first);
        let (mut writer, ring) = builder.build(|| T::of(u64::MAX));
        let mut reader = ring.subscribe().unwrap();
        let mut slots = vec![None; capacity];
        let laps = if cfg!(miri) { 2 } else { 5 };
        let mut run = 0;
        while writer.cursor().get() - first < laps * capacity as u64 {
            run = run % capacity + 1;
            let first = writer.cursor().get();
            let mut claim = writer.try_claim(run).unwrap();
            let mut lent = Vec::new();
            for (slot, sequence) in claim.iter_mut().zip(first..) {
                lent.push(&raw const *slot as usize);
                *slot = T::of(sequence);
            }
            for index in 0..run {
                assert_eq!(&raw const claim[index] as usize, lent[index]);
            }
            claim.publish();

            let batch = reader.try_batch().unwrap();
            assert_eq!(batch.len(), run);
            for (index, (sequence, event)) in batch.iter().enumerate() {
                assert_eq!(sequence, Sequence::new(first + index as u64));
                assert_eq!(*event, T::of(sequence.get()));
                let address = &raw const *event as usize;
                assert_eq!(address, lent[index], "the reader borrows the slot that was written");
                assert_eq!(address % align_of::<T>(), 0, "the event is aligned");
                // A slot has the same address in every lap.
                let slot = &mut slots[sequence.get() as usize % capacity];
                assert_eq!(*slot.get_or_insert(address), address);
            }
        }
        let mut addresses: Vec<_> = slots.into_iter().map(Option::unwrap).collect();
        addresses.sort_unstable();
        for pair in addresses.windows(2) {
            assert!(pair[1] - pair[0] >= size_of::<T>(), "two events overlap");
        }
    }
}

/// Publishes one event after the other, and checks that one batch has them all.
fn check_that_a_batch_has_everything<T: Payload>() {
    let (mut writer, ring) = Ring::builder(64).build(|| T::of(u64::MAX));
    let mut reader = ring.subscribe().unwrap();
    for published in [1, 2, 64, 3, 63, 7] {
        let first = writer.cursor().get();
        for sequence in first..first + published {
            writer.publish(T::of(sequence));
        }
        let batch = reader.try_batch().unwrap();
        assert_eq!(batch.len() as u64, published);
        assert!(batch.events().cloned().eq((first..first + published).map(T::of)));
    }
}

/// Publishes on one thread, and checks the content of every event on two others.
fn check_content_across_threads<T: Payload>() {
    finite(|| {
        let total = count(500);
        let (mut writer, ring) = Ring::builder(8).build(|| T::of(u64::MAX));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let mut reader = ring.subscribe().unwrap();
                thread::spawn(move || {
                    let mut next = 0;
                    while let Ok(event) = reader.recv() {
                        assert_eq!(event, T::of(next));
                        next += 1;
                    }
                    next
                })
            })
            .collect();
        for sequence in 0..total {
            if sequence % 2 == 0 {
                writer.publish(T::of(sequence));
            } else {
                writer.publish_with(|slot| *slot = T::of(sequence));
            }
        }
        drop(writer);
        for reader in readers {
            assert_eq!(join(reader), total);
        }
    });
}

macro_rules! for_each_type {
    ($($name:ident: $($type:ty),+;)+) => {$(
        #[test]
        fn $name() {
            $(
                check_content_and_addresses::<$type>();
                check_that_a_batch_has_everything::<$type>();
                check_content_across_threads::<$type>();
            )+
        }
    )+};
}

// "Line" is short for cache line.
for_each_type! {
    zero_sized_events_keep_their_order: (), [u8; 0], Align16<0>, Align64<0>, Align128<0>;
    events_smaller_than_a_word_do_not_overlap: [u8; 1], u16, [u8; 3], u32, [u8; 7];
    events_of_a_few_words_do_not_overlap: u64, [u64; 3], [u8; 24], u128;
    events_that_share_a_line_unevenly_do_not_overlap: [u8; 9], [u8; 19], [u8; 27], [u8; 28],
        [u8; 29];
    events_of_about_a_line_do_not_overlap: [u8; 55], [u8; 56], [u8; 57], [u8; 63], [u8; 64],
        [u8; 65];
    events_of_several_lines_do_not_overlap: [u8; 120], [u8; 121], [u8; 200], [u8; 1000];
    events_aligned_to_a_part_of_a_line_are_aligned: Align2<1>, Align2<6>, Align4<3>, Align4<12>,
        Align8<1>, Align8<24>, Align16<1>, Align16<48>, Align32<1>, Align32<32>, Align32<64>;
    events_aligned_to_a_line_or_more_are_aligned: Align64<1>, Align64<64>, Align64<65>,
        Align128<1>, Align128<128>, Align128<200>;
}

#[test]
fn zero_sized_events_are_counted() {
    let (mut writer, ring) = Ring::builder(4).build(|| ());
    let mut reader = ring.subscribe().unwrap();
    for lap in 0..10 {
        for _ in 0..4 {
            writer.try_publish(()).unwrap();
        }
        assert!(writer.try_publish(()).is_err());
        let batch = reader.try_batch().unwrap();
        assert_eq!((batch.len(), batch.events().count(), batch.iter().count()), (4, 4, 4));
        assert!(batch.iter().map(|(sequence, ())| sequence.get()).eq(4 * lap..4 * lap + 4));
    }
}

#[test]
fn a_ring_larger_than_memory_is_refused_before_anything_is_allocated() {
    let error = Ring::<u64>::try_builder(1 << (usize::BITS - 1)).unwrap_err();
    assert_eq!(error.suggestion(), None);
    assert!(Ring::<[u8; 1 << 20]>::try_builder(1 << (usize::BITS - 20)).is_err());
    assert!(Ring::<Align128<1>>::try_builder(1 << (usize::BITS - 8)).is_err());
    // The next power of two is not suggested if it would be too large as well.
    let error = Ring::<[u8; 1 << 40]>::try_builder(3 << (usize::BITS - 36)).unwrap_err();
    assert_eq!(error.suggestion(), None);
    // A builder alone allocates nothing.
    assert!(Ring::<u64>::try_builder(1 << (usize::BITS - 6)).is_ok());
}
