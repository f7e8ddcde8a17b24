//! A graph: readers that come after each other, as a chain or a diamond, on threads of their own or
//! on one thread by turns.

use std::sync::Arc;
use std::thread;

use broadring::{End, Reader, TryReadError};

use super::{Account, Habits, Waits};
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// Which nodes each node comes after: in a chain, and in a diamond.
const SHAPES: [[&[usize]; 4]; 2] = [[&[], &[0], &[1], &[2]], [&[], &[0], &[0], &[1, 2]]];

/// One reader of a graph.
struct Node<P: Payload> {
    reader: Reader<P>,
    account: Account<P>,
    /// Where it leaves, if the stream does not end before.
    stay: u64,
    dice: Dice,
}

/// Comes and goes with graphs until the writer is gone.
pub(in crate::soak) fn graph<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, mut dice: Dice) {
    while !round.is_over() {
        post.doing("joins");
        let nodes = join(round, post, &mut dice);
        if !round.plan.calm && dice.one_in(3) {
            by_turns(nodes, &mut dice);
        } else {
            on_threads(round, post, nodes);
        }
    }
}

/// Joins all nodes. Each may be evictable, and joins where it likes, so that some start ahead of
/// those that they come after.
fn join<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, dice: &mut Dice) -> Vec<Node<P>> {
    let shape = dice.pick(&SHAPES);
    let mut nodes: Vec<Node<P>> = Vec::new();
    for upstreams in shape {
        let mut builder = round.ring.reader().name("node").wait(round.plan.wait(dice));
        if dice.one_in(3) {
            builder = builder.from_oldest();
        }
        for &upstream in *upstreams {
            let after = builder.after(&nodes[upstream].reader);
            builder = after.unwrap_or_else(|error| post.blame(error.to_string()));
        }
        let reader = builder.subscribe().unwrap_or_else(|error| post.blame(error.to_string()));
        post.run.totals.joins.add(1);
        let tracks = upstreams.iter().map(|&it| Arc::clone(nodes[it].account.track())).collect();
        let account = Account::open(round, post, &reader, tracks);
        account.offer(&reader);
        let stay = if round.plan.calm { u64::MAX } else { account.next() + dice.roll(4000) };
        nodes.push(Node { reader, account, stay, dice: dice.child() });
    }
    nodes
}

/// Each node on a thread of its own.
fn on_threads<P: Payload>(round: &Arc<Round<P>>, post: &Post, nodes: Vec<Node<P>>) {
    post.doing("waits for its nodes");
    let threads: Vec<_> = nodes
        .into_iter()
        .map(|node| round.hire("node", move |_, post| on_thread(node, post)))
        .collect();
    for thread in threads {
        // As long as they make progress, so does this thread.
        while !thread.is_finished() {
            post.step();
            thread::sleep(std::time::Duration::from_millis(1));
        }
        thread.join().expect("a worker catches its panics");
    }
}

fn on_thread<P: Payload>(node: Node<P>, post: &Arc<Post>) {
    let Node { mut reader, account, stay, mut dice } = node;
    let mut account = account.moved_to(post);
    let mut habits = Habits::new(Waits::Always, dice.child());
    let end = habits.read_until(&mut reader, &mut account, stay);
    ended(end.as_ref(), post);
    if end.is_none() && dice.one_in(4) {
        // What is skipped counts as committed.
        post.doing("skips ahead");
        account.rejoin(&mut reader);
        account.agree(&reader);
    }
    leave(reader, account, &mut dice);
}

/// All nodes on this thread. None of them may wait, because they hold each other back.
fn by_turns<P: Payload>(nodes: Vec<Node<P>>, dice: &mut Dice) {
    let mut nodes: Vec<_> = nodes
        .into_iter()
        .map(|mut node| (Habits::new(Waits::Never, node.dice.child()), node))
        .collect();
    while !nodes.is_empty() {
        let turn = dice.roll(nodes.len() as u64) as usize;
        let (habits, Node { reader, account, stay, .. }) = &mut nodes[turn];
        let mut over = account.next() >= *stay;
        if !over {
            match habits.step(reader, account, *stay) {
                Ok(()) => {}
                Err(TryReadError::Empty) => thread::yield_now(),
                Err(TryReadError::Ended(end)) => {
                    ended(Some(&end), &account.post);
                    over = true;
                }
            }
        }
        if over {
            let (_, Node { reader, account, mut dice, .. }) = nodes.swap_remove(turn);
            leave(reader, account, &mut dice);
        }
    }
}

/// Counts the nodes that were left alone.
fn ended(end: Option<&End>, post: &Post) {
    if end.is_some_and(End::is_upstream_left) {
        post.run.totals.orphans.add(1);
    }
}

/// Leaves, now and then by a panic.
fn leave<P: Payload>(reader: Reader<P>, mut account: Account<P>, dice: &mut Dice) {
    account.post.doing("leaves");
    account.leaves();
    account.close();
    if dice.one_in(8) {
        mishap::drop_by_panic(reader);
        account.post.run.totals.panics.add(1);
    }
}
