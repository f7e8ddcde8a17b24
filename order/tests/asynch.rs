//! Merged readers in tasks.
#![cfg(feature = "async")]

use broadring::End;
use broadring_order::Writers;
use futures::executor::block_on;
use futures::future::join_all;

#[test]
fn tasks_see_one_order_and_its_end() {
    const WRITERS: u64 = 3;
    const EACH: u64 = 2_000;
    let (writers, order) = Writers::builder(16).build(|| 0_u64);
    let readers: Vec<_> = (0..2).map(|_| order.subscribe().expect("there is room")).collect();
    let threads: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let mut handle = writers.join();
            std::thread::spawn(move || {
                handle.publish_all(writer * EACH..(writer + 1) * EACH);
            })
        })
        .collect();
    drop(writers);
    let seen = block_on(join_all(readers.into_iter().map(async |mut reader| {
        let mut seen = Vec::new();
        loop {
            match reader.recv_async().await {
                Ok(event) => seen.push((event.position, event.event)),
                Err(end) => return (seen, end),
            }
        }
    })));
    assert!(seen.iter().all(|(events, end)| *events == seen[0].0 && *end == End::Closed));
    assert!(seen[0].0.iter().map(|(position, _)| *position).eq(0..WRITERS * EACH));
    threads.into_iter().for_each(|thread| thread.join().expect("it has published all"));
}

#[test]
fn a_task_that_waits_is_woken_by_a_writer_that_comes() {
    let (writers, order) = Writers::builder(16).build(|| 0);
    let mut reader = order.subscribe().expect("there is room");
    let writing = std::thread::spawn(move || writers.join().publish(7));
    block_on(async {
        let mut batch = reader.batch_async().await.expect("an event comes");
        assert_eq!(batch.iter().map(|event| *event.event).collect::<Vec<_>>(), [7]);
    });
    writing.join().expect("it has published");
}

#[test]
fn the_futures_can_be_sent() {
    fn is_send(_: impl Send) {}
    let (_writers, order) = Writers::builder(16).build(|| 0);
    let mut reader = order.subscribe().expect("there is room");
    is_send(reader.batch_async());
    is_send(reader.recv_async());
}
