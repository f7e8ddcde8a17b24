//! A value that is made when it is first needed, by whichever thread needs it.
//!
//! Loom does not see a `OnceLock`: it would take the value for one that two threads use without any
//! order, and not know that it matters who looks first. So in a build for model checking the value is
//! made beforehand, and a flag that loom sees says whether it is there.

#![forbid(unsafe_code)]

pub(crate) use imp::OnDemand;

#[cfg(not(all(loom, feature = "loom")))]
mod imp {
    use std::sync::OnceLock;

    #[derive(Debug)]
    pub(crate) struct OnDemand<T>(OnceLock<Box<T>>);

    impl<T> OnDemand<T> {
        /// Makes a place for the value.
        pub(crate) fn new(_make: impl FnOnce() -> T) -> Self {
            Self(OnceLock::new())
        }

        /// Returns the value if it was made.
        #[inline]
        pub(crate) fn get(&self) -> Option<&T> {
            self.0.get().map(|value| &**value)
        }

        /// Makes the value, unless it was made before.
        pub(crate) fn make(&self, make: impl FnOnce() -> T) {
            self.0.get_or_init(|| Box::new(make()));
        }
    }
}

#[cfg(all(loom, feature = "loom"))]
mod imp {
    use super::super::primitives::{AtomicBool, Ordering};

    #[derive(Debug)]
    pub(crate) struct OnDemand<T> {
        value: T,
        made: AtomicBool,
    }

    impl<T> OnDemand<T> {
        pub(crate) fn new(make: impl FnOnce() -> T) -> Self {
            Self { value: make(), made: AtomicBool::new(false) }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            // ORDERING: Relaxed, so that whoever depends on more must have a fence of its own.
            self.made.load(Ordering::Relaxed).then_some(&self.value)
        }

        pub(crate) fn make(&self, _make: impl FnOnce() -> T) {
            // ORDERING: Relaxed, as above.
            self.made.store(true, Ordering::Relaxed);
        }
    }
}
