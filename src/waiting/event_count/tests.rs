//! When a task has to pass the heavy fence again.

use core::task::Waker;

use super::EventCount;
use crate::sync::Fences;

#[test]
fn a_task_is_registered_once_until_it_is_woken() {
    for fences in [Fences::choose(), Fences::Symmetric] {
        let events = EventCount::new(fences);
        let register = |key, threshold| events.register_task(key, threshold, Waker::noop());
        assert!(register(1, 5));
        assert!(!register(1, 5), "it is registered already");
        assert!(register(0, 5), "another is not");
        events.wake(4);
        assert!(!register(1, 5) && !register(0, 5), "nobody waits for so little");
        events.wake(5);
        assert!(register(1, 5) && register(0, 5), "both were woken");
        assert!(register(1, 6), "for another position it is registered anew");
        events.deregister_task(1);
        assert!(register(1, 6));
        events.deregister_task(7);
        events.wake_all();
        assert_eq!(events.wakes(), 2);
        assert!(register(1, 6));
    }
}
