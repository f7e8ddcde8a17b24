//! Which handles can have a managed thread, and what a thread must know of each.

#![forbid(unsafe_code)]

use core::convert::Infallible;

use crate::error::SubscribeError;
use crate::handles::{Editor, Observer, Reader, ReaderBuilder, Ring};
use crate::member::Member;
use crate::sequence::Sequence;
use crate::sync::Arc;

/// A handle that can have a [managed thread](crate::managed): a [`Reader`], an [`Observer`] or an
/// [`Editor`].
///
/// This trait cannot be implemented outside of this crate.
pub trait Manageable: sealed::Sealed {}

mod sealed {
    use core::fmt;

    use crate::error::SubscribeError;
    use crate::handles::Ring;
    use crate::member::Member;
    use crate::sequence::Sequence;

    pub trait Sealed: fmt::Debug + Sized {
        /// The type of the events.
        type Event;

        /// What describes the handle before it joins its ring.
        type Description: fmt::Debug;

        /// Makes the handle join its ring.
        fn join(description: Self::Description) -> Result<Self, SubscribeError>;

        /// Returns the ring of the handle.
        fn its_ring(&self) -> Ring<Self::Event>;

        /// Returns the identity of the handle.
        fn its_member(&self) -> &Member;

        /// Returns the first sequence that the handle is not done with.
        fn its_position(&self) -> Sequence;

        /// Returns the place in the chain of editors, if the handle is an editor.
        fn its_stage(&self) -> Option<usize>;
    }
}

impl<T> Manageable for Reader<T> {}

impl<T> sealed::Sealed for Reader<T> {
    type Event = T;
    type Description = ReaderBuilder<T>;

    fn join(description: ReaderBuilder<T>) -> Result<Self, SubscribeError> {
        description.subscribe()
    }

    fn its_ring(&self) -> Ring<T> {
        Ring { shared: Arc::clone(self.core.shared()) }
    }

    fn its_member(&self) -> &Member {
        self.member()
    }

    fn its_position(&self) -> Sequence {
        self.position()
    }

    fn its_stage(&self) -> Option<usize> {
        None
    }
}

impl<T> Manageable for Observer<T> {}

impl<T> sealed::Sealed for Observer<T> {
    type Event = T;
    /// It has joined already.
    type Description = Infallible;

    fn join(description: Infallible) -> Result<Self, SubscribeError> {
        match description {}
    }

    fn its_ring(&self) -> Ring<T> {
        Ring { shared: Arc::clone(self.core().shared()) }
    }

    fn its_member(&self) -> &Member {
        self.member()
    }

    fn its_position(&self) -> Sequence {
        self.position()
    }

    fn its_stage(&self) -> Option<usize> {
        None
    }
}

impl<T> Manageable for Editor<T> {}

impl<T> sealed::Sealed for Editor<T> {
    type Event = T;
    /// It was built with its ring.
    type Description = Infallible;

    fn join(description: Infallible) -> Result<Self, SubscribeError> {
        match description {}
    }

    fn its_ring(&self) -> Ring<T> {
        Ring { shared: Arc::clone(&self.shared) }
    }

    fn its_member(&self) -> &Member {
        self.member()
    }

    fn its_position(&self) -> Sequence {
        self.position()
    }

    fn its_stage(&self) -> Option<usize> {
        Some(self.index)
    }
}
