//! When a task, or a wait set, has to pass the heavy fence again.

use core::task::Waker;

use super::{EventCount, Owner};
use crate::sync::Fences;

#[test]
fn a_task_is_registered_once_until_it_is_woken() {
    for fences in [Fences::choose(), Fences::Symmetric] {
        let events = EventCount::new(fences);
        let register =
            |id, threshold| events.register_set(Owner::Set(id), threshold, Waker::noop());
        assert!(register(1, 5));
        assert!(!register(1, 5), "it is registered already");
        assert!(register(0, 5), "another is not");
        events.wake(4);
        assert!(!register(1, 5) && !register(0, 5), "nobody waits for so little");
        events.wake(5);
        assert!(register(1, 5) && register(0, 5), "both were woken");
        assert!(register(1, 6), "for another position it is registered anew");
        events.deregister_task(Owner::Set(1));
        assert!(register(1, 6));
        events.deregister_task(Owner::Set(7));
        events.wake_all();
        assert_eq!(events.wakes(), 2);
        assert!(register(1, 6));
    }
}

#[cfg(feature = "async")]
#[test]
fn handles_and_wait_sets_with_the_same_number_are_different_owners() {
    let events = EventCount::new(Fences::choose());
    let register = |owner| events.register_set(owner, 5, Waker::noop());
    assert!(register(Owner::Handle(3)) && register(Owner::Set(3)) && register(Owner::Handle(0)));
    assert!(!register(Owner::Handle(3)) && !register(Owner::Set(3)));
    events.deregister_task(Owner::Handle(3));
    assert!(!register(Owner::Set(3)) && register(Owner::Handle(3)));
    events.wake(5);
    assert!(register(Owner::Handle(3)) && register(Owner::Set(3)) && register(Owner::Handle(0)));
}
