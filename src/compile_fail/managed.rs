//! Managed threads and their handlers.

#![forbid(unsafe_code)]

/// A closure that runs on a managed thread must be `Send`.
///
/// ```compile_fail,E0277
/// use std::rc::Rc as Shared;
///
/// let (_writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let shared = Shared::new(());
/// let _ = ring.reader().managed().spawn(move |_, _, _| drop(Shared::clone(&shared)));
/// ```
///
/// ```
/// use std::sync::Arc as Shared;
///
/// let (_writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let shared = Shared::new(());
/// let _ = ring.reader().managed().spawn(move |_, _, _| drop(Shared::clone(&shared)));
/// ```
struct SpawnWithWhatMayNotBeSent;

/// The output of a handler must be `Send`, even if the handler is not.
///
/// ```compile_fail,E0277
/// use std::rc::Rc;
/// # use broadring::{End, Sequence, managed::Handler};
/// # struct Local(Rc<u64>);
/// # impl Handler<u64> for Local {
/// type Output = Rc<u64>;
/// # fn on_event(&mut self, _: &u64, _: Sequence, _: bool) {}
/// fn on_close(self, _: End) -> Rc<u64> {
///     self.0
/// }
/// # }
/// # let (_writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let _ = ring.reader().managed().spawn_with(|| Local(Rc::new(1)));
/// ```
///
/// ```
/// use std::rc::Rc;
/// # use broadring::{End, Sequence, managed::Handler};
/// # struct Local(Rc<u64>);
/// # impl Handler<u64> for Local {
/// type Output = u64;
/// # fn on_event(&mut self, _: &u64, _: Sequence, _: bool) {}
/// fn on_close(self, _: End) -> u64 {
///     *self.0
/// }
/// # }
/// # let (_writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let _ = ring.reader().managed().spawn_with(|| Local(Rc::new(1)));
/// ```
struct OutputThatMayNotBeSent;

/// A handler cannot keep an event that it was lent.
///
/// ```compile_fail,E0521
/// let (_writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut kept = Vec::new();
/// let _ = ring.reader().managed().spawn(move |event, _, _| kept.push(event));
/// ```
///
/// ```
/// let (_writer, ring) = broadring::Ring::builder(4).build(|| 0);
/// let mut kept = Vec::new();
/// let _ = ring.reader().managed().spawn(move |event, _, _| kept.push(*event));
/// ```
struct EventOutOfSpawn;
