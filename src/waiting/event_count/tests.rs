//! What only the inside of an event count shows.

use core::task::Waker;

use super::EventCount;
use crate::sync::Fences;

#[test]
fn a_task_is_announced_once_until_it_is_woken() {
    for fences in [Fences::choose(), Fences::Symmetric] {
        let events = EventCount::new(fences);
        let announce = |key, threshold| events.register_task(key, threshold, Waker::noop());
        assert!(announce(1, 5));
        assert!(!announce(1, 5), "it is announced already");
        assert!(announce(0, 5), "another is not");
        events.wake(4);
        assert!(!announce(1, 5) && !announce(0, 5), "nobody waits for so little");
        events.wake(5);
        assert!(announce(1, 5) && announce(0, 5), "both were woken");
        assert!(announce(1, 6), "for another position it is announced anew");
        events.deregister_task(1);
        assert!(announce(1, 6));
        events.deregister_task(7);
        events.wake_all();
        assert_eq!(events.wakes(), 2);
        assert!(announce(1, 6));
    }
}
