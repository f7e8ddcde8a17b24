//! Prefetch hints: asking for cache lines before they are needed.
//!
//! They change when things happen, not what happens. On unknown processors and under Miri they do
//! nothing.

/// The size in bytes of a cache line, which crosses between cores as a whole, on nearly every
/// processor.
pub(crate) const CACHE_LINE: usize = 64;

/// How many bytes the handles prefetch ahead, unless there is a reason for more. Unasked, the processor
/// looks no further ahead than it can hold instructions.
pub(super) const AHEAD: usize = 16 * CACHE_LINE;

/// The most cache lines that one call asks for. The processor prefetches the rest of a large
/// event by itself, and has no room for many more requests.
const MOST: usize = 8;

/// Prefetches so many bytes from an address on for writing: they are taken away from the cores that
/// have read them.
#[inline(always)]
pub(crate) fn to_write(from: *const u8, bytes: usize) {
    for offset in (0..bytes.min(MOST * CACHE_LINE)).step_by(CACHE_LINE) {
        line_to_write(from.wrapping_add(offset));
    }
}

/// Prefetches so many bytes from an address on for reading.
#[inline(always)]
pub(crate) fn to_read(from: *const u8, bytes: usize) {
    for offset in (0..bytes.min(MOST * CACHE_LINE)).step_by(CACHE_LINE) {
        line_to_read(from.wrapping_add(offset));
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
fn line_to_write(line: *const u8) {
    // Not the intrinsic: unless the compiler is told that the processor has `prefetchw`, it
    // compiles the intrinsic to a hint to read. A processor without it executes a NOP.
    // SAFETY: a prefetch has no effect that the program could observe, and does not fault at any
    // address.
    unsafe {
        core::arch::asm!(
            "prefetchw [{line}]",
            line = in(reg) line,
            options(nostack, preserves_flags, readonly),
        );
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
fn line_to_read(line: *const u8) {
    use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

    // SAFETY: as in `line_to_write`.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
}

#[cfg(all(target_arch = "aarch64", not(miri)))]
#[inline(always)]
fn line_to_write(line: *const u8) {
    // SAFETY: a prefetch has no effect that the program could observe, and does not fault at any
    // address.
    unsafe {
        core::arch::asm!(
            "prfm pstl1keep, [{line}]",
            line = in(reg) line,
            options(nostack, preserves_flags, readonly),
        );
    }
}

#[cfg(all(target_arch = "aarch64", not(miri)))]
#[inline(always)]
fn line_to_read(line: *const u8) {
    // SAFETY: as in `line_to_write`.
    unsafe {
        core::arch::asm!(
            "prfm pldl1keep, [{line}]",
            line = in(reg) line,
            options(nostack, preserves_flags, readonly),
        );
    }
}

#[cfg(any(not(any(target_arch = "x86_64", target_arch = "aarch64")), miri))]
#[inline(always)]
fn line_to_write(_line: *const u8) {}

#[cfg(any(not(any(target_arch = "x86_64", target_arch = "aarch64")), miri))]
#[inline(always)]
fn line_to_read(_line: *const u8) {}
