//! Several sensors feed one ring. There is one writer, so they share it behind a lock, and
//! each gathers some samples before it takes the lock for all of them.
//!
//! Both readers get every sample: those of one sensor in the order in which it took them,
//! and those of all sensors in an order that the readers agree on. That is checked.
//!
//! ```text
//! cargo run --release --example many_producers
//! cargo run --release --example many_producers -- --sensors 8 --batch 1
//! ```

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use broadring::{Reader, Ring, SubscribeError, Writer};
use clap::{Parser, value_parser};
use comfy_table::{CellAlignment, Table, TableStyle};

/// Feeds one ring from several threads, and checks what two readers get.
#[derive(Debug, Parser)]
#[command(name = "many_producers", version, max_term_width = 100)]
struct Options {
    /// Threads that publish
    #[arg(long, value_name = "THREADS", default_value_t = 4, value_parser = value_parser!(u16).range(1..=64))]
    sensors: u16,

    /// How many samples each sensor takes
    #[arg(long, value_name = "COUNT", default_value_t = 500_000, value_parser = value_parser!(u64).range(1..))]
    samples: u64,

    /// How many samples a sensor gathers before it takes the lock
    #[arg(long, value_name = "COUNT", default_value_t = 32, value_parser = value_parser!(u16).range(1..))]
    batch: u16,

    /// Slots of the ring: a power of two
    #[arg(long, value_name = "SLOTS", default_value = "1024", value_parser = capacity)]
    capacity: usize,
}

fn capacity(argument: &str) -> Result<usize, String> {
    let capacity = argument.parse().map_err(|error| format!("{error}"))?;
    let _ = Ring::<Sample>::try_builder(capacity).map_err(|error| error.to_string())?;
    if capacity > 1 << 20 {
        return Err("this example builds no ring of more than 1048576 slots".to_owned());
    }
    Ok(capacity)
}

/// What a sensor has to say.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    sensor: u16,
    /// Counts the samples of this sensor.
    number: u64,
    millikelvin: u32,
}

fn main() -> Result<(), SubscribeError> {
    let options = Options::parse();
    let (writer, ring) = Ring::builder(options.capacity).build(Sample::default);
    let readers = [ring.subscribe()?, ring.subscribe()?]
        .map(|reader| thread::spawn(move || Seen::read(reader, options.sensors)));

    let start = Instant::now();
    let writer = Arc::new(Mutex::new(writer));
    let Options { samples, batch, .. } = options;
    let sensors: Vec<_> = (0..options.sensors)
        .map(|sensor| {
            let mut sensor = Sensor::new(sensor, batch, Arc::clone(&writer));
            thread::spawn(move || sensor.run(samples))
        })
        .collect();
    // The sensors have a share each, and the last of them to end closes the ring.
    drop(writer);

    let locked: Vec<_> =
        sensors.into_iter().map(|sensor| sensor.join().expect("no sensor panics")).collect();
    let seen = readers.map(|reader| reader.join().expect("every sample comes, in order"));
    let elapsed = start.elapsed();

    for seen in &seen {
        assert!(seen.next.iter().all(|next| *next == samples), "a sample is missing");
    }
    assert_eq!(seen[0].order, seen[1].order, "the readers saw different orders");
    report(&options, &locked, &seen, elapsed);
    Ok(())
}

/// A producer: its share of the writer, and a buffer of its own.
struct Sensor {
    id: u16,
    batch: usize,
    buffer: Vec<Sample>,
    writer: Arc<Mutex<Writer<Sample>>>,
    locked: Locked,
}

/// How often the lock was taken, and how long that took.
#[derive(Clone, Copy, Debug, Default)]
struct Locked {
    times: u64,
    waited: Duration,
}

impl Sensor {
    fn new(id: u16, batch: u16, writer: Arc<Mutex<Writer<Sample>>>) -> Self {
        let batch = usize::from(batch);
        let buffer = Vec::with_capacity(batch);
        Self { id, batch, buffer, writer, locked: Locked::default() }
    }

    /// Takes so many samples, and publishes them.
    fn run(&mut self, samples: u64) -> Locked {
        for number in 0..samples {
            let millikelvin = 293_000 + (number % 500) as u32;
            self.buffer.push(Sample { sensor: self.id, number, millikelvin });
            if self.buffer.len() == self.batch {
                self.flush();
            }
        }
        // What is gathered and never flushed is lost.
        if !self.buffer.is_empty() {
            self.flush();
        }
        self.locked
    }

    /// Publishes what was gathered. The buffer keeps its memory.
    fn flush(&mut self) {
        let start = Instant::now();
        let mut writer = lock(&self.writer);
        self.locked.times += 1;
        self.locked.waited += start.elapsed();
        // This waits while the ring is full, and then the other sensors wait for the lock.
        writer.publish_all(self.buffer.drain(..));
    }
}

/// Takes the lock, even if a sensor has panicked with it in its hand: that leaves the writer
/// as it was, or with whole samples more, so that the others can go on.
fn lock<T>(writer: &Mutex<Writer<T>>) -> MutexGuard<'_, Writer<T>> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a reader knows in the end.
struct Seen {
    /// For each sensor, the number of the sample that is to come next.
    next: Vec<u64>,
    /// A digest of all samples, in the order in which they came.
    order: u64,
    /// How often a sample came from another sensor than the one before.
    turns: u64,
    batches: u64,
    kelvin: f64,
}

impl Seen {
    /// Reads to the end, which comes when the last sensor is gone.
    fn read(mut reader: Reader<Sample>, sensors: u16) -> Self {
        let next = vec![0; usize::from(sensors)];
        let mut seen = Self { next, order: 0, turns: 0, batches: 0, kelvin: 0.0 };
        let mut last = None;
        while let Ok(batch) = reader.wait_batch() {
            seen.batches += 1;
            for sample in batch.events() {
                seen.take(sample);
                seen.turns += u64::from(last.replace(sample.sensor) != Some(sample.sensor));
            }
        }
        seen
    }

    fn take(&mut self, sample: &Sample) {
        let Sample { sensor, number, millikelvin } = *sample;
        let next = &mut self.next[usize::from(sensor)];
        assert_eq!(number, *next, "a sample of sensor {sensor} is missing, or out of order");
        *next += 1;
        // The same samples in another order would make another digest.
        let event = number << 16 | u64::from(sensor);
        self.order = (self.order ^ event).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        self.kelvin += f64::from(millikelvin) / 1000.0;
    }
}

fn report(options: &Options, locked: &[Locked], seen: &[Seen; 2], elapsed: Duration) {
    let total = options.samples * u64::from(options.sensors);
    println!(
        "{} × {} samples, through a ring with a capacity of {}, to 2 readers: {:.1} M samples/s\n",
        options.sensors,
        options.samples,
        options.capacity,
        total as f64 / elapsed.as_secs_f64() / 1e6,
    );

    let mut table = table(["", "samples", "lock taken", "waited for it"]);
    for (sensor, Locked { times, waited }) in locked.iter().enumerate() {
        let waited = format!("{:.1} ms", waited.as_secs_f64() * 1e3);
        let samples = options.samples.to_string();
        table.add_row([format!("sensor {sensor}"), samples, times.to_string(), waited]);
    }
    print_right(table);

    let mut table = crate::table(["", "samples", "batches", "turns", "mean", "order seen"]);
    for (number, seen) in seen.iter().enumerate() {
        table.add_row([
            format!("reader {number}"),
            seen.next.iter().sum::<u64>().to_string(),
            seen.batches.to_string(),
            seen.turns.to_string(),
            format!("{:.2} K", seen.kelvin / total as f64),
            format!("{:016x}", seen.order),
        ]);
    }
    print_right(table);
    println!(" turns       how often a sample came from another sensor than the one before");
    println!(" order seen  digest of all samples, in the order in which they came");
}

fn table<const COLUMNS: usize>(head: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(head);
    table
}

/// Prints the table with its figures to the right.
fn print_right(mut table: Table) {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}\n");
}
