//! The one instruction that the standard library has no safe function for.

#![allow(unsafe_code)]

/// Whether there is a counter that [`load_fence`] holds back.
pub(super) const SUPPORTED: bool =
    cfg!(all(target_arch = "x86_64", target_feature = "sse2", not(miri)));

/// Lets nothing that follows begin, not even a reading of the processor's counter, before everything
/// that came before has been executed, in particular every load.
///
/// # Panics
///
/// Where it is not [`SUPPORTED`].
#[inline]
pub(super) fn load_fence() {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(miri)))]
    // SAFETY: the function requires SSE2, which the condition above makes sure of.
    unsafe {
        core::arch::x86_64::_mm_lfence();
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2", not(miri))))]
    unreachable!("no counter is used here");
}
