//! Memory is allocated when the ring is built, and not again.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread;
use std::time::Duration;

use broadring::{Ring, Wait};

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is left to the system's allocator; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<R>(of: impl FnOnce() -> R) -> usize {
    let before = ALLOCATIONS.get();
    of();
    ALLOCATIONS.get() - before
}

#[test]
fn nothing_is_allocated_once_the_ring_is_built() {
    let (mut writer, ring) = Ring::builder(8).build(|| [0_u64; 4]);
    assert_ne!(allocations(|| drop(vec![0])), 0, "allocations are counted");

    let used = allocations(|| {
        let mut reader = ring.subscribe().unwrap();
        let mut clone = reader.clone();
        for n in 0..100 {
            writer.publish([n; 4]);
            writer.publish_with(|slot| slot[0] = n);
            let mut claim = writer.claim(2).unwrap();
            claim[1] = [n; 4];
            claim.publish();
            writer.publish_all([[n; 4]; 2]);
            assert_eq!(reader.recv(), Ok([n; 4]));
            assert_eq!(reader.wait_batch().map(|batch| batch.len()), Ok(5));
            clone.try_batch().unwrap().for_each(|event, _| assert_eq!(event.len(), 4));
        }
        assert!(reader.recv_timeout(Duration::from_micros(1)).is_err());
    });
    assert_eq!(used, 0);
}

#[test]
fn parking_and_waking_allocate_nothing() {
    let park = Wait::PARK.spins(0).yields(0);
    let builder = Ring::builder(1).reader_wait(park).writer_wait(park);
    let (mut writer, ring) = builder.build(|| 0);
    let mut reader = ring.subscribe().unwrap();
    let writing = thread::spawn(move || {
        allocations(|| {
            for n in 0..200 {
                writer.publish(n);
            }
        })
    });
    let reading = allocations(|| {
        for n in 0..200 {
            assert_eq!(reader.recv(), Ok(n));
        }
    });
    assert_eq!((writing.join().unwrap(), reading), (0, 0));
}
