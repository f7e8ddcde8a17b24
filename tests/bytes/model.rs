//! Whatever is done to a ring of records, in whatever order, it answers as a model that keeps a queue
//! for every reader.

use std::collections::VecDeque;
use std::mem;

use broadring::{ByteReader, ByteRing, TryReadError};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::{cases, finite};

/// One thing to do. Readers are chosen by an index into those there are.
#[derive(Debug, Clone)]
enum Op {
    Publish(usize),
    PublishAll(Vec<usize>),
    GiveUp(usize),
    Subscribe,
    Clone(usize),
    Leave(usize),
    Read { reader: usize, take: usize, then: Then },
}

#[derive(Debug, Clone, Copy)]
enum Then {
    Drop,
    CommitAndForget,
    Forget,
}

fn an_op() -> impl Strategy<Value = Op> {
    let len = || prop_oneof![0..4_usize, 0..70_usize];
    let then = prop_oneof![
        3 => Just(Then::Drop),
        1 => Just(Then::CommitAndForget),
        1 => Just(Then::Forget),
    ];
    prop_oneof![
        8 => len().prop_map(Op::Publish),
        2 => vec(len(), 0..9).prop_map(Op::PublishAll),
        2 => len().prop_map(Op::GiveUp),
        1 => Just(Op::Subscribe),
        1 => (0..4_usize).prop_map(Op::Clone),
        1 => (0..4_usize).prop_map(Op::Leave),
        9 => (0..4_usize, 0..20_usize, then)
            .prop_map(|(reader, take, then)| Op::Read { reader, take, then }),
    ]
}

/// A reader, the records that it has not read, and how many of them it knows of.
struct Pair {
    reader: ByteReader,
    unread: VecDeque<Vec<u8>>,
    known: usize,
}

#[test]
fn a_ring_of_records_answers_as_the_model_does() {
    finite(|| {
        let capacity = (5..10_u32).prop_map(|power| 1_usize << power);
        proptest!(cases(384), |(capacity in capacity, ops in vec(an_op(), 1..150))| {
            let (mut writer, ring) = ByteRing::builder(capacity).max_readers(4).build();
            let mut readers: Vec<Pair> = Vec::new();
            let mut number = 0_u8;
            let mut next = |len: usize| {
                number = number.wrapping_add(1);
                vec![number; len]
            };
            for op in ops {
                match op {
                    Op::Publish(len) => {
                        let record = next(len);
                        let free = capacity as u64
                            - readers.iter().map(|it| it.reader.lag()).max().unwrap_or(0);
                        match writer.try_publish(&record) {
                            Ok(_) => {
                                readers.iter_mut().for_each(|it| it.unread.push_back(record.clone()));
                            }
                            Err(error) if error.is_too_large() => {
                                prop_assert!(len > capacity / 2 - 8);
                            }
                            Err(_) => {
                                // With the padding before it and the header behind it.
                                let to_end = capacity as u64 - writer.cursor().get() % capacity as u64;
                                let span = 8 + (len as u64).next_multiple_of(8);
                                let padding = if span > to_end { to_end } else { 0 };
                                prop_assert!(padding + span + 8 > free, "there is room");
                            }
                        }
                    }
                    Op::PublishAll(lens) => {
                        // Only if there are no readers it never waits.
                        let fits = lens.iter().all(|&len| len <= capacity / 2 - 8);
                        if readers.is_empty() && fits {
                            let records: Vec<_> = lens.into_iter().map(&mut next).collect();
                            prop_assert!(writer.publish_all(records).is_ok());
                        }
                    }
                    Op::GiveUp(len) => {
                        if let Ok(mut record) = writer.try_claim(len) {
                            record.fill(0xaa);
                        }
                    }
                    Op::Subscribe => {
                        let joined = ring.subscribe();
                        prop_assert_eq!(joined.is_ok(), readers.len() < 4);
                        if let Ok(reader) = joined {
                            readers.push(Pair { reader, unread: VecDeque::new(), known: 0 });
                        }
                    }
                    Op::Clone(of) => {
                        if let Some(original) = readers.get(of)
                            && let Ok(reader) = original.reader.try_clone()
                        {
                            let unread = original.unread.clone();
                            let known = original.known;
                            readers.push(Pair { reader, unread, known });
                        }
                    }
                    Op::Leave(which) => {
                        if which < readers.len() {
                            readers.swap_remove(which);
                        }
                    }
                    Op::Read { reader, take, then } => {
                        let Some(pair) = readers.get_mut(reader) else { continue };
                        let Pair { reader, unread, known } = pair;
                        if *known == 0 {
                            *known = unread.len();
                        }
                        let mut batch = match reader.try_batch() {
                            Ok(batch) => batch,
                            Err(error) => {
                                prop_assert_eq!(error, TryReadError::Empty);
                                prop_assert_eq!(*known, 0);
                                continue;
                            }
                        };
                        let seen: Vec<_> = batch.iter().map(|(_, it)| it.to_vec()).collect();
                        prop_assert!(seen.iter().eq(unread.iter().take(*known)));
                        let committed = match then {
                            Then::Drop => {
                                drop(batch);
                                *known
                            }
                            Then::CommitAndForget => {
                                let taken = take.min(*known);
                                (0..taken).for_each(|_| assert!(batch.next_record().is_some()));
                                batch.commit();
                                mem::forget(batch);
                                taken
                            }
                            Then::Forget => {
                                mem::forget(batch);
                                0
                            }
                        };
                        unread.drain(..committed);
                        *known -= committed;
                    }
                }
                for pair in &readers {
                    prop_assert_eq!(pair.reader.is_empty(), pair.unread.is_empty());
                }
            }
        });
    });
}
