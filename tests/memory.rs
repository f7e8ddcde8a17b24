//! All memory is allocated when the ring is built: publishing, reading, editing, observing, parking
//! and waking allocate nothing.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread;
use std::time::Duration;

use broadring::Ring;
use common::{PARK, finite, join};

/// The allocator of the system, with a count of the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system allocator; counting allocates nothing.
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

/// The number of allocations that this thread makes in a closure.
fn allocations<R>(of: impl FnOnce() -> R) -> usize {
    let before = ALLOCATIONS.get();
    of();
    ALLOCATIONS.get() - before
}

#[test]
fn subscribing_publishing_and_reading_allocate_nothing() {
    finite(|| {
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
    });
}

#[test]
fn editing_observing_rejoining_and_reading_in_a_chain_allocate_nothing() {
    finite(|| {
        let (mut writer, [mut editor], ring) =
            Ring::builder(8).build_with_editors(["editor"], || 0);
        let mut first = ring.subscribe().unwrap();
        let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
        let mut skipping = ring.reader().evict_after(Duration::MAX).subscribe().unwrap();
        let mut observer = ring.observe().unwrap();

        let used = allocations(|| {
            for n in 1..100 {
                for _ in 0..4 {
                    writer.publish(n);
                }
                editor.try_batch_up_to(2).unwrap().iter_mut().for_each(|(_, event)| *event += 1);
                editor.wait_batch().unwrap().for_each(|event, _| *event += 1);
                assert_eq!(first.wait_batch().map(|batch| batch.len()), Ok(4));
                assert_eq!(second.recv(), Ok(n + 1));
                assert_eq!(second.wait_batch().map(|batch| batch.len()), Ok(3));
                assert_eq!(observer.look().map(|glimpse| glimpse.len()), Ok(4));
                assert_eq!(observer.latest().map(|glimpse| glimpse.len()), Some(1));
                assert_eq!(skipping.rejoin(), Ok(4));
            }
        });
        assert_eq!(used, 0);
    });
}

#[test]
fn parking_and_waking_allocate_nothing() {
    finite(|| {
        let builder = Ring::builder(1).reader_wait(PARK).writer_wait(PARK);
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
        assert_eq!((join(writing), reading), (0, 0));
    });
}

#[cfg(feature = "async")]
#[test]
fn polling_a_waiting_future_again_allocates_nothing() {
    use std::pin::pin;
    use std::task::{Context, Waker};

    finite(|| {
        let (mut writer, ring) = Ring::builder(1).build(|| 0);
        let mut reader = ring.subscribe().unwrap();
        let mut context = Context::from_waker(Waker::noop());
        let mut receiving = pin!(reader.recv_async());
        // The first poll allocates the list of wakers.
        assert!(receiving.as_mut().poll(&mut context).is_pending());
        let used = allocations(|| {
            for _ in 0..100 {
                assert!(receiving.as_mut().poll(&mut context).is_pending());
            }
            writer.publish(1);
            assert!(receiving.as_mut().poll(&mut context).is_ready());
        });
        assert_eq!(used, 0);
    });
}
