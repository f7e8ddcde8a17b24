//! What a snapshot prints, and which member it calls the slowest.

use core::time::Duration;

use super::snapshot::{MemberStats, Stats, WriterStats, slowest};
use crate::member::{Member, Role};
use crate::sequence::Sequence;

fn member(role: Role, number: u64, name: Option<&str>) -> Member {
    Member::new(role, number, name.map(Into::into), Some("orders".into()))
}

fn row(member: Member, position: u64, lag: u64) -> MemberStats {
    MemberStats {
        member,
        position: Sequence::new(position),
        lag,
        batches: position / 7,
        largest_batch: 512,
        parks: 3,
        after: Vec::new(),
        gating: true,
        holding: None,
    }
}

fn stats() -> Stats {
    let enrich = member(Role::Editor, 0, Some("enrich"));
    let journal = member(Role::Reader, 1, Some("journal"));
    let risk = member(Role::Reader, 3, None);
    let logic = member(Role::Reader, 2, Some("logic"));
    let tap = member(Role::Observer, 4, Some("tap"));
    Stats {
        name: Some("orders".into()),
        age: Duration::from_secs(2),
        capacity: 1024,
        published: Sequence::new(52_224),
        cursor: Sequence::new(52_200),
        closed: false,
        editor_left: None,
        writer: WriterStats {
            stalls: 12,
            stalled: Duration::from_micros(34_567),
            stalled_now: Some(Duration::from_micros(1234)),
            evictions: 2,
            parks: 1,
            wakes: 0,
        },
        reader_wakes: 31,
        members: vec![
            row(enrich, 52_200, 24),
            MemberStats {
                holding: Some(Duration::from_micros(1234)),
                ..row(journal.clone(), 51_200, 1000)
            },
            MemberStats { after: vec![journal.clone()], ..row(logic, 51_200, 1000) },
            MemberStats {
                after: vec![journal, member(Role::Reader, 9, None)],
                ..row(risk, 50_000, 2200)
            },
            MemberStats { gating: false, parks: 0, ..row(tap, 52_000, 200) },
        ],
    }
}

const TABLE: &str = r#"
ring       "orders", 1024 slots, open, 52224 published, 52200 passed on
writer     held up 12 times for 34.6ms in all, 1.2ms of it just now, parked once, woken never, 2 readers evicted
readers    woken 31 times

member            position   lag  batches  largest  parks  holds writer  comes after
editor "enrich"      52200    24     7457      512      3            no
reader "journal"     51200  1000     7314      512      3     for 1.2ms
reader "logic"       51200  1000     7314      512      3            no  reader "journal"
reader 3             50000  2200     7142      512      3            no  reader "journal", reader 9
observer "tap"       52000   200     7428      512      0          free"#;

#[test]
fn a_snapshot_prints_as_an_aligned_table() {
    assert_eq!(stats().to_string(), TABLE.trim_start());
}

#[test]
fn a_table_leaves_out_what_does_not_apply() {
    let mut stats = stats();
    let editor_left = Some(stats.members[0].member.clone());
    stats.name = None;
    stats.members.clear();
    stats.writer.stalls = 0;
    stats.cursor = stats.published;
    stats = Stats { closed: true, editor_left, reader_wakes: 0, ..stats };
    let lines = [
        "ring       1024 slots, closed, 52224 published, the editor \"enrich\" has left",
        "writer     never held up",
        "readers    woken never",
    ];
    assert_eq!(stats.to_string(), lines.join("\n"));
}

#[test]
fn a_reader_that_waits_for_another_at_the_same_position_is_not_the_slowest() {
    let names = ["a", "b", "c", "d"];
    let [a, b, c, d] = [0, 1, 2, 3].map(|n| member(Role::Reader, n, Some(names[n as usize])));
    // Each comes after the next one, and `d` is ahead.
    let rows = [
        MemberStats { after: vec![b.clone()], ..row(a, 5, 2) },
        MemberStats { after: vec![c.clone()], ..row(b, 5, 2) },
        MemberStats { after: vec![d.clone()], ..row(c.clone(), 5, 2) },
        row(d, 6, 1),
    ];
    assert_eq!(slowest(&rows).unwrap().member, c);
}
