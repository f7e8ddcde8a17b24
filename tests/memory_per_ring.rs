//! How much memory a ring takes, byte by byte as `docs/tuning.md` says, and that it gives it back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::mem::{align_of, size_of};

use broadring::{ByteRing, Ring};

/// Counts the bytes that each thread has allocated and freed.
struct Counting;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
    static FREED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.set(ALLOCATED.get() + layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        FREED.set(FREED.get() + layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Returns how many bytes a ring allocates.
fn bytes<T: Send + Sync>(capacity: usize, readers: usize, factory: impl FnMut() -> T) -> usize {
    let before = ALLOCATED.get();
    let _handles = Ring::builder(capacity).max_readers(readers).build(factory);
    ALLOCATED.get() - before
}

/// The bytes of the slots, as the tuning guide gives them.
fn slots<T>(capacity: usize) -> usize {
    let event = size_of::<T>().max(align_of::<T>());
    let first = align_of::<T>().max(8);
    if first + event <= 64 {
        let events_per_line = (64 - first) / event;
        return capacity.div_ceil(events_per_line) * 64;
    }
    let first = align_of::<T>().max(64);
    let per_block = if event < 4096 { 1 << (4096 / event).ilog2() } else { 1 };
    let block = |events: usize| (first + events * event).next_multiple_of(first);
    capacity.div_ceil(per_block) * block(capacity.min(per_block))
}

/// Checks the formula for a type, over capacities, and the bytes of 1024 slots as documented.
fn check<T: Send + Sync>(factory: impl Fn() -> T, documented: usize) {
    assert_eq!(slots::<T>(1024), documented);
    let fixed = bytes(1, 1, &factory) - slots::<T>(1);
    for capacity in [2, 16, 64, 1024, 4096] {
        assert_eq!(bytes(capacity, 1, &factory), fixed + slots::<T>(capacity), "{capacity} slots");
    }
}

#[test]
fn small_events_share_cache_lines_with_their_stamps() {
    check(|| 0_u8, 19 * 64);
    check(|| 0_u64, 147 * 64);
    check(|| [0_u64; 2], 342 * 64);
    check(|| [0_u64; 3], 512 * 64);
    check(|| [0_u64; 4], 1024 * 64);
    check(|| [0_u64; 7], 1024 * 64);
}

#[test]
fn large_events_take_their_size_and_a_cache_line_for_up_to_four_kibibytes_of_them() {
    check(|| [0_u64; 8], 16 * (64 + 64 * 64));
    check(|| [0_u64; 9], 32 * (64 + 32 * 72));
    check(|| [0_u64; 32], 64 * (64 + 16 * 256));
    check(|| [0_u64; 128], 256 * (64 + 4 * 1024));
    check(|| [0_u64; 512], 1024 * (64 + 4096));
}

#[test]
fn alignment_counts_as_size_and_for_the_stamp() {
    #[repr(align(64))]
    struct Line(#[expect(dead_code, reason = "only its size counts")] [u8; 8]);
    #[repr(align(256))]
    struct Lines(#[expect(dead_code, reason = "only its size counts")] [u8; 8]);
    check(|| Line([0; 8]), 16 * (64 + 64 * 64));
    check(|| Lines([0; 8]), 64 * (256 + 16 * 256));
}

#[test]
#[cfg(all(target_arch = "x86_64", target_pointer_width = "64"))]
fn each_possible_reader_takes_half_a_kibibyte_and_the_rest_two_kibibytes() {
    let fixed = bytes(64, 0, || 0_u64) - slots::<u64>(64);
    let per_reader = (bytes(64, 101, || 0_u64) - bytes(64, 1, || 0_u64)) / 100;
    println!("{fixed} bytes for a ring, {per_reader} for each possible reader");
    assert!(per_reader <= 512, "{per_reader} bytes for each possible reader");
    assert!(fixed <= 2048, "{fixed} bytes besides slots and readers");
}

#[test]
fn a_ring_gives_all_its_memory_back_when_its_last_handle_is_dropped() {
    // This thread may have freed more than it has allocated: what others have handed to it.
    let kept = || ALLOCATED.get() as isize - FREED.get() as isize;
    let before = kept();
    let (mut writer, ring) = Ring::builder(64).name("orders").build(String::new);
    let (mut bytes, records) = ByteRing::builder(256).name("records").build();
    let mut reader = ring.reader().name("journal").subscribe().unwrap();
    let mut behind = ring.reader().after(&reader).unwrap().subscribe().unwrap();
    let mut heard = records.subscribe().unwrap();
    for number in 0..100 {
        writer.publish(number.to_string());
        bytes.publish(number.to_string().as_bytes()).unwrap();
        drop((reader.try_batch().unwrap(), heard.try_batch().unwrap()));
        drop(behind.recv().unwrap());
    }
    assert!(kept() > before);
    drop((writer, ring, reader, bytes, records, heard));
    assert!(kept() > before, "there is a reader left");
    drop(behind);
    assert_eq!(kept(), before);
}
