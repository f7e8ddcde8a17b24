//! The watch-dog: it lets all rings run, sees that everybody makes progress, and ends the run.

use std::fmt;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::board::Board;
use super::fault::Fault;
use super::memory::{Resident, Samples};
use super::player;
use super::run::{Run, Settings};
use super::totals::Counts;
use crate::cores::spawn;

/// How often it looks.
const LOOK: Duration = Duration::from_millis(20);

/// How often it asks how much memory there is.
const NOTE: Duration = Duration::from_millis(200);

/// How long the others have to end after a fault, and to say what they know.
const GRACE: Duration = Duration::from_secs(2);

/// After how many rounds of every ring the program has all the memory that it needs.
const SETTLED: u64 = 2;

/// What came of a run without a fault.
#[derive(Clone, Debug)]
pub struct Summary {
    /// How long it took.
    pub took: Duration,
    /// What happened.
    pub counts: Counts,
    /// How much memory the process had; all 0 if the system does not tell.
    pub resident: Resident,
}

/// Why a run has failed, with all that is known.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed, to run it again.
    pub seed: u64,
    /// What was found to be wrong, in the order in which it was found.
    pub faults: Vec<Fault>,
    /// Who has made no progress, and what it was doing.
    pub stuck: Option<String>,
    /// What everybody was doing.
    pub scene: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, faults, stuck, scene } = self;
        writeln!(f, "the soak has failed; seed {seed}")?;
        faults.iter().try_for_each(|fault| writeln!(f, "wrong: {fault}"))?;
        stuck.iter().try_for_each(|stuck| writeln!(f, "stuck: {stuck}"))?;
        write!(f, "\n{scene}")
    }
}

impl std::error::Error for Failure {}

/// Runs the soak until its time is up or `stopped` says so, and then until everybody has left.
/// Calls `tell` now and then.
///
/// # Errors
///
/// If anything is wrong, or anybody stuck. Threads that are stuck are left alone.
pub fn soak(
    settings: &Settings,
    stopped: impl Fn() -> bool,
    mut tell: impl FnMut(Duration, &Counts),
) -> Result<Summary, Box<Failure>> {
    let run = Arc::new(Run::new(settings.clone()));
    let boards: Vec<Arc<Board>> = (0..settings.rings).map(|_| Arc::default()).collect();
    let start = Instant::now();
    let players: Vec<_> = boards
        .iter()
        .enumerate()
        .map(|(ring, board)| {
            let (run, board) = (Arc::clone(&run), Arc::clone(board));
            spawn("ring", None, move || player::play_all(&run, &board, ring))
        })
        .collect();

    let mut resident = Samples::default();
    let mut resident_noted = start;
    let mut faulty_since = None;
    while !players.iter().all(|player| player.is_finished()) {
        thread::sleep(LOOK);
        if start.elapsed() >= settings.length || stopped() {
            run.stop();
        }
        let stuck = boards.iter().find_map(|board| board.stuck(settings.patience));
        if run.faults.any() {
            faulty_since.get_or_insert_with(Instant::now);
        }
        if stuck.is_some() || faulty_since.is_some_and(|since| since.elapsed() > GRACE) {
            return Err(failure(&run, stuck, &boards));
        }
        if resident_noted.elapsed() >= NOTE {
            resident_noted = Instant::now();
            let settled = boards.iter().all(|board| board.rounds() >= SETTLED);
            resident.note(settled);
        }
        tell(start.elapsed(), &run.totals.counts());
    }
    for player in players {
        if player.join().is_err() || run.faults.any() {
            return Err(failure(&run, None, &boards));
        }
    }
    let took = start.elapsed();
    resident.note(true);
    Ok(Summary { took, counts: run.totals.counts(), resident: resident.summary() })
}

fn failure(run: &Run, stuck: Option<String>, boards: &[Arc<Board>]) -> Box<Failure> {
    // A ring that is stuck may hold the lock that a snapshot needs.
    let (sender, scenes) = mpsc::channel();
    for board in boards {
        let (board, sender) = (Arc::clone(board), sender.clone());
        spawn("scene", None, move || sender.send(board.to_string()));
    }
    drop(sender);
    let mut scene = String::new();
    while let Ok(one) = scenes.recv_timeout(GRACE) {
        scene.push_str(&one);
    }
    let (seed, faults) = (run.settings.seed, run.faults.all());
    Box::new(Failure { seed, faults, stuck, scene })
}
