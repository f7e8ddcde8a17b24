//! What carries records, a type each.

use broadring::{ByteReader, ByteRing, ByteWriter, Reader, Ring, Wait, Writer};
use crossbeam_channel::{Receiver, Sender};
use nexus_logbuf::queue::spsc;

use super::carrier::{Carrier, Load, Visitor};
use super::record::{self, Ledger};
use crate::subject::{Kind, Mode};

/// Shows every carrier to the visitor, those of broadring first.
pub fn visit(visitor: &mut impl Visitor) {
    visitor.visit::<Bytes>();
    visitor.visit::<Vectors>();
    visitor.visit::<LogBuffer>();
    visitor.visit::<Boxes>();
}

/// Our ring of records: written in place one at a time, copied in several at a time.
#[derive(Debug)]
pub struct Bytes;

impl Carrier for Bytes {
    const NAME: &'static str = "broadring, bytes";
    const KIND: Kind = Kind::Broadcast;
    type Sender = ByteWriter;
    type Receiver = ByteReader;

    fn suits(_load: &Load) -> bool {
        true
    }

    fn open(load: &Load) -> (ByteWriter, Vec<ByteReader>) {
        let builder = ByteRing::builder(load.capacity);
        let (writer, ring) = builder.reader_wait(Wait::YIELD).writer_wait(Wait::YIELD).build();
        let readers = (0..load.readers).map(|_| ring.subscribe().expect("there is room"));
        (writer, readers.collect())
    }

    fn send(writer: &mut ByteWriter, load: &Load, count: u64) {
        if load.batch == 1 {
            for number in 0..count {
                let mut claim = writer.claim(load.lengths.of(number)).expect("it is short enough");
                record::write(&mut claim, number);
                claim.publish();
            }
            return;
        }
        let mut batch = vec![vec![0; load.lengths.longest()]; load.batch];
        for first in (0..count).step_by(load.batch) {
            let records = batch.iter_mut().zip(first..).map(|(buffer, number)| {
                let record = &mut buffer[..load.lengths.of(number)];
                record::write(record, number);
                &*record
            });
            writer.publish_all(records).expect("all are short enough");
        }
    }

    fn read(reader: &mut ByteReader, load: &Load, count: u64) -> Ledger {
        let mut ledger = Ledger::default();
        while ledger.seen() < count {
            let batch = reader.wait_batch().expect("the writer is there");
            batch.for_each(|record, _| ledger.see(record, load.lengths));
        }
        ledger
    }
}

/// Our ring of events, each a vector whose memory is used again: what there was before.
#[derive(Debug)]
pub struct Vectors;

impl Carrier for Vectors {
    const NAME: &'static str = "broadring, Vec<u8> in place";
    const KIND: Kind = Kind::Broadcast;
    type Sender = Writer<Vec<u8>>;
    type Receiver = Reader<Vec<u8>>;

    fn suits(_load: &Load) -> bool {
        true
    }

    fn open(load: &Load) -> (Writer<Vec<u8>>, Vec<Reader<Vec<u8>>>) {
        // About as many bytes as the ring of records.
        let longest = load.lengths.longest();
        let slots = (load.capacity / longest).max(load.batch).next_power_of_two();
        let builder = Ring::builder(slots);
        let builder = builder.reader_wait(Wait::YIELD).writer_wait(Wait::YIELD);
        let (writer, ring) = builder.build(|| Vec::with_capacity(longest));
        let readers = (0..load.readers).map(|_| ring.subscribe().expect("there is room"));
        (writer, readers.collect())
    }

    fn send(writer: &mut Writer<Vec<u8>>, load: &Load, count: u64) {
        let write = |slot: &mut Vec<u8>, number| {
            slot.resize(load.lengths.of(number), 0);
            record::write(slot, number);
        };
        for first in (0..count).step_by(load.batch) {
            if load.batch == 1 {
                writer.publish_with(|slot| write(slot, first));
            } else {
                let mut claim = writer.claim(load.batch).expect("the ring is larger");
                claim.iter_mut().zip(first..).for_each(|(slot, number)| write(slot, number));
                claim.publish();
            }
        }
    }

    fn read(reader: &mut Reader<Vec<u8>>, load: &Load, count: u64) -> Ledger {
        let mut ledger = Ledger::default();
        while ledger.seen() < count {
            let batch = reader.wait_batch().expect("the writer is there");
            batch.for_each(|record, _| ledger.see(record, load.lengths));
        }
        ledger
    }
}

/// A ring in the manner of Aeron's, for one reader.
#[derive(Debug)]
pub struct LogBuffer;

impl Carrier for LogBuffer {
    const NAME: &'static str = "nexus-logbuf";
    const KIND: Kind = Kind::OneToOne;
    type Sender = spsc::Producer;
    type Receiver = spsc::Consumer;

    fn suits(load: &Load) -> bool {
        load.readers == 1 && load.batch == 1
    }

    fn open(load: &Load) -> (spsc::Producer, Vec<spsc::Consumer>) {
        let (sender, receiver) = spsc::new(load.capacity);
        (sender, vec![receiver])
    }

    fn send(sender: &mut spsc::Producer, load: &Load, count: u64) {
        for number in 0..count {
            let len = load.lengths.of(number);
            Mode::Yield.poll(|| {
                let mut claim = sender.try_claim(len).ok()?;
                record::write(&mut claim, number);
                claim.commit();
                Some(())
            });
        }
    }

    fn read(receiver: &mut spsc::Consumer, load: &Load, count: u64) -> Ledger {
        let mut ledger = Ledger::default();
        while ledger.seen() < count {
            Mode::Yield.poll(|| receiver.try_claim().map(|it| ledger.see(&it, load.lengths)));
        }
        ledger
    }
}

/// A channel of boxed records, one for each reader: the plain way.
#[derive(Debug)]
pub struct Boxes;

impl Carrier for Boxes {
    const NAME: &'static str = "crossbeam-channel, Arc<[u8]>";
    const KIND: Kind = Kind::QueuePerReader;
    type Sender = Vec<Sender<std::sync::Arc<[u8]>>>;
    type Receiver = Receiver<std::sync::Arc<[u8]>>;

    fn suits(load: &Load) -> bool {
        load.batch == 1
    }

    fn open(load: &Load) -> (Self::Sender, Vec<Self::Receiver>) {
        let capacity = load.capacity / load.lengths.longest();
        (0..load.readers).map(|_| crossbeam_channel::bounded(capacity)).unzip()
    }

    fn send(senders: &mut Self::Sender, load: &Load, count: u64) {
        let mut buffer = vec![0; load.lengths.longest()];
        for number in 0..count {
            let record = &mut buffer[..load.lengths.of(number)];
            record::write(record, number);
            let shared: std::sync::Arc<[u8]> = (&*record).into();
            for sender in &*senders {
                sender.send(shared.clone()).expect("the reader is there");
            }
        }
    }

    fn read(receiver: &mut Self::Receiver, load: &Load, count: u64) -> Ledger {
        let mut ledger = Ledger::default();
        while ledger.seen() < count {
            ledger.see(&receiver.recv().expect("the writer is there"), load.lengths);
        }
        ledger
    }
}
