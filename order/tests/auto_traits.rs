//! Which types are `Send`, `Sync`, `Clone`, `Copy`, `Unpin` and `Debug`: a table that is checked line by
//! line.

#![cfg(not(all(loom, feature = "loom")))]

use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::MutexGuard;

use broadring_order::clock::{Hlc, Lamport, ManualClock, Monotonic, SystemClock, Turns};
use broadring_order::{
    Claim, ClaimIterMut, ClockExhausted, Merged, MergedBatch, MergedBuilder, MergedIter, Order,
    OrderBuilder, Ordered, Replay, Source, SourceId, Stamp, StampWentBack, Stamped, SubscribeError,
    TooFarAhead, Writer, WriterBuilder, Writers,
};

/// Whether a type implements a trait. An inherent constant, which exists only where the bound
/// holds, is found before the constant of a trait that every type implements.
macro_rules! implements {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code, reason = "used only where the bound does not hold")]
        trait Fallback {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> Fallback for T {}

        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);

        #[allow(dead_code, reason = "used only where the bound holds")]
        impl<T: ?Sized + $($bound)+> Probe<T> {
            const ANSWER: bool = true;
        }

        <Probe<$type>>::ANSWER
    }};
}

/// Checks the lines of a table: a type, and for each column whether it implements the trait.
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

/// `Sync`, but not `Send`.
type NotSend = MutexGuard<'static, u64>;
/// `Send`, but not `Sync`.
type NotSync = Cell<u64>;
/// Neither `Send` nor `Sync`.
type Neither = Rc<u64>;

#[test]
fn the_table_can_tell_both_answers_for_every_trait() {
    assert!(implements!(u64: Send) && implements!(u64: Copy) && implements!(u64: UnwindSafe));
    assert!(!implements!(Neither: Send) && !implements!(String: Copy));
    assert!(implements!(NotSync: Send) && !implements!(NotSync: Sync));
    assert!(!implements!(NotSend: Send) && implements!(NotSend: Sync));
    assert!(!implements!(&mut u64: UnwindSafe) && !implements!(NotSync: RefUnwindSafe));
}

#[test]
fn handles_of_send_and_sync_events_are_send_and_sync() {
    table! {
        // the type                       Send  Sync  Clone Copy
        Writers<u64>:                     true  true  true  false;
        WriterBuilder<'static, u64>:      true  true  false false;
        OrderBuilder<u64>:                true  true  false false;
        Writer<u64>:                      true  true  false false;
        Claim<'static, u64>:              true  true  false false;
        ClaimIterMut<'static, u64>:       true  true  false false;
        Order<u64>:                       true  true  true  false;
        MergedBuilder<u64>:               true  true  false false;
        Merged<u64>:                      true  true  false false;
        MergedBatch<'static, u64>:        true  true  false false;
        MergedIter<'static, u64>:         true  true  false false;
        Source<u64>:                      true  true  true  false;
        Writers<u64, Hlc>:                true  true  true  false;
        Writer<u64, Turns>:               true  true  false false;
        Order<u64, Lamport>:              true  true  true  false;
        Merged<u64, Lamport>:             true  true  false false;
    }
}

#[test]
fn handles_of_other_events_are_neither_send_nor_sync() {
    macro_rules! neither_send_nor_sync {
        ($($event:ty),+) => {$(
            table! {
                Writers<$event>:                false false true  false;
                WriterBuilder<'static, $event>: false false false false;
                Writer<$event>:                 false false false false;
                Claim<'static, $event>:         false false false false;
                ClaimIterMut<'static, $event>:  false false false false;
                Order<$event>:                  false false true  false;
                MergedBuilder<$event>:          false false false false;
                Merged<$event>:                 false false false false;
                MergedBatch<'static, $event>:   false false false false;
                Source<$event>:                 false false true  false;
                // It has no events yet.
                OrderBuilder<$event>:           true  true  false false;
            }
        )+};
    }
    neither_send_nor_sync!(NotSend, NotSync, Neither, *const u64);
}

#[test]
fn values_and_errors_are_what_they_carry() {
    table! {
        Stamp:                         true  true  true  true;
        SourceId:                      true  true  true  true;
        Stamped<u64>:                  true  true  true  false;
        Stamped<NotSync>:              true  false true  false;
        Ordered<u64>:                  true  true  true  true;
        Ordered<String>:               true  true  true  false;
        Ordered<&'static Neither>:     false false true  true;
        Replay<std::vec::IntoIter<(Stamp, u64)>>: true  true  false false;
        Replay<std::vec::IntoIter<(Stamp, Neither)>>: false false false false;
        StampWentBack:                 true  true  true  true;
        SubscribeError:                true  true  true  false;
        TooFarAhead:                   true  true  true  true;
        ClockExhausted:                true  true  true  true;
    }
}

#[test]
fn clocks_are_shared_by_cloning_them() {
    table! {
        Monotonic:                     true  true  true  true;
        Turns:                         true  true  true  false;
        Lamport:                       true  true  true  false;
        Hlc:                           true  true  true  false;
        ManualClock:                   true  true  true  false;
        SystemClock:                   true  true  true  true;
    }
}
