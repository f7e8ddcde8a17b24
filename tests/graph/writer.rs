//! What the writer does, on the ring and on the model.

use std::mem;
use std::time::Duration;

use broadring::TryClaimError;

use crate::event::Event;
use crate::ops::{Claimed, Claiming, Count, Mishap, Way};
use crate::pair::Pair;
use crate::panics::{caught, drop_by_panic, on_purpose};

impl Pair {
    /// Publishes one event. A panic is one of the closure that writes the event, or of the drop of
    /// the old event.
    pub(crate) fn publish(&mut self, way: Way, panics: bool) {
        let Some(writer) = &mut self.writer else { return };
        let sequence = self.model.published;
        if !self.model.ask_for(1) {
            return self.refuse(way);
        }
        let old = self.model.held(sequence);
        let number = self.model.write_new(sequence);
        let write = |slot: &mut Event| {
            assert_eq!(slot.number(), old);
            slot.set(number);
            if panics {
                on_purpose();
            }
        };
        let event = || {
            if panics {
                Event::fail_next_drop();
            }
            Event::new(number)
        };
        // There is room, so none of these waits.
        let published = caught(|| match way {
            Way::Value => writer.publish(event()),
            Way::TryValue => writer.try_publish(event()).unwrap(),
            Way::Timed => writer.publish_timeout(event(), Duration::ZERO).unwrap(),
            Way::InPlace => writer.publish_with(write),
            Way::TryInPlace => writer.try_publish_with(write).unwrap(),
        });
        assert_eq!(published.map(u64::from), (!panics).then_some(sequence));
        let in_place = matches!(way, Way::InPlace | Way::TryInPlace);
        if !(panics && in_place) {
            self.model.published += 1;
        }
    }

    /// Publishes an event for which there is no room, in those ways that do not wait for it.
    fn refuse(&mut self, way: Way) {
        let Some(writer) = &mut self.writer else { return };
        let number = self.model.new_number();
        let event = Event::new(number);
        let refused = match way {
            Way::Value | Way::TryValue => {
                let refused = writer.try_publish(event).unwrap_err();
                assert_eq!(refused.editor_left(), self.model.broken());
                refused.into_inner()
            }
            Way::Timed => writer.publish_timeout(event, Duration::ZERO).unwrap_err().into_inner(),
            Way::InPlace | Way::TryInPlace => {
                let refused = writer.try_publish_with(|_| unreachable!()).unwrap_err();
                return assert_eq!(refused.editor_left(), self.model.broken());
            }
        };
        assert_eq!(refused.number(), number);
    }

    /// Publishes the events of an iterator, no more than there is room for.
    pub(crate) fn publish_all(&mut self, len: Count, mishap: Option<(Mishap, Count)>) {
        let Some(writer) = &mut self.writer else { return };
        let start = self.model.published;
        let len = self.model.room().min(len.get() as u64);
        let mishap = mishap.map(|(mishap, at)| (mishap, at.get() as u64));
        let mishap = mishap.filter(|&(_, at)| at < len);
        let published = match mishap {
            None => len,
            Some((Mishap::Iterator, at)) => at,
            Some((Mishap::DropOfOldEvent, at)) => at + 1,
        };
        let end = start + published;
        while self.model.published < end {
            let left = start + len - self.model.published;
            let run = self.model.ask_up_to(left.min((self.model.capacity / 4).max(1)));
            for _ in 0..run.min(end - self.model.published) {
                self.model.write_new(self.model.published);
                self.model.published += 1;
            }
        }
        let model = &self.model;
        let events = (0..len).map(|index| {
            match mishap {
                Some((Mishap::Iterator, at)) if at == index => on_purpose(),
                // The event that it replaces is dropped next.
                Some((Mishap::DropOfOldEvent, at)) if at == index => Event::fail_next_drop(),
                _ => (),
            }
            Event::new(model.event(start + index))
        });
        let done = caught(|| writer.publish_all(events));
        let done = done.map(|done| (done.start.get(), done.end.get()));
        assert_eq!(done, mishap.is_none().then_some((start, end)));
    }

    pub(crate) fn claim(&mut self, len: Count, how: Claiming, then: Claimed) {
        let Some(writer) = &mut self.writer else { return };
        let (next, len) = (self.model.published, len.get());
        if len as u64 > self.model.capacity {
            return assert!(match how {
                Claiming::Claim => writer.claim(len).is_err(),
                Claiming::Try => writer.try_claim(len).unwrap_err().is_too_large(),
                Claiming::UpTo => writer.claim_up_to(len).is_err(),
                Claiming::TryUpTo => writer.try_claim_up_to(len).unwrap_err().is_too_large(),
                Claiming::Timed => {
                    writer.claim_timeout(len, Duration::MAX).unwrap_err().is_too_large()
                }
            });
        }
        // Where no slot is free, it would wait.
        let up_to = matches!(how, Claiming::UpTo | Claiming::TryUpTo) && self.model.room() > 0;
        let claimed = if up_to {
            self.model.ask_up_to(len as u64)
        } else if self.model.ask_for(len as u64) {
            len as u64
        } else if how == Claiming::Timed {
            let error = writer.claim_timeout(len, Duration::ZERO).unwrap_err();
            return assert!(error.is_timeout() && error.holder().is_some());
        } else {
            return match (writer.try_claim(len).unwrap_err(), self.model.broken()) {
                (TryClaimError::Full, None) => (),
                (TryClaimError::EditorLeft(editor), broken) => assert_eq!(Some(&editor), broken),
                other => panic!("{other:?}"),
            };
        };
        let mut claim = match how {
            Claiming::Claim => writer.claim(len).unwrap(),
            Claiming::UpTo if up_to => writer.claim_up_to(len).unwrap(),
            Claiming::TryUpTo if up_to => writer.try_claim_up_to(len).unwrap(),
            Claiming::Timed => writer.claim_timeout(len, Duration::ZERO).unwrap(),
            Claiming::Try | Claiming::UpTo | Claiming::TryUpTo => writer.try_claim(len).unwrap(),
        };
        assert_eq!((claim.first_sequence().get(), claim.len() as u64), (next, claimed));
        for (slot, sequence) in claim.iter_mut().zip(next..) {
            assert_eq!(slot.number(), self.model.held(sequence));
            slot.set(self.model.write_new(sequence));
        }
        let published = match then {
            Claimed::Publish => claim.publish(),
            Claimed::PublishFirst(first) => claim.publish_first(first.get().min(claimed as usize)),
            Claimed::Drop => return drop(claim),
            #[allow(clippy::forget_non_drop, reason = "whether it has a drop or not")]
            Claimed::Forget => return mem::forget(claim),
            Claimed::Panic => return drop_by_panic(claim),
        };
        let expected = match then {
            Claimed::PublishFirst(first) => claimed.min(first.get() as u64),
            _ => claimed,
        };
        self.model.published += expected;
        assert_eq!((published.start.get(), published.end.get()), (next, self.model.published));
    }
}
