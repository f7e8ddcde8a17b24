//! A chat room, with smol: what several people say is forwarded into a ring, and
//! everybody in the room hears all of it in the same order.
//!
//! There is one writer, so what people say goes through a channel first, and from there,
//! as a stream, into the writer, as a sink. Two listeners are tasks. One of them is
//! impatient, gives up whenever nothing was said for a while, and has lost nothing when
//! it listens again. A third one keeps the minutes, on a thread. When everybody has
//! gone home the channel ends, the sink is closed, and with it the ring.
//!
//! ```text
//! cargo run --release --features async --example async_smol
//! ```

use std::error::Error;
use std::fmt;
use std::thread;
use std::time::Duration;

use broadring::{Reader, Ring};
use futures::{FutureExt, StreamExt};
use smol::{Timer, channel};

const LINES: usize = 50;

/// One line of the chat.
#[derive(Debug, Default, Clone, PartialEq)]
struct Line {
    who: &'static str,
    number: usize,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} says line {}", self.who, self.number)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (writer, ring) = Ring::builder(8).build(Line::default);
    let patient = ring.reader().name("patient").subscribe()?;
    let impatient = ring.reader().name("impatient").subscribe()?;
    let mut minutes = ring.reader().name("minutes").subscribe()?;
    let minutes = thread::spawn(move || minutes.iter().collect::<Vec<_>>());

    let (to_the_room, said) = channel::bounded(4);
    let people = ["Ada", "Brook", "Cleo"].map(|who| smol::spawn(talk(who, to_the_room.clone())));
    drop(to_the_room);

    let (patient, (impatient, given_up)) = smol::block_on(async {
        let patient = smol::spawn(patient.into_stream().collect::<Vec<_>>());
        let impatient = smol::spawn(listen_impatiently(impatient));
        // Waits for room whenever a listener is a whole ring behind.
        said.map(Ok).forward(writer.into_sink()).await?;
        for person in people {
            person.await;
        }
        Ok::<_, Box<dyn Error>>((patient.await, impatient.await))
    })?;
    let minutes = minutes.join().expect("the thread only collects");

    println!("{} lines were said; the first: {}", minutes.len(), minutes[0]);
    println!("the impatient listener gave up {given_up} times, and heard {}", impatient.len());
    assert_eq!(minutes.len(), 3 * LINES);
    assert_eq!(patient, minutes);
    assert_eq!(impatient, minutes);
    for who in ["Ada", "Brook", "Cleo"] {
        let numbers = minutes.iter().filter(|line| line.who == who).map(|line| line.number);
        assert!(numbers.eq(0..LINES), "{who} was heard out of order");
    }
    Ok(())
}

/// Says something every now and then.
async fn talk(who: &'static str, to_the_room: channel::Sender<Line>) {
    for number in 0..LINES {
        to_the_room.send(Line { who, number }).await.expect("the room is open");
        if number % 10 == 9 {
            Timer::after(Duration::from_millis(5)).await;
        }
    }
}

/// Hears everything, and gives up after each millisecond of silence. Returns how many times
/// that was, too.
async fn listen_impatiently(mut reader: Reader<Line>) -> (Vec<Line>, usize) {
    let (mut heard, mut given_up) = (Vec::new(), 0);
    loop {
        futures::select! {
            line = reader.recv_async() => match line {
                Ok(line) => heard.push(line),
                Err(end) => {
                    assert!(end.is_closed());
                    return (heard, given_up);
                }
            },
            // The read that is given up has read nothing.
            _ = FutureExt::fuse(Timer::after(Duration::from_millis(1))) => given_up += 1,
        }
    }
}
