//! Faults of servers and links, with a writer and two mirrors in this process. The writer and one of the mirrors reach
//! the servers over links, the other mirror without.

use std::thread;
use std::time::Duration;

use crate::cluster::{self, Cluster, PATIENCE, TIMEOUT};
use crate::link::Quality;
use crate::load::Load;
use crate::plan::{Plan, Stand};
use crate::raw;
use crate::watch::{Watch, wait_until};
use crate::witness::Witness;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The leader is killed.
    KillLeader,
    /// One that follows is killed.
    KillFollower,
    /// Two of three are killed: nothing can be acknowledged.
    KillTwo,
    /// The leader does nothing for longer than the timeouts, and then goes on as if nothing were the matter.
    PauseLeader,
    /// All are killed and started again, one after the other.
    RestartEach,
    /// All are killed at once, and started again.
    RestartAll,
    /// The link to one server is cut, and can be made again at once.
    Cut,
    /// All links are cut, and cannot be made again for a while.
    Down,
    /// Nothing comes through any link for a while, although connections stay.
    Silent,
    /// The links take long.
    Delay,
    /// The links do not take much.
    Narrow,
    /// Another writer takes the stream away from one that publishes all the time.
    TakeOver,
    /// The same, and all that the one before has on its way arrives only then.
    Zombie,
}

use Fault::{
    Cut, Delay, Down, KillFollower, KillLeader, KillTwo, Narrow, PauseLeader, RestartAll,
    RestartEach, Silent, TakeOver, Zombie,
};

/// The faults of servers, and how often each comes in a round at most.
pub(crate) const SERVERS: [(Fault, u64); 7] = [
    (KillLeader, 2),
    (KillFollower, 4),
    (KillTwo, 1),
    (PauseLeader, 1),
    (RestartEach, 1),
    (RestartAll, 1),
    (Cut, 1),
];

/// Those of links.
pub(crate) const LINKS: [(Fault, u64); 8] = [
    (Cut, 5),
    (Down, 2),
    (Silent, 1),
    (Delay, 2),
    (Narrow, 2),
    (KillLeader, 1),
    (TakeOver, 3),
    (Zombie, 3),
];

pub(crate) fn run(test: &'static str, kinds: &[(Fault, u64)]) {
    if !cluster::is_possible(test) {
        return;
    }
    let mut plan = Plan::new(test);
    while let Some(faults) = plan.round(kinds) {
        round(&mut plan, &faults);
    }
}

/// Some faults, and then everything has to be there.
fn round(plan: &mut Plan, faults: &[Fault]) {
    let mut cluster = Cluster::start();
    let mut load = Load::start(&cluster.linked());
    let mut writers = 1;
    let linked = Witness::start("linked", &cluster.linked(), true);
    let direct = Witness::start("direct", &cluster.direct(), true);
    load.wait_progress();
    for &fault in faults {
        plan.begin(fault);
        let mirror = Watch::start(linked.meter());
        writers += match fault {
            TakeOver => take_over(&cluster, &mut load),
            Zombie => come_back(&cluster, &mut load),
            _ => 0,
        };
        let writer = Watch::start(load.meter());
        happen(fault, plan, &mut cluster, &load);
        load.wait_progress();
        let acknowledged = load.acknowledged();
        linked.wait_for(acknowledged);
        direct.wait_for(acknowledged);
        plan.end(fault, Stand { writer: writer.longest(), mirror: mirror.longest() });
        cluster.wait_whole();
    }
    plan.begin("the end");
    let restarts = [linked.restarts(), direct.restarts()];
    let count = load.finish();
    let digest = linked.finish();
    assert_eq!(digest.count, count, "the mirror has everything that was published");
    assert_eq!(direct.finish(), digest, "the mirrors have the same");
    let contents = raw::read(&cluster.servers.urls());
    assert_eq!(contents.digest, digest, "the stream has what the mirrors have");
    assert_eq!(contents.claims, writers, "there were {writers} writers");
    println!("{count} events after {faults:?}; mirrors began {restarts:?} times anew");
}

/// Another writer takes over. Returns how many there are more.
fn take_over(cluster: &Cluster, load: &mut Load) -> u64 {
    let next = Load::take_over(&cluster.linked());
    std::mem::replace(load, next).wait_deposed(load);
    1
}

/// Another writer takes over while everything that the one before has sent is still on its way. Returns how many writers
/// there are more.
fn come_back(cluster: &Cluster, load: &mut Load) -> u64 {
    set(cluster, Quality { silent: true, ..Quality::default() });
    load.wait_full();
    let next = Load::take_over(&cluster.direct());
    next.wait_progress();
    set(cluster, Quality::default());
    std::mem::replace(load, next).wait_deposed(load);
    // So that the links matter again.
    1 + take_over(cluster, load)
}

fn happen(fault: Fault, plan: &mut Plan, cluster: &mut Cluster, load: &Load) {
    let moment = Duration::from_millis(plan.random().u64(50..500));
    let any = plan.random().usize(..3);
    match fault {
        KillLeader => {
            let leader = cluster.leader();
            cluster.servers.kill(leader).unwrap();
            // The other two have to find another one.
            load.wait_progress();
            cluster.servers.restart(leader).unwrap();
        }
        KillFollower => {
            let follower = (cluster.leader() + 1 + any % 2) % 3;
            cluster.servers.kill(follower).unwrap();
            load.wait_progress();
            cluster.servers.restart(follower).unwrap();
        }
        KillTwo => {
            let (one, other) = (any, (any + 1) % 3);
            cluster.servers.kill(one).unwrap();
            cluster.servers.kill(other).unwrap();
            // Everything behind this is published while a single server is there.
            let published = load.published();
            let more = wait_until(PATIENCE, || load.published() > published);
            assert!(more, "the ring has no room for a single event");
            thread::sleep(Duration::from_secs(1) + moment);
            let acknowledged = load.acknowledged();
            assert!(acknowledged <= published, "one of three servers has acknowledged an event");
            cluster.servers.restart(one).unwrap();
            load.wait_progress();
            cluster.servers.restart(other).unwrap();
        }
        PauseLeader => {
            let leader = cluster.leader();
            cluster.servers.pause(leader).unwrap();
            thread::sleep(TIMEOUT * 2 + moment);
            load.wait_progress();
            cluster.servers.resume(leader).unwrap();
        }
        RestartEach => {
            for index in (0..3).map(|step| (any + step) % 3) {
                cluster.servers.restart(index).unwrap();
                load.wait_progress();
                cluster.wait_whole();
            }
        }
        RestartAll => {
            for index in 0..3 {
                cluster.servers.kill(index).unwrap();
            }
            thread::sleep(moment);
            for index in 0..3 {
                cluster.servers.restart(index).unwrap();
            }
        }
        // Done already.
        TakeOver | Zombie => {}
        Cut => {
            for link in &cluster.links {
                link.cut();
            }
        }
        Down => {
            set(cluster, Quality { down: true, ..Quality::default() });
            for link in &cluster.links {
                link.cut();
            }
            thread::sleep(moment * 4);
            set(cluster, Quality::default());
        }
        Silent => {
            set(cluster, Quality { silent: true, ..Quality::default() });
            thread::sleep(TIMEOUT + moment);
            set(cluster, Quality::default());
        }
        Delay => {
            let delay = moment / 10;
            set(cluster, Quality { delay, ..Quality::default() });
            load.wait_progress();
            thread::sleep(moment * 4);
            set(cluster, Quality::default());
        }
        Narrow => {
            let rate = plan.random().u64(50..200) << 10;
            set(cluster, Quality { rate, ..Quality::default() });
            load.wait_progress();
            thread::sleep(moment * 4);
            set(cluster, Quality::default());
        }
    }
}

fn set(cluster: &Cluster, quality: Quality) {
    for link in &cluster.links {
        link.set(quality);
    }
}
