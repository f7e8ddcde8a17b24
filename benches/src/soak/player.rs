//! Plays the rounds of one ring: builds it, hires the workers, and balances all books in the end.

use std::sync::Arc;

use broadring::{ByteRing, ByteWriter, Editor, Ring, RingBuilder, Writer};

use super::board::Board;
use super::dice::Dice;
use super::law::Law;
use super::life::Life;
use super::payload::{Large, Owned, Payload, Small};
use super::plan::Plan;
use super::post::Post;
use super::reading::{self, Regular};
use super::records::Records;
use super::records::law::RecordLaw;
use super::round::Round;
use super::run::Run;
use super::{census, editing, records, writing};

/// The names of the editors.
const EDITORS: [&str; 3] = ["first", "second", "third"];

/// Plays rounds until the run is over.
pub(super) fn play_all(run: &Arc<Run>, board: &Arc<Board>, ring: usize) {
    for round in 0_u64.. {
        if run.is_over() {
            return;
        }
        let dice = Dice::of(run.settings.seed, &[ring as u64, round]);
        // Every ring has every kind of event before long.
        let plays = [play::<Owned>, play::<Small>, play::<Large>];
        plays[(ring + round as usize) % plays.len()](run, board, (ring, round), dice);
        run.totals.rounds.add(1);
    }
}

/// Plays one round.
fn play<P: Payload>(
    run: &Arc<Run>,
    board: &Arc<Board>,
    (ring, number): (usize, u64),
    mut dice: Dice,
) {
    let plan = Plan::draw(&run.settings, ring, number, &mut dice);
    let life = Life::begin();
    let law = Law::new(dice.roll(u64::MAX), plan.editors);
    let builder = Ring::<P>::builder(plan.capacity)
        .first_sequence(plan.first)
        .reader_wait(plan.wait(&mut dice))
        .writer_wait(plan.wait(&mut dice));
    let (writer, editors, handle) = build(builder, plan.editors, &life);
    let title = title::<P>(&plan, ring, number);
    let (record_writer, records) = build_records(&plan, &mut dice);
    let snapshots = (handle.clone(), records.ring.clone());
    board.begin(title.clone(), Box::new(move || [snapshots.0.stats(), snapshots.1.stats()]));
    let (run_of_round, board_of_round) = (Arc::clone(run), Arc::clone(board));
    let books = (law, Arc::clone(&life));
    let round = Arc::new(Round::new(run_of_round, board_of_round, handle, books, records, plan));

    let mut workers = hire(&round, writer, editors, &mut dice);
    workers.extend(records::hire(&round, record_writer, &mut dice));
    for worker in workers {
        worker.join().expect("a worker catches its panics");
    }
    // After a fault nothing needs to add up.
    let post = Post::new(Arc::clone(run), title, "the end of the round".to_owned());
    if !run.faults.any() {
        check_end(&round, &post);
    }
    let alone = Arc::into_inner(round).is_some();
    board.end();
    if !run.faults.any() {
        if !alone {
            post.report("somebody still has the ring");
        }
        if let Err(what) = life.check() {
            post.report(what);
        }
    }
    run.totals.values.add(life.born());
}

/// Says which round it is.
fn title<P: Payload>(plan: &Plan, ring: usize, number: u64) -> String {
    let Plan { capacity, first, bytes, editors, calm, length, .. } = plan;
    let calm = if *calm { ", calm" } else { "" };
    let leaver = if plan.leaver.is_some() { ", one leaves" } else { "" };
    let kind = P::NAME;
    format!(
        "ring {ring}, round {number} ({capacity} slots, {kind} events from {first} on, {editors} editors{leaver}, \
         {bytes} bytes of records, {length:.1?}{calm})"
    )
}

/// Builds a ring with so many editors.
fn build<P: Payload>(
    builder: RingBuilder<P>,
    editors: usize,
    life: &Arc<Life>,
) -> (Writer<P>, Vec<Editor<P>>, Ring<P>) {
    fn with<P: Payload, const EDITORS_OF_RING: usize>(
        builder: RingBuilder<P>,
        life: &Arc<Life>,
    ) -> (Writer<P>, Vec<Editor<P>>, Ring<P>) {
        let names: [&str; EDITORS_OF_RING] = std::array::from_fn(|editor| EDITORS[editor]);
        let (writer, editors, ring) = builder.build_with_editors(names, || P::make(0, life));
        (writer, editors.into(), ring)
    }
    match editors {
        0 => with::<P, 0>(builder, life),
        1 => with::<P, 1>(builder, life),
        2 => with::<P, 2>(builder, life),
        _ => with::<P, 3>(builder, life),
    }
}

/// Builds a ring of records.
fn build_records(plan: &Plan, dice: &mut Dice) -> (ByteWriter, Records) {
    let builder = ByteRing::builder(plan.bytes);
    let (writer, ring) = builder.reader_wait(plan.wait(dice)).writer_wait(plan.wait(dice)).build();
    let law = RecordLaw::new(dice.roll(u64::MAX), writer.max_record());
    (writer, Records::new(ring, law))
}

/// What each member of a crew does.
type Crew<P> = fn(&Arc<Round<P>>, &Arc<Post>, Dice);

/// Hires everybody who is in the plan. The regulars join before the first event.
fn hire<P: Payload>(
    round: &Arc<Round<P>>,
    writer: Writer<P>,
    editors: Vec<Editor<P>>,
    dice: &mut Dice,
) -> Vec<std::thread::JoinHandle<()>> {
    let plan = &round.plan;
    let mut workers = Vec::new();
    for _ in 0..plan.regulars {
        let builder = round.ring.reader().name("regular").wait(plan.wait(dice));
        let reader = builder.subscribe().expect("there is room for the first readers");
        let regular = Regular { reader, dice: dice.child() };
        workers.push(round.hire("regular", |round, post| reading::regular(regular, round, post)));
    }
    let own = dice.child();
    workers.push(round.hire("writer", |round, post| writing::write(writer, round, post, own)));
    for (index, editor) in editors.into_iter().enumerate() {
        let own = dice.child();
        workers.push(round.hire(EDITORS[index], move |round, post| {
            editing::edit(editor, index, round, post, own);
        }));
    }
    let crews: [(&str, u64, Crew<P>); 9] = [
        ("guest", plan.guests, reading::guest),
        ("graph", plan.graphs, reading::graph),
        ("follower", plan.followers, reading::follow),
        ("sleeper", plan.sleepers, reading::sleeper),
        ("observer", plan.observers, reading::observe),
        ("manager", plan.managers, reading::manage),
        ("waiter", plan.waiters, reading::wait),
        ("executor", plan.executors, reading::execute),
        ("census", 1, census::take),
    ];
    for (name, count, work) in crews {
        for _ in 0..count {
            let own = dice.child();
            workers.push(round.hire(name, move |round, post| work(round, post, own)));
        }
    }
    workers
}

/// Checks what must hold when everybody has left.
fn check_end<P: Payload>(round: &Round<P>, post: &Post) {
    let stats = round.ring.stats();
    let totals = &round.run.totals;
    totals.evictions.add(stats.writer.evictions);
    totals.parks.add(stats.writer.parks);
    totals.wakes.add(stats.reader_wakes);
    let of_records = round.records.ring.stats();
    totals.evictions.add(of_records.writer.evictions);
    totals.parks.add(of_records.writer.parks);
    totals.wakes.add(of_records.reader_wakes);
    totals.broken_chains.add(u64::from(stats.editor_left.is_some()));
    let readers = round.ring.reader_count();
    let rest =
        stats.members.iter().filter(|it| it.member.role() != broadring::Role::Editor).count();
    if readers > 0 || rest > 0 || !stats.closed {
        post.report(format!("everybody has left, but: {stats:?}"));
    }
    if stats.cursor.get() != round.last() {
        post.report(format!("the stream should end at {}: {stats:?}", round.last()));
    }
    if let Err(what) = round.records.check_end() {
        post.report(what);
    }
    let broken = stats.editor_left.is_some();
    if broken != (stats.cursor < stats.published) && !broken {
        post.report(format!("not everything was passed on: {stats:?}"));
    }
}
