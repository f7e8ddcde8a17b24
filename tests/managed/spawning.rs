//! A thread that cannot be spawned leaves no reader behind, and errors name the reader and the
//! reason.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use broadring::managed::{Group, SpawnError};
use broadring::{End, Ring};

use crate::common::{built_for, finite, publish_next, ring_of};
use crate::rig::{Checker, give_up, never_built};

#[test]
fn a_thread_that_cannot_be_spawned_leaves_no_reader_and_builds_no_handler() {
    finite(|| {
        let (_writer, ring) = Ring::builder(8).max_readers(1).build(|| 0_u64);
        let built = Arc::new(AtomicUsize::new(0));
        let build = || {
            let built = Arc::clone(&built);
            move || {
                built.fetch_add(1, Ordering::Relaxed);
                Checker::at(0)
            }
        };

        let spawned = ring.reader().name("a\0b").managed().spawn_with(build());
        assert!(matches!(&spawned, Err(SpawnError::Thread(_))), "{spawned:?}");
        assert_eq!(ring.reader_count(), 0);

        let other = ring.subscribe().unwrap();
        let spawned = ring.reader().managed().spawn_with(build());
        let Err(SpawnError::Subscribe(error)) = spawned else { panic!("{spawned:?}") };
        assert_eq!(built_for(error), 1);
        assert_eq!(ring.reader_count(), 1);
        drop(other);

        assert_eq!(built.load(Ordering::Relaxed), 0);
        assert_eq!(Arc::strong_count(&built), 1, "the closure that builds the handler is dropped");
    });
}

#[test]
fn errors_name_the_reader_and_the_reason() {
    finite(|| {
        let (mut writer, reader, ring) = ring_of(8);
        drop(reader);
        let thread = ring.reader().name("risk").managed().spawn(|_, _, _| give_up()).unwrap();
        publish_next(&mut writer);
        let error = thread.join().unwrap_err();
        assert_eq!(error.to_string(), "the reader \"risk\" panicked: gave up");
        // It converts to a boxed error.
        let error: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
        assert!(format!("{error:?}").contains("gave up"));

        let group = Group::new();
        let never = never_built(&ring, &group);
        assert!(format!("{group:?}").contains("never"));
        drop(group);
        let error = never.join().unwrap_err();
        assert_eq!(error.to_string(), "the reader \"never\" was stopped before it was started");

        let error = SpawnError::NoSuchCore { core: 17 };
        assert_eq!(error.to_string(), "no thread can be pinned to core 17 here");
        assert_eq!(
            End::Stopped.to_string(),
            "the managed thread was stopped before the end of the stream"
        );
        assert!(End::Stopped.is_stopped() && !End::Closed.is_stopped());
    });
}
