//! Claiming slots: the methods of the writer that lend several slots at once, to be written in place
//! and published together.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use super::shared::deadline_after;
use super::writer::Writer;
use super::writing::Claim;
use crate::error::{ClaimError, ClaimTimeout, ClaimTimeoutError, TryClaimError};

impl<T> Writer<T> {
    /// Claims the next `len` slots, to write them in place and publish them together. Waits while
    /// fewer are free.
    ///
    /// A claim of 0 slots is empty, and publishing it does nothing.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] at once if `len` is more than the capacity.
    ///
    /// # Panics
    ///
    /// If fewer slots are free and an [editor](crate::Editor) has left.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// let mut claim = writer.claim(3)?;
    /// for (slot, number) in claim.iter_mut().zip(1..) {
    ///     *slot = number;
    /// }
    /// claim.publish();
    /// assert!(reader.try_batch()?.events().eq(&[1, 2, 3]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn claim(&mut self, len: usize) -> Result<Claim<'_, T>, ClaimError> {
        self.core.check_claim(len)?;
        self.core.reserve(len as u64);
        Ok(Claim::new(&mut self.core, len as u64))
    }

    /// Claims the next `len` slots if they are free. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryClaimError::Full`] if fewer are free, [`TryClaimError::TooLarge`] if `len` is more
    /// than the capacity, [`TryClaimError::EditorLeft`] if fewer are free and an editor has
    /// left, so that they may never be.
    #[track_caller]
    pub fn try_claim(&mut self, len: usize) -> Result<Claim<'_, T>, TryClaimError> {
        self.core.check_claim(len)?;
        if self.core.try_reserve(len as u64) {
            Ok(Claim::new(&mut self.core, len as u64))
        } else {
            Err(self.refused_claim())
        }
    }

    /// Claims as many slots as are free, at least one and at most `len`. Waits while none is free.
    ///
    /// A claim of up to 0 slots is empty.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] at once if `len` is more than the capacity.
    ///
    /// # Panics
    ///
    /// If no slot is free and an [editor](crate::Editor) has left.
    #[track_caller]
    pub fn claim_up_to(&mut self, len: usize) -> Result<Claim<'_, T>, ClaimError> {
        self.core.check_claim(len)?;
        let len = self.core.reserve_up_to(len as u64);
        Ok(Claim::new(&mut self.core, len))
    }

    /// Claims as many slots as are free now, at least one and at most `len`. Never waits.
    ///
    /// A claim of up to 0 slots is empty.
    ///
    /// # Errors
    ///
    /// As [`try_claim`](Self::try_claim) of one slot, and [`TryClaimError::TooLarge`] if `len` is more
    /// than the capacity.
    #[track_caller]
    pub fn try_claim_up_to(&mut self, len: usize) -> Result<Claim<'_, T>, TryClaimError> {
        self.core.check_claim(len)?;
        match self.core.try_reserve_up_to(len as u64) {
            Some(len) => Ok(Claim::new(&mut self.core, len)),
            None => Err(self.refused_claim()),
        }
    }

    /// Claims the next `len` slots. Waits at most for `timeout` while fewer are free. A timeout too
    /// long for the clock is no limit.
    ///
    /// # Errors
    ///
    /// [`ClaimTimeoutError::Timeout`] if fewer were free until the time was up, or if an editor has
    /// left so that they may never be. [`ClaimTimeoutError::TooLarge`] at once if `len` is more than
    /// the capacity.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
    /// let stuck = ring.reader().name("stuck").subscribe()?;
    /// writer.publish_all([1, 2]);
    /// let error = writer.claim_timeout(3, Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(error.holder().and_then(|member| member.name()), Some("stuck"));
    /// assert_eq!(writer.claim_up_to_timeout(3, Duration::from_millis(1)).unwrap().len(), 2);
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    #[track_caller]
    pub fn claim_timeout(
        &mut self,
        len: usize,
        timeout: Duration,
    ) -> Result<Claim<'_, T>, ClaimTimeoutError> {
        self.claim_before(len, len, || deadline_after(timeout))
    }

    /// Claims the next `len` slots. Waits at most until `deadline` while fewer are free.
    ///
    /// # Errors
    ///
    /// As [`claim_timeout`](Self::claim_timeout).
    #[track_caller]
    pub fn claim_deadline(
        &mut self,
        len: usize,
        deadline: Instant,
    ) -> Result<Claim<'_, T>, ClaimTimeoutError> {
        self.claim_before(len, len, || Some(deadline))
    }

    /// Claims as many slots as are free, at least one and at most `len`. Waits at most for `timeout`
    /// while none is free. A timeout too long for the clock is no limit.
    ///
    /// # Errors
    ///
    /// As [`claim_timeout`](Self::claim_timeout) of one slot, and [`ClaimTimeoutError::TooLarge`] at
    /// once if `len` is more than the capacity.
    #[track_caller]
    pub fn claim_up_to_timeout(
        &mut self,
        len: usize,
        timeout: Duration,
    ) -> Result<Claim<'_, T>, ClaimTimeoutError> {
        self.claim_before(len.min(1), len, || deadline_after(timeout))
    }

    /// Claims as many slots as are free, at least one and at most `len`. Waits at most until
    /// `deadline` while none is free.
    ///
    /// # Errors
    ///
    /// As [`claim_up_to_timeout`](Self::claim_up_to_timeout).
    #[track_caller]
    pub fn claim_up_to_deadline(
        &mut self,
        len: usize,
        deadline: Instant,
    ) -> Result<Claim<'_, T>, ClaimTimeoutError> {
        self.claim_before(len.min(1), len, || Some(deadline))
    }

    #[track_caller]
    fn claim_before(
        &mut self,
        least: usize,
        len: usize,
        deadline: impl FnOnce() -> Option<Instant>,
    ) -> Result<Claim<'_, T>, ClaimTimeoutError> {
        self.core.check_claim(len)?;
        match self.core.reserve_before(least as u64, len as u64, deadline) {
            Ok(len) => Ok(Claim::new(&mut self.core, len)),
            Err(holder) => Err(ClaimTimeoutError::Timeout(ClaimTimeout::new(holder))),
        }
    }

    /// Says why slots cannot be claimed now.
    #[cold]
    fn refused_claim(&self) -> TryClaimError {
        let left = self.core.shared().sequencer.departed_editor().cloned();
        left.map_or(TryClaimError::Full, TryClaimError::EditorLeft)
    }
}
