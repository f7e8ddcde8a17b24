//! Which handle may go where: a table of auto traits, checked line by line.

use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::MutexGuard;

use broadring::managed::{
    Failure, Fate, Group, JoinError, ReaderThread, ShutdownError, SpawnError, ThreadBuilder,
};
use broadring::{
    Batch, BatchEvents, BatchIter, CapacityError, Claim, ClaimError, ClaimIterMut, EditBatch,
    EditIterMut, Editor, End, Events, Evicted, Glimpse, Member, Observer, OtherRingError,
    PublishTimeoutError, ReadTimeoutError, Reader, ReaderBuilder, Ring, RingBuilder, Role,
    Sequence, SubscribeError, TryClaimError, TryPublishError, TryReadError, UpstreamLeft, Wait,
    Writer,
};

/// Whether a type implements a trait: an inherent constant is found before one of
/// a trait that every type has.
macro_rules! implements {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code, reason = "used only where the bound does not hold")]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}

        struct Asked<T: ?Sized>(std::marker::PhantomData<T>);

        #[allow(dead_code, reason = "used only where the bound holds")]
        impl<T: ?Sized + $($bound)+> Asked<T> {
            const ANSWER: bool = true;
        }

        <Asked<$type>>::ANSWER
    }};
}

/// Checks lines of a table: a type, and for each column whether it has the trait.
macro_rules! table {
    ($($type:ty: $send:literal $sync:literal $clone:literal $copy:literal;)+) => {$(
        let name = stringify!($type);
        assert_eq!(implements!($type: Send), $send, "{name}: Send");
        assert_eq!(implements!($type: Sync), $sync, "{name}: Sync");
        assert_eq!(implements!($type: Clone), $clone, "{name}: Clone");
        assert_eq!(implements!($type: Copy), $copy, "{name}: Copy");
        assert!(implements!($type: Unpin), "{name}: Unpin");
        assert!(implements!($type: std::fmt::Debug), "{name}: Debug");
    )+};
}

/// May be shared, but not sent.
type NotSend = MutexGuard<'static, u64>;
/// May be sent, but not shared.
type NotSync = Cell<u64>;
/// Neither.
type Neither = Rc<u64>;

#[test]
fn the_question_can_be_answered_both_ways() {
    assert!(implements!(u64: Send) && implements!(u64: Copy) && implements!(u64: UnwindSafe));
    assert!(!implements!(Neither: Send) && !implements!(String: Copy));
    assert!(implements!(NotSync: Send) && !implements!(NotSync: Sync));
    assert!(!implements!(NotSend: Send) && implements!(NotSend: Sync));
    assert!(!implements!(&mut u64: UnwindSafe) && !implements!(NotSync: RefUnwindSafe));
}

#[test]
fn handles_of_ordinary_events_go_anywhere() {
    table! {
        // the type                   Send  Sync  Clone Copy
        Writer<u64>:                  true  true  false false;
        Reader<u64>:                  true  true  true  false;
        Ring<u64>:                    true  true  true  false;
        RingBuilder<u64>:             true  true  false false;
        ReaderBuilder<u64>:           true  true  false false;
        Batch<'static, u64>:          true  true  false false;
        BatchEvents<'static, u64>:    true  true  false false;
        BatchIter<'static, u64>:           true  true  false false;
        Events<'static, u64>:         true  true  false false;
        Claim<'static, u64>:          true  true  false false;
        ClaimIterMut<'static, u64>:        true  true  false false;
        Editor<u64>:                  true  true  false false;
        EditBatch<'static, u64>:      true  true  false false;
        EditIterMut<'static, u64>:    true  true  false false;
        Observer<u64>:                true  true  false false;
        Glimpse<'static, u64>:        true  true  false false;
        Member:                       true  true  true  false;
        Role:                         true  true  true  true;
        Sequence:                     true  true  true  true;
        Wait:                         true  true  true  true;
    }
}

#[test]
fn handles_of_events_that_may_not_be_shared_or_sent_stay_where_they_are() {
    macro_rules! stays {
        ($($event:ty),+) => {$(
            table! {
                Writer<$event>:                false false false false;
                Reader<$event>:                false false true  false;
                Ring<$event>:                  false false true  false;
                ReaderBuilder<$event>:         false false false false;
                Batch<'static, $event>:        false false false false;
                BatchEvents<'static, $event>:  false false false false;
                BatchIter<'static, $event>:         false false false false;
                Events<'static, $event>:       false false false false;
                Claim<'static, $event>:        false false false false;
                ClaimIterMut<'static, $event>:      false false false false;
                Editor<$event>:                false false false false;
                EditBatch<'static, $event>:    false false false false;
                EditIterMut<'static, $event>:  false false false false;
                Observer<$event>:              false false false false;
                Glimpse<'static, $event>:      false false false false;
            }
        )+};
    }
    stays!(NotSend, NotSync, Neither, *const u64);
}

#[test]
fn errors_go_anywhere_and_those_with_an_event_where_the_event_does() {
    table! {
        CapacityError:                 true  true  true  true;
        SubscribeError:                true  true  true  true;
        ClaimError:                    true  true  true  true;
        TryClaimError:                 true  true  true  false;
        End:                           true  true  true  false;
        Evicted:                       true  true  true  true;
        UpstreamLeft:                  true  true  true  false;
        OtherRingError:                true  true  true  true;
        TryReadError:                  true  true  true  false;
        ReadTimeoutError:              true  true  true  false;
        TryPublishError<u64>:          true  true  true  false;
        TryPublishError<String>:       true  true  true  false;
        TryPublishError<NotSync>:      true  false true  false;
        TryPublishError<NotSend>:      false true  false false;
        PublishTimeoutError<u64>:      true  true  true  false;
        PublishTimeoutError<NotSync>:  true  false true  false;
        PublishTimeoutError<Neither>:  false false true  false;
    }
}

#[test]
fn threads_are_spawned_joined_and_shut_down_from_anywhere() {
    table! {
        ThreadBuilder<u64>:            true  true  false false;
        ReaderThread<u64, u64>:        true  true  false false;
        // What a handler returns is only ever moved.
        ReaderThread<u64, NotSync>:    true  true  false false;
        ReaderThread<NotSync, u64>:    false false false false;
        ReaderThread<Neither, u64>:    false false false false;
        Group:                         true  true  false false;
        SpawnError:                    true  true  false false;
        JoinError:                     true  true  false false;
        ShutdownError:                 true  true  true  false;
        Failure:                       true  true  true  false;
        Fate:                          true  true  true  false;
    }
}

#[test]
fn handles_may_cross_a_caught_panic() {
    macro_rules! safe {
        ($($type:ty),+) => {$(
            assert!(implements!($type: UnwindSafe), "{}: UnwindSafe", stringify!($type));
            assert!(implements!($type: RefUnwindSafe), "{}: RefUnwindSafe", stringify!($type));
        )+};
    }
    safe!(
        Writer<u64>,
        Reader<u64>,
        Ring<u64>,
        RingBuilder<u64>,
        ReaderBuilder<u64>,
        Writer<String>,
        Reader<Vec<u8>>,
        Editor<String>,
        Observer<Vec<u8>>,
        Member,
        End,
        Sequence,
        Wait,
        TryPublishError<u64>,
        TryReadError
    );
}
