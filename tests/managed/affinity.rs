//! A reader thread can be pinned to a core.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use broadring::managed::{Group, SpawnError};

use crate::common::{finite, publish_at_once};
use crate::rig::{Checker, Closures, ring};

#[test]
fn pinning_to_a_core_that_does_not_exist_fails_and_leaves_no_reader_behind() {
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
                Checker::at(0)
            });
            let Err(SpawnError::NoSuchCore { core: missing }) = spawned else {
                panic!("{spawned:?}")
            };
            assert_eq!(missing, core);
            assert_eq!(Arc::strong_count(&built), 1, "the thread has ended");
            assert_eq!(ring.reader_count(), 0);
            group.drain(Duration::ZERO).unwrap();
        }
        assert_eq!(built.load(Ordering::Relaxed), 0);
        publish_at_once(&mut writer);
    });
}

#[test]
fn a_thread_runs_on_its_core_even_if_its_spawner_is_pinned_to_another() {
    finite(|| {
        let cores = core_affinity::get_core_ids().unwrap();
        let (writer, ring) = ring(8);
        let mut threads = Vec::new();
        for &core in &cores {
            let spawned = ring.reader().managed().core(core.id).spawn_with(|| {
                let cores = core_affinity::get_core_ids().unwrap();
                Closures { event: |_, _| (), idle: None, close: |_| cores }
            });
            threads.push(spawned.unwrap());
            // The next thread is spawned by a thread that is pinned to this core.
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
