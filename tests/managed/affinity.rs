//! Threads with a core of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use broadring::Sequence;
use broadring::managed::{Group, SpawnError};

use crate::common::{Tally, finite, publish_at_once};
use crate::handlers::{Checks, With, ring};

#[test]
fn a_core_that_does_not_exist_is_an_error_and_leaves_nothing_behind() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let built = Arc::new(AtomicUsize::new(0));
        for core in [1023, 1024, 1 << 20, usize::MAX] {
            if core_affinity::get_core_ids().unwrap().iter().any(|known| known.id == core) {
                continue;
            }
            let group = Group::new();
            group.start();
            let also = Arc::clone(&built);
            let builder = ring.reader().name("pinned").managed().core(core).group(&group);
            let spawned = builder.spawn_with(move || {
                also.fetch_add(1, Ordering::Relaxed);
                Checks(Tally::at(Sequence::new(0)))
            });
            let Err(SpawnError::NoSuchCore { core: missing }) = spawned else {
                panic!("{spawned:?}")
            };
            assert_eq!(missing, core);
            assert_eq!(Arc::strong_count(&built), 1, "the thread is gone");
            assert_eq!(ring.reader_count(), 0);
            group.drain(Duration::ZERO).unwrap();
        }
        assert_eq!(built.load(Ordering::Relaxed), 0);
        publish_at_once(&mut writer);
    });
}

#[test]
fn a_thread_has_the_core_that_was_asked_for_also_if_its_spawner_has_another() {
    finite(|| {
        let cores = core_affinity::get_core_ids().unwrap();
        let (writer, ring) = ring(8);
        let mut threads = Vec::new();
        for &core in &cores {
            let spawned = ring.reader().managed().core(core.id).spawn_with(|| {
                let cores = core_affinity::get_core_ids().unwrap();
                With { event: |_, _| (), idle: None, close: |_| cores }
            });
            threads.push(spawned.unwrap());
            // The next one is spawned by a thread that has this core.
            assert!(core_affinity::set_for_current(core));
        }
        drop(writer);
        for (core, thread) in cores.into_iter().zip(threads) {
            let found = thread.join().unwrap();
            if cfg!(target_os = "linux") {
                assert_eq!(found, [core], "while its handler was built");
            }
        }
    });
}
