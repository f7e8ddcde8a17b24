//! Faults of processes: one that ships, one that stands by, and one that mirrors into a log, all of them the real
//! program. A mirror in this process sees the same.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use broadring_log::LogReader;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::cluster::{self, Cluster, PATIENCE};
use crate::events::Digest;
use crate::plan::{Plan, Stand};
use crate::process::{Author, Input, Process};
use crate::raw;
use crate::watch::{Watch, wait_until};
use crate::witness::Witness;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The writer is killed, and the one that stands by goes on.
    KillWriter,
    /// Both are killed, and started again.
    KillBoth,
    /// The writer does nothing until the one that stands by has taken over, and then goes on as if it still had the
    /// stream.
    PauseWriter,
    /// The writer is asked to end.
    StopWriter,
    /// The mirror is killed, and goes on from its log.
    KillMirror,
    /// The mirror does nothing for a while.
    PauseMirror,
    /// The leader of the servers is killed.
    KillLeader,
    /// One that follows is killed.
    KillFollower,
}

use Fault::{
    KillBoth, KillFollower, KillLeader, KillMirror, KillWriter, PauseMirror, PauseWriter,
    StopWriter,
};

/// How often each comes in a round at most.
const KINDS: [(Fault, u64); 8] = [
    (KillWriter, 3),
    (KillBoth, 1),
    (PauseWriter, 2),
    (StopWriter, 1),
    (KillMirror, 3),
    (PauseMirror, 1),
    (KillLeader, 1),
    (KillFollower, 1),
];

/// What a writer that was deposed says with its exit code.
const DEPOSED: i32 = 3;

pub(crate) fn run(test: &'static str) {
    if !cluster::is_possible(test) {
        return;
    }
    let mut plan = Plan::new(test);
    while let Some(faults) = plan.round(&KINDS) {
        round(&mut plan, &faults);
    }
}

/// All that takes part.
struct Scene {
    cluster: Cluster,
    folder: TempDir,
    input: Arc<Input>,
    /// How many writers there were.
    writers: u64,
    writer: Author,
    /// Who goes on when the writer does not.
    standby: Author,
    mirror: Process,
    /// What any writer has said is acknowledged.
    acknowledged: u64,
}

impl Scene {
    fn new() -> Self {
        let cluster = Cluster::start();
        let folder = tempfile::tempdir().unwrap();
        let input = Arc::new(Input::default());
        let urls = cluster.servers.urls();
        let writer = Author::start(&urls, folder.path(), 1, &input);
        let wrote = wait_until(PATIENCE, || writer.acknowledged() > 0);
        assert!(wrote, "the first writer does not begin: {}", writer.process.said());
        let standby = Author::start(&urls, folder.path(), 2, &input);
        let mirror = start_mirror(&cluster, &folder);
        Self { cluster, folder, input, writers: 2, writer, standby, mirror, acknowledged: 0 }
    }

    /// What any writer has said is acknowledged.
    fn acknowledged(&mut self) -> u64 {
        let told = self.writer.acknowledged().max(self.standby.acknowledged());
        self.acknowledged = self.acknowledged.max(told);
        self.acknowledged
    }

    /// Waits until something is acknowledged that the input had not had before.
    fn wait_progress(&mut self) {
        let lines = self.input.lines();
        let got_on = wait_until(PATIENCE, || self.acknowledged() > lines);
        let said = [self.writer.process.said(), self.standby.process.said()];
        assert!(got_on, "nothing is acknowledged behind {lines} for {PATIENCE:?}: {said:?}");
        self.mirror.check();
    }

    /// The one that stood by is the writer now, and a new one stands by.
    fn replace(&mut self) -> Author {
        self.writers += 1;
        let urls = self.cluster.servers.urls();
        let next = Author::start(&urls, self.folder.path(), self.writers, &self.input);
        let standby = std::mem::replace(&mut self.standby, next);
        std::mem::replace(&mut self.writer, standby)
    }

    /// Waits until the one that stands by writes.
    fn wait_standby(&mut self) {
        let told = self.acknowledged();
        let wrote = wait_until(PATIENCE, || self.standby.acknowledged() > told);
        let said = self.standby.process.said();
        assert!(wrote, "the one that stands by has not gone on after {PATIENCE:?}: {said}");
    }
}

fn start_mirror(cluster: &Cluster, folder: &TempDir) -> Process {
    let log = folder.path().join("log");
    let said = folder.path().join("mirror");
    let options = ["--log", log.to_str().unwrap(), "--name", "copy"];
    Process::start("mirror", &cluster.servers.urls(), said, &options)
}

/// Some faults, and then everything has to be there.
fn round(plan: &mut Plan, faults: &[Fault]) {
    let mut scene = Scene::new();
    let witness = Witness::start("witness", &scene.cluster.direct(), false);
    scene.wait_progress();
    for &fault in faults {
        plan.begin(fault);
        let stream = scene.cluster.direct();
        // What the stream has, whoever has written it.
        let in_stream = Watch::start(move || stream.next_sequence().map_or(0, u64::from));
        let mirrored = Watch::start(witness.meter());
        happen(fault, plan, &mut scene);
        scene.wait_progress();
        let acknowledged = scene.acknowledged();
        witness.wait_for(acknowledged);
        plan.end(fault, Stand { writer: in_stream.longest(), mirror: mirrored.longest() });
        scene.cluster.wait_whole();
    }
    plan.begin("the end");
    let Scene { cluster, folder, mut writer, mut standby, mut mirror, acknowledged, .. } = scene;
    standby.process.kill();
    drop(standby);
    writer.end_input();
    writer.process.wait_success();
    let count = writer.acknowledged();
    assert!(count >= acknowledged, "what was acknowledged is there");
    witness.wait_for(count);
    let digest = witness.stop();
    assert_eq!(digest.count, count, "the mirror has what was acknowledged in the end, and no more");
    let contents = raw::read(&cluster.servers.urls());
    assert_eq!(contents.digest, digest, "the stream has what the mirror has");
    let log = folder.path().join("log");
    let copied = wait_until(PATIENCE, || {
        mirror.check();
        LogReader::open(&log)
            .is_ok_and(|log| log.durable().is_ok_and(|end| u64::from(end) >= count))
    });
    assert!(copied, "the log has not got to {count}: {}", mirror.said());
    mirror.signal(Signal::TERM);
    mirror.wait_success();
    assert_eq!(read(&log), digest, "the log has what the mirror has");
    println!("{count} events after {faults:?}");
}

/// Reads a log, and checks each event.
fn read(log: &std::path::Path) -> Digest {
    let log = LogReader::open(log).unwrap();
    let mut digest = Digest::default();
    let mut frames = log.from(0).unwrap();
    while let Some(frame) = frames.next_frame().unwrap() {
        for (sequence, line) in frame.records() {
            digest.take(sequence.into(), line);
        }
    }
    digest
}

fn happen(fault: Fault, plan: &mut Plan, scene: &mut Scene) {
    let moment = Duration::from_millis(plan.random().u64(50..500));
    let any = plan.random().usize(..2);
    match fault {
        KillWriter => {
            scene.writer.process.kill();
            scene.wait_standby();
            drop(scene.replace());
        }
        KillBoth => {
            scene.standby.process.kill();
            scene.writer.process.kill();
            drop(scene.replace());
            // Which of two candidates wins is open: so there is one at first.
            scene.wait_standby();
            drop(scene.replace());
        }
        PauseWriter => {
            scene.writer.process.signal(Signal::STOP);
            scene.wait_standby();
            let claimed = scene.acknowledged();
            let mut zombie = scene.replace();
            zombie.process.signal(Signal::CONT);
            assert_eq!(zombie.process.wait().code(), Some(DEPOSED), "{}", zombie.process.said());
            let said = zombie.process.said();
            assert!(said.contains("has the stream"), "{said}");
            assert!(zombie.acknowledged() <= claimed, "it was acknowledged after it was deposed");
        }
        StopWriter => {
            scene.writer.process.signal(Signal::TERM);
            scene.writer.process.wait_success();
            scene.wait_standby();
            drop(scene.replace());
        }
        KillMirror => {
            thread::sleep(moment);
            scene.mirror.kill();
            // What it has said is kept.
            let said = scene.folder.path().join("mirror");
            assert_eq!(fs::read_to_string(said).unwrap(), "");
            scene.mirror = start_mirror(&scene.cluster, &scene.folder);
        }
        PauseMirror => {
            scene.mirror.signal(Signal::STOP);
            thread::sleep(moment * 4);
            scene.mirror.signal(Signal::CONT);
        }
        KillLeader => {
            let leader = scene.cluster.leader();
            scene.cluster.servers.kill(leader).unwrap();
            scene.wait_progress();
            scene.cluster.servers.restart(leader).unwrap();
        }
        KillFollower => {
            let follower = (scene.cluster.leader() + 1 + any) % 3;
            scene.cluster.servers.kill(follower).unwrap();
            scene.wait_progress();
            scene.cluster.servers.restart(follower).unwrap();
        }
    }
}
