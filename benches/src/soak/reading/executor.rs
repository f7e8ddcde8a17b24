//! An executor: one thread that runs several reading tasks, which come and go.

use std::future;
use std::slice;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use broadring::{Batch, Reader, TryReadError, WaitSet};
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use futures::{FutureExt, StreamExt};

use super::ways::one;
use super::{Account, Step};
use crate::soak::dice::Dice;
use crate::soak::mishap;
use crate::soak::payload::Payload;
use crate::soak::post::Post;
use crate::soak::round::Round;

/// Comes and goes with tasks until the writer is gone.
pub(in crate::soak) fn execute<P: Payload>(
    round: &Arc<Round<P>>,
    post: &Arc<Post>,
    mut dice: Dice,
) {
    while !round.is_over() {
        shift(round, post, &mut dice);
    }
}

/// A number of tasks, each a reader, some of which come after the one before; from their beginning
/// to their end.
fn shift<P: Payload>(round: &Arc<Round<P>>, post: &Arc<Post>, dice: &mut Dice) {
    post.doing("joins");
    let mut pool = LocalPool::new();
    let mut readers: Vec<(Reader<P>, Account<P>)> = Vec::new();
    for _ in 0..dice.within(1..5) {
        let mut builder = round.ring.reader().name("task");
        let mut tracks = Vec::new();
        if let Some((upstream, account)) = readers.last()
            && dice.one_in(2)
        {
            let after = builder.after(upstream);
            builder = after.unwrap_or_else(|error| post.blame(error.to_string()));
            tracks.push(Arc::clone(account.track()));
        }
        let evictable = dice.one_in(4);
        if evictable {
            builder = builder.evict_after(Duration::from_micros(dice.roll(3000)));
        }
        let reader = builder.subscribe().unwrap_or_else(|error| post.blame(error.to_string()));
        let account = Account::open(round, post, &reader, tracks);
        account.offer(&reader);
        readers.push((reader, if evictable { account.evictable() } else { account }));
    }
    post.run.totals.joins.add(readers.len() as u64);
    post.run.totals.tasks.add(readers.len() as u64);
    for (reader, account) in readers {
        let calm = round.plan.calm;
        let stay = if calm { u64::MAX } else { account.next() + dice.roll(2000) };
        let task = task(reader, account, stay, dice.child());
        pool.spawner().spawn_local(task).expect("the pool is there");
    }
    pool.run();
}

/// Reads until it has stayed for long enough, or until nothing more comes.
async fn task<P: Payload>(
    mut reader: Reader<P>,
    mut account: Account<P>,
    stay: u64,
    mut dice: Dice,
) {
    while account.next() < stay {
        let step = read(&mut reader, &mut account, stay, &mut dice).await;
        account.agree(&reader);
        account.tell();
        if let Err(TryReadError::Ended(end)) = step {
            account.check_end(&end);
            if end.is_evicted() {
                account.leaves();
                account.rejoin(&mut reader);
                continue;
            }
            if end.is_upstream_left() {
                account.post.run.totals.orphans.add(1);
            }
            break;
        }
        yield_now().await;
    }
    account.leaves();
    account.close();
}

/// Reads once, in some way.
async fn read<P: Payload>(
    reader: &mut Reader<P>,
    account: &mut Account<P>,
    stay: u64,
    dice: &mut Dice,
) -> Step {
    match dice.roll(7) {
        0 => {
            account.post.doing("recv_async");
            account.release(account.next() + 1);
            let received = reader.recv_async().await;
            one(account, received)
        }
        1 => {
            account.post.doing("batch_async");
            all(&reader.batch_async().await?, account);
            Ok(())
        }
        2 => {
            account.post.doing("batch_async, held for a while");
            let batch = reader.batch_async().await?;
            all(&batch, account);
            yield_now().await;
            drop(batch);
            Ok(())
        }
        3 => {
            account.post.doing("stream");
            stream(reader, account, stay.min(account.next() + dice.roll(30) + 1)).await
        }
        4 => {
            account.post.doing("ready_async of a wait set");
            WaitSet::new().ready_async(slice::from_ref(&*reader)).await;
            account.release(account.next() + 1);
            let step = one(account, reader.try_recv());
            account.post.check(step != Err(TryReadError::Empty), || "is not ready".to_owned());
            step
        }
        5 => {
            account.post.doing("recv_async, polled once");
            account.release(account.next() + 1);
            match reader.recv_async().now_or_never() {
                Some(received) => one(account, received),
                None => cancelled(account),
            }
        }
        _ => {
            account.post.doing("recv_async, and its clone panics");
            match mishap::caught_in_clone(|| reader.recv_async().now_or_never()) {
                Some(Some(Err(end))) => Err(end.into()),
                Some(Some(Ok(_))) => account.post.blame("an event was received, and not cloned"),
                Some(None) => cancelled(account),
                None => {
                    account.post.run.totals.panics.add(1);
                    Ok(())
                }
            }
        }
    }
}

fn cancelled<P: Payload>(account: &Account<P>) -> Step {
    account.release(account.next());
    account.post.run.totals.cancelled.add(1);
    Err(TryReadError::Empty)
}

fn all<P: Payload>(batch: &Batch<'_, P>, account: &mut Account<P>) {
    batch.iter().for_each(|(sequence, event)| account.see(sequence, event));
    account.release(account.next());
}

/// Reads up to `end` from one stream.
async fn stream<P: Payload>(reader: &mut Reader<P>, account: &mut Account<P>, end: u64) -> Step {
    account.release(end);
    let mut stream = reader.stream();
    let mut step = Ok(());
    while account.next() < end {
        match stream.next().await {
            Some(event) => account.see_next(&event),
            None => {
                let Some(end) = stream.end().cloned() else {
                    account.post.blame("the stream is over, and does not say why")
                };
                step = Err(end.into());
                break;
            }
        }
    }
    account.release(account.next());
    step
}

/// Lets the other tasks of this thread run.
async fn yield_now() {
    let mut yielded = false;
    future::poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
