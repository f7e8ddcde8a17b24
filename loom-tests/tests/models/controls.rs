//! Negative controls: weakening any one labelled place of the protocol makes its model fail.
//!
//! A control runs one model of this program again, in a process of its own, with
//! `BROADRING_WEAKEN` naming the place. Loom gives sequentially consistent fences more power
//! than the language does. So in models where nothing sleeps, the light fence of the waker is
//! left out as well: it would hide what is missing elsewhere, and on systems with an asymmetric
//! fence it does not exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// What loom reports when two borrows of a slot exclude each other.
const RACE: &str = "Causality violation";

/// What a model of the merge reports when a reader gets events in another order than that of their
/// stamps.
const OUT_OF_ORDER: &str = "out of order";

/// What loom reports when a thread sleeps for ever.
const LOST_WAKE_UP: &str = "deadlock";

/// Whether nothing sleeps in a model. A task counts as sleeping as soon as a poll is pending.
fn awake(model: &str) -> bool {
    let sleeps = ["sleep::", "asynch::", "wait_set::"].iter().any(|it| model.contains(it));
    !sleeps && !model.starts_with("controls::")
}

fn run(model: &str, weaken: &str) -> (Output, String) {
    let program = env::current_exe().expect("a test knows its program");
    let output = Command::new(program)
        .args(["--exact", model, "--nocapture"])
        .env("BROADRING_WEAKEN", weaken)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("a test can run its own program");
    let text = [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat();
    assert!(text.contains("running 1 test"), "there is no model {model}:\n{text}");
    (output, text)
}

fn fails(model: &str, label: &str, symptom: &str) {
    let weaken = match awake(model) {
        true => format!("fence.light,{label}"),
        false => label.to_owned(),
    };
    let (output, text) = run(model, &weaken);
    assert!(!output.status.success(), "{model} does not notice that {label} is weakened");
    assert!(text.contains(symptom), "{model} fails for another reason than {symptom}:\n{text}");
}

/// Defines a control for each label: the model that must fail, and how.
macro_rules! controls {
    ($($name:ident: $label:literal => $model:literal, $symptom:expr;)*) => {
        /// Each label, and the model that it is for.
        const LABELS: &[(&str, &str)] = &[$(($label, $model)),*];

        $(
            #[test]
            fn $name() {
                fails($model, $label, $symptom);
            }
        )*
    };
}

controls! {
    the_release_of_the_cursor: "cursor.publish"
        => "delivery::a_reader_that_is_behind_takes_all_there_is", RACE;
    the_acquire_of_the_cursor: "cursor.load"
        => "delivery::a_reader_that_is_behind_takes_all_there_is", RACE;
    the_release_of_a_stamp: "slots.set_stamp"
        => "delivery::a_reader_sees_whole_events_in_order", RACE;
    the_acquire_of_a_stamp: "slots.stamped"
        => "delivery::a_reader_sees_whole_events_in_order", RACE;
    the_release_of_the_stamp_of_a_record: "bytes.set_stamp"
        => "bytes::a_reader_sees_whole_records_in_order", RACE;
    the_acquire_of_the_stamp_of_a_record: "bytes.stamped"
        => "bytes::a_reader_sees_whole_records_in_order", RACE;
    // The reader finds the header of a lap ago, again and again, and the cursor tells it nothing new.
    the_cleared_header_behind_a_record: "bytes.terminate"
        => "bytes::a_reader_sees_whole_records_in_order", "exceeded maximum number of branches";
    the_length_of_a_record_before_the_cursor: "bytes.length_first"
        => "bytes::a_reader_that_is_behind_takes_whole_records_by_the_cursor", "a torn record";
    the_release_of_a_commit: "gate.advance"
        => "delivery::a_slot_is_reused_only_after_it_was_read", RACE;
    the_acquire_of_the_scan: "gate.scan"
        => "delivery::a_slot_is_reused_only_after_it_was_read", RACE;
    the_release_of_a_leave: "gate.vacate"
        => "leave::a_departed_reader_has_finished_reading_when_the_writer_goes_on", RACE;
    the_acquire_of_a_vacant_gate: "gate.take"
        => "leave::a_departed_reader_has_finished_reading_when_its_gate_is_taken_again", RACE;
    the_release_of_a_clone: "gates.cloned"
        => "join::a_clone_is_protected_in_a_gate_that_the_scan_has_passed", RACE;
    the_acquire_of_a_clone: "gates.scan_clones"
        => "join::a_clone_is_protected_in_a_gate_that_the_scan_has_passed", RACE;
    the_clones_that_a_scan_counts: "gates.count_clones"
        => "join::a_clone_is_protected_in_a_gate_that_the_scan_has_passed", RACE;
    the_fence_of_a_join: "joining.fence"
        => "join::a_reader_that_joins_at_the_oldest_event_is_never_lapped", RACE;
    the_fence_of_a_refill: "claim_window.fence"
        => "join::a_reader_that_joins_at_the_oldest_event_is_never_lapped", RACE;
    the_release_of_the_frontier: "claim_window.announce"
        => "join::no_reader_joins_ahead_of_the_cursor", "ahead of the cursor";
    the_acquire_of_the_frontier: "joining.frontier"
        => "join::no_reader_joins_ahead_of_the_cursor", "ahead of the cursor";
    the_release_of_the_closed_flag: "sequencer.close"
        => "close::a_reader_that_sees_the_ring_closed_sees_everything_published", "left == right";
    the_acquire_of_the_closed_flag: "sequencer.is_closed"
        => "close::a_reader_that_sees_the_ring_closed_sees_everything_published", "left == right";
    the_wake_up_of_a_join: "joining.wake"
        => "sleep::a_writer_parked_behind_a_joining_reader_is_woken_when_it_has_joined",
        LOST_WAKE_UP;
    the_wake_up_by_a_refused_reader: "joining.refuse"
        => "sleep::a_writer_parked_behind_a_refused_reader_is_woken", LOST_WAKE_UP;
    the_acquire_of_an_upstreams_progress: "gate.progress"
        => "graph::what_a_reader_does_with_an_event_happens_before_its_dependent_sees_it", RACE;
    the_last_release_of_a_retained_gate: "gate.release"
        => "graph::a_departed_upstream_has_finished_reading_when_its_gate_is_vacant", RACE;
    the_hold_of_an_evictable_reader: "gate.hold"
        => "evict::a_reader_is_not_evicted_while_it_holds_a_batch", RACE;
    the_hold_of_a_reader_that_clones_what_it_has_seen: "gate.hold"
        => "evict::a_reader_is_not_evicted_while_it_clones_an_event_that_an_earlier_poll_has_seen",
        RACE;
    the_release_of_a_gate_confirmed_closed: "gate.confirm_closed"
        => "evict::a_clone_of_an_evictable_reader_is_protected_or_evicted_too", RACE;
    the_release_of_a_broken_chain: "editor_chain.break"
        => "editors::what_an_editor_has_passed_on_before_it_leaves_is_read", "explored other";
    the_acquire_of_a_broken_chain: "editor_chain.departed"
        => "editors::what_an_editor_has_passed_on_before_it_leaves_is_read", "explored other";
    the_writer_that_stays_behind_the_editors: "sequencer.behind_editors"
        => "editors::the_writer_stays_behind_the_editor_where_nobody_reads", RACE;
    the_wake_up_of_dependents_by_a_commit: "sequencer.commit_wake"
        => "graph::sleep::a_parked_dependent_is_woken_by_a_commit", LOST_WAKE_UP;
    the_position_at_which_a_retained_gate_is_left: "gate.leave"
        => "graph::a_reader_comes_after_one_that_runs_and_leaves_or_learns_that_it_has_left",
        "";
    the_second_look_for_dependents: "sequencer.look_for_dependents"
        => "graph::sleep::a_reader_that_joins_after_one_that_runs_is_woken_by_its_commit",
        LOST_WAKE_UP;
    the_fence_of_a_reader_that_leaves: "fence.light"
        => "graph::sleep::a_reader_that_joins_after_one_that_runs_is_woken_when_it_leaves",
        LOST_WAKE_UP;
    the_wake_up_of_dependents_by_an_eviction: "eviction.wake"
        => "evict::sleep::a_parked_dependent_is_woken_when_its_upstream_is_evicted", LOST_WAKE_UP;
    the_wake_up_by_a_released_gate: "sequencer.gate_released"
        => "observe::sleep::a_writer_parked_behind_an_observer_is_woken_when_the_look_ends",
        LOST_WAKE_UP;
    the_fence_of_a_sleeper: "fence.heavy"
        => "sleep::a_parked_reader_is_woken_by_an_event", LOST_WAKE_UP;
    the_fence_of_a_waker: "fence.light"
        => "sleep::a_parked_reader_is_woken_by_an_event", LOST_WAKE_UP;
    the_registration_of_a_sleeper: "event_count.register"
        => "sleep::a_parked_reader_is_woken_by_an_event", LOST_WAKE_UP;
    the_wake_up_of_everybody: "event_count.wake_all"
        => "sleep::a_parked_reader_is_woken_by_the_end_of_the_stream", LOST_WAKE_UP;
    the_count_of_sleepers: "event_count.parked"
        => "sleep::a_parked_reader_is_woken_by_an_event", LOST_WAKE_UP;
    the_wake_up_of_tasks: "event_count.wake_tasks"
        => "asynch::a_reading_task_is_woken_by_an_event", LOST_WAKE_UP;
    the_second_look_of_a_reading_task: "asynch.read_again"
        => "asynch::a_reading_task_is_woken_by_an_event", LOST_WAKE_UP;
    the_second_look_for_a_laggard: "asynch.laggard_again"
        => "asynch::a_dependent_task_is_woken_by_each_of_its_upstreams", LOST_WAKE_UP;
    the_second_look_of_an_editing_task: "asynch.edit_again"
        => "asynch::an_editing_task_is_woken_by_an_event", LOST_WAKE_UP;
    the_second_look_of_an_observing_task: "asynch.look_again"
        => "asynch::an_observing_task_is_woken_by_an_event", LOST_WAKE_UP;
    the_second_look_of_a_publishing_task: "asynch.reserve_again"
        => "asynch::a_publishing_task_is_woken_by_a_commit", LOST_WAKE_UP;
    the_second_look_of_a_wait_set: "wait_set.look_again"
        => "wait_set::a_thread_is_woken_by_either_ring", LOST_WAKE_UP;
    the_second_look_of_a_wait_set_for_a_laggard: "wait_set.laggard_again"
        => "wait_set::a_dependent_that_waits_with_others_is_woken_by_each_of_its_upstreams",
        LOST_WAKE_UP;
    the_note_that_a_wait_set_was_woken: "parker.wake"
        => "wait_set::a_thread_is_woken_by_either_ring", LOST_WAKE_UP;
    the_wake_up_of_a_wait_set: "event_count.wake_tasks"
        => "wait_set::a_thread_is_woken_by_either_ring", LOST_WAKE_UP;
    the_registration_of_a_wait_set: "event_count.register"
        => "wait_set::a_thread_is_woken_by_either_ring", LOST_WAKE_UP;
    the_fence_of_a_wait_set: "fence.heavy"
        => "wait_set::a_thread_is_woken_by_either_ring", LOST_WAKE_UP;
    the_fence_of_a_waker_of_a_wait_set: "fence.light"
        => "wait_set::a_thread_is_woken_by_either_ring", LOST_WAKE_UP;
    the_fence_of_a_task: "fence.heavy"
        => "asynch::a_reading_task_is_woken_by_an_event", LOST_WAKE_UP;
    the_fence_of_a_waker_of_tasks: "fence.light"
        => "asynch::a_reading_task_is_woken_by_an_event", LOST_WAKE_UP;
    the_registration_of_a_task: "event_count.register"
        => "asynch::a_reading_task_is_woken_by_an_event", LOST_WAKE_UP;
    the_fence_of_a_publication: "announcement.begin"
        => "merge::ticks_of_two_writers_come_in_order", OUT_OF_ORDER;
    the_fence_of_the_first_publication_of_a_writer: "announcement.begin"
        => "merge::a_writer_that_joins_publishes_nothing_late", OUT_OF_ORDER;
    the_fence_of_a_reader_that_asks: "announcement.promise_fence"
        => "merge::a_writer_that_goes_on_with_its_turn_comes_before_the_next_turn", OUT_OF_ORDER;
    the_announcement_before_the_stamp: "publisher.begin"
        => "merge::ticks_of_two_writers_come_in_order", OUT_OF_ORDER;
    the_look_for_writers_that_have_come: "finding.look_for_arrivals"
        => "merge::a_writer_that_joins_publishes_nothing_late", OUT_OF_ORDER;
    the_last_look_for_writers_that_have_come: "finding.arrivals_at_the_end"
        => "merge::the_order_ends_after_everything_that_was_published", "ended too early";
    the_cut_after_a_reader_has_joined_everywhere: "roster.cut"
        => "merge::a_reader_that_joins_between_ticks_agrees_with_the_others", "disagree";
    the_wake_up_by_a_writer_that_comes: "roster.wake_readers"
        => "merge::sleep::a_parked_reader_is_woken_by_a_writer_that_comes", LOST_WAKE_UP;
    the_wake_up_by_a_publication_that_is_taken_back: "roster.wake_readers"
        => "merge::sleep::a_parked_reader_is_woken_when_a_clock_panics", LOST_WAKE_UP;
    the_wake_up_by_the_end_of_the_order: "roster.close"
        => "merge::sleep::a_parked_reader_is_woken_by_the_end", LOST_WAKE_UP;
    the_wake_up_by_writers_that_come_together: "bell.again"
        => "merge::sleep::a_parked_reader_is_woken_by_writers_that_come_together", LOST_WAKE_UP;
    the_position_at_which_an_owner_begins: "group.begin"
        => "group::the_next_owner_begins_after_the_part_that_was_committed", "explored other";
    the_committed_position_of_a_group: "group.advance"
        => "group::the_next_owner_begins_after_the_part_that_was_committed", "explored other";
    the_wait_for_the_stamp_of_what_is_committed: "group.catch_up"
        => "group::a_commit_counts_also_before_the_publication_is_finished", "left == right";
    the_new_generation_of_a_partition: "group.fence"
        => "group::a_commit_counts_or_the_next_owner_gets_the_events", "explored other";
    the_generation_of_a_commit: "group.generation"
        => "group::a_commit_counts_or_the_next_owner_gets_the_events", "explored other";
    the_note_of_a_change_before_the_look: "group.note_first"
        => "group::sleep::a_member_asleep_is_woken_by_its_eviction", LOST_WAKE_UP;
    the_wake_up_by_an_assignment: "group.ring_assignment"
        => "group::sleep::a_member_asleep_is_woken_by_its_eviction", LOST_WAKE_UP;
    the_wake_up_by_a_partition_given_up: "group.ring_release"
        => "group::sleep::a_member_asleep_is_woken_when_another_one_has_given_its_partition_up",
        LOST_WAKE_UP;
}

#[test]
fn a_model_where_nothing_sleeps_needs_no_light_fence() {
    let program = env::current_exe().expect("a test knows its program");
    let listed = Command::new(program).arg("--list").output().expect("tests can be listed");
    let listed = String::from_utf8(listed.stdout).expect("names are text");
    let models = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    for model in models.filter(|model| awake(model)) {
        let (output, text) = run(model, "fence.light");
        assert!(output.status.success(), "{model} depends on the fence of the waker:\n{text}");
    }
}

#[test]
fn every_label_has_a_control_and_a_line_in_the_design_notes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = BTreeSet::new();
    for package in [root.clone(), root.join("order")] {
        let labels = labels_in(&package.join("src"));
        let notes = package.join("docs/design.md");
        let design = fs::read_to_string(&notes).expect("the notes can be read");
        let notes = notes.display();
        for (label, model) in LABELS.iter().filter(|(label, _)| labels.contains(*label)) {
            let model = model.rsplit("::").next().expect("a model has a name");
            assert!(design.contains(&format!("| `{label}` |")), "{notes} does not list {label}");
            assert!(design.contains(&format!("`{model}`")), "{notes} does not name {model}");
        }
        for label in labels {
            assert!(all.insert(label.clone()), "there is another {label}");
        }
    }
    assert_eq!(all, LABELS.iter().map(|&(label, _)| label.to_owned()).collect());
}

/// Returns the labels in the sources below a folder.
fn labels_in(folder: &Path) -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    for file in sources(folder) {
        let source = fs::read_to_string(file).expect("a source can be read");
        for used in
            ["ordering!(", "strong!("].into_iter().flat_map(|call| source.split(call).skip(1))
        {
            let label = used.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            labels.extend(label.map(str::to_owned));
        }
    }
    labels
}

/// All files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder can be read");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
