//! Which types are `Send`, `Sync`, `Clone`, `Copy`, `Unpin`, `Debug` and unwind-safe: a table that
//! is checked line by line.

use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::MutexGuard;

use broadring::managed::{
    Failure, Fate, Group, JoinError, ManagedThread, ShutdownError, SpawnError, ThreadBuilder,
};
use broadring::{
    AfterError, Batch, BatchEvents, BatchIter, ByteBatch, ByteReader, ByteReaderBuilder, ByteRing,
    ByteRingBuilder, ByteWriter, CapacityError, Claim, ClaimError, ClaimIterMut, ClaimTimeout,
    ClaimTimeoutError, EditBatch, EditIterMut, Editor, End, Events, Evicted, Glimpse, Member,
    NotRetained, Observer, PublishTimeoutError, ReadTimeoutError, Reader, ReaderBuilder, Record,
    RecordTimeoutError, RecordTooLarge, Records, RefusedRecord, Ring, RingBuilder, Role, Sequence,
    SubscribeError, TooManyReaders, TryClaimError, TryPublishError, TryReadError, TryRecordError,
    Upstream, UpstreamLeft, Wait, WaitSet, Writer,
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
        ByteRing:                     true  true  true  false;
        ByteRingBuilder:              true  true  false false;
        ByteReaderBuilder:            true  true  false false;
        ByteWriter:                   true  true  false false;
        ByteReader:                   true  true  true  false;
        ByteBatch<'static>:           true  true  false false;
        Records<'static>:             true  true  true  false;
        Record<'static>:              true  true  false false;
        Member:                       true  true  true  false;
        Role:                         true  true  true  true;
        Sequence:                     true  true  true  true;
        Wait:                         true  true  true  true;
        Upstream<u64>:                true  true  true  false;
        WaitSet:                      true  true  false false;
    }
}

#[test]
fn handles_of_other_events_are_neither_send_nor_sync() {
    macro_rules! neither_send_nor_sync {
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
    neither_send_nor_sync!(NotSend, NotSync, Neither, *const u64);
}

#[test]
fn errors_are_send_and_sync_unless_they_carry_an_event_that_is_not() {
    table! {
        CapacityError:                 true  true  true  true;
        SubscribeError:                true  true  true  false;
        TooManyReaders:                true  true  true  false;
        NotRetained:                   true  true  true  false;
        ClaimError:                    true  true  true  true;
        TryClaimError:                 true  true  true  false;
        ClaimTimeout:                  true  true  true  false;
        ClaimTimeoutError:             true  true  true  false;
        RecordTooLarge:                true  true  true  true;
        TryRecordError:                true  true  true  true;
        RecordTimeoutError:            true  true  true  false;
        RefusedRecord<u64>:            true  true  true  true;
        RefusedRecord<Neither>:        false false true  false;
        End:                           true  true  true  false;
        Evicted:                       true  true  true  false;
        UpstreamLeft:                  true  true  true  false;
        AfterError:                    true  true  true  false;
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
fn managed_handles_are_send_and_sync() {
    table! {
        ThreadBuilder<Reader<u64>>:    true  true  false false;
        ThreadBuilder<Observer<u64>>:  true  true  false false;
        ThreadBuilder<Editor<u64>>:    true  true  false false;
        ThreadBuilder<Editor<NotSync>>: false false false false;
        ManagedThread<u64, u64>:        true  true  false false;
        // The output of a handler is only moved to the thread that joins.
        ManagedThread<u64, NotSync>:    true  true  false false;
        ManagedThread<NotSync, u64>:    false false false false;
        ManagedThread<Neither, u64>:    false false false false;
        Group:                         true  true  false false;
        SpawnError:                    true  true  false false;
        JoinError:                     true  true  false false;
        ShutdownError:                 true  true  true  false;
        Failure:                       true  true  true  false;
        Fate:                          true  true  true  false;
    }
}

#[cfg(feature = "async")]
#[test]
fn futures_are_send_and_sync_if_their_handles_are() {
    use broadring::asynch::{BatchFuture, EditBatchFuture, LookFuture};

    table! {
        BatchFuture<'static, u64>:          true  true  false false;
        EditBatchFuture<'static, u64>:      true  true  false false;
        LookFuture<'static, u64>:           true  true  false false;
        BatchFuture<'static, NotSync>:      false false false false;
        EditBatchFuture<'static, NotSync>:  false false false false;
        LookFuture<'static, NotSync>:       false false false false;
        EditBatchFuture<'static, NotSend>:  false false false false;
        LookFuture<'static, NotSend>:       false false false false;
    }
}

#[test]
fn handles_are_unwind_safe() {
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
