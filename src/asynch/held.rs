//! A handle that a stream or a sink owns, or that was lent to it.

#![forbid(unsafe_code)]

use core::ops::{Deref, DerefMut};

/// A handle that is owned, or one that was lent.
pub(super) enum Held<'h, H> {
    Owned(H),
    Lent(&'h mut H),
}

impl<H> Deref for Held<'_, H> {
    type Target = H;

    fn deref(&self) -> &H {
        match self {
            Self::Owned(handle) => handle,
            Self::Lent(handle) => handle,
        }
    }
}

impl<H> DerefMut for Held<'_, H> {
    fn deref_mut(&mut self) -> &mut H {
        match self {
            Self::Owned(handle) => handle,
            Self::Lent(handle) => handle,
        }
    }
}
