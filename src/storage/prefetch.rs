//! Asking for cache lines before they are needed.
//!
//! Hints, and nothing else: whether they are taken changes when things happen, not what.
//! Where the processor is not known, or under Miri, they are nothing.

/// The bytes that cross between cores at once, on nearly every processor.
pub(crate) const CACHE_LINE: usize = 64;

/// How many lines one call asks for at most. The processor itself sees to the rest of a
/// large event, and has no room for many more on their way.
const MOST: usize = 8;

/// Asks for so many bytes from an address on, in order to write them: they are taken
/// away from the cores that have read them.
#[inline(always)]
pub(crate) fn to_write(from: *const u8, bytes: usize) {
    for offset in (0..bytes.min(MOST * CACHE_LINE)).step_by(CACHE_LINE) {
        line_to_write(from.wrapping_add(offset));
    }
}

/// Asks for so many bytes from an address on, in order to read them.
#[inline(always)]
pub(crate) fn to_read(from: *const u8, bytes: usize) {
    for offset in (0..bytes.min(MOST * CACHE_LINE)).step_by(CACHE_LINE) {
        line_to_read(from.wrapping_add(offset));
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
fn line_to_write(line: *const u8) {
    // Not the intrinsic: unless told that the processor has it, the compiler makes of it
    // a hint to read. A processor that does not have it takes it for a NOP.
    // SAFETY: a prefetch changes nothing that the program could tell, and does not fault
    // at any address.
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
    // SAFETY: a prefetch changes nothing that the program could tell, and does not fault
    // at any address.
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
