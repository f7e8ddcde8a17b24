//! The editors of a round: each changes every event once, in every way, and checks what it is
//! given.

mod desk;
mod managed;
mod ways;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::Editor;

use self::desk::Desk;
use super::dice::Dice;
use super::mishap;
use super::payload::Payload;
use super::post::Post;
use super::round::Round;

/// Edits until the end of the stream, or until it leaves.
pub(super) fn edit<P: Payload>(
    mut editor: Editor<P>,
    index: usize,
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    mut dice: Dice,
) {
    editor.set_wait(round.plan.wait(&mut dice));
    let early = round.plan.length.mul_f64(dice.roll(100) as f64 / 100.0);
    let leaves = (round.plan.leaver == Some(index)).then(|| round.end - early);
    let mut desk = Desk::open(round, post, index, leaves);
    if dice.one_in(4) {
        return managed::edit(editor, desk, &mut dice);
    }
    while !desk.is_leaving() {
        let before = desk.next;
        let end = ways::step(&mut editor, &mut desk, &mut dice);
        let (position, next) = (editor.position().get(), desk.next);
        desk.post.check(position == next, || format!("is at {position}, where {next} is due"));
        desk.post.run.totals.edited.add(next - before);
        if let Some(end) = end {
            return desk.check_end(&end);
        }
        if dice.one_in(100) {
            thread::sleep(Duration::from_micros(dice.roll(500)));
        }
    }
    desk.post.doing("leaves early");
    if dice.one_in(2) {
        mishap::drop_by_panic(editor);
        desk.post.run.totals.panics.add(1);
    }
}
