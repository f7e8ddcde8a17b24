//! An editor that has a managed thread.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::managed::{EditHandler, ThreadBuilder};
use broadring::{Editor, End, Sequence};

use super::desk::Desk;
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;
use crate::soak::reading::panicked;

/// A handler that keeps the books.
struct Bookkeeper<P> {
    desk: Desk<P>,
    /// Whether it leaves by a panic, if it does.
    panics: bool,
}

impl<P: Payload> EditHandler<P> for Bookkeeper<P> {
    type Output = u64;

    fn on_event(&mut self, event: &mut P, sequence: Sequence, _: bool) {
        if self.panics && self.desk.is_leaving() {
            mishap::happen();
        }
        self.desk.edit(sequence, event);
        self.desk.post.run.totals.edited.add(1);
    }

    fn is_done(&self) -> bool {
        self.desk.is_leaving() && !self.panics
    }

    fn on_close(self, end: End) -> u64 {
        if end.is_stopped() {
            let leaving = self.desk.is_leaving();
            self.desk.post.check(leaving, || "stopped, and nobody has asked it to".to_owned());
        } else {
            self.desk.check_end(&end);
        }
        self.desk.next
    }
}

/// Lets a managed thread edit until the end of the stream, or until the editor leaves.
pub(super) fn edit<P: Payload>(editor: Editor<P>, desk: Desk<P>, dice: &mut Dice) {
    let post = Arc::clone(&desk.post);
    post.doing("has a managed thread");
    let mut builder = ThreadBuilder::new(editor);
    if desk.leaves.is_some() {
        builder = builder.idle_after(Duration::from_millis(dice.within(1..20)));
    }
    let bookkeeper = Bookkeeper { desk, panics: dice.one_in(2) };
    let spawned = builder.spawn_with(move || bookkeeper);
    let thread = spawned.unwrap_or_else(|error| post.blame(error.to_string()));
    post.run.totals.managed.add(1);
    // Only the events are progress.
    while !thread.is_finished() {
        thread::sleep(Duration::from_millis(1));
    }
    let position = thread.position().get();
    match thread.join() {
        Ok(next) => post.check(next == position, || format!("at {position}, but {next} is due")),
        Err(error) => post.must(panicked(error, &post)),
    }
}
