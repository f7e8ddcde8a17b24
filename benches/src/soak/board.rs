//! The board of one ring: who works at it now, for the watch-dog.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use broadring::Stats;

use super::post::Post;
use super::run::Run;

/// Takes snapshots of the rings of the present round.
type Snapshot = Box<dyn Fn() -> [Stats; 2] + Send>;

/// Who works at one ring, and in which round it is.
#[derive(Default)]
pub(super) struct Board(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    round: String,
    rounds: u64,
    posts: Vec<Watched>,
    snapshot: Option<Snapshot>,
}

/// A worker, and when it was last seen to make progress.
struct Watched {
    post: Arc<Post>,
    steps: u64,
    since: Instant,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a round.
    pub(super) fn begin(&self, round: String, snapshot: Snapshot) {
        let mut inner = self.lock();
        inner.round = round;
        inner.posts.clear();
        inner.snapshot = Some(snapshot);
    }

    /// Ends a round: nothing of its ring is kept.
    pub(super) fn end(&self) {
        let mut inner = self.lock();
        inner.posts.clear();
        inner.snapshot = None;
        inner.rounds += 1;
    }

    /// Returns how many rounds have ended.
    pub(super) fn rounds(&self) -> u64 {
        self.lock().rounds
    }

    /// Adds a worker.
    pub(super) fn post(&self, run: &Arc<Run>, name: &str) -> Arc<Post> {
        let mut inner = self.lock();
        let post = Arc::new(Post::new(Arc::clone(run), inner.round.clone(), name.to_owned()));
        inner.posts.retain(|watched| !watched.post.is_gone());
        let (steps, since) = (0, Instant::now());
        inner.posts.push(Watched { post: Arc::clone(&post), steps, since });
        post
    }

    /// Returns a worker that has made no progress for that long, with what it is doing.
    pub(super) fn stuck(&self, patience: Duration) -> Option<String> {
        let mut inner = self.lock();
        let now = Instant::now();
        let Inner { round, posts, .. } = &mut *inner;
        for watched in posts {
            let steps = watched.post.steps();
            if steps != watched.steps || watched.post.is_gone() {
                (watched.steps, watched.since) = (steps, now);
            } else if now - watched.since >= patience {
                let idle = now - watched.since;
                return Some(format!("{round}: no progress for {idle:.1?}: {}", watched.post));
            }
        }
        None
    }
}

/// Writes everything that is known: the round, the snapshot, and what each worker is doing.
impl fmt::Display for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        writeln!(f, "{}", inner.round)?;
        if let Some(snapshot) = &inner.snapshot {
            for stats in snapshot() {
                writeln!(f, "{stats}")?;
            }
        }
        for Watched { post, since, .. } in &inner.posts {
            let state = if post.is_gone() { "done" } else { "works" };
            writeln!(f, "  {state}, last step {:.1?} ago: {post}", since.elapsed())?;
        }
        Ok(())
    }
}
