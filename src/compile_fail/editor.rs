//! Editors and their batches.

#![forbid(unsafe_code)]

/// An editor cannot change an event that it has passed on.
///
/// ```compile_fail,E0505
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, event) = batch.iter_mut().next().unwrap();
/// drop(batch);
/// *event = 2;
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, event) = batch.iter_mut().next().unwrap();
/// *event = 2;
/// drop(batch);
/// ```
struct EditBeyondItsBatch;

/// An editor cannot change an event that it has passed on, by index either.
///
/// ```compile_fail,E0505
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let event = &mut batch[0];
/// drop(batch);
/// *event = 2;
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let event = &mut batch[0];
/// *event = 2;
/// drop(batch);
/// ```
struct IndexedEditBeyondItsBatch;

/// A reference to an event does not survive while the rest of the batch goes to a closure.
///
/// ```compile_fail,E0505
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, first) = (&mut batch).into_iter().next().unwrap();
/// batch.for_each(|event, _| *event += 1);
/// *first = 2;
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, first) = (&mut batch).into_iter().next().unwrap();
/// *first = 2;
/// batch.for_each(|event, _| *event += 1);
/// ```
struct EditBesideForEach;

/// A closure given to `EditBatch::for_each` cannot keep the event.
///
/// ```compile_fail,E0521
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut kept = None;
/// editor.try_batch().unwrap().for_each(|event, _| {
///     kept = Some(event);
/// });
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut kept = None;
/// editor.try_batch().unwrap().for_each(|event, _| {
///     kept = Some(*event);
/// });
/// ```
struct EventOutOfAnEdit;

/// A closure given to `Editor::run` cannot keep the event.
///
/// ```compile_fail,E0521
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// drop(writer);
/// let mut kept = None;
/// editor.run(|event, _, _| {
///     kept = Some(event);
/// });
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// drop(writer);
/// let mut kept = None;
/// editor.run(|event, _, _| {
///     kept = Some(*event);
/// });
/// ```
struct EventOutOfAnEditorsRun;

/// A batch of an editor is borrowed mutably in one way at a time.
///
/// ```compile_fail,E0499
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, some) = batch.iter_mut().next().unwrap();
/// let (_, same) = batch.iter_mut().next().unwrap();
/// *some = 2;
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let mut batch = editor.try_batch().unwrap();
/// let (_, some) = batch.iter_mut().next().unwrap();
/// *some = 2;
/// let (_, same) = batch.iter_mut().next().unwrap();
/// ```
struct TwoIteratorsOverAnEditBatch;

/// An editor has one batch at a time.
///
/// ```compile_fail,E0499
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish_all([1, 2]);
/// let first = editor.try_batch_up_to(1).unwrap();
/// let second = editor.try_batch_up_to(1).unwrap();
/// drop(first);
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish_all([1, 2]);
/// let first = editor.try_batch_up_to(1).unwrap();
/// drop(first);
/// let second = editor.try_batch_up_to(1).unwrap();
/// ```
struct TwoEditBatches;

/// A batch does not outlive its editor.
///
/// ```compile_fail,E0505
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let batch = editor.try_batch().unwrap();
/// drop(editor);
/// drop(batch);
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// let batch = editor.try_batch().unwrap();
/// drop(batch);
/// drop(editor);
/// ```
struct EditBatchBeyondItsEditor;

/// There is one editor for each name.
///
/// ```compile_fail,E0599
/// let (_writer, [editor], ring) =
///     broadring::Ring::<u64>::builder(4).build_with_editors(["editor"], || 0);
/// let _second = editor.clone();
/// ```
///
/// ```
/// let (_writer, [editor], ring) =
///     broadring::Ring::<u64>::builder(4).build_with_editors(["editor"], || 0);
/// let _second = ring.clone();
/// ```
struct TwoEditorsOfOneName;

/// An editor changes published events, and cannot publish.
///
/// ```compile_fail,E0599
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// editor.publish(1);
/// ```
///
/// ```
/// let (mut writer, [mut editor], _ring) =
///     broadring::Ring::builder(4).build_with_editors(["editor"], || 0);
/// writer.publish(1);
/// ```
struct PublishFromAnEditor;

/// A reader cannot be told to come after an editor: every reader does anyway.
///
/// ```compile_fail,E0308
/// let (_writer, [editor], ring) =
///     broadring::Ring::<u64>::builder(4).build_with_editors(["editor"], || 0);
/// let first = ring.subscribe().unwrap();
/// let second = ring.reader().after(&editor).unwrap().subscribe().unwrap();
/// ```
///
/// ```
/// let (_writer, [editor], ring) =
///     broadring::Ring::<u64>::builder(4).build_with_editors(["editor"], || 0);
/// let first = ring.subscribe().unwrap();
/// let second = ring.reader().after(&first).unwrap().subscribe().unwrap();
/// ```
struct AfterAnEditor;
