//! A follower: a reader that comes after others which are at work on threads of their own, by what
//! names them.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring::{AfterError, End, ReaderBuilder};

use super::joining::join;
use super::track::Track;
use super::{Account, Habits, Waits};
use crate::soak::dice::Dice;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// Comes and goes until the writer is gone.
pub(in crate::soak) fn follow<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, mut dice: Dice) {
    while !round.is_over() {
        let followed = visit(round, post, &mut dice);
        if followed.is_none() {
            post.doing("finds nobody to follow");
            thread::sleep(Duration::from_micros(dice.roll(1000)));
        }
    }
}

fn visit<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, dice: &mut Dice) -> Option<()> {
    post.doing("looks for somebody to follow");
    let builder = round.ring.reader().name("follower").wait(round.plan.wait(dice));
    let (builder, tracks) = come_after_some(builder, round, post, dice)?;
    let mut reader = join(builder, round, post, dice)?;
    let mut account = Account::open(round, post, &reader, tracks);
    let mut habits = Habits::new(Waits::Always, dice.child());
    let stay = if round.plan.calm { u64::MAX } else { account.next() + dice.roll(3000) };
    let mut end = habits.read_until(&mut reader, &mut account, stay);
    if end.is_none() && dice.one_in(3) {
        // The clone comes after the same ones.
        account.goes_on_as_clone(&mut reader);
        end = habits.read_until(&mut reader, &mut account, stay + dice.roll(500));
    }
    account.close();
    post.run.totals.followers.add(1);
    if end.as_ref().is_some_and(End::is_upstream_left) {
        post.run.totals.orphans.add(1);
    }
    Some(())
}

/// Lets the reader come after one or two others. `None` if there is nobody, or if one has left.
pub(super) fn come_after_some<P: Payload>(
    mut builder: ReaderBuilder<P>,
    round: &Round<P>,
    post: &Post,
    dice: &mut Dice,
) -> Option<(ReaderBuilder<P>, Vec<Arc<Track>>)> {
    let mut tracks = Vec::new();
    for _ in 0..dice.within(1..3) {
        let track;
        (builder, track) = come_after(builder, round, post, dice)?;
        tracks.push(track);
    }
    Some((builder, tracks))
}

/// Lets the reader come after somebody. `None` if there is nobody, or if it has left.
fn come_after<P: Payload>(
    builder: ReaderBuilder<P>,
    round: &Round<P>,
    post: &Post,
    dice: &mut Dice,
) -> Option<(ReaderBuilder<P>, Arc<Track>)> {
    let (upstream, track) = round.offers.pick(dice)?;
    match builder.after(&upstream) {
        Ok(builder) => Some((builder, track)),
        Err(AfterError::Gone(member)) => {
            post.check(track.is_leaving() && member.as_ref() == upstream.member(), || {
                format!("cannot come after {:?}: the {member} has left", upstream.member())
            });
            None
        }
        Err(error) => post.blame(error.to_string()),
    }
}
